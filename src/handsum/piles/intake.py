"""Files on their way into a pile: hashed, counted, queued page by page, none twice."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from handsum.errors import FileUnreadableError, HandsumError
from handsum.imaging.load import count_pages, read_file
from handsum.piles.cells import plain
from handsum.piles.database import Database
from handsum.piles.schema import PAGES, PILES, SOURCES
from handsum.readings import Failure

_FILES_AT_ONCE = 50  # a commit waits for the disk; a kill loses so many hashes


@dataclass(frozen=True)
class Added:
    """What came of files that were given: counts of files, and pages that are new."""

    files: int
    pages: int
    known: int
    """Files that had been given before."""
    same: int
    """Files with the bytes of another."""
    unreadable: int


@dataclass(frozen=True)
class Given:
    """A file that is called otherwise than where it lies: an upload."""

    path: Path
    name: str


def add_files(database: Database, pile: int, files: Iterable[Path | Given | Failure]) -> Added:
    """Queue the pages of files in a pile (its id); see `handsum.piles.store.Pile.add_files`."""
    counts = {"files": 0, "pages": 0, "known": 0, "same": 0, "unreadable": 0}
    waiting: list[_Found] = []
    for file in files:
        counts["files"] += 1
        waiting.append(_look_at(file))
        if len(waiting) == _FILES_AT_ONCE:
            _add(database, pile, waiting, counts)
            waiting.clear()
    _add(database, pile, waiting, counts)
    return Added(**counts)


@dataclass(frozen=True)
class _Found:
    """A file that was looked at: its hash and pages, or why it cannot be read."""

    name: str
    path: str
    sha256: str = ""
    pages: int = 0
    failure: Failure | None = None


def _add(database: Database, pile: int, found: Sequence[_Found], counts: dict[str, int]) -> None:
    with database.write() as connection:
        # Two commands may add to one pile; on a server only this makes them wait.
        connection.execute(select(PILES.c.id).where(PILES.c.id == pile).with_for_update())
        for file in found:
            what, pages = _add_file(connection, pile, file)
            counts["pages"] += pages
            if what:
                counts[what] += 1


def _look_at(file: Path | Given | Failure) -> _Found:
    if isinstance(file, Failure):
        return _Found(file.source, file.source, failure=file)
    given = file if isinstance(file, Given) else Given(file, str(file))
    name, path, sha256 = given.name, str(given.path.absolute()), ""
    if plain(name) != name or plain(path) != path:
        failure = Failure(
            plain(name),
            FileUnreadableError.code,
            f"{plain(name)!r}: its name has bytes that are no text.",
            "Rename it.",
        )
        return _Found(failure.source, plain(path), failure=failure)
    try:
        data = read_file(given.path, name)
        sha256 = hashlib.sha256(data).hexdigest()
        return _Found(name, path, sha256, count_pages(data, name))
    except HandsumError as error:
        failure = Failure(name, error.code, error.message, error.remedy)
        return _Found(name, path, sha256, failure=failure)


def _add_file(connection: Connection, pile: int, file: _Found) -> tuple[str, int]:
    """What became of it ("known", "same", "unreadable" or ""), and how many pages are new."""
    mine = SOURCES.c.pile_id == pile
    failure = file.failure
    why = {
        "code": failure and failure.code,
        "message": failure and failure.message,
        "remedy": failure and failure.remedy,
    }
    if file.sha256:  # what could not be read under this name is no longer missing
        connection.execute(
            SOURCES.delete().where(
                mine, SOURCES.c.path.in_((file.path, file.name)), SOURCES.c.sha256 == ""
            )
        )
    known = connection.execute(
        select(SOURCES.c.id).where(
            mine, SOURCES.c.path == file.path, SOURCES.c.sha256 == file.sha256
        )
    ).scalar_one_or_none()
    if known is not None:
        connection.execute(
            update(SOURCES).where(SOURCES.c.id == known).values(pages=file.pages, **why)
        )
        _try_again(connection, pile, file.sha256)
        added = _queue_pages(connection, pile, known, file) if failure is None else 0
        return "unreadable" if failure else "known", added
    twin = None
    if file.sha256:
        twin = connection.execute(
            select(SOURCES.c.id)
            .where(mine, SOURCES.c.sha256 == file.sha256, SOURCES.c.same_as.is_(None))
            .limit(1)
        ).scalar_one_or_none()
    written = {
        "pile_id": pile,
        "path": file.path,
        "name": file.name,
        "sha256": file.sha256,
        "pages": file.pages,
        "same_as": twin,
        "added": time.time(),
        **why,
    }
    source = connection.execute(insert(SOURCES).values(written)).inserted_primary_key
    assert source is not None
    if failure is not None:
        return "unreadable", 0
    if twin is not None:
        return "same", 0
    return "", _queue_pages(connection, pile, source[0], file)


def _queue_pages(connection: Connection, pile: int, source: int, file: _Found) -> int:
    here = set(
        connection.execute(
            select(PAGES.c.page).where(PAGES.c.pile_id == pile, PAGES.c.sha256 == file.sha256)
        ).scalars()
    )
    new = [
        {
            "pile_id": pile,
            "source_id": source,
            "sha256": file.sha256,
            "page": page,
            "state": "queued",
            "attempts": 0,
            "revision": 0,
            "drawn": 0,
        }
        for page in range(1, file.pages + 1)
        if page not in here
    ]
    if new:
        connection.execute(insert(PAGES), new)
    return len(new)


def _try_again(connection: Connection, pile: int, sha256: str) -> None:
    connection.execute(
        update(PAGES)
        .where(PAGES.c.pile_id == pile, PAGES.c.sha256 == sha256, PAGES.c.state == "failed")
        .values(state="queued", attempts=0, code=None, message=None, remedy=None)
    )
