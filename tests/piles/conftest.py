"""The same store on SQLite and on a PostgreSQL that the tests start themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")

from clusters import Cluster
from handsum.piles.options import PileOptions
from handsum.piles.store import Pile, Store
from piled import small_scan, sums_template


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A folder, and the address of an empty database: where the same tests keep their store."""
    if request.param == "sqlite":
        return tmp_path / "results"
    server: Cluster = request.getfixturevalue("postgres")
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
