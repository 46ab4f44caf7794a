"""The server is killed in the middle of a pile: every page is there once, no correction is lost.

HANDSUM_KILLS sets how often; by default it is a few times, since reading starts anew each time.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
pytest.importorskip("reportlab", reason="the extra forms is not installed")
from handsum.piles.store import Store

KILLS = int(os.environ.get("HANDSUM_KILLS", "2"))
SHEETS = 6

pytestmark = pytest.mark.slow


class Served:
    """`handsum serve` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", "from handsum.cli import run; run()", "serve", str(folder)]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--no-open", "--workers", "1"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stderr is not None
        found = re.search(r"http://\S+", self.process.stderr.readline())
        assert found is not None
        self.client = httpx.Client(base_url=found[0], trust_env=False, timeout=60)

    def end(self, number: int) -> int:
        """Send a signal and wait."""
        self.client.close()
        self.process.send_signal(number)
        code = self.process.wait(60)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def progress(self) -> dict[str, int]:
        """Of the one pile."""
        found: dict[str, int] = self.client.get("/api/v1/piles/Monday").json()["progress"]
        return found


def submit(served: Served) -> None:
    """A form, and a scan with six empty sheets of it."""
    client = served.client
    tree = client.post("/api/v1/forms?name=sums").raise_for_status().json()["tree"]
    tree["field"][0]["required"] = True  # so that an empty one is a doubt
    client.put("/api/v1/forms/sums", json=tree).raise_for_status()
    scan = client.get(f"/api/v1/forms/sums/print?sheets={SHEETS}").content
    client.post("/api/v1/piles", json={"name": "Monday", "forms": ["sums"]}).raise_for_status()
    client.post("/api/v1/piles/Monday/files", files={"file": ("a.pdf", scan)}).raise_for_status()


def correct_one(served: Served, text: str) -> bool:
    """Answer one doubt, if there is one; whether the server said that it is kept."""
    item = served.client.post("/api/v1/piles/Monday/review/next").json()["item"]
    if item is None:
        return False
    path = f"/api/v1/piles/Monday/review/items/{item['id']}/answer"
    return served.client.post(path, json={"text": text}).status_code == 200


def test_kills_lose_neither_pages_nor_corrections(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    chance = random.Random(0)
    kept = 0
    served = Served(folder)
    submit(served)
    for _ in range(KILLS):
        time.sleep(chance.uniform(1.0, 8.0))
        kept += correct_one(served, str(kept + 1))
        assert served.end(signal.SIGKILL) == -signal.SIGKILL
        served = Served(folder)
    until = time.monotonic() + 300
    while served.progress()["left"]:
        assert time.monotonic() < until
        time.sleep(0.5)
    while correct_one(served, str(kept + 1)):
        kept += 1
    progress = served.progress()
    assert (progress["done"], progress["pages"], progress["doubts"]) == (SHEETS, SHEETS, 0)
    assert served.end(signal.SIGINT) == 0
    with Store.open(folder) as store:
        pile = store.pile("Monday")
        pages = [reading for _, reading in pile.readings()]
    assert Counter(page.sheet for page in pages) == Counter(range(1, SHEETS + 1))
    assert sorted(page.field("a").reading.text for page in pages) == sorted(
        str(number) for number in range(1, kept + 1)
    )


def test_a_server_that_ends_gives_its_pages_back(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    served = Served(folder)
    submit(served)
    until = time.monotonic() + 120
    while not served.progress()["leased"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert served.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    with Store.open(folder) as store:
        states = store.pile("Monday").states()
    assert states["leased"] == 0
    assert states["queued"] + states["done"] == SHEETS
