"""A first template for a blank form: its boxes, combs, tables and lines found, or a PDF's fields.

The draft is for a person to go on with: fields are numbered, and a picture shows which is which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.errors import BlankFormError
from handsum.forms.draft_cells import find_cells, without_rules
from handsum.forms.draft_columns import find_free_columns
from handsum.forms.draft_grid import (
    Grid,
    group_cells,
    in_order,
    overlaps,
    stack_lines,
    without_overlaps,
)
from handsum.forms.draft_lines import Item, find_open
from handsum.forms.draft_overlay import draw_draft
from handsum.forms.draft_page import DraftPage, load_draft_page
from handsum.forms.draft_panels import find_white_cells
from handsum.forms.draft_pdf import take_pdf_fields
from handsum.forms.draft_rules import find_page_rules
from handsum.forms.draft_toml import (
    DraftColumn,
    DraftField,
    DraftHead,
    DraftTable,
    write_template,
)
from handsum.forms.draft_words import head_of, join_words, label_of
from handsum.forms.fields import MmBox
from handsum.forms.layout import LEAST, SLACK
from handsum.forms.marks import code_box, mark_boxes
from handsum.forms.paper import Grey, ink_of
from handsum.forms.reference import FINE
from handsum.forms.template import Template, parse_template
from handsum.imaging.files.pdf_fields import PdfWords

FIELD_LIMIT = 2000
EDGE = 4.0
"""mm from the sheet's edges in which lines are a scanner's shadows."""
PAD = 1.2
"""mm around words that are printed in a cell of their own, as `handsum form print` does."""
_PLURALS = {
    "comb": "combs", "box": "boxes", "line": "lines", "column": "columns", "date": "dates",
    "tick": "ticks",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Draft:
    """A drafted template.

    ``toml`` is its text, ``template`` what that says, ``overlay`` (H, W, 3) BGR the form with
    every field numbered. ``blank`` is the straightened form where the file itself is not
    straight: the template names it, so it has to be written beside it.
    """

    toml: str
    template: Template
    overlay: npt.NDArray[np.uint8]
    blank: Grey | None
    notes: tuple[str, ...]

    def summary(self) -> str:
        """How many fields of which kind, in words."""
        singles = [field for field in self.template.fields if field.place is None]
        kinds = Counter(field.kind for field in singles)
        parts = [f"{n} {_PLURALS[kind] if n > 1 else kind}" for kind, n in kinds.items()]
        for table in self.template.tables:
            parts.append(f"a table of {table.rows} x {len(table.columns)}")
        return ", ".join(parts)


def draft_template(
    path: Path,
    *,
    page: int = 1,
    size: tuple[float, float] | None = None,
    name: str | None = None,
    folder: Path | None = None,
) -> Draft:
    """Draft the template of a blank form (a picture or PDF; its page from 1).

    ``size`` in mm is the sheet's, for pictures that do not say theirs. The template will lie in
    ``folder`` (by default beside the blank). What loading a picture raises, and BlankFormError
    if there is nothing to fill in.
    """
    found = load_draft_page(path, page, size)
    words = join_words(found.words)
    fields: list[DraftField]
    tables: list[DraftTable] = []
    if found.fields:
        fields = take_pdf_fields(found.fields, (found.width, found.height), words)
    else:
        items, grids = _from_lines(found)
        fields, tables = _named(items, grids, words)
    if not fields and not tables:
        raise BlankFormError(
            f"{path}, page {page}: no boxes, combs or lines to write in.",
            "Draw them darker, scan it at 200 dpi, or write the template by hand.",
        )
    where = path.parent if folder is None else folder
    head = _head(found, name or _form_name(found), where, len(fields), len(tables))
    text = write_template(head, fields, tables)
    blank = None
    if found.straightened and not found.marked:
        blank = found.grey
    template = parse_template(_without_blank(text), "the draft", where)
    overlay = draw_draft(found.grey, fields, tables)
    return Draft(text, template, overlay, blank, _notes(found, fields, tables))


def straight_name(path: Path, page: int) -> str:
    """The file beside the template in which the straightened blank is kept."""
    return f"{path.stem}-straight.png" if page == 1 else f"{path.stem}-{page}-straight.png"


def _from_lines(page: DraftPage) -> tuple[list[Item], list[Grid]]:
    ink = ink_of(page.grey)
    taken: list[MmBox] = []
    if page.marked:
        taken = [*mark_boxes(page.width, page.height)]
        taken += [code_box(page.width, page.height)] if page.code else []
        for x0, y0, x1, y1 in taken:
            ink[round(y0 * FINE) : round(y1 * FINE), round(x0 * FINE) : round(x1 * FINE)] = 0
    rules = find_page_rules(ink)
    cells = find_cells(ink, rules, f"{page.source}, page {page.page}")
    print_only = without_rules(ink, rules)
    cells += find_white_cells(page.grey, print_only, cells)
    items, grids = group_cells(ink, cells, rules)
    high, columns = find_free_columns(cells)
    opened = find_open(ink, print_only, rules, cells)
    lines, ruled = stack_lines([item for item in opened if item.kind == "line"])
    items += lines + high + [item for item in opened if item.kind != "line"]
    whole = (0.0, 0.0, page.width, page.height)
    items = [item for item in items if _usable(item, whole, taken)]
    return without_overlaps(items, [*grids, *columns, *ruled], SLACK / 2)


def _usable(item: Item, page: MmBox, taken: Sequence[MmBox]) -> bool:
    x0, y0, x1, y1 = item.box
    edge = EDGE if item.kind in ("line", "column") else 0.0
    inside = (
        x0 >= page[0] + edge
        and y0 >= page[1] + edge
        and x1 <= page[2] - edge
        and y1 <= page[3] - edge
    )
    large = (x1 - x0) / max(item.cells, 1) >= LEAST and y1 - y0 >= LEAST
    return inside and large and not any(overlaps(item.box, box, 0.0) for box in taken)


def _named(
    items: Sequence[Item], grids: Sequence[Grid], words: Sequence[PdfWords]
) -> tuple[list[DraftField], list[DraftTable]]:
    """Fields f01, f02, ... and tables t1, t2, ... in reading order."""
    ordered = in_order([item.box for item in items])
    digits = max(2, len(str(len(items))))
    boxes = [item.box for item in items] + [grid.box for grid in grids]
    fields = []
    for n, i in enumerate(ordered, start=1):
        item, tick = items[i], items[i].kind == "tick"
        label = label_of(item.box, boxes, words, tick=tick)
        usual = "right" if tick else "left"
        fields.append(
            DraftField(
                f"f{n:0{digits}d}",
                item.kind,
                item.box,
                item.cells,
                label.text if label else "",
                label_at=label.at if label and label.at != usual else None,
            )
        )
    in_turn = [grids[i] for i in in_order([grid.box for grid in grids])]
    tables = [_table(f"t{n}", grid, boxes, words) for n, grid in enumerate(in_turn, start=1)]
    return fields, tables


def _table(name: str, grid: Grid, boxes: Sequence[MmBox], words: Sequence[PdfWords]) -> DraftTable:
    x0, y0, x1, y1 = grid.box
    height = (y1 - y0) / grid.rows
    rows = [(x0, y0 + r * height, x1, y0 + (r + 1) * height) for r in range(grid.rows)]
    labels = [label for row in rows if (label := label_of(row, boxes, words, tick=False))]
    if len(labels) < len(rows) or len({label.text for label in labels}) < len(rows):
        labels = []  # the same word for all is a heading
    heads = [head_of(column.box, grid, words) for column in grid.columns]
    width = max((x0 - label.box[0] + PAD for label in labels), default=0.0)
    header = head_of((x0 - width, y0, x0, y1), grid, words) if labels else None
    columns = tuple(
        DraftColumn(
            f"c{k}",
            column.kind,
            column.box[2] - column.box[0],
            column.cells,
            head.text if head else "",
        )
        for k, (column, head) in enumerate(zip(grid.columns, heads, strict=True), start=1)
    )
    return DraftTable(
        name,
        grid.box,
        grid.rows,
        columns,
        header.text if header else "",
        tuple(label.text for label in labels),
        label_width=width,
        head_height=max((y0 - head.box[1] + PAD for head in heads if head), default=0.0),
    )


def _form_name(page: DraftPage) -> str:
    if page.code is not None:
        return page.code.name
    plain = re.sub(r"[^a-z0-9]+", "-", page.source.stem.lower()).strip("-")
    return plain[:40].rstrip("-") or "form"


def _head(page: DraftPage, name: str, folder: Path, fields: int, tables: int) -> DraftHead:
    blank: str | None = None
    if not page.marked:
        blank = straight_name(page.source, page.page) if page.straightened else None
        if blank is None:
            blank = _relative(page.source, folder)
    about = [
        f"Drafted from {page.source.name}: {fields} fields, {tables} tables.",
        "Look at the overlay picture, then give fields their names, labels and formats, write the",
        "rules, and take away what nobody fills in. docs/forms.md names every key.",
    ]
    if page.guessed_size:
        about.append("The size of the sheet is a guess: the picture does not say it.")
    return DraftHead(
        name=name,
        version=page.code.version if page.code else "1",
        title="",
        width=round(page.width, 1),
        height=round(page.height, 1),
        marked=page.marked,
        coded=page.marked and page.code is not None,
        blank=blank,
        blank_page=page.page if blank is not None and not page.straightened else 1,
        about=tuple(about),
    )


def _relative(path: Path, folder: Path) -> str:
    """The path as the template, which lies in ``folder``, names it."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _without_blank(text: str) -> str:
    """The draft without its blank, whose picture may not be written yet."""
    return re.sub(r"^blank(_page)? = .*\n", "", text, flags=re.MULTILINE)


def _notes(
    page: DraftPage, fields: Sequence[DraftField], tables: Sequence[DraftTable]
) -> tuple[str, ...]:
    notes = []
    if page.fields:
        notes.append("The PDF's own fields were taken over; its lines were not looked at.")
    if page.pages > 1:
        notes.append(f"Page {page.page} of {page.pages}: every page needs a template of its own.")
    if page.tilt:
        notes.append(f"The form was {abs(page.tilt):.2f} degrees crooked and was turned.")
    if page.marked:
        notes.append("handsum's marks are on it: pages will be matched by them.")
    if page.guessed_size:
        notes.append(
            f"The sheet is taken to be {page.width:.0f} x {page.height:.0f} mm; say --size if not."
        )
    cells = sum(table.rows * len(table.columns) for table in tables)
    if len(fields) + cells > FIELD_LIMIT:
        notes.append(f"{len(fields) + cells} fields are more than a form has; look at the picture.")
    return tuple(notes)
