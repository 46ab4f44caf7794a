"""A template: where the fields of a form stand, what may be written in them, what must add up.

Written as TOML (docs/forms.md names every key), checked as a whole when it is loaded: whoever
holds a Template need not ask whether its boxes overlap or its rules contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from handsum.decode.rules import RuleSet
from handsum.forms.fields import Field, Kind, LabelAt, MmBox, Place

__all__ = [
    "SCHEMA",
    "Column",
    "Field",
    "Kind",
    "LabelAt",
    "MmBox",
    "Place",
    "PrintedText",
    "Table",
    "Template",
    "load_template",
    "parse_template",
]

SCHEMA = 1
Align = Literal["left", "centre", "right"]


@dataclass(frozen=True)
class PrintedText:
    """A text on the form: ``x`` and the baseline ``y`` in mm, ``size`` in points."""

    text: str
    x: float
    y: float
    size: float = 9.0
    bold: bool = False
    align: Align = "left"


@dataclass(frozen=True)
class Column:
    """A column of a table: its ``name`` in rules ("" in a grid that has none), from x0 to x1."""

    name: str
    label: str
    x0: float
    x1: float


@dataclass(frozen=True)
class Table:
    """A grid of equal rows; ``box`` is what is filled in, headers and row labels stand outside.

    ``header_height`` and ``row_label_width`` in mm, 0 where there are none.
    """

    name: str
    label: str
    box: MmBox
    rows: int
    columns: tuple[Column, ...]
    empty_rows: bool = False
    header: str = ""
    header_height: float = 0.0
    row_labels: tuple[str, ...] = ()
    row_label_width: float = 0.0

    @property
    def row_height(self) -> float:
        """Height of a row in mm."""
        return (self.box[3] - self.box[1]) / self.rows


@dataclass(frozen=True)
class Template:
    """A checked template; lengths in mm, origin at the top left of the sheet.

    ``fields`` hold every field in the order of the file, tables row by row. ``rules`` are parsed
    from ``rule_texts``, and hold a date rule for every date. ``marks``, ``code``: whether corner
    marks and a page code are printed on the form; ``blank`` is a picture or PDF of the empty
    form (its page ``blank_page``, from 1), by whose printed lines pages are matched where there
    are no marks. ``sha256`` is of all that decides how a page is read or printed.
    """

    name: str
    version: str
    title: str
    width: float
    height: float
    marks: bool
    code: bool
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    rules: RuleSet
    rule_texts: tuple[str, ...]
    texts: tuple[PrintedText, ...]
    sha256: str
    source: str
    blank: Path | None = None
    blank_page: int = 1
    font: Path | None = None

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    def row_of(self, field: Field) -> tuple[Field, ...]:
        """All fields of the table row in which ``field`` stands; itself alone outside tables."""
        if field.place is None:
            return (field,)
        at = (field.place.table, field.place.row)
        return tuple(f for f in self.fields if f.place and (f.place.table, f.place.row) == at)


def load_template(path: Path) -> Template:
    """The template in a TOML file.

    TemplateError naming file, key, what is wrong and the remedy: no file or no TOML, another
    schema, an unknown key (with the nearest known one), boxes that overlap or leave the page,
    names given twice, formats, lists and rules that cannot be satisfied.
    """
    from handsum.forms.template_build import build_template  # noqa: PLC0415 (it imports Template)
    from handsum.forms.template_file import load_model  # noqa: PLC0415

    return build_template(load_model(path), str(path), path.parent)


def parse_template(text: str, source: str, folder: Path) -> Template:
    """The template in a text; ``source`` names it in messages, its files lie in ``folder``.

    TemplateError as for `load_template`.
    """
    from handsum.forms.template_build import build_template  # noqa: PLC0415
    from handsum.forms.template_file import parse_model  # noqa: PLC0415

    return build_template(parse_model(text, source), source, folder)
