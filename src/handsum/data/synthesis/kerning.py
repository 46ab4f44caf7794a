"""How far glyphs stand apart: by their strokes row by row, not by their boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SOLID = 100
"""Grey from which a pixel counts as stroke."""
NOWHERE = -1e9
"""No ink, so far left that nothing touches it."""


class RowEdge:
    """The rightmost ink of every row so far: what the next glyph must keep its distance from."""

    def __init__(self, rows: int, height: float) -> None:
        # Strokes in rows a little above or below count as near: ink is not infinitely thin.
        self._reach = max(2, int(0.08 * height))
        self._right = np.full(rows + 2 * self._reach, NOWHERE)

    def fit(self, ink: npt.NDArray[np.uint8], top: int) -> float:
        """Left end at which ``ink``, first row at ``top``, just touches; `NOWHERE` if it cannot."""
        reach = self._reach
        left_of = np.where(ink.max(axis=1) > SOLID, (ink > SOLID).argmax(axis=1), -NOWHERE)
        part = self._right[top : top + len(ink) + 2 * reach]
        near = np.maximum(part[: len(ink)], part[2 * reach :])
        near = np.maximum(near, part[reach : reach + len(ink)])
        return float((near - left_of).max())

    def advance(self, ink: npt.NDArray[np.uint8], top: int, left: int) -> None:
        """Take in a glyph that was set."""
        on = ink > SOLID
        right = np.where(on.any(axis=1), left + ink.shape[1] - on[:, ::-1].argmax(axis=1), NOWHERE)
        part = self._right[top + self._reach : top + self._reach + len(ink)]
        np.maximum(part, right, out=part)

    def move(self, by: float) -> None:
        """Leave a gap."""
        self._right += by
