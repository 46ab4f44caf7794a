"""What persons say that fields hold: only ever added, never changed, and undone by a row more.

A page as it is now follows from what the reader said and from the corrections that stand: the
rules are run again over both, so that undoing a correction also undoes what the rules made of it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Connection, insert, select, update

from handsum.charset import NUMBERS
from handsum.decode.constraint import CompiledConstraint, Constraint, compile_constraint
from handsum.errors import CorrectionError, PileNotFoundError
from handsum.forms.fields import Field
from handsum.forms.page_reading import PageReading
from handsum.forms.template import Template
from handsum.forms.ticks import TICKED
from handsum.piles.database import Database
from handsum.piles.items import renew_items
from handsum.piles.queue import write_findings
from handsum.piles.rows import field_columns, read_reading
from handsum.piles.schema import CORRECTIONS, FIELDS, PAGES, SOURCES
from handsum.readings import Content

How = Literal["review", "group", "table", "audit", "undo", "rules"]
"""One by one, in a group, from a table, in an audit; undone; or what rules made of another."""
AS_WRITTEN = "as written"
"""The reason that lets a text stand which the field's format does not allow."""
ILLEGIBLE = "illegible"
BY_RULES = "rules"
"""Who is named where rules changed a field after a person had corrected another."""

_LONGEST, _LONGEST_REASON = 200, 1000


@dataclass(frozen=True)
class Keyed:
    """What a person says that a field holds: ``text`` where ``content`` is "number", else ""."""

    content: Content
    text: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Change:
    """A field of a page (its id) and what it holds."""

    page: int
    field: str
    keyed: Keyed


@dataclass(frozen=True)
class CorrectionRow:
    """One entry of the history; ``undone`` if a later one took it back."""

    id: int
    batch: str
    page_id: int
    source: str
    page: int
    field: str
    who: str
    at: float
    how: How
    from_content: Content
    from_text: str
    to_content: Content
    to_text: str
    reason: str
    undone: bool


class RunRules(Protocol):
    """How a page follows from what was read and what persons say: `handsum.piles.rules`."""

    def template(self, page: PageReading) -> Template:
        """The template of a page."""

    def __call__(self, page: PageReading, keyed: Mapping[str, Keyed]) -> PageReading:
        """The page as first read, with these fields certain and the rules run again."""


def check_keyed(field: Field, keyed: Keyed) -> None:
    """CorrectionError where a field cannot hold that: an empty number, or one of another format.

    A text that breaks the format stands if its reason begins with "as written".
    """
    said = keyed.text + keyed.reason
    if not said.isprintable() or len(keyed.reason) > _LONGEST_REASON:
        raise CorrectionError(
            f"What {field.name} is said to hold has characters that cannot be printed, or a "
            "reason that is too long.",
            "Type it in one short line.",
        )
    if keyed.content != "number":
        if keyed.text:
            raise CorrectionError(
                f"{field.name} is said to be {keyed.content} and to read {keyed.text!r}.",
                "Give a text, or say what it is instead.",
            )
        if keyed.content == "not_a_number" and not keyed.reason.strip():
            raise CorrectionError(
                f"{field.name} is said to be illegible without a reason.", "Give one."
            )
        return
    if not keyed.text.strip() or len(keyed.text) > _LONGEST:
        raise CorrectionError(
            f"{field.name} cannot hold a text of {len(keyed.text)} characters.",
            "Type what stands there, or say that it is blank.",
        )
    if field.kind == "tick" and keyed.text != TICKED:
        raise CorrectionError(
            f"{field.name} is a tick box and cannot be {keyed.text!r}.",
            f"Give {TICKED} where it is ticked, or say that it is blank.",
        )
    if field.constraint is None or keyed.reason.strip().lower().startswith(AS_WRITTEN):
        return
    compiled = _compiled(field.constraint)
    if compiled is not None and not compiled.accepts(keyed.text):
        raise CorrectionError(
            f"{field.name} cannot be {keyed.text!r}: its format is {describe_format(field)}.",
            f'If that is what stands on the paper, begin the reason with "{AS_WRITTEN}".',
        )


@lru_cache(maxsize=512)
def _compiled(constraint: Constraint) -> CompiledConstraint | None:
    return compile_constraint(constraint, NUMBERS)


def describe_format(field: Field) -> str:
    """What a field's text must satisfy, in words for a message."""
    asked = field.constraint
    if asked is None:
        return "free"
    named = {
        "pattern": asked.pattern,
        "length": asked.length,
        "check": asked.check,
        "range": asked.range,
        "list": asked.entries and f"{len(asked.entries)} entries",
    }
    return ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)


def correct(
    database: Database,
    pile: int,
    changes: Iterable[Change],
    who: str,
    how: How,
    run_rules: RunRules,
) -> int:
    """Write corrections down and run the rules of their pages again, all or nothing.

    Returns how many fields hold something else or are certain now that were not. Raises
    PileNotFoundError for an unknown page or field, and what `check_keyed` raises.
    """
    with database.write() as connection:
        return correct_within(connection, pile, changes, who, how, run_rules)


def correct_within(
    connection: Connection,
    pile: int,
    changes: Iterable[Change],
    who: str,
    how: How,
    run_rules: RunRules,
) -> int:
    """As `correct`, in a transaction that is open."""
    check_name(who)
    by_page: dict[int, list[Change]] = {}
    for change in changes:
        by_page.setdefault(change.page, []).append(change)
    batch, count = secrets.token_hex(8), 0
    for page in sorted(by_page):  # in one order, so that two of us never wait for each other
        lock_page(connection, page)
        original = read_reading(connection, pile, page, original=True)
        fields = _fields(connection, page)
        for change in by_page[page]:
            if change.field not in fields:
                near = ", ".join(list(fields)[:8])
                raise PileNotFoundError(
                    f"Page {page} has no field {change.field!r}.", f"Its fields: {near}, ..."
                )
            row = fields[change.field]
            if (row.content, row.text) != (change.keyed.content, change.keyed.text):
                check_keyed(run_rules.template(original).by_name[change.field], change.keyed)
            elif row.basis == "person":
                continue  # the same table given twice
            _write(connection, page, row, change.keyed, batch, who, how)
            count += 1
        renew_page(connection, pile, page, run_rules, batch)
    return count


def undo_batch(
    connection: Connection, pile: int, batch: str, who: str, run_rules: RunRules
) -> tuple[int, ...]:
    """Take back what was said in one go; ids of the fields concerned."""
    standing = (CORRECTIONS.c.batch == batch, _said(), _stands())
    pages = connection.execute(select(CORRECTIONS.c.page_id).where(*standing).distinct()).scalars()
    ordered, new = sorted(pages), secrets.token_hex(8)
    for page in ordered:
        lock_page(connection, page)
    rows = connection.execute(select(CORRECTIONS).where(*standing)).all()
    for page in ordered:
        fields = {row.id: row for row in _fields(connection, page).values()}
        for row in rows:
            if row.page_id == page:
                back: Content = row.from_content
                keyed = Keyed(back, row.from_text)
                _write(connection, page, fields[row.field_id], keyed, new, who, "undo", row.id)
        renew_page(connection, pile, page, run_rules, new)
    return tuple(row.field_id for row in rows)


def last_batch(connection: Connection, pile: int, who: str) -> str | None:
    """What a person said last and did not take back; None where there is nothing."""
    return connection.execute(
        select(CORRECTIONS.c.batch)
        .join(PAGES, PAGES.c.id == CORRECTIONS.c.page_id)
        .where(PAGES.c.pile_id == pile, CORRECTIONS.c.who == who, _said(), _stands())
        .order_by(CORRECTIONS.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def renew_page(
    connection: Connection, pile: int, page: int, run_rules: RunRules, batch: str
) -> None:
    """Work out a page anew from what was read and the corrections that stand, and write it."""
    original = read_reading(connection, pile, page, original=True)
    standing = _standing(connection, page)
    new = run_rules(original, standing) if standing else original
    fields = _fields(connection, page)
    for first, field in zip(original.fields, new.fields, strict=True):
        row = fields[field.name]
        columns = field_columns(field)
        connection.execute(
            update(FIELDS)
            .where(FIELDS.c.id == row.id)
            .values(current=None if field == first else field.to_json(), **columns)
        )
        changed = (row.content, row.text) != (columns["content"], columns["text"])
        said = _last(connection, row.id) == (columns["content"], columns["text"])
        if changed and not said:
            keyed = Keyed(columns["content"], columns["text"])
            _write(connection, page, row, keyed, batch, BY_RULES, "rules")
    write_findings(connection, page, new)
    connection.execute(
        update(PAGES).where(PAGES.c.id == page).values(revision=PAGES.c.revision + 1)
    )
    renew_items(connection, pile, page)


def history(database: Database, pile: int, page: int | None = None) -> tuple[CorrectionRow, ...]:
    """All corrections of a pile, or of a page, in the order in which they were made."""
    undone = select(CORRECTIONS.c.undoes).where(CORRECTIONS.c.undoes.is_not(None))
    asked = (
        select(
            CORRECTIONS,
            FIELDS.c.name.label("field"),
            PAGES.c.page.label("number"),
            SOURCES.c.name.label("source"),
            CORRECTIONS.c.id.in_(undone).label("undone"),
        )
        .join(FIELDS, FIELDS.c.id == CORRECTIONS.c.field_id)
        .join(PAGES, PAGES.c.id == CORRECTIONS.c.page_id)
        .join(SOURCES, SOURCES.c.id == PAGES.c.source_id)
        .where(PAGES.c.pile_id == pile)
        .order_by(CORRECTIONS.c.id)
    )
    if page is not None:
        asked = asked.where(PAGES.c.id == page)
    with database.read() as connection:
        rows = connection.execute(asked).all()
    return tuple(
        CorrectionRow(
            row.id, row.batch, row.page_id, row.source, row.number, row.field, row.who, row.at,
            row.how, row.from_content, row.from_text, row.to_content, row.to_text, row.reason,
            bool(row.undone),
        )
        for row in rows
    )  # fmt: skip


def check_name(who: str) -> None:
    """CorrectionError where nobody is named."""
    if not who.strip() or not who.isprintable() or len(who) > _LONGEST:
        raise CorrectionError("Nobody is named as the one who corrects.", "Give a name.")


def lock_page(connection: Connection, page: int) -> None:
    """Let nobody else correct the same page until this transaction ends (SQLite: any page)."""
    connection.execute(select(PAGES.c.id).where(PAGES.c.id == page).with_for_update())


def _said() -> ColumnElement[bool]:
    """What a person said, as against what followed from it."""
    return CORRECTIONS.c.how.not_in(("undo", "rules"))


def _stands() -> ColumnElement[bool]:
    undone = select(CORRECTIONS.c.undoes).where(CORRECTIONS.c.undoes.is_not(None))
    return CORRECTIONS.c.id.not_in(undone)


def _standing(connection: Connection, page: int) -> dict[str, Keyed]:
    rows = connection.execute(
        select(CORRECTIONS, FIELDS.c.name.label("field"))
        .join(FIELDS, FIELDS.c.id == CORRECTIONS.c.field_id)
        .where(CORRECTIONS.c.page_id == page, _said(), _stands())
        .order_by(CORRECTIONS.c.id)
    )
    return {row.field: Keyed(row.to_content, row.to_text, row.reason) for row in rows}


def _fields(connection: Connection, page: int) -> dict[str, Any]:
    rows = connection.execute(
        select(FIELDS.c.id, FIELDS.c.name, FIELDS.c.content, FIELDS.c.text, FIELDS.c.basis)
        .where(FIELDS.c.page_id == page)
        .order_by(FIELDS.c.position)
    ).all()
    return {row.name: row for row in rows}


def _last(connection: Connection, field: int) -> tuple[str, str] | None:
    """What the newest entry says that a field holds."""
    row = connection.execute(
        select(CORRECTIONS.c.to_content, CORRECTIONS.c.to_text)
        .where(CORRECTIONS.c.field_id == field)
        .order_by(CORRECTIONS.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.to_content, row.to_text)


def _write(
    connection: Connection,
    page: int,
    row: Any,
    keyed: Keyed,
    batch: str,
    who: str,
    how: How,
    undoes: int | None = None,
) -> None:
    connection.execute(
        insert(CORRECTIONS).values(
            page_id=page,
            field_id=row.id,
            batch=batch,
            who=who,
            at=time.time(),
            how=how,
            from_content=row.content,
            from_text=row.text,
            to_content=keyed.content,
            to_text=keyed.text,
            reason=keyed.reason,
            undoes=undoes,
        )
    )
