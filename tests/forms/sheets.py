"""Small forms, filled in with a pen of our own, as a scanner or a phone sees them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.fields import Field
from handsum.forms.print import draw_form
from handsum.forms.template import Template, parse_template
from handsum.forms.transform import PageTransform
from handsum.imaging.load import Limits, load_pictures
from penned import draw_ink

Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

SCALE = 8.0
"""Pixels a millimetre of a sheet as it lies on the desk."""

COUNT = """
schema = 1
name = "count"
version = "{version}"
title = "Count of the station"
rules = ["total = a + b", "total <= registered"]
[page]
size = "A5"
{page}
[[field]]
name = "a"
label = "Yes"
kind = "comb"
box = [60, 50, 84, 58]
cells = 4
required = true
[[field]]
name = "b"
label = "No"
kind = "comb"
box = [60, 66, 84, 74]
cells = 4
required = true
[[field]]
name = "total"
label = "Total"
kind = "comb"
box = [60, {row}, 84, {foot}]
cells = 4
required = true
[[field]]
name = "registered"
label = "On the register"
kind = "box"
box = [60, 100, 90, 110]
pattern = "9{{1,4}}"
[[field]]
name = "recount"
label = "Recount"
kind = "tick"
box = [60, 118, 65, 123]
[[table]]
name = "hours"
label = "Hours"
box = [30, 140, 110, 170]
rows = 3
empty_rows = true
[[table.column]]
name = "from"
label = "From"
kind = "box"
pattern = "99"
[[table.column]]
name = "to"
label = "To"
kind = "box"
pattern = "99"
"""


def count_form(version: str = "1", page: str = "", row: int = 82, name: str = "count") -> Template:
    """A form with combs, a box, a tick and a table; ``row`` is where its total stands, in mm."""
    text = COUNT.format(version=version, page=page, row=row, foot=row + 8)
    text = text.replace('name = "count"', f'name = "{name}"')
    return parse_template(text, "count.toml", Path())


@cache
def _drawn(data: bytes) -> Grey:
    return next(iter(load_pictures(data, limits=Limits(pdf_dpi=round(SCALE * 25.4))))).grey


def blank_sheet(template: Template, sheet: int = 1) -> Grey:
    """The empty sheet, `SCALE` pixels a millimetre."""
    grey = _drawn(draw_form(template, first=sheet))
    size = (round(template.width * SCALE), round(template.height * SCALE))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def write_text(sheet: Grey, field: Field, text: str) -> None:
    """Write digits into a field: a comb's into its last cells, others from the left."""
    x0, y0, _, y1 = field.box
    tall = 0.7 * (y1 - y0)
    cells = field.cell_boxes[len(field.cell_boxes) - len(text) :] if field.cells else ()
    for n, symbol in enumerate(text):
        middle = (cells[n][0] + cells[n][2]) / 2 if cells else x0 + 3.0 + n * 0.85 * tall
        if symbol.isdigit():
            write_digit(sheet, symbol, (middle, (y0 + y1) / 2), tall)


def write_digit(sheet: Grey, digit: str, middle: tuple[float, float], tall: float) -> None:
    """A digit of ``tall`` mm about a point in mm."""
    ink = draw_ink(digit, round(tall * SCALE), pen=0.09)
    top, left = (round(at * SCALE - ink.shape[0] / 2) for at in (middle[1], middle[0]))
    part = sheet[top : top + ink.shape[0], left : left + ink.shape[1]]
    part[:] = np.minimum(part, 255 - (ink * 0.85).astype(np.uint8))


def stroke(sheet: Grey, *points: tuple[float, float], pen: float = 0.5) -> None:
    """A stroke of a pen through points in mm."""
    at = (np.array(points) * SCALE * 16).round().astype(np.int32)
    cv2.polylines(sheet, [at], False, 40, max(1, round(pen * SCALE)), cv2.LINE_AA, 4)


def fill_sheet(template: Template, values: Mapping[str, str], sheet: int = 1) -> Grey:
    """A sheet with these texts in its fields."""
    page = blank_sheet(template, sheet)
    for name, text in values.items():
        write_text(page, template.by_name[name], text)
    return page


def to_sheet() -> Points:
    """Millimetres to the pixels of a sheet."""
    return np.array([[SCALE, 0, -0.5], [0, SCALE, -0.5], [0, 0, 1.0]])


def scan(
    sheet: Grey,
    dpi: float = 200.0,
    angle: float = 0.0,
    size: float = 1.0,
    turn: int = 0,
    noise: float = 4.0,
) -> tuple[Grey, Points]:
    """A scan at ``dpi``, turned a little, copied at ``size``, lying ``turn`` degrees clockwise.

    Also the homography (3, 3) from millimetres of the form to its pixels.
    """
    factor = dpi / 25.4 / SCALE
    h, w = sheet.shape
    width, height = round(w * factor), round(h * factor)
    move = cv2.getRotationMatrix2D((w / 2, h / 2), angle, factor * size)
    move[:, 2] += np.array([width - w, height - h]) / 2
    soft = cv2.GaussianBlur(sheet, (0, 0), max(0.3, 0.45 / factor))
    seen = cv2.warpAffine(soft, move, (width, height), borderValue=250)
    rng = np.random.default_rng(7)
    grey = np.clip(seen * 0.93 + 8 + rng.normal(0, noise, seen.shape), 0, 255).astype(np.uint8)
    truth = np.vstack([move, [0, 0, 1]]) @ to_sheet()
    for _ in range(turn // 90):
        truth = np.array([[0, -1, grey.shape[0] - 1], [1, 0, 0], [0, 0, 1.0]]) @ truth
        grey = np.ascontiguousarray(np.rot90(grey, -1))
    return grey, truth


def photo(sheet: Grey, seed: int = 0) -> tuple[Grey, Points]:
    """A photograph from the hand, of a sheet on a dark desk in uneven light, and its homography."""
    rng = np.random.default_rng(seed)
    width, height = 1500, 2000
    h, w = sheet.shape
    factor = 0.88 * min(width / w, height / h)
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 * factor + [width / 2, height / 2]
    corners += rng.uniform(-0.05, 0.05, (4, 2)) * [width, height]
    flat = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    move = np.asarray(cv2.getPerspectiveTransform(flat, corners.astype(np.float32)))
    soft = cv2.GaussianBlur(sheet, (0, 0), 0.6)
    paper = cv2.warpPerspective(np.full_like(sheet, 255), move, (width, height)) / 255.0
    seen = cv2.warpPerspective(soft, move, (width, height)) * paper + 60 * (1 - paper)
    light = np.linspace(0.65, 1.0, width)[None] * np.linspace(1.0, 0.8, height)[:, None]
    grey = np.clip(seen * light + rng.normal(0, 5, seen.shape), 0, 255).astype(np.uint8)
    return grey, move @ to_sheet()


def off_mm(transform: PageTransform, truth: Points) -> float:
    """The most that a transform is off anywhere on the sheet, in millimetres."""
    x, y = np.meshgrid(*(np.linspace(5, side - 5, 9) for side in transform.size))
    form = np.stack([x.ravel(), y.ravel()], axis=1)
    page = np.column_stack([form, np.ones(len(form))]) @ truth.T
    back = transform.to_mm(page[:, :2] / page[:, 2:])
    return float(np.hypot(*(back - form).T).max())
