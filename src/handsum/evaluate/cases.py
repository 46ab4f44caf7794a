"""Which readings are worth a look, and the pictures that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.evaluate.predictions import DigitPredictions

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CasePictures:
    """A picture (H, W) as it lies in the source, and the ``ink`` the net saw of it, 0 is paper."""

    grey: Grey | None = None
    ink: Grey | None = None


def find_worst(predictions: DigitPredictions, limit: int) -> npt.NDArray[np.intp]:
    """The rows that are wrong, those that were surest of themselves first, at most ``limit``."""
    wrong = np.flatnonzero(~predictions.correct)
    return wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:limit]


def find_doubtful(predictions: DigitPredictions, limit: int) -> npt.NDArray[np.intp]:
    """The rows that are right but least sure, the least sure first, at most ``limit``."""
    right = np.flatnonzero(predictions.correct)
    return right[np.argsort(predictions.confidence[right], kind="stable")][:limit]
