"""The picture that shows which field of a draft is which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.draft_toml import DraftField, DraftTable
from handsum.forms.paper import Grey
from handsum.forms.reference import FINE

_COLOURS = {  # BGR
    "comb": (180, 90, 0),
    "box": (0, 130, 0),
    "line": (170, 0, 170),
    "column": (0, 120, 200),
    "date": (0, 0, 200),
    "tick": (0, 0, 200),
}


def draw_draft(
    grey: Grey, fields: Sequence[DraftField], tables: Sequence[DraftTable]
) -> npt.NDArray[np.uint8]:
    """The form, paled, with the boxes and names of all fields in colour; 4 pixels a mm."""
    scale = 0.5
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    pale = (255 - (255 - small.astype(np.float32)) * 0.55).astype(np.uint8)
    picture = cv2.cvtColor(pale, cv2.COLOR_GRAY2BGR)
    for table in tables:
        height = (table.box[3] - table.box[1]) / table.rows
        for row in range(table.rows):
            x0 = table.box[0]
            for column in table.columns:
                y0 = table.box[1] + row * height
                box = (x0, y0, x0 + column.width, y0 + height)
                cell = DraftField(column.name, column.kind, box, column.cells)
                shown = f"{table.name}[{row + 1}].{column.name}"
                _draw_field(picture, replace(cell, name=shown), small=True)
                x0 += column.width
    for field in fields:
        _draw_field(picture, field)
    return np.asarray(picture, np.uint8)


def _draw_field(picture: cv2.typing.MatLike, field: DraftField, *, small: bool = False) -> None:
    pixels = FINE / 2
    x0, y0, x1, y1 = (round(side * pixels) for side in field.box)
    colour = _COLOURS[field.kind]
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 1 if small else 2)
    for n in range(1, field.cells):
        x = round(x0 + (x1 - x0) * n / field.cells)
        cv2.line(picture, (x, y0), (x, y1), colour, 1)
    size = 0.5
    (width, height), _ = cv2.getTextSize(field.name, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    if small:
        size = max(0.25, min(size, size * (x1 - x0 - 4) / max(width, 1)))
    # Beside a small box, else inside it.
    at = (x0 + 3, min(y0 + height + 3, y1 - 2)) if x1 - x0 > width else (x1 + 3, y1 - 3)
    cv2.putText(picture, field.name, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
