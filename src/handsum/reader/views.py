"""Doubtful digits seen from further sides: leaning, larger, wider, and what is said of all of them.

A net's answer to a digit that it is unsure of depends on how the digit happens to lean and to
fill its frame. The mean of its probabilities over small changes of these is right more often, and
surer of what is right (test-time augmentation; docs/experiments.md has what each change brings).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from handsum.confidence.calibration import log_softmax

Inks = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

BELOW = 0.95
"""Digits whose most probable class has less are seen from further sides."""
VIEWS: tuple[tuple[float, float, float], ...] = (
    (1.0, 1.0, -0.15),
    (1.0, 1.0, 0.15),
    (0.9, 0.9, 0.0),
    (1.08, 1.08, 0.0),
    (0.88, 1.0, 0.0),
    (1.12, 1.0, 0.0),
)
"""Each by its factors to the right and down, and by the shear in widths per height."""


def look_from_further_sides(
    net: Callable[[Inks], Floats], inks: Inks, below: float = BELOW
) -> Floats:
    """Log-probabilities (N, C) of inks uint8 (N, H, W) by ``net``, which gives logits (N, C).

    Of inks whose most probable class has less than ``below``, the logarithm of the mean of the
    probabilities over the ink and its `VIEWS`.
    """
    logs = log_softmax(net(inks))
    doubtful = np.flatnonzero(logs.max(axis=1) < math.log(max(below, 1e-300)))
    if len(doubtful):
        some = inks[doubtful]
        seen = np.concatenate([_change(some, *view) for view in VIEWS])
        others = np.exp(log_softmax(net(seen))).reshape(len(VIEWS), len(some), -1)
        mean = (np.exp(logs[doubtful]) + others.sum(axis=0)) / (1 + len(VIEWS))
        logs[doubtful] = np.log(mean)
    return logs


def _change(inks: Inks, right: float, down: float, shear: float) -> Inks:
    """Inks (N, H, W) enlarged by factors and sheared, about their middle."""
    height, width = inks.shape[1:]
    matrix = np.array([[right, shear, 0.0], [0.0, down, 0.0]])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix[:, 2] = middle - matrix[:, :2] @ middle
    return np.stack([cv2.warpAffine(ink, matrix, (width, height)) for ink in inks]).astype(np.uint8)
