"""Whether the boxes of a template have room: on the page, beside each other, clear of the marks."""

from __future__ import annotations

from collections.abc import Sequence

from handsum.errors import TemplateError
from handsum.forms.fields import Field, MmBox
from handsum.forms.marks import code_box, mark_boxes
from handsum.forms.template import Table

SLACK = 0.2  # mm by which boxes may overlap: neighbours share a printed line
LEAST = 2.0  # mm: lower or narrower, nobody writes in it


def check_layout(
    source: str,
    page: tuple[float, float],
    fields: Sequence[Field],
    tables: Sequence[Table],
    *,
    marks: bool,
    code: bool,
) -> None:
    """Raise TemplateError for a box outside the page, too small, or on another or a mark."""

    def fail(where: str, what: str, remedy: str) -> TemplateError:
        return TemplateError(f"{source}: {where}, box: {what}", remedy)

    singles = [field for field in fields if field.place is None]
    placed: list[tuple[str, MmBox]] = [(f'field "{f.name}"', f.box) for f in singles]
    placed += [(f'table "{table.name}"', table.box) for table in tables]
    for where, box in placed:
        if box[0] < 0 or box[1] < 0 or box[2] > page[0] or box[3] > page[1]:
            raise fail(
                where,
                f"{_shown(box)} mm leaves the page of {page[0]:g} x {page[1]:g} mm.",
                "Lengths are in mm from the top left corner, unless page.unit says inch.",
            )
    for field in fields:
        x0, y0, x1, y1 = field.box
        cell = (x1 - x0) / max(field.cells, 1)
        if cell < LEAST or y1 - y0 < LEAST:
            raise fail(
                f'field "{field.name}"',
                f"{cell:.3g} x {y1 - y0:.3g} mm {'a cell' if field.cells else ''}".strip() + ".",
                f"Give it at least {LEAST:g} mm each way.",
            )
    by_left = sorted(placed, key=lambda item: item[1][0])
    for n, (where, box) in enumerate(by_left):
        for other_where, other in by_left[n + 1 :]:
            if other[0] > box[2]:
                break
            across, down = _shared(box, other)
            if across > SLACK and down > SLACK:
                raise fail(
                    f"{where} and {other_where}",
                    f"they overlap by {across:.1f} x {down:.1f} mm.",
                    "Move one of them: what is written in both could be either's.",
                )
    taken = [("a corner mark", box) for box in mark_boxes(*page)] if marks else []
    taken += [("the page code", code_box(*page))] if code else []
    for where, box in placed:
        for what, zone in taken:
            across, down = _shared(box, zone)
            if across > 0 and down > 0:
                raise fail(
                    where,
                    f"{_shown(box)} lies on {what}, which needs {_shown(zone)} mm.",
                    "Move it, or set marks = false and code = false under [page].",
                )


def _shared(a: MmBox, b: MmBox) -> tuple[float, float]:
    return min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])


def _shown(box: MmBox) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in box) + "]"
