"""The same store on SQLite and on a PostgreSQL that the tests start themselves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")

from handsum.piles.options import PileOptions
from handsum.piles.store import Pile, Store
from piled import small_scan, sums_template


def _binaries() -> Path | None:
    """Where PostgreSQL's programs are: where Debian puts them, or on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = shutil.which("postgres")
    folders = [*reversed(debian), *([Path(found).resolve().parent] if found else [])]
    wanted = ("initdb", "postgres", "createdb", "pg_isready")
    return next((f for f in folders if all((f / name).exists() for name in wanted)), None)


class Server:
    """A PostgreSQL cluster in a temporary folder, reached through a local port."""

    def __init__(self, binaries: Path) -> None:
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
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(self.folder),
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
        """SIGKILL, as when the machine goes down."""
        assert self.process is not None
        self.process.kill()
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
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server; skips where PostgreSQL or its driver is not installed."""
    pytest.importorskip("pg8000", reason="the extra postgres is not installed")
    binaries = _binaries()
    if os.name != "posix" or binaries is None:
        pytest.skip("PostgreSQL's programs are not installed")
    server = Server(binaries)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A folder, and the address of an empty database: where the same tests keep their store."""
    if request.param == "sqlite":
        return tmp_path / "results"
    server: Server = request.getfixturevalue("postgres")
    return server.new_url()


@pytest.fixture
def many(tmp_path: Path) -> Callable[[int], list[Path]]:
    """Makes that many little pictures, each of another shade."""

    def make(n: int) -> list[Path]:
        return [small_scan(tmp_path / "scans" / f"{i:03}.png", i) for i in range(n)]

    return make


@pytest.fixture
def pile(where: str | Path, tmp_path: Path) -> Iterator[Pile]:
    """An empty pile of the form of two numbers and their sum."""
    with Store.open(where) as store:
        yield store.add_pile("sums", [sums_template(tmp_path)], PileOptions(), tmp_path / "pile")


@pytest.fixture
def read_shades(pile: Pile, many: Callable[[int], list[Path]]) -> Callable[..., list[int]]:
    """Queues pages and reads them in this process, each with its own shade or a given one."""
    from handsum.piles.queue import finish_page, lease_page
    from piled import page_of

    def read(*shades: int) -> list[int]:
        pile.add_files(many(len(shades)))
        found = []
        for shade in shades:
            lease = lease_page(pile.database, "reader", pile.info.id)
            assert lease is not None
            finish_page(pile.database, lease, page_of(shade, lease.name, lease.page), 0.1)
            found.append(lease.page_id)
        return found

    return read
