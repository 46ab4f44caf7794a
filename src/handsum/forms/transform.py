"""From millimetres of a form to pixels of a picture of it, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.forms.fields import MmBox

Points = npt.NDArray[np.float64]
Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
Bend = tuple[tuple[float, ...], tuple[float, ...]]

BEND_TERMS = 10
"""Terms of a cubic in x and y."""
_INVERSE_STEPS = 4  # a bend is a few millimetres over the sheet: each step leaves a hundredth


@dataclass(frozen=True)
class PageTransform:
    """``matrix`` takes homogeneous millimetres to pixels; ``size`` is the form's (mm).

    ``bend``, where the paper is not flat: coefficients of two cubics (see `bend_terms`) that say
    by how many millimetres right and down a point lies from where a flat sheet has it. Pixel
    centres have whole coordinates.
    """

    matrix: Matrix
    size: tuple[float, float]
    bend: Bend | None = None

    @classmethod
    def from_array(
        cls, matrix: Points, size: tuple[float, float], bend: Bend | None = None
    ) -> PageTransform:
        """From a (3, 3) array, scaled so that its last entry is 1."""
        a, b, c = (matrix / matrix[2, 2]).tolist()
        return cls((tuple(a), tuple(b), tuple(c)), size, bend)

    @property
    def array(self) -> Points:
        """The matrix as float64 (3, 3)."""
        return np.array(self.matrix, np.float64)

    @property
    def scale(self) -> float:
        """Pixels a millimetre in the middle of the sheet (geometric mean of both directions)."""
        middle = np.array(self.size) / 2
        at = self.to_pixels(middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
        across, down = at[1] - at[0], at[2] - at[0]
        return float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0])))

    @property
    def turned(self) -> int:
        """By how many degrees, 0, 90, 180 or 270, clockwise turning sets the picture upright."""
        middle = np.array(self.size) / 2
        at = self.to_pixels(middle + np.array([[0.0, 0.0], [1.0, 0.0]]))
        across = at[1] - at[0]
        return round(-math.degrees(math.atan2(across[1], across[0])) / 90) % 4 * 90

    def to_pixels(self, points: Points) -> Points:
        """Pixels (N, 2) of points (N, 2) in millimetres."""
        points = np.asarray(points, np.float64)
        if self.bend is not None:
            points = points + self._bent(points)
        return project(self.array, points)

    def to_mm(self, points: Points) -> Points:
        """Millimetres (N, 2) of pixels (N, 2)."""
        flat = project(np.asarray(np.linalg.inv(self.array)), np.asarray(points, np.float64))
        if self.bend is None:
            return flat
        found = flat
        for _ in range(_INVERSE_STEPS):
            found = flat - self._bent(found)
        return found

    def _bent(self, points: Points) -> Points:
        assert self.bend is not None
        moved: Points = bend_terms(points, self.size) @ np.array(self.bend).T
        return moved

    def outline(self, box: MmBox) -> Points:
        """The four corners (4, 2) of a box in pixels, clockwise from its upper left."""
        x0, y0, x1, y1 = box
        return self.to_pixels(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))

    def pixel_box(self, box: MmBox, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """The upright box around a box of the form, cut to a picture of ``shape`` (H, W)."""
        corners = self.outline(box)
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0)) + 1
        height, width = shape[:2]
        x0, y0 = int(np.clip(low[0], 0, width - 1)), int(np.clip(low[1], 0, height - 1))
        return x0, y0, int(np.clip(high[0], x0 + 1, width)), int(np.clip(high[1], y0 + 1, height))


def project(matrix: Points, points: Points) -> Points:
    """Points (N, 2) through a homography (3, 3)."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)


def bend_terms(points: Points, size: tuple[float, float]) -> Points:
    """1, u, v, uu, uv, vv, uuu, uuv, uvv, vvv of points (N, 2), u and v from -1 to 1 on the sheet.

    Returns (N, 10).
    """
    u = 2.0 * points[:, 0] / size[0] - 1.0
    v = 2.0 * points[:, 1] / size[1] - 1.0
    return np.stack(
        [np.ones_like(u), u, v, u * u, u * v, v * v, u**3, u * u * v, u * v * v, v**3], axis=1
    )


def upright_matrix(scale: float) -> Points:
    """Millimetres to the pixels of an upright picture with ``scale`` pixels a millimetre.

    The sheet's corner is the corner of pixel 0, whose centre has coordinate 0.
    """
    return np.array([[scale, 0.0, -0.5], [0.0, scale, -0.5], [0.0, 0.0, 1.0]])
