"""`handsum serve` and `handsum worker` as processes of their own, to be ended and killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

_HANDSUM = [sys.executable, "-c", "from handsum.cli import run; run()"]
_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


class Served:
    """A server of a store (a folder or an address) on a free port or a given one."""

    def __init__(
        self, store: str | Path, *options: str, folder: Path | None = None, port: int = 0
    ) -> None:
        more = [] if folder is None else ["--folder", str(folder)]
        command = [*_HANDSUM, "serve", str(store), "--port", str(port), "--no-open", *more]
        self.process = subprocess.Popen(
            [*command, "--workers", "1", *options], stderr=subprocess.PIPE, text=True,
            env=_ENVIRONMENT,
        )  # fmt: skip
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line + self.process.stderr.read()
        self.address = found[0].rstrip("/")
        self.client = httpx.Client(base_url=self.address, trust_env=False, timeout=60)

    def end(self, number: int, patience: float = 60) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(patience)
        self.client.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def progress(self, pile: str) -> dict[str, int]:
        """How far a pile is."""
        answer = self.client.get(f"/api/v1/piles/{pile}").raise_for_status()
        found: dict[str, int] = answer.json()["progress"]
        return found

    def wait_until_read(self, pile: str, patience: float = 300) -> dict[str, int]:
        """Its progress once no page is left."""
        until = time.monotonic() + patience
        while (found := self.progress(pile))["left"]:
            assert time.monotonic() < until, found
            time.sleep(0.2)
        return found

    def make_form(self, name: str, fields: list[dict[str, Any]] | None = None) -> None:
        """A form of one field that has to be filled in, so that an empty one is a doubt."""
        tree = self.client.post(f"/api/v1/forms?name={name}").raise_for_status().json()["tree"]
        tree["field"] = fields or [{**tree["field"][0], "required": True}]
        self.client.put(f"/api/v1/forms/{name}", json=tree).raise_for_status()

    def print_form(self, name: str, sheets: int = 1, first: int = 1) -> bytes:
        """Numbered empty sheets of a form, as PDF."""
        path = f"/api/v1/forms/{name}/print?sheets={sheets}&first={first}"
        return self.client.get(path).raise_for_status().content


class Hired:
    """A `handsum worker` of a store."""

    def __init__(self, store: str | Path) -> None:
        self.process = subprocess.Popen(
            [*_HANDSUM, "worker", str(store)], stderr=subprocess.PIPE, text=True, env=_ENVIRONMENT
        )

    def end(self, number: int = signal.SIGTERM, patience: float = 60) -> tuple[int, str]:
        """Send a signal; the exit code, and what it said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=patience)
        return self.process.returncode, said


def children_of(parent: int, module: str) -> list[int]:
    """Processes that another one has started with ``-m module`` (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            above = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if above == parent and module.encode() in words:
            found.append(int(path.name))
    return found
