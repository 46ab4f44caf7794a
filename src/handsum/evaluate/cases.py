"""Which readings are worth a look, and the pictures that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS
from handsum.evaluate.predictions import DigitPredictions

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CasePictures:
    """A picture (H, W) as it lies in the source, and the ``ink`` the net saw of it, 0 is paper."""

    grey: Grey | None = None
    ink: Grey | None = None


def mark_digits(predictions: DigitPredictions) -> npt.NDArray[np.bool_]:
    """Which of the classes are digits, (C,)."""
    return np.array([name in set(DIGITS.symbols) for name in predictions.classes], np.bool_)


def find_worst(
    predictions: DigitPredictions, among: npt.NDArray[np.bool_], limit: int
) -> npt.NDArray[np.intp]:
    """The rows ``among`` (N,) that are wrong, the surest of themselves first, at most ``limit``."""
    wrong = np.flatnonzero(~predictions.correct & among)
    return wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:limit]


def find_doubtful(
    predictions: DigitPredictions, among: npt.NDArray[np.bool_], limit: int
) -> npt.NDArray[np.intp]:
    """The rows ``among`` (N,) that are right, the least sure first, at most ``limit``."""
    right = np.flatnonzero(predictions.correct & among)
    return right[np.argsort(predictions.confidence[right], kind="stable")][:limit]
