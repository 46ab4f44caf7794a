"""Where the symbols of a read number stand, from the columns that the net wrote them in."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import cv2
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
    cuts = part_symbols(number.ink, spans, stride)
    return [_box(number, a, max(a + 1, b), shape) for a, b in itertools.pairwise(cuts)]


def box_around(boxes: Sequence[Box]) -> Box:
    """The least box that holds one box or more."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def part_symbols(
    ink: npt.NDArray[np.float32], spans: Sequence[SymbolSpan], stride: int
) -> list[int]:
    """Columns of a strip (H, W) from which and to which each span's symbol reaches, one more."""
    middles = [(span.start + span.end) / 2 * stride for span in spans]
    profile = ink.sum(axis=0)
    cuts = [max(0, math.floor(middles[0] - _REACH))]
    cuts += [_thinnest(profile, a, b) for a, b in itertools.pairwise(middles)]
    cuts.append(min(len(profile), math.ceil(middles[-1] + _REACH)))
    return cuts


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
    part = np.asarray(number.ink[:, left:right] > _INK).astype(np.uint8)
    x, y, w, h = cv2.boundingRect(part)
    if not w:
        x, y, w, h = 0, 0, right - left, number.ink.shape[0]
    x0 = _between(math.floor(number.x0 + (left + x) / number.scale), 0, width - 1)
    y0 = _between(math.floor(number.y0 + y / number.scale), 0, height - 1)
    return (
        x0,
        y0,
        _between(math.ceil(number.x0 + (left + x + w) / number.scale), x0 + 1, width),
        _between(math.ceil(number.y0 + (y + h) / number.scale), y0 + 1, height),
    )


def _between(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)
