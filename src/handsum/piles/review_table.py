"""The table of doubtful values that people type into, and how what they typed comes back.

A row a value, with its crop beside it. Into ``correct`` goes what stands there: a text, ``ok``
where it is as read, ``(blank)``, ``(struck out)`` or ``(illegible)``; a ``reason`` with the last.
Rows left empty change nothing. Any other table with ``field``, ``correct`` and ``page_id`` (or
``source`` and ``page``) can be given as well.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from handsum.errors import CorrectionError, HandsumError
from handsum.piles.cells import SHOWN, restore, show
from handsum.piles.corrections import Change, Keyed, RunRules, check_keyed, correct, history
from handsum.piles.rows import PageRow
from handsum.piles.store import Pile
from handsum.piles.tables import build_tables
from handsum.readings import Box, Content

COLUMNS = (
    "page_id", "source", "page", "sheet", "field", "label", "read", "confidence", "why", "rules",
    "crop", "correct", "reason",
)  # fmt: skip
_READ = ("page_id", "source", "page", "field", "read", "correct", "reason")  # as in TypedRow
OK = frozenset({"ok", "(ok)"})
_TYPED: dict[str, Content] = {shown: content for content, shown in SHOWN.items()} | {
    "(illegible)": "not_a_number"
}
_SHOWN_ERRORS = 8


@dataclass(frozen=True)
class Doubt:
    """A row of the review table, before anything is typed.

    ``crop`` is its picture's name, ``box`` the field on the upright page.
    """

    page: PageRow
    field: str
    label: str
    content: Content
    text: str
    confidence: float
    why: str
    rules: tuple[str, ...]
    crop: str
    box: Box

    @property
    def cells(self) -> tuple[object, ...]:
        """In the order of `COLUMNS`."""
        page = self.page
        return (
            page.id, page.source, page.page, page.sheet, self.field, self.label,
            show(self.content, self.text), self.confidence, self.why.replace("_", " "),
            "; ".join(self.rules), self.crop, "", "",
        )  # fmt: skip


@dataclass(frozen=True)
class TypedRow:
    """What somebody typed into a row of a table; ``line`` from 1, the header being the first."""

    line: int
    page_id: str
    source: str
    page: str
    field: str
    read: str
    correct: str
    reason: str


def parse_typed(content: bytes, name: str) -> list[TypedRow]:
    """The rows in which something was typed. CorrectionError where it is no such table.

    UTF-8; comma, semicolon or tab divide, as spreadsheet programs write it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorrectionError(
            f"{name} is no UTF-8 text (byte {error.start}).",
            "Save it as CSV UTF-8 in the spreadsheet program.",
        ) from error
    head = text.split("\n", 1)[0]
    table = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True
    )
    try:
        lines = [(table.line_num, row) for row in table]
    except csv.Error as error:
        raise CorrectionError(
            f"{name}, line {table.line_num}: {error}.", "Save it as CSV again."
        ) from error
    columns = [cell.strip().lower() for cell in lines[0][1]] if lines else []
    twice = [column for column, n in Counter(filter(None, columns)).items() if n > 1]
    absent = sorted({"field", "correct"} - set(columns))
    if not {"page_id", "source"} & set(columns):
        absent.append("page_id (or source and page)")
    if absent or twice:
        what = f"lacks {', '.join(absent)}" if absent else f"names {', '.join(twice)} twice"
        raise CorrectionError(f"{name} {what}.", f"Its first line should be: {','.join(COLUMNS)}.")
    rows = []
    for line, row in lines[1:]:
        cells = {c: v for c, v in zip(columns, row, strict=False)}  # noqa: C416 (rows may be short)
        found = [restore(cells.get(column, "").strip()) for column in _READ]
        if cells.get("correct", "").strip():
            rows.append(TypedRow(line, *found))
    return rows


def apply_table(pile: Pile, content: bytes, name: str, who: str, run_rules: RunRules) -> int:
    """Take in what was typed into a table and run the rules again: all of it, or nothing.

    Returns how many values are other, or certain, than before. CorrectionError names every line
    that cannot be taken: no such page or field, a text that the field's format does not allow, two
    lines for one value, or a value that somebody has corrected since the table was written.
    """
    rows = parse_typed(content, name)
    changes: list[Change] = []
    wrong: list[tuple[int, HandsumError]] = []
    seen: dict[tuple[int, str], Change] = {}
    pages = _Pages(pile, run_rules)
    for row in rows:
        try:
            change = pages.change(row)
            key = (change.page, change.field)
            if seen.setdefault(key, change) != change:
                raise CorrectionError(
                    f"{change.field} of this page stands in another line with another value.",
                    "Leave one of them.",
                )
        except HandsumError as error:
            wrong.append((row.line, error))
        else:
            changes.append(change)
    if wrong:
        shown = "\n  ".join(
            f"line {line}: {e.message} {e.remedy}" for line, e in wrong[:_SHOWN_ERRORS]
        )
        more = f"\n  and {len(wrong) - _SHOWN_ERRORS} more" if len(wrong) > _SHOWN_ERRORS else ""
        raise CorrectionError(
            f"{name}: {len(wrong)} of {len(rows)} lines cannot be taken:\n  {shown}{more}",
            "Nothing was changed; mend these lines and give the same command again.",
        )
    unique = list(dict.fromkeys(changes))
    return correct(pile.database, pile.info.id, unique, who, "table", run_rules)


def has_news(pile: Pile, content: bytes) -> bool:
    """Whether somebody typed into a table what the pile does not know yet."""
    try:
        rows = parse_typed(content, "")
    except CorrectionError:
        return bool(content.strip())
    known = {
        (row.page_id, row.field, show(row.to_content, row.to_text))
        for row in history(pile.database, pile.info.id)
    }
    for row in rows:
        said = row.read if row.correct.lower() in OK else row.correct
        said = SHOWN["not_a_number"] if said.lower() == "(illegible)" else said
        if not row.page_id.isdigit() or (int(row.page_id), row.field, said) not in known:
            return True
    return False


class _Pages:
    """Finds the page and field that a typed row means."""

    def __init__(self, pile: Pile, run_rules: RunRules) -> None:
        self._pile = pile
        self._run_rules = run_rules
        self._by_id = {page.id: page for page in pile.pages()}
        self._by_place = {(page.source, str(page.page)): page for page in self._by_id.values()}
        self._fields = {
            (table.template.name, table.template.version): set(table.names)
            for table in build_tables(pile)
        }
        self._by_person = {
            (row.page_id, row.field): row
            for row in history(pile.database, pile.info.id)
            if row.how not in ("undo", "rules") and not row.undone
        }

    def change(self, row: TypedRow) -> Change:
        """CorrectionError where it means none, or cannot be."""
        page = self._page(row)
        if page.state != "done":
            raise CorrectionError(
                f"{page.source}, page {page.page}, was not read: {page.code or page.state}.",
                "Correct pages that were read.",
            )
        if row.field not in self._fields[page.template, page.version]:
            near = ", ".join(sorted(self._fields[page.template, page.version])[:6])
            raise CorrectionError(
                f"the form {page.template} has no field {row.field!r}.", f"It has {near}, ..."
            )
        reading = self._pile.reading(page.id)
        now = reading.field(row.field).reading
        keyed = self._keyed(row, now.content, now.text)
        if (keyed.content, keyed.text) != (now.content, now.text):
            self._refuse_stale(row, page, show(now.content, now.text))
            check_keyed(self._run_rules.template(reading).by_name[row.field], keyed)
        return Change(page.id, row.field, keyed)

    def _page(self, row: TypedRow) -> PageRow:
        by_place = self._by_place.get((row.source, row.page or "1"))
        if not row.page_id:
            if by_place is None:
                raise CorrectionError(
                    f"the pile has no page {row.page or 1} of {row.source!r}.",
                    "Write source and page as they stand in table.csv.",
                )
            return by_place
        page = self._by_id.get(int(row.page_id)) if row.page_id.isdecimal() else None
        if page is None:
            raise CorrectionError(
                f"the pile has no page_id {row.page_id!r}.", "Write it as it stands in table.csv."
            )
        if row.source and row.page and by_place != page:
            raise CorrectionError(
                f"page_id {row.page_id} is {page.source}, page {page.page}, not {row.source}, "
                f"page {row.page}.",
                "Leave one of the two out.",
            )
        return page

    def _keyed(self, row: TypedRow, content: Content, text: str) -> Keyed:
        typed = row.correct.lower()
        if typed in OK:
            if row.read and row.read != show(content, text):
                self._refuse_moved(row, show(content, text))
            return Keyed(content, text, row.reason)
        if typed in _TYPED:
            return Keyed(_TYPED[typed], "", row.reason)
        return Keyed("number", row.correct, row.reason)

    def _refuse_moved(self, row: TypedRow, now: str) -> None:
        raise CorrectionError(
            f"{row.field} reads {now!r} now and not {row.read!r} as in the table.",
            "Export the table again and look once more.",
        )

    def _refuse_stale(self, row: TypedRow, page: PageRow, now: str) -> None:
        other = self._by_person.get((page.id, row.field))
        if other is not None and row.read and row.read != now:
            raise CorrectionError(
                f"{other.who} has corrected {row.field} to {now!r} since the table was written.",
                f"Export it again, or empty the cell read ({row.read}) to overrule {other.who}.",
            )


def find_doubts(pile: Pile) -> Iterator[Doubt]:
    """The values that want eyes, page by page, those that a broken rule names first."""
    for table in build_tables(pile):
        labels = dict(table.template.fields)
        for row in table.rows():
            if not row.review:
                continue
            reading = pile.reading(row.page.id)
            wanted = [f for f in reading.fields if f.reading.decision == "review"]
            for field in sorted(wanted, key=lambda f: not f.look_at):
                broken = [
                    rule.text
                    for rule in reading.rules
                    if rule.verdict != "kept" and field.name in rule.fields
                ]
                yield Doubt(
                    row.page,
                    field.name,
                    labels.get(field.name, ""),
                    field.reading.content,
                    field.reading.text,
                    field.reading.confidence,
                    field.why,
                    tuple(broken),
                    f"{row.page.id:06}-{_file_part(field.name)}.png",
                    field.crop_box,
                )


def _file_part(name: str) -> str:
    """A field's name as part of a file's name: brackets and the like become hyphens."""
    return "".join(c if c.isalnum() or c in "_." else "-" for c in name)


def read_table(path: Path) -> bytes:
    """A table's bytes; CorrectionError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorrectionError(
            f"{path} cannot be read: {error.strerror or error}.",
            "Check the path, and close the file in other programs.",
        ) from error
