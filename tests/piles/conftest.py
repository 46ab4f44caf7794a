"""The same store on SQLite and on a PostgreSQL that the tests start themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
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
    found = shutil.which("pg_ctl")
    folders = [*reversed(debian), *([Path(found).resolve().parent] if found else [])]
    wanted = ("initdb", "pg_ctl", "createdb")
    return next((f for f in folders if all((f / name).exists() for name in wanted)), None)


class _Server:
    """A PostgreSQL cluster in a temporary folder, reached through a socket or a local port."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="handsum-postgres-"))
        self.user = "handsum"
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = _free_port()
        self.databases = 0

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, text=True, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        data = str(self.folder / "data")
        self.run("initdb", "-D", data, "-U", self.user, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self.folder}"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        # Not waited for: where nobody reaps it, the ended server seems to live for a minute more.
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-W", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_url(self) -> str:
        """The address of a database that nobody has used."""
        self.databases += 1
        name = f"pile{self.databases}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", self.user, name)
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{name}"


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[_Server]:
    """A running server; skips where PostgreSQL or its driver is not installed."""
    pytest.importorskip("pg8000", reason="the extra postgres is not installed")
    binaries = _binaries()
    if os.name != "posix" or binaries is None:
        pytest.skip("PostgreSQL's programs are not installed")
    if os.getuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and runuser is not there")
    server = _Server(binaries)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A folder, and the address of an empty database: where the same tests keep their store."""
    if request.param == "sqlite":
        return tmp_path / "results"
    server: _Server = request.getfixturevalue("postgres")
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
