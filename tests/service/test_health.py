"""``/healthz`` tells the truth: of a store that is gone, of a disk that is full or read-only."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from handsum.errors import StorageError
from handsum.piles.database import FILE, Database, parse_url
from handsum.service import trial
from handsum.service.trial import StoreTrial
from served import Served

Ask = Callable[[], bool]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    folder = tmp_path / "store"
    folder.mkdir()
    with Database(parse_url(folder)) as made:
        yield made


@pytest.fixture
def ask(database: Database, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Whether the store can be written to, as tried now."""
    monkeypatch.setattr(trial, "_FRESH", 0.0)
    tried = StoreTrial(database, database.folder)

    def work() -> bool:
        # In a thread: Playwright keeps a loop running in the main one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(tried.is_writable())).result()

    return work


def test_a_store_that_is_gone_is_not_written_to(database: Database, ask: Ask) -> None:
    """The system would let us write on, into a file that has no name any more."""
    assert ask()
    folder = database.folder
    assert folder is not None
    kept = (folder / FILE).rename(folder / "away")
    assert not ask()
    with pytest.raises(StorageError, match="not there any more"), database.write():
        pass
    (folder / FILE).write_bytes(kept.read_bytes())  # a copy is another file
    assert not ask()
    kept.rename(folder / FILE)
    assert ask()


def test_nothing_is_left_of_an_attempt(database: Database, ask: Ask) -> None:
    folder = database.folder
    assert folder is not None
    before = sorted(path.name for path in folder.iterdir())
    assert ask()
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_folder_that_is_gone_is_told_too(database: Database, tmp_path: Path) -> None:
    tried = StoreTrial(database, tmp_path / "files")
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(lambda: asyncio.run(tried.is_writable())).result()


def test_an_answer_holds_for_a_moment(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks a thousand times a second does not wear the disk out."""
    calls: list[int] = []
    monkeypatch.setattr(Database, "try_writing", lambda self: calls.append(1))
    tried = StoreTrial(database, None)

    async def work() -> list[bool]:
        return await asyncio.gather(*(tried.is_writable() for _ in range(50)))

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: asyncio.run(work())).result() == [True] * 50
    assert len(calls) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_may_not_be_written_to(database: Database, ask: Ask) -> None:
    folder = database.folder
    assert folder is not None
    folder.chmod(0o500)
    try:
        assert not ask()
    finally:
        folder.chmod(0o700)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
def test_a_server_whose_disk_is_full_says_so_and_recovers(tmp_path: Path) -> None:
    """No file may grow while the limit stands, as on a full disk; what is there can be read."""
    import resource

    served = Served(tmp_path)
    client = served.client
    try:
        served.make_form("sums")
        no_limit = resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (0, no_limit[1]))
        health = client.get("/healthz")
        assert (health.status_code, health.json()["store"]) == (503, "not writable")
        body = {"name": "Monday", "forms": ["sums"]}
        refused = client.post("/api/v1/piles", json=body)
        assert (refused.status_code, refused.json()["code"]) == (507, "storage")
        assert client.put("/api/v1/forms/sums", json={}).status_code in (422, 507)
        assert client.get("/api/v1/piles").json() == {"piles": []}
        assert client.get("/api/v1/forms/sums").status_code == 200
        resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, no_limit)
        time.sleep(1.1)  # so long an answer of /healthz holds
        assert client.get("/healthz").json()["store"] == "writable"
        assert client.post("/api/v1/piles", json=body).status_code == 201
    finally:
        assert served.end(signal.SIGINT) == 0
