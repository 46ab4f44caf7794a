"""A PostgreSQL of the tests' own, from the system's package."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path


def find_binaries() -> Path | None:
    """Where PostgreSQL's programs are: where Debian puts them, or on the path."""
    if os.name != "posix":
        return None
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = shutil.which("postgres")
    folders = [*reversed(debian), *([Path(found).resolve().parent] if found else [])]
    wanted = ("initdb", "postgres", "createdb", "pg_isready")
    return next((f for f in folders if all((f / name).exists() for name in wanted)), None)


class Cluster:
    """A PostgreSQL cluster in a temporary folder, reached through a local port.

    ``durable``: a commit has reached the disk when it is answered, as it has by default in life.
    """

    def __init__(self, binaries: Path, durable: bool = False) -> None:
        self.durable = durable
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="handsum-postgres-"))
        self.port = _free_port()
        self.databases = 0
        self.process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        self.run("initdb", "-D", self.data, "-U", "handsum", "-A", "trust", "-E", "UTF8", "-N")

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def run(self, program: str, *arguments: str, check: bool = True) -> int:
        done = subprocess.run(
            [str(self.binaries / program), *arguments], cwd=self.folder, user=self.user,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done.returncode

    def start(self) -> None:
        """Start it, and wait until it answers; backends of one that was killed may linger."""
        command = [
            str(self.binaries / "postgres"), "-D", self.data, "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-k", str(self.folder),
            "-c", f"fsync={'on' if self.durable else 'off'}",
        ]  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(
                    command, cwd=self.folder, user=self.user, stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            time.sleep(0.2)
            if not self.run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), check=False):
                return
        raise AssertionError("PostgreSQL does not start")

    def kill(self) -> None:
        """SIGKILL of it and of all that it has started, as when the machine goes down."""
        assert self.process is not None
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.process.kill()
        for pid in listed.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)  # at once, nothing is to be kept
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_url(self) -> str:
        """The address of a database that nobody has used."""
        self.databases += 1
        name = f"pile{self.databases}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "handsum", name)
        return f"postgresql://handsum@127.0.0.1:{self.port}/{name}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
