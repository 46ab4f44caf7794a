"""White rectangles on a shaded ground: boxes that have no lines around them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.draft_cells import Cell, print_box
from handsum.forms.paper import Grey
from handsum.forms.reference import FINE

_STEP = 4  # pixels of the fine picture for one of the search
_BLOCKS = 16  # a side: white paper is looked for in each
_BELOW = 0.01  # weight of a block that is darker than the surface through the brightest
_SHADED = 0.955  # of the white around: darker is a panel
_DARKEST = 0.45  # of the white around: darker is print
_STROKE = 1.6  # mm: thinner is text or a line, no panel
_LEAST = (6.0, 3.5)  # mm
_MOST = (120.0, 30.0)
_SQUARE = 0.9  # of its bounding box that a rectangle fills


def find_white_cells(grey: Grey, print_only: Grey, others: Sequence[Cell]) -> list[Cell]:
    """The white rectangles of a page at `FINE` pixels a millimetre that lie in shaded areas.

    Those in which lines made ``others`` already are left out.
    """
    size = (grey.shape[1] // _STEP, grey.shape[0] // _STEP)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    scale = FINE * size[0] / grey.shape[1]
    stroke = max(3, round(_STROKE * scale) | 1)
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((stroke, stroke), np.uint8))
    ground = cv2.medianBlur(ground, 3)
    share = ground.astype(np.float64) / np.maximum(_white(np.asarray(ground, np.uint8)), 1.0)
    panel = (share < _SHADED) & (share > _DARKEST)
    solid = cv2.morphologyEx(panel.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    if solid.mean() < 0.005:
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    found = []
    for n in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[n])
        if x == 0 or y == 0 or x + w == size[0] or y + h == size[1]:
            continue
        wide, high = w / scale, h / scale
        if not (_LEAST[0] <= wide <= _MOST[0] and _LEAST[1] <= high <= _MOST[1]):
            continue
        if area < _SQUARE * w * h:
            continue
        region = labels[y : y + h, x : x + w] == n
        rows, columns = region.mean(axis=1) > 0.5, region.mean(axis=0) > 0.5
        if not rows.any() or not columns.any():
            continue
        top, left = int(rows.argmax()), int(columns.argmax())
        bottom = h - int(rows[::-1].argmax())
        right = w - int(columns[::-1].argmax())
        box = (
            (x + left) / scale,
            (y + top) / scale,
            (x + right) / scale,
            (y + bottom) / scale,
        )
        if not any(_within(other, box) for other in others):
            found.append(Cell(box, print_box(print_only, box)))
    return found


def _white(ground: Grey) -> npt.NDArray[np.float64]:
    """How bright white paper is everywhere: a quadratic surface on the brightest of each block."""
    height, width = ground.shape
    rows, columns = np.linspace(0, height, _BLOCKS + 1), np.linspace(0, width, _BLOCKS + 1)
    points, values = [], []
    for a, b in itertools.pairwise(rows.astype(int)):
        for c, d in itertools.pairwise(columns.astype(int)):
            points.append(((c + d) / 2 / width, (a + b) / 2 / height))
            values.append(float(np.percentile(ground[a:b, c:d], 95)))
    at, bright = np.array(points), np.array(values)
    terms = _quadratic(at)
    trust = (bright > 0.5 * float(bright.max())).astype(np.float64)
    for _ in range(30):  # what lies below the surface is shaded: it counts little (expectiles)
        root = np.sqrt(trust)[:, None]
        weights = np.linalg.lstsq(terms * root, bright * root[:, 0], rcond=None)[0]
        trust = np.where(bright < terms @ weights, _BELOW, 1.0)
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    flat = np.stack([x.ravel(), y.ravel()], axis=1)
    return np.asarray((_quadratic(flat) @ weights).reshape(height, width), np.float64)


def _quadratic(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x, y = at[:, 0], at[:, 1]
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _within(cell: Cell, box: tuple[float, float, float, float]) -> bool:
    """Whether a cell's middle lies in a box, or the box's in the cell."""
    x, y = (cell.box[0] + cell.box[2]) / 2, (cell.box[1] + cell.box[3]) / 2
    u, v = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    inside = box[0] <= x <= box[2] and box[1] <= y <= box[3]
    return inside or (cell.box[0] <= u <= cell.box[2] and cell.box[1] <= v <= cell.box[3])
