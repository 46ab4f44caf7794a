"""A drafted form written as a template, for a person to go on with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from handsum.forms.fields import Kind, LabelAt, MmBox
from handsum.forms.sizes import name_size


@dataclass(frozen=True)
class DraftField:
    """A field of a draft; ``label_at`` None: where labels of its kind stand anyway."""

    name: str
    kind: Kind
    box: MmBox
    cells: int = 0
    label: str = ""
    required: bool = False
    entries: tuple[str, ...] = ()
    label_at: LabelAt | None = None


@dataclass(frozen=True)
class DraftColumn:
    """A column of a drafted table."""

    name: str
    kind: Kind
    width: float
    cells: int = 0
    label: str = ""


@dataclass(frozen=True)
class DraftTable:
    """A table of a draft; ``row_labels`` is empty or has one a row, ``header`` is above them.

    ``label_width`` and ``head_height`` in mm are what row labels and headings take up beside it.
    """

    name: str
    box: MmBox
    rows: int
    columns: tuple[DraftColumn, ...]
    header: str = ""
    row_labels: tuple[str, ...] = ()
    label_width: float = 0.0
    head_height: float = 0.0


@dataclass(frozen=True)
class DraftHead:
    """What stands above the fields of a drafted template."""

    name: str
    version: str
    title: str
    width: float
    height: float
    marked: bool
    coded: bool
    blank: str | None
    blank_page: int
    about: tuple[str, ...]


def write_template(
    head: DraftHead, fields: Sequence[DraftField], tables: Sequence[DraftTable]
) -> str:
    """The TOML text of a draft."""
    lines = [f"# {line}" if line else "#" for line in head.about]
    lines += ["", "schema = 1", f"name = {_text(head.name)}", f"version = {_text(head.version)}"]
    if head.title:
        lines.append(f"title = {_text(head.title)}")
    if head.blank is not None:
        lines.append(f"blank = {_text(head.blank)}")
        if head.blank_page != 1:
            lines.append(f"blank_page = {head.blank_page}")
    lines += ["rules = [", '    # "total = f01 + f02",', "]", "", "[page]"]
    known = name_size(head.width, head.height)
    if known is None:
        lines += [f"width = {head.width:.1f}", f"height = {head.height:.1f}"]
    else:
        lines.append(f"size = {_text(known[0])}")
        lines += ["landscape = true"] if known[1] else []
    lines += [f"marks = {_bool(head.marked)}", f"code = {_bool(head.coded)}"]
    for field in fields:
        lines += ["", *_field(field)]
    for table in tables:
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _field(field: DraftField) -> list[str]:
    lines = ["[[field]]", f"name = {_text(field.name)}"]
    if field.label:
        lines.append(f"label = {_text(field.label)}")
    if field.label and field.label_at is not None:
        lines.append(f"label_at = {_text(field.label_at)}")
    lines.append(f"kind = {_text(field.kind)}")
    if field.cells:
        lines.append(f"cells = {field.cells}")
    lines.append(f"box = {_box(field.box)}")
    if field.required:
        lines.append("required = true")
    if field.entries:
        lines.append(f"list = [{', '.join(map(_text, field.entries))}]")
    return lines


def _table(table: DraftTable) -> list[str]:
    lines = [
        "[[table]]",
        f"name = {_text(table.name)}",
        f"box = {_box(table.box)}",
        f"rows = {table.rows}",
    ]
    if table.header:
        lines.append(f"header = {_text(table.header)}")
    if table.head_height:
        lines.append(f"header_height = {table.head_height:.1f}")
    if any(table.row_labels):
        lines.append(f"row_labels = [{', '.join(map(_text, table.row_labels))}]")
        lines.append(f"row_label_width = {table.label_width:.1f}")
    for n, column in enumerate(table.columns):
        lines += ["", "[[table.column]]", f"name = {_text(column.name)}"]
        if column.label:
            lines.append(f"label = {_text(column.label)}")
        lines.append(f"kind = {_text(column.kind)}")
        if column.cells:
            lines.append(f"cells = {column.cells}")
        if n + 1 < len(table.columns):  # the last one takes what is left
            lines.append(f"width = {column.width:.2f}")
    return lines


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # TOML's basic strings are a superset of JSON's


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _box(box: MmBox) -> str:
    return "[" + ", ".join(f"{side:.2f}" for side in box) + "]"
