"""The rectangles that a blank form's lines enclose, and what is printed in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.errors import BlankFormError
from handsum.forms.draft_rules import PageRules, Rule
from handsum.forms.fields import MmBox
from handsum.forms.paper import Grey
from handsum.forms.reference import FINE

CELL_LIMIT = 4000
SAME = 0.6  # mm: edges so near are one
_REACH = 0.9  # mm by which lines are prolonged: corners do not always close
_LEAST = 2.2  # mm: narrower is no cell
_SIDE = 0.75  # of every side of a cell: drawn, at least
_SQUARE = 0.93  # of a cell's bounding box: its own area, at least
_INSET = 0.5  # mm beside the lines where nothing counts as printed
_DARK = 38  # ink, of 255
_SPECK = 0.12  # mm²: smaller is dust


@dataclass(frozen=True)
class Cell:
    """A rectangle between lines (their middles), in mm; ``printed``: box of the print in it."""

    box: MmBox
    printed: MmBox | None = None

    @property
    def width(self) -> float:
        """Width in mm."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Height in mm."""
        return self.box[3] - self.box[1]


def find_cells(ink: Grey, rules: PageRules, source: str) -> list[Cell]:
    """All cells of a page, in no order; frames around other lines are none.

    BlankFormError, naming ``source``, for more than `CELL_LIMIT`.
    """
    free = np.ones(ink.shape, np.uint8)
    for rule in rules.horizontal:
        ends = _ends(rule)
        cv2.line(free, _pixel(ends[0], rule.across(ends[0])),
                 _pixel(ends[1], rule.across(ends[1])), 0, 1)  # fmt: skip
    for rule in rules.vertical:
        ends = _ends(rule)
        cv2.line(free, _pixel(rule.across(ends[0]), ends[0]),
                 _pixel(rule.across(ends[1]), ends[1]), 0, 1)  # fmt: skip
    count, labels, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    large = int((stats[1:count, 2:4].min(axis=1) >= _LEAST * FINE).sum())
    if large > CELL_LIMIT:
        raise BlankFormError(
            f"{source}: {large} cells, as squared paper has.",
            "Write the template by hand, or draft it from a form with fewer lines.",
        )
    print_only = without_rules(ink, rules)
    cells = []
    for n in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[n])
        if min(w, h) < _LEAST * FINE or x == 0 or y == 0:
            continue
        if area < _SQUARE * w * h:
            continue
        box = _edges(labels[y : y + h, x : x + w] == n, x, y)
        if all(_drawn(box, side, rules) >= _SIDE for side in range(4)):
            box = _on_lines(box, rules)
            cells.append(Cell(box, print_box(print_only, box)))
    return cells


def _on_lines(box: MmBox, rules: PageRules) -> MmBox:
    """The box with each side on the middle of the line that it is."""
    sides = []
    for side, at in enumerate(box):
        found = rules.vertical if side in (0, 2) else rules.horizontal
        place = (box[1] + box[3]) / 2 if side in (0, 2) else (box[0] + box[2]) / 2
        lines = [r.across(place) for r in found if r.start - SAME <= place <= r.end + SAME]
        near = min(lines, key=lambda line: abs(line - at), default=at)
        sides.append(float(near) if abs(near - at) < SAME / 2 else at)
    return sides[0], sides[1], sides[2], sides[3]


def _ends(rule: Rule) -> tuple[float, float]:
    return rule.start - _REACH, rule.end + _REACH


def _pixel(x: float, y: float) -> tuple[int, int]:
    return round(x * FINE - 0.5), round(y * FINE - 0.5)


def _edges(inside: npt.NDArray[np.bool_], x: int, y: int) -> MmBox:
    """The middles of the lines around a region whose bounding box begins at (x, y)."""
    rows = np.flatnonzero(inside.any(axis=1))
    columns = np.flatnonzero(inside.any(axis=0))
    left = float(np.median(inside[rows].argmax(axis=1)))
    right = inside.shape[1] - 1 - float(np.median(inside[rows, ::-1].argmax(axis=1)))
    top = float(np.median(inside[:, columns].argmax(axis=0)))
    bottom = inside.shape[0] - 1 - float(np.median(inside[::-1, columns].argmax(axis=0)))
    return (
        (x + left - 0.5) / FINE,
        (y + top - 0.5) / FINE,
        (x + right + 1.5) / FINE,
        (y + bottom + 1.5) / FINE,
    )


def _drawn(box: MmBox, side: int, rules: PageRules) -> float:
    """Share of a side (left, top, right, bottom) along which a line runs."""
    along = (box[1], box[3]) if side in (0, 2) else (box[0], box[2])
    found = rules.vertical if side in (0, 2) else rules.horizontal
    return covered(found, box[side], along) / (along[1] - along[0])


def covered(rules: Sequence[Rule], at: float, along: tuple[float, float]) -> float:
    """How many mm between two places ``along`` have one of the lines within `SAME` of ``at``."""
    spans = sorted(
        (max(r.start, along[0]), min(r.end, along[1]))
        for r in rules
        if r.end > along[0] and r.start < along[1]
        and abs(r.across((max(r.start, along[0]) + min(r.end, along[1])) / 2) - at) < SAME
    )  # fmt: skip
    total, reached = 0.0, along[0]
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def weight_at(rules: Sequence[Rule], at: float, place: float) -> float:
    """The greatest weight of the lines within `SAME` of ``at`` at a place along them; 0 if none."""
    return max(
        (
            r.weight
            for r in rules
            if r.start - SAME <= place <= r.end + SAME and abs(r.across(place) - at) < SAME
        ),
        default=0.0,
    )


def without_rules(ink: Grey, rules: PageRules) -> Grey:
    """The print of a page but for its lines, uint8 0 or 1; even shades are no print."""
    shade = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((int(3 * FINE),) * 2, np.uint8))
    dark = (cv2.subtract(ink, shade) > _DARK).astype(np.uint8)
    for rule in rules.horizontal:
        thick = round((max(rule.weight, 0.3) + 0.5) * FINE)
        a, b = rule.start - 0.3, rule.end + 0.3
        cv2.line(dark, _pixel(a, rule.across(a)), _pixel(b, rule.across(b)), 0, thick)
    for rule in rules.vertical:
        thick = round((max(rule.weight, 0.3) + 0.5) * FINE)
        a, b = rule.start - 0.3, rule.end + 0.3
        cv2.line(dark, _pixel(rule.across(a), a), _pixel(rule.across(b), b), 0, thick)
    return np.asarray(dark, np.uint8)


def print_box(print_only: Grey, box: MmBox) -> MmBox | None:
    """The box in mm of what is printed inside a box; None where it is empty but for dust."""
    x0, y0, x1, y1 = (
        round((side + inset) * FINE)
        for side, inset in zip(box, (_INSET, _INSET, -_INSET, -_INSET), strict=True)
    )
    part = print_only[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    if part.size == 0:
        return None
    part = np.ascontiguousarray(part)
    count, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    large = stats[1:count][stats[1:count, 4] >= _SPECK * FINE**2]
    if len(large) == 0:
        return None
    left, top = large[:, 0].min(), large[:, 1].min()
    right = (large[:, 0] + large[:, 2]).max()
    bottom = (large[:, 1] + large[:, 3]).max()
    return (
        (x0 + left) / FINE,
        (y0 + top) / FINE,
        (x0 + right) / FINE,
        (y0 + bottom) / FINE,
    )
