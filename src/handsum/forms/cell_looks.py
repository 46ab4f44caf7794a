"""What the ink in a comb's cell looks like, before any net reads it: nothing, a dash, a cross."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from handsum.forms.paper import Grey
from handsum.imaging.combs import Cell, Comb

Look = Literal["bare", "dash", "crossed", "stroke", "symbol", "scribble"]
"""No ink; a lying stroke; straight strokes from edge to edge or a cross; one straight stroke, which
may be a 1; something with bends; more ink than a digit has."""

_LEAST_AREA, _LEAST_EXTENT = 0.22, 1.0  # mm2, mm: less ink in a cell is none
_STROKE = 0.12  # ink from which a pixel belongs to a stroke
_MAIN = 0.75  # share of a cell's ink from which one stroke is what it is about
_SCRIBBLE = 0.3  # share of a cell from which its ink is one
_FLAT = 0.42  # height of a dash against its width
_LOW, _BROAD = 0.3, 0.75  # of the cell's height, of its own width: a dash with a wave is so low
_WHOLE = 0.78  # of a cell each way: a stroke that crosses it out
_NEAR = 0.11  # of its diagonal: how near a cross keeps to the diagonals of its box
_ON_THEM = 0.75  # share of a cross's ink that does
_SQUARE = 0.45  # shorter side of its box against the longer
_CORNER, _RIM, _FREE = 0.3, 0.16, 0.04  # of its box; share of its ink at the middles of the sides
_STRAIGHT = 1.45  # how much wider than its pen a straight stroke spreads
_WIDEST = 1.3  # mm: no pen draws wider
_SOFT = 0.15  # mm that the threshold may add to that


def look_at(cell: Cell, comb: Comb, k: int, scale: float) -> Look:
    """What the ink of cell ``k`` looks like, ``scale`` pixels a millimetre."""
    strokes = np.asarray(cell.ink > _STROKE, np.uint8)
    count, names, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    if count > 2 and stats[1:, cv2.CC_STAT_AREA].max() >= _MAIN * stats[1:, cv2.CC_STAT_AREA].sum():
        # What else is there are ends of the neighbours' strokes.
        strokes = np.asarray(names == 1 + stats[1:, cv2.CC_STAT_AREA].argmax(), np.uint8)
    area = float(np.count_nonzero(strokes))
    x, y, w, h = cv2.boundingRect(strokes)
    if area < _LEAST_AREA * scale**2 or max(w, h) < _LEAST_EXTENT * scale:
        return "bare"
    wide, tall = float(comb.right[k] - comb.left[k]), comb.foot - comb.top
    if h <= _FLAT * w or (h <= _LOW * tall and h <= _BROAD * w):
        return "dash"
    tight = strokes[y : y + h, x : x + w]
    straight = _is_straight(tight, area, scale)
    if (straight and min(w / wide, h / tall) >= _WHOLE) or _is_cross(tight):
        return "crossed"
    if straight:
        return "stroke"
    return "scribble" if area > _SCRIBBLE * wide * tall else "symbol"


def _is_straight(tight: Grey, area: float, scale: float) -> bool:
    """Whether all ink lies along one line, no wider than the pen that drew it.

    An even stroke of length l and width t has a standard deviation of l / sqrt(12) along and
    t / sqrt(12) across, and an area of l * t.
    """
    rows, columns = np.nonzero(tight)
    across, along = np.sqrt(12.0 * np.linalg.eigvalsh(np.cov(np.stack([columns, rows]))).clip(0))
    pen = area / max(float(along), 1.0)
    return bool(across <= min(_STRAIGHT * pen + _SOFT * scale, _WIDEST * scale))


def _is_cross(tight: Grey) -> bool:
    """Whether the ink runs along both diagonals of its box, from all four corners.

    With the middles of the four sides left free, which no digit does.
    """
    h, w = tight.shape
    if min(h, w) < _SQUARE * max(h, w):
        return False
    rows, columns = np.nonzero(tight)
    u, v = columns / max(w - 1, 1), rows / max(h - 1, 1)
    # Distance from a diagonal of a box of w x h, in shares of the diagonal's length.
    flat = w * h / (w * w + h * h)
    near = np.minimum(np.abs(u - v), np.abs(u + v - 1.0)) * flat < _NEAR
    side, half = np.minimum(u, 1.0 - u), np.minimum(v, 1.0 - v)
    corners = {
        (a, b)
        for a, b in zip(
            u[(side < _CORNER) & (half < _CORNER)] > 0.5,
            v[(side < _CORNER) & (half < _CORNER)] > 0.5,
            strict=True,
        )
    }
    middles = ((side < _RIM) & (np.abs(v - 0.5) < _RIM)) | (
        (half < _RIM) & (np.abs(u - 0.5) < _RIM)
    )
    return bool(near.mean() >= _ON_THEM and len(corners) == 4 and middles.mean() < _FREE)
