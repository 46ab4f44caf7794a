"""What the store gives out: frozen rows, and how they become page readings again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from handsum.errors import PileNotFoundError
from handsum.forms.page_reading import FieldReading, PageReading, RuleFinding
from handsum.piles.options import PileOptions
from handsum.piles.schema import FIELDS, FINDINGS, PAGES

State = Literal["queued", "leased", "done", "aside", "failed"]
STATES: tuple[State, ...] = ("queued", "leased", "done", "aside", "failed")


@dataclass(frozen=True)
class PileInfo:
    """A pile of a store, with how it is read; ``folder`` holds its pictures and tables.

    ``state`` is what it was when it was opened: "open" or "cancelled".
    """

    id: int
    name: str
    folder: Path
    options: PileOptions
    state: str
    created: float


@dataclass(frozen=True)
class TemplateRow:
    """A template of a pile, with the names and labels of its fields, in order."""

    id: int
    name: str
    version: str
    sha256: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SourceRow:
    """A file of a pile: ``name`` as it was given, ``path`` absolute, ``pages`` in it.

    ``same_as`` is the name of another file with the same bytes, whose pages stand for both.
    ``code``, ``message`` and ``remedy`` say why it cannot be read, "" where it can.
    """

    id: int
    name: str
    path: str
    sha256: str
    pages: int
    same_as: str | None = None
    code: str = ""
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class PageRow:
    """Where a page comes from and how far it is.

    ``source`` is its file's name as given, ``page`` from 1; ``template`` and ``version`` are ""
    until it is matched. ``code``, ``message`` and ``remedy`` say why it is aside or failed.
    """

    id: int
    source: str
    page: int
    state: State
    attempts: int
    template: str
    version: str
    sheet: int | None
    revision: int
    code: str = ""
    message: str = ""
    remedy: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far a pile is: counts of pages by state, of files that cannot be read, of open doubts."""

    queued: int
    leased: int
    done: int
    aside: int
    failed: int
    unreadable: int
    doubts: int
    accepted: int
    values: int

    @property
    def pages(self) -> int:
        """All pages."""
        return self.queued + self.leased + self.done + self.aside + self.failed

    @property
    def left(self) -> int:
        """Pages that are still to be read."""
        return self.queued + self.leased


def page_row(row: Row[Any]) -> PageRow:
    """A row of pages joined with sources and templates."""
    found = row._mapping
    return PageRow(
        id=found["id"],
        source=found["source"],
        page=found["page"],
        state=found["state"],
        attempts=found["attempts"],
        template=found["template"] or "",
        version=found["version"] or "",
        sheet=found["sheet"],
        revision=found["revision"],
        code=found["code"] or "",
        message=found["message"] or "",
        remedy=found["remedy"] or "",
        seconds=found["seconds"],
    )


def source_row(row: Row[Any], same_as: str | None) -> SourceRow:
    """A row of sources."""
    found = row._mapping
    return SourceRow(
        found["id"],
        found["name"],
        found["path"],
        found["sha256"],
        found["pages"],
        same_as,
        found["code"] or "",
        found["message"] or "",
        found["remedy"] or "",
    )


def page_header(reading: PageReading) -> dict[str, Any]:
    """A page's tree as first read, without its fields, which have rows of their own."""
    tree = reading.to_json()
    del tree["fields"]
    return tree


def field_columns(field: FieldReading) -> dict[str, Any]:
    """What of a field has columns of its own, to be asked for and counted."""
    reading = field.reading
    return {
        "content": reading.content,
        "text": reading.text,
        "value": reading.value,
        "confidence": reading.confidence,
        "decision": reading.decision,
        "basis": reading.basis,
        "origin": reading.origin,
        "why": field.why,
        "look_at": field.look_at,
    }


def finding_columns(finding: RuleFinding) -> dict[str, Any]:
    """A row of findings, without its page and position."""
    return {
        "text": finding.text,
        "status": finding.status,
        "verdict": finding.verdict,
        "finding": finding.to_json(),
    }


def read_reading(
    connection: Connection, pile: int, page: int, original: bool = False
) -> PageReading:
    """A page's reading as it is now, or as it was before any correction."""
    header = connection.execute(
        select(PAGES.c.header).where(
            PAGES.c.id == page, PAGES.c.pile_id == pile, PAGES.c.state == "done"
        )
    ).scalar_one_or_none()
    if header is None:
        raise PileNotFoundError(
            f"The pile has no page {page} that was read.", "Look at its list of pages."
        )
    fields = connection.execute(
        select(FIELDS.c.original, FIELDS.c.current)
        .where(FIELDS.c.page_id == page)
        .order_by(FIELDS.c.position)
    )
    trees = [first if original or now is None else now for first, now in fields]
    tree = {**header, "fields": trees}
    if not original:
        findings = connection.execute(
            select(FINDINGS.c.finding)
            .where(FINDINGS.c.page_id == page)
            .order_by(FINDINGS.c.position)
        )
        tree["rules"] = list(findings.scalars())
    return PageReading.from_json(tree)
