"""The ink of every field of a page, with the strokes that belong to its neighbours left out.

People write over the edges of boxes. So strokes are taken whole: each goes to the field in which
most of it lies, and only what runs through several fields is cut at their edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.blank_away import Written
from handsum.forms.fields import Field
from handsum.forms.paper import Grey
from handsum.readings import Box

_MARGIN = 0.3  # of a field's height: how far beyond its box strokes of its own are followed
_MOST_MARGIN = 3.0  # mm
_OWN = 0.55  # share of a stroke from which it is the field's own
_RIM = 0.35  # of the height: strokes of others that reach no further into a box are left out
_SPECK = 0.04  # mm2: smaller strokes are dirt
_LEAST_AREA, _LEAST_EXTENT = 0.3, 0.9  # mm2, mm: less ink is nothing that somebody wrote

_BORDER = 0.5  # mm around a box in which its own lines are
_SOME_PRINT = 2.0  # mm of a line a pixel wide: with less, nothing follows from its absence
_LEAST_PRINT = 0.45
_DARK = 0.3  # of the page's brightness: no shadow is so deep
_FLOODED = 0.5  # share of a field that no writing covers
_DASH = 2.0  # mm: shorter strokes are points
_PEN = 1.1  # mm: a stroke as wide as that has bends
_LYING = 0.5  # height of a dash against its width
_LOW, _LOWEST = 1.2, 0.25  # mm, and share of the field's height: all that stays lower is a dash
_ACROSS = 0.6  # of a field each way: a stroke that crosses it out


@dataclass(frozen=True, eq=False)
class FieldInk:
    """What was written in a field.

    ``ink`` uint8 (H, W): its darkness, others' strokes left out; ``strokes`` 0 or 1 (H, W). Both
    begin at pixel ``corner`` (x, y) of the upright page, a little outside the field's ``box``,
    which is in the same pixels. ``area`` in mm2 and ``extent`` in mm are those of its strokes.
    ``print_seen``, 0 to 1: how much of its own print is to be seen; 1 where it has none. ``scale``
    is the page's, pixels a millimetre.
    """

    field: Field
    ink: Grey
    strokes: Grey
    corner: tuple[int, int]
    box: Box
    area: float
    extent: float
    print_seen: float
    scale: float

    @property
    def covered(self) -> bool:
        """Whether its print is gone: under a stain or a slip of paper, torn off, or out of focus.

        Then nothing that is seen there can be relied on, least of all that nothing is. A tick box
        may be blackened and still be one.
        """
        x0, y0, x1, y1 = self.box
        flooded = self.area > _FLOODED * (x1 - x0) * (y1 - y0) / self.scale**2
        return self.print_seen < _LEAST_PRINT or (flooded and self.field.kind != "tick")

    @property
    def empty(self) -> bool:
        """Whether there is less than a pen leaves that writes anything."""
        return self.area < _LEAST_AREA or self.extent < _LEAST_EXTENT

    @property
    def paper(self) -> Grey:
        """The ink dark on white paper."""
        return np.asarray(cv2.bitwise_not(self.ink), np.uint8)


def pixel_box(box: tuple[float, float, float, float], scale: float) -> Box:
    """A box of the form on the upright page."""
    x0, y0, x1, y1 = box
    return round(x0 * scale), round(y0 * scale), round(x1 * scale), round(y1 * scale)


def cut_fields(written: Written, fields: Sequence[Field]) -> list[FieldInk]:
    """The ink of each field, in order."""
    mask = cv2.threshold(written.ink, written.least - 1, 1, cv2.THRESH_BINARY)[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    areas = np.asarray(stats[:, cv2.CC_STAT_AREA], np.float64)
    return [_cut(written, np.asarray(labels), areas, field) for field in fields]


def _cut(
    written: Written, labels: npt.NDArray[np.int32], areas: npt.NDArray[np.float64], field: Field
) -> FieldInk:
    scale = written.scale
    box = pixel_box(field.box, scale)
    tall = field.box[3] - field.box[1]
    margin = round(min(_MOST_MARGIN, _MARGIN * tall) * scale)
    height, width = written.ink.shape
    x0, y0 = max(0, box[0] - margin), max(0, box[1] - margin)
    x1, y1 = min(width, box[2] + margin), min(height, box[3] + margin)
    window = labels[y0:y1, x0:x1]
    # The strokes here get names 0, 1, ...: a table does that faster than a sort.
    names = np.flatnonzero(np.bincount(window.ravel(), minlength=len(areas)))
    table = np.zeros(len(areas), np.int32)
    table[names] = np.arange(len(names))
    here = table[window]
    inside = here[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0]
    rim = round(_RIM * tall * scale)
    inner = inside[rim:-rim, rim:-rim] if rim else inside
    total = areas[names]
    within = np.bincount(inside.ravel(), minlength=len(names))
    deep = np.bincount(inner.ravel(), minlength=len(names)) > 0
    dirt = total < _SPECK * scale * scale
    paper = names == 0
    own = within >= _OWN * total
    kept = own & ~dirt & ~paper
    cut = ~own & deep & ~dirt & ~paper
    in_box = np.zeros(here.shape, np.uint8)
    in_box[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0] = 1
    strokes = kept.astype(np.uint8)[here] | (cut.astype(np.uint8)[here] & in_box)
    gone = (~paper).astype(np.uint8)[here] & ~strokes & 1
    ink = written.ink[y0:y1, x0:x1]
    if gone.any():
        # With its soft edge, which lies outside the mask, but for what touches a stroke that stays.
        soft = cv2.dilate(gone, np.ones((3, 3), np.uint8))
        stays = cv2.dilate(strokes, np.ones((3, 3), np.uint8)) & (gone ^ 1)
        ink = np.where((soft > 0) & (stays == 0), 0, ink).astype(np.uint8)
    _, _, w, h = cv2.boundingRect(strokes)
    area = float(np.count_nonzero(strokes)) / scale**2
    seen = _print_seen(written, box) if _is_lit(written, box) else 0.0
    return FieldInk(field, ink, strokes, (x0, y0), box, area, max(w, h) / scale, seen, scale)


def _is_lit(written: Written, box: Box) -> bool:
    """Whether the paper of a box is about as bright as the page's."""
    x0, y0, x1, y1 = box
    paper = written.paper[y0:y1:4, x0:x1:4]
    return bool(paper.min(initial=255) > _DARK * float(np.median(written.paper[::32, ::32])))


def _print_seen(written: Written, box: Box) -> float:
    edge = round(_BORDER * written.scale)
    x0, y0, x1, y1 = max(0, box[0] - edge), max(0, box[1] - edge), box[2] + edge, box[3] + edge
    expected = written.expected[y0:y1, x0:x1]
    count = cv2.countNonZero(expected)
    if count < _SOME_PRINT * written.scale:
        return 1.0
    return cv2.countNonZero(cv2.bitwise_and(expected, written.seen[y0:y1, x0:x1])) / count


def is_dash(field: FieldInk, scale: float) -> bool:
    """Whether all that was written is one straight stroke, lying or across the whole field.

    An upright or short slanted one may be a 1 and is none.
    """
    _, _, w, h = cv2.boundingRect(field.strokes)
    wide, tall = field.box[2] - field.box[0], field.box[3] - field.box[1]
    across = w >= _ACROSS * wide and h >= _ACROSS * tall
    if max(w, h) < _DASH * scale or not (across or h <= _LYING * w):
        return False
    if h <= max(_LOW * scale, _LOWEST * tall) and not across:
        return True  # no number is so low, however wavy the dash
    rows, columns = np.nonzero(field.strokes)
    spread = np.linalg.eigvalsh(np.cov(np.stack([columns, rows])))
    # A stroke of even width t has a standard deviation of t / sqrt(12) across.
    return float(np.sqrt(12.0 * max(spread[0], 0.0))) <= _PEN * scale
