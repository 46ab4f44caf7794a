"""The table of a pile's template: a row a page, its texts first, then all there is about each.

Columns: ``page_id``, ``source``, ``page``, ``sheet``; ``review`` names the fields that want eyes,
``rules`` those that the values break, ``same_sheet`` other pages with the same sheet number. Then a
column a field with its text, then ``FIELD:value`` and so on for each. A field that is called like
one of the first columns has its text in ``FIELD:text``. Nothing becomes a number on the way:
``0123`` and ``1,50`` are texts here and in every file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from handsum.piles.rows import PageRow, TemplateRow
from handsum.piles.schema import FIELDS, FINDINGS
from handsum.piles.store import Pile

TABLE_SCHEMA = 1
FIRST = ("page_id", "source", "page", "sheet", "review", "rules", "same_sheet")
DETAILS = ("value", "confidence", "content", "decision", "basis", "origin")
_PAGES_AT_ONCE = 200


@dataclass(frozen=True)
class FieldCell:
    """A field of a row."""

    text: str
    value: str | None
    confidence: float
    content: str
    decision: str
    basis: str
    origin: str


@dataclass(frozen=True)
class TableRow:
    """A page: its fields by name, and texts of the rules that it breaks."""

    page: PageRow
    fields: Mapping[str, FieldCell]
    broken: tuple[str, ...]
    same_sheet: tuple[int, ...]

    @property
    def review(self) -> tuple[str, ...]:
        """Names of the fields that want eyes."""
        return tuple(name for name, cell in self.fields.items() if cell.decision == "review")


@dataclass(frozen=True)
class ResultTable:
    """Pages of one template of a pile; rows are fetched as they are asked for."""

    pile: Pile
    template: TemplateRow

    @property
    def title(self) -> str:
        """The template's name and version, as part of a file's name."""
        return f"{self.template.name}-{self.template.version}"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields."""
        return tuple(name for name, _ in self.template.fields)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns, no two the same."""
        texts = [f"{name}:text" if name in FIRST else name for name in self.names]
        return (*FIRST, *texts, *(f"{name}:{part}" for name in self.names for part in DETAILS))

    def rows(self) -> Iterator[TableRow]:
        """A row a page that was read, in the order in which pages were given."""
        pages = [p for p in self.pile.pages("done") if p.version == self.template.version]
        pages = [page for page in pages if page.template == self.template.name]
        same = {
            page.id: tuple(other.id for other in group if other.id != page.id)
            for group in self.pile.same_sheets()
            for page in group
        }
        for start in range(0, len(pages), _PAGES_AT_ONCE):
            some = pages[start : start + _PAGES_AT_ONCE]
            fields, broken = self._fetch([page.id for page in some])
            for page in some:
                yield TableRow(
                    page, fields[page.id], tuple(broken.get(page.id, ())), same.get(page.id, ())
                )

    def _fetch(
        self, pages: Sequence[int]
    ) -> tuple[dict[int, dict[str, FieldCell]], dict[int, list[str]]]:
        asked = (
            select(
                FIELDS.c.page_id,
                FIELDS.c.name,
                FIELDS.c.text,
                *(FIELDS.c[part] for part in DETAILS),
            )
            .where(FIELDS.c.page_id.in_(pages))
            .order_by(FIELDS.c.page_id, FIELDS.c.position)
        )
        wrong = (
            select(FINDINGS.c.page_id, FINDINGS.c.text)
            .where(FINDINGS.c.page_id.in_(pages), FINDINGS.c.verdict != "kept")
            .order_by(FINDINGS.c.page_id, FINDINGS.c.position)
        )
        fields: dict[int, dict[str, FieldCell]] = {page: {} for page in pages}
        broken: dict[int, list[str]] = {}
        with self.pile.database.read() as connection:
            for page, name, *parts in connection.execute(asked):
                fields[page][name] = FieldCell(*parts)
            for page, text in connection.execute(wrong):
                broken.setdefault(page, []).append(text)
        return fields, broken

    def cells(self, row: TableRow) -> tuple[Any, ...]:
        """A row's cells in the order of the columns: texts, None, or a number."""
        page = row.page
        first = (
            page.id,
            page.source,
            page.page,
            page.sheet,
            " ".join(row.review),
            "; ".join(row.broken),
            " ".join(str(other) for other in row.same_sheet),
        )
        found = [row.fields[name] for name in self.names]
        details = (getattr(cell, part) for cell in found for part in DETAILS)
        return (*first, *(cell.text for cell in found), *details)

    def tree(self, row: TableRow) -> dict[str, Any]:
        """A row as JSON has it."""
        page = row.page
        return {
            "schema": TABLE_SCHEMA,
            "page_id": page.id,
            "source": page.source,
            "page": page.page,
            "template": page.template,
            "version": page.version,
            "sheet": page.sheet,
            "rules": list(row.broken),
            "same_sheet": list(row.same_sheet),
            "fields": {
                name: {
                    "text": cell.text,
                    "value": cell.value,
                    "confidence": round(cell.confidence, 6),
                    "content": cell.content,
                    "decision": cell.decision,
                    "basis": cell.basis,
                    "origin": cell.origin,
                }
                for name, cell in row.fields.items()
            },
        }


def build_tables(pile: Pile) -> tuple[ResultTable, ...]:
    """A table a template, whether it has pages or not."""
    return tuple(ResultTable(pile, template) for template in pile.templates)
