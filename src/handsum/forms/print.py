"""A printable form from a template: vector PDF, corner marks, a page code on every sheet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from handsum.errors import PrintFormError
from handsum.files import write_atomically
from handsum.forms.fields import Field, MmBox
from handsum.forms.fonts import FormFonts, choose_fonts
from handsum.forms.marks import (
    CODE_QUIET,
    MARK_IDS,
    MARK_INSET,
    MARK_SIZE,
    Modules,
    PageCode,
    code_box,
    code_modules,
    code_text,
    mark_modules,
    mark_squares,
)
from handsum.forms.template import Align, PrintedText, Table, Template
from handsum.forms.typeset import ASCENT, POINTS_PER_MM, Setting, no_room, set_text

BORDER = 0.3  # mm: sides of boxes and tables
TOOTH = 0.15  # mm: between the cells of a comb, so that columns of combs stay apart
SHEET_LIMIT = 100_000
_LABEL = 9.0  # points
_TITLE = 15.0
_FOOT = 7.0
_EDGE = 8.0  # mm: no label starts nearer to the sheet's edge
_GAP = 2.0  # mm between a label and its box


def print_form(template: Template, out: Path, sheets: int = 1, first: int = 1) -> None:
    """Write ``sheets`` copies of the form as PDF, numbered from ``first`` in their page codes.

    PrintFormError for a template that stands for a form that exists (``blank``), for texts that
    no font shows or that have no room; StorageError where nothing can be written.
    """
    write_atomically(out, draw_form(template, sheets, first))


def draw_form(template: Template, sheets: int = 1, first: int = 1) -> bytes:
    """The PDF that print_form writes; the same bytes for the same template."""
    if template.blank is not None:
        raise PrintFormError(
            f"{template.source}: blank: it stands for a form that exists, {template.blank.name}.",
            "Print that one; or take the key blank away to get a form with marks of its own.",
        )
    if min(sheets, first) < 1 or first + sheets - 1 > SHEET_LIMIT:
        raise PrintFormError(
            f"sheets {first} to {first + sheets - 1}.", f"Sheets are numbered 1 to {SHEET_LIMIT}."
        )
    fonts = choose_fonts(template.source, list(_texts_of(template)), template.font)
    target = io.BytesIO()
    size = (template.width * POINTS_PER_MM, template.height * POINTS_PER_MM)
    canvas = Canvas(target, pagesize=size, invariant=1)
    canvas.setTitle(template.title or template.name)
    canvas.setCreator("handsum")
    drawing = _Drawing(template, canvas, fonts)
    # What all sheets share is stored once and shown on each.
    canvas.beginForm("form")
    drawing.form()
    canvas.endForm()
    for sheet in range(first, first + sheets):
        canvas.doForm("form")
        drawing.sheet(sheet)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _texts_of(template: Template) -> Iterator[str]:
    yield template.title
    for text in template.texts:
        yield text.text
    for field in template.fields:
        if field.place is None:
            yield field.label
    for table in template.tables:
        yield table.header
        yield from (column.label for column in table.columns)
        yield from table.row_labels


class _Drawing:
    """One template on one canvas; lengths in mm from the top left."""

    def __init__(self, template: Template, canvas: Canvas, fonts: FormFonts) -> None:
        self.template, self.canvas, self.fonts = template, canvas, fonts
        self.boxes: list[MmBox] = [f.box for f in template.fields if f.place is None]
        self.boxes += [_whole(table) for table in template.tables]

    def form(self) -> None:
        """All that does not depend on the sheet's number."""
        template = self.template
        self.check_headings()
        self.canvas.setLineCap(2)  # squares close at their corners
        if template.marks:
            squares = mark_squares(template.width, template.height)
            for mark_id, square in zip(MARK_IDS, squares, strict=True):
                self.modules(mark_modules(mark_id), square)
        if template.title:
            self.title()
        for text in template.texts:
            self.check_text(text)
            self.line(text.text, text.x, text.y, text.size, bold=text.bold, align=text.align)
        for field in template.fields:
            if field.place is None:
                self.field(field)
                if field.label and field.label_at != "none":
                    self.label(field)
        for table in template.tables:
            self.table(table)

    def sheet(self, number: int) -> None:
        """The page code of a sheet and the words at its foot."""
        template = self.template
        if not template.code:
            return
        x0, y0, x1, y1 = code_box(template.width, template.height)
        modules = code_modules(code_text(PageCode(template.name, template.version, number)))
        quiet = (x1 - x0) * CODE_QUIET / (len(modules) + 2 * CODE_QUIET)
        self.modules(modules, (x0 + quiet, y0 + quiet, x1 - quiet, y1 - quiet))
        foot = template.height - MARK_INSET
        words = f"{template.name} {template.version} · {number}"
        middle, half = template.width / 2, self.fonts.width(words, _FOOT) / POINTS_PER_MM / 2
        if not self.hits((middle - half, foot - 3.0, middle + half, foot)):
            self.line(words, middle, foot, _FOOT, align="centre")

    def check_headings(self) -> None:
        """Raise PrintFormError where a table's headings or row labels have no room."""
        template = self.template
        for table in template.tables:
            whole, inner = _whole(table), table.box
            where = f'{template.source}: table "{table.name}"'
            remedy = "Mend header_height or row_label_width, or move the table."
            if whole[0] < 0 or whole[1] < 0:
                raise PrintFormError(f"{where}: its headings leave the page.", remedy)
            for box in self.boxes:
                if box != whole and _share(box, whole) and not _share(box, inner):
                    raise PrintFormError(
                        f"{where}: its headings lie on {_shown(box)} mm, where a field is.", remedy
                    )

    def check_text(self, text: PrintedText) -> None:
        """Raise PrintFormError where a text leaves the sheet."""
        width = self.fonts.width(text.text, text.size, bold=text.bold) / POINTS_PER_MM
        left = text.x - width * {"left": 0.0, "centre": 0.5, "right": 1.0}[text.align]
        top = text.y - text.size * ASCENT / POINTS_PER_MM
        inside = left >= 0 and left + width <= self.template.width
        if not inside or top < 0 or text.y > self.template.height:
            raise PrintFormError(
                f"{self.template.source}: text {text.text!r} leaves the sheet.",
                "Move it, break it into two, or give it a smaller size.",
            )

    def hits(self, room: MmBox) -> bool:
        """Whether any field or table is in a room."""
        return any(_share(box, room) for box in self.boxes)

    def modules(self, ink: Modules, square: MmBox) -> None:
        """Black modules in a square, as runs: no hairlines between neighbours in a row."""
        x0, y0, x1, _ = square
        pitch = (x1 - x0) / len(ink)
        path = self.canvas.beginPath()
        for r, row in enumerate(ink):
            start = None
            for c, dark in enumerate([*row, False]):
                if dark and start is None:
                    start = c
                elif not dark and start is not None:
                    path.rect(
                        self.x(x0 + start * pitch),
                        self.y(y0 + (r + 1) * pitch),
                        (c - start) * pitch * POINTS_PER_MM,
                        pitch * POINTS_PER_MM,
                    )
                    start = None
        self.canvas.drawPath(path, stroke=0, fill=1)

    def title(self) -> None:
        template = self.template
        left = MARK_INSET + MARK_SIZE + 4.0 if template.marks else 12.0
        right = template.width - left
        if template.code:
            right = code_box(template.width, template.height)[0] - 2.0
        room = (left, MARK_INSET, right, MARK_INSET + 12.0)
        found = set_text(template.title, (right - left, 12.0), self.fonts, _TITLE, bold=True)
        if found is None or self.hits((*room[:3], room[1] + found.height)):
            raise no_room(template.source, "title", template.title, room)
        self.lines(found, left, room[1], bold=True)

    def field(self, field: Field) -> None:
        x0, y0, x1, y1 = field.box
        if field.kind == "line":
            self.rule(x0, y1, x1, y1)
        elif field.kind == "column":
            self.rule(x0, y0, x0, y1)
            self.rule(x1, y0, x1, y1)
        else:
            self.frame(field.box)
        self.teeth(field)

    def teeth(self, field: Field) -> None:
        for _, y0, x1, y1 in field.cell_boxes[: max(field.cells - 1, 0)]:
            self.rule(x1, y0, x1, y1, TOOTH)

    def label(self, field: Field) -> None:
        x0, y0, x1, y1 = field.box
        middle = (y0 + y1) / 2
        where = f'field "{field.name}", label'
        height = max(y1 - y0, 8.0)
        if field.label_at == "above":
            room = (x0, y0 - 6.0, self.free_right(x0, y0 - 5.0, y0 - 1.0), y0 - 0.8)
        elif field.label_at == "left":
            room = (
                self.free_left(x0, middle - 1.5, middle + 1.5),
                middle - height / 2,
                x0 - _GAP,
                middle + height / 2,
            )
        else:
            room = (
                x1 + _GAP,
                middle - height / 2,
                self.free_right(x1, middle - 1.5, middle + 1.5),
                middle + height / 2,
            )
        found = None
        if room[2] > room[0]:
            size = (room[2] - room[0], room[3] - room[1])
            found = set_text(field.label, size, self.fonts, _LABEL)
        if found is None:
            raise no_room(self.template.source, where, field.label, room)
        if field.label_at == "above":
            self.lines(found, x0, room[3] - found.height)
        elif field.label_at == "left":
            self.lines(found, room[2], middle - found.height / 2, align="right")
        else:
            self.lines(found, room[0], middle - found.height / 2)

    def free_left(self, x: float, top: float, bottom: float) -> float:
        """Where the room left of ``x`` begins, in the band from ``top`` to ``bottom``."""
        ends = [b[2] + _GAP for b in self.boxes if b[1] < bottom and b[3] > top and b[2] <= x + 0.5]
        return max([_EDGE, *ends])

    def free_right(self, x: float, top: float, bottom: float) -> float:
        """Where the room right of ``x`` ends."""
        starts = [b[0] - _GAP for b in self.boxes if b[1] < bottom and b[3] > top and b[0] > x]
        return min([self.template.width - _EDGE, *starts])

    def table(self, table: Table) -> None:
        x0, y0, _, _ = table.box
        cells = [f for f in self.template.fields if f.place and f.place.table == table.name]
        for cell in cells:
            self.cell(cell)
        self.frame(table.box)
        where = f'table "{table.name}"'
        if table.header_height:
            top = y0 - table.header_height
            for column in table.columns:
                box = (column.x0, top, column.x1, y0)
                self.frame(box)
                self.words(f"{where}, column, label", column.label, box, bold=True)
            if table.row_labels:
                box = (x0 - table.row_label_width, top, x0, y0)
                self.frame(box)
                self.words(f"{where}, header", table.header, box, bold=True)
        for row, label in enumerate(table.row_labels):
            top = y0 + row * table.row_height
            box = (x0 - table.row_label_width, top, x0, top + table.row_height)
            self.frame(box)
            self.words(f"{where}, row_labels", label, box, centred=len(label) <= 3)

    def cell(self, cell: Field) -> None:
        x0, y0, x1, y1 = cell.box
        if cell.kind == "line":  # lines of neighbours do not run together
            self.rule(x0 + 0.5, y1, x1 - 0.5, y1)
            return
        self.rule(x0, y0, x0, y1)
        self.rule(x1, y0, x1, y1)
        if cell.kind != "column":
            self.rule(x0, y0, x1, y0)
            self.rule(x0, y1, x1, y1)
        self.teeth(cell)

    def words(
        self, where: str, text: str, box: MmBox, *, bold: bool = False, centred: bool = True
    ) -> None:
        """A text in the middle of a box (or at its left), as large as it has room."""
        if not text:
            return
        x0, y0, x1, y1 = box
        room = (x1 - x0 - 1.6, y1 - y0 - 0.4)
        found = set_text(text, room, self.fonts, _LABEL, bold=bold)
        if found is None:
            raise no_room(self.template.source, where, text, room)
        top = (y0 + y1 - found.height) / 2
        if centred:
            self.lines(found, (x0 + x1) / 2, top, bold=bold, align="centre")
        else:
            self.lines(found, x0 + 1.2, top, bold=bold)

    def lines(
        self, found: Setting, x: float, top: float, *, bold: bool = False, align: Align = "left"
    ) -> None:
        for text, y in zip(found.lines, found.baselines(top), strict=True):
            self.line(text, x, y, found.size, bold=bold, align=align)

    def line(
        self, text: str, x: float, y: float, size: float, *, bold: bool = False, align: Align
    ) -> None:
        self.canvas.setFont(self.fonts.name(bold=bold), size)
        draw = {
            "left": self.canvas.drawString,
            "centre": self.canvas.drawCentredString,
            "right": self.canvas.drawRightString,
        }[align]
        draw(self.x(x), self.y(y), text)

    def frame(self, box: MmBox) -> None:
        x0, y0, x1, y1 = box
        self.canvas.setLineWidth(BORDER * POINTS_PER_MM)
        width, height = (x1 - x0) * POINTS_PER_MM, (y1 - y0) * POINTS_PER_MM
        self.canvas.rect(self.x(x0), self.y(y1), width, height, stroke=1, fill=0)

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: float = BORDER) -> None:
        self.canvas.setLineWidth(width * POINTS_PER_MM)
        self.canvas.line(self.x(x0), self.y(y0), self.x(x1), self.y(y1))

    def x(self, mm: float) -> float:
        return mm * POINTS_PER_MM

    def y(self, mm: float) -> float:
        return (self.template.height - mm) * POINTS_PER_MM


def _whole(table: Table) -> MmBox:
    """A table with its headers and row labels."""
    x0, y0, x1, y1 = table.box
    return x0 - table.row_label_width, y0 - table.header_height, x1, y1


def _share(a: MmBox, b: MmBox) -> bool:
    """Whether two boxes overlap by more than a line's width."""
    return all(min(a[i + 2], b[i + 2]) - max(a[i], b[i]) > BORDER for i in (0, 1))


def _shown(box: MmBox) -> str:
    return f"[{', '.join(f'{side:.4g}' for side in box)}]"
