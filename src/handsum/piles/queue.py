"""Work in the database: who reads which page, until when, and what came of it.

A page is leased for a while, and the lease is renewed while its worker lives. A page is finished
only by whoever holds its lease, in one transaction, so it is read once however many workers there
are and whenever one of them is killed: the lease of a dead worker ends, and the page goes to
another. A page that ended several workers is set aside as failed.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from handsum.errors import HandsumError, PileConflictError
from handsum.forms.page_reading import PageAside, PageReading
from handsum.piles.database import Database
from handsum.piles.items import renew_items
from handsum.piles.rows import field_columns, finding_columns, page_header
from handsum.piles.schema import FIELDS, FINDINGS, PAGES, PILES, SOURCES, TEMPLATES

LEASE_SECONDS = 60.0
"""How long a page stays with a worker that is not heard of."""
ATTEMPTS = 3
"""How many workers a page may end before it is set aside."""


@dataclass(frozen=True)
class Lease:
    """A page to read: the ``paths`` of its file (the same bytes may lie in several places)."""

    pile: int
    page_id: int
    sha256: str
    page: int
    name: str
    paths: tuple[Path, ...]
    owner: str


def new_owner() -> str:
    """A name for a worker: host, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def lease_page(
    database: Database,
    owner: str,
    pile: int | None = None,
    *,
    seconds: float = LEASE_SECONDS,
    now: float | None = None,
) -> Lease | None:
    """The next page to read, of one pile (its id) or of any; None where there is none right now.

    Pages that were begun before come last, so that one that ends its workers keeps nobody waiting.
    """
    now = time.time() if now is None else now
    free = _free(now)
    wanted = free if pile is None else and_(free, PAGES.c.pile_id == pile)
    with database.write() as connection:
        _set_aside_poison(connection, now)
        # Only here FOR UPDATE: of a join, PostgreSQL would lock the other tables' rows as well.
        found = connection.execute(
            select(PAGES.c.id, PAGES.c.pile_id, PAGES.c.sha256, PAGES.c.page, SOURCES.c.name)
            .join(SOURCES, SOURCES.c.id == PAGES.c.source_id)
            .join(PILES, PILES.c.id == PAGES.c.pile_id)
            .where(wanted, PILES.c.state == "open")
            .order_by(PAGES.c.attempts, PAGES.c.id)
            .limit(1)
            .with_for_update(of=PAGES, skip_locked=True)
        ).one_or_none()
        if found is None:
            return None
        connection.execute(
            update(PAGES)
            .where(PAGES.c.id == found.id)
            .values(
                state="leased",
                attempts=PAGES.c.attempts + 1,
                lease_owner=owner,
                lease_until=now + seconds,
            )
        )
        paths = connection.execute(
            select(SOURCES.c.path)
            .where(SOURCES.c.pile_id == found.pile_id, SOURCES.c.sha256 == found.sha256)
            .order_by(SOURCES.c.id.desc())
        ).scalars()
        return Lease(
            found.pile_id,
            found.id,
            found.sha256,
            found.page,
            found.name,
            tuple(Path(path) for path in paths),
            owner,
        )


def renew_leases(database: Database, owner: str, *, seconds: float = LEASE_SECONDS) -> int:
    """Say that a worker lives; how many pages it holds."""
    with database.write() as connection:
        return connection.execute(
            update(PAGES)
            .where(PAGES.c.state == "leased", PAGES.c.lease_owner == owner)
            .values(lease_until=time.time() + seconds)
        ).rowcount


def give_back(database: Database, owner: str, *, blameless: bool = True) -> int:
    """Put the pages of a worker that ends back into the queue; how many they were.

    ``blameless``: it was stopped, and the page had no part in that.
    """
    with database.write() as connection:
        return connection.execute(
            update(PAGES)
            .where(PAGES.c.state == "leased", PAGES.c.lease_owner == owner)
            .values(
                state="queued",
                attempts=PAGES.c.attempts - (1 if blameless else 0),
                lease_owner=None,
                lease_until=None,
            )
        ).rowcount


def give_back_of_dead(database: Database, pile: int | None = None) -> int:
    """Put pages that workers of this machine held when they were killed back into the queue.

    Those of one pile (its id), or of all. Without it they would wait for their leases to end; of
    workers elsewhere nothing can be told.
    """
    held = select(PAGES.c.lease_owner).where(PAGES.c.state == "leased")
    if pile is not None:
        held = held.where(PAGES.c.pile_id == pile)
    with database.read() as connection:
        owners = set(connection.execute(held).scalars())
    return sum(
        give_back(database, owner, blameless=False) for owner in owners if owner and _died(owner)
    )


def allow_once_more(database: Database, pile: int) -> None:
    """Give every page that waits at least one try in the run that begins.

    Whoever kills whole runs ends workers over pages that are innocent. Such pages keep their place
    behind all others, so one that is not keeps none of them from being read.
    """
    with database.write() as connection:
        connection.execute(
            update(PAGES)
            .where(PAGES.c.pile_id == pile, PAGES.c.state == "queued")
            .where(PAGES.c.attempts >= ATTEMPTS)
            .values(attempts=ATTEMPTS - 1)
        )


def finish_page(
    database: Database,
    lease: Lease,
    outcome: PageReading | PageAside | HandsumError,
    seconds: float,
) -> None:
    """Write what came of a page, whole or not at all.

    PileConflictError, and nothing written, where the lease has gone to another worker.
    """
    with database.write() as connection:
        if isinstance(outcome, PageReading):
            values = _read_values(connection, lease, outcome)
        elif isinstance(outcome, PageAside):
            values = {
                "state": "aside",
                "code": outcome.reason,
                "message": outcome.message,
                "remedy": outcome.remedy,
                "picture_sha256": outcome.sha256,
            }
        else:
            values = {
                "state": "failed",
                "code": outcome.code,
                "message": outcome.message,
                "remedy": outcome.remedy,
            }
        mine = and_(
            PAGES.c.id == lease.page_id,
            PAGES.c.state == "leased",
            PAGES.c.lease_owner == lease.owner,
        )
        done = connection.execute(
            update(PAGES)
            .where(mine)
            .values(
                **values,
                lease_owner=None,
                lease_until=None,
                revision=1,
                drawn=1,
                seconds=seconds,
                finished=time.time(),
            )
        ).rowcount
        if done != 1:
            raise PileConflictError(
                f"{lease.name}, page {lease.page}: another worker reads it now.",
                "Nothing is lost; its result will stand.",
            )
        if isinstance(outcome, PageReading):
            _write_reading(connection, lease, outcome)


def _read_values(connection: Connection, lease: Lease, reading: PageReading) -> dict[str, object]:
    template = connection.execute(
        select(TEMPLATES.c.id).where(
            TEMPLATES.c.pile_id == lease.pile,
            TEMPLATES.c.name == reading.template,
            TEMPLATES.c.version == reading.template_version,
        )
    ).scalar_one()
    return {
        "state": "done",
        "template_id": template,
        "sheet": reading.sheet,
        "picture_sha256": reading.sha256,
        "header": page_header(reading),
    }


def _write_reading(connection: Connection, lease: Lease, reading: PageReading) -> None:
    page = {"page_id": lease.page_id}
    if reading.fields:
        connection.execute(
            insert(FIELDS),
            [
                {
                    **page,
                    "name": field.name,
                    "position": position,
                    "original": field.to_json(),
                    "current": None,
                    **field_columns(field),
                }
                for position, field in enumerate(reading.fields)
            ],
        )
    write_findings(connection, lease.page_id, reading)
    renew_items(connection, lease.pile, lease.page_id)


def write_findings(connection: Connection, page: int, reading: PageReading) -> None:
    """Put a page's findings in the place of those that stand there."""
    connection.execute(delete(FINDINGS).where(FINDINGS.c.page_id == page))
    if reading.rules:
        connection.execute(
            insert(FINDINGS),
            [
                {"page_id": page, "position": position, **finding_columns(finding)}
                for position, finding in enumerate(reading.rules)
            ],
        )


def _free(now: float) -> ColumnElement[bool]:
    """Pages that wait, and those whose worker has not been heard of for too long."""
    expired = and_(PAGES.c.state == "leased", PAGES.c.lease_until < now)
    return and_(or_(PAGES.c.state == "queued", expired), PAGES.c.attempts < ATTEMPTS)


def _set_aside_poison(connection: Connection, now: float) -> None:
    ended = or_(
        PAGES.c.state == "queued", and_(PAGES.c.state == "leased", PAGES.c.lease_until < now)
    )
    connection.execute(
        update(PAGES)
        .where(ended, PAGES.c.attempts >= ATTEMPTS)
        .values(
            state="failed",
            lease_owner=None,
            lease_until=None,
            code="page_poison",
            message=f"Reading it ended {ATTEMPTS} workers.",
            remedy="Look at the file with another program, and scan the page again.",
            finished=time.time(),
        )
    )


def _died(owner: str) -> bool:
    """Whether a worker of this machine is no more; False where that cannot be told."""
    host, _, rest = owner.partition(":")
    number = rest.partition(":")[0]
    # On Windows signal 0 is Ctrl-C, and would end the process that it asks for.
    if os.name != "posix" or host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
