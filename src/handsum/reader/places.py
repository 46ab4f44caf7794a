"""Where the symbols of a read number stand, from the columns that the net wrote them in."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from handsum.decode.align import SymbolSpan
from handsum.imaging.numbers import PreparedNumber
from handsum.readings import Box

_REACH = 30  # pixels of a strip: a wide zero's half width; beyond it stands something else
_INK = 0.35


def place_symbols(
    number: PreparedNumber, spans: Sequence[SymbolSpan], stride: int, shape: tuple[int, int]
) -> list[Box]:
    """A box in the crop of ``shape`` (H, W) for each span, left to right.

    A net says of about the middle of a symbol that it is there. Neighbours are parted where the
    least ink is between their middles, and each box is drawn around the ink in its part.
    """
    if not spans:
        return []
    middles = [(span.start + span.end) / 2 * stride for span in spans]
    profile = number.ink.sum(axis=0)
    cuts = [max(0, math.floor(middles[0] - _REACH))]
    cuts += [_thinnest(profile, a, b) for a, b in itertools.pairwise(middles)]
    cuts.append(min(len(profile), math.ceil(middles[-1] + _REACH)))
    return [_box(number, a, max(a + 1, b), shape) for a, b in itertools.pairwise(cuts)]


def _thinnest(profile: npt.NDArray[np.floating], start: float, end: float) -> int:
    """The column between two middles with the least ink; of equals the most central one."""
    columns = np.arange(math.floor(start), max(math.floor(start) + 1, math.ceil(end)))
    columns = columns[columns < len(profile)]
    if not len(columns):
        return len(profile) - 1
    off = np.abs(columns - (start + end) / 2) / max(end - start, 1.0)
    return int(columns[np.argmin(profile[columns] + off)])


def _box(number: PreparedNumber, left: int, right: int, shape: tuple[int, int]) -> Box:
    """Around the ink of some columns of the strip; all of them where there is none."""
    height, width = shape
    ink = number.ink[:, left:right] > _INK
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    x0, x1 = (left + columns[0], left + columns[-1] + 1) if len(columns) else (left, right)
    y0, y1 = (rows[0], rows[-1] + 1) if len(rows) else (0, number.ink.shape[0])
    left_edge = int(np.clip(math.floor(number.x0 + x0 / number.scale), 0, width - 1))
    top = int(np.clip(math.floor(number.y0 + y0 / number.scale), 0, height - 1))
    return (
        left_edge,
        top,
        int(np.clip(math.ceil(number.x0 + x1 / number.scale), left_edge + 1, width)),
        int(np.clip(math.ceil(number.y0 + y1 / number.scale), top + 1, height)),
    )
