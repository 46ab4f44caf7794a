"""Tick boxes: ticked, empty, or blackened to take a tick back, by how much ink is in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from handsum.forms.crops import FieldInk
from handsum.readings import BundleRef, Content

TICKS = BundleRef("ticks", "1", "")
"""No net reads ticks; readings name this instead."""
TICKED = "1"
"""The text of a box that is ticked; one that is not is blank."""
_RIM = 0.3  # mm inside the printed border that is not looked at
_FAINT, _SURE = 0.35, 1.4  # mm2 of ink: less is dirt, more is a stroke as long as the box
_STEEP = 6  # dirt and a stroke are a factor of 64 from even odds
_FULL = 0.5  # share of ink from which a box was blackened
_LEFT_OUT = 0.999
"""How often an empty box is an empty box: somebody may have ticked beside it."""


@dataclass(frozen=True)
class TickReading:
    """``content`` "number" is ticked; ``ticked`` the probability of it."""

    content: Content
    ticked: float

    @property
    def confidence(self) -> float:
        """The probability that the content is right."""
        return self.ticked if self.content == "number" else 1.0 - self.ticked


def read_tick(field: FieldInk, scale: float) -> TickReading:
    """Whether a box of ``scale`` pixels a millimetre is ticked.

    The odds grow with the sixth power of the ink, even between dirt and a stroke. A box more black
    than white is "struck_out", since it may stand for a tick taken back.
    """
    rim = round(_RIM * scale)
    x0, y0, x1, y1 = field.box
    left, top = x0 - field.corner[0] + rim, y0 - field.corner[1] + rim
    inner = field.strokes[top : y1 - field.corner[1] - rim, left : x1 - field.corner[0] - rim]
    count = float(np.count_nonzero(inner))
    area = count / scale**2
    share = count / max(1, inner.size)
    if share > _FULL:
        return TickReading("struck_out", 0.5)
    even = math.sqrt(_FAINT * _SURE)
    odds = (max(area, 0.02) / even) ** _STEEP
    ticked = min(max(odds / (1.0 + odds), 1.0 - _LEFT_OUT), _LEFT_OUT)
    return TickReading("number" if ticked >= 0.5 else "blank", ticked)
