"""Readings whose truth is known, as promises, their checks and simulations take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.errors import DataError


@dataclass(frozen=True)
class LabelledReadings:
    """n readings with a known truth.

    ``confidence`` float64 (n,) in 0..1; ``correct`` bool (n,), whether text and content are both
    right; ``groups`` int (n,), 0..m-1, who or what each value comes from (a writer, page or book),
    or None where nobody knows. Build it with `label_readings`, which checks.
    """

    confidence: npt.NDArray[np.float64]
    correct: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return int(self.confidence.size)

    @property
    def group_count(self) -> int | None:
        """How many writers, pages or books these values come from; None where nobody knows."""
        return None if self.groups is None else int(self.groups.max()) + 1


def label_readings(
    confidence: Sequence[float] | npt.NDArray[np.floating],
    correct: Sequence[bool] | npt.NDArray[np.bool_],
    groups: Sequence[str | None] | npt.NDArray[np.generic] | None = None,
) -> LabelledReadings:
    """Check and pack readings; ``groups`` are names of any kind, or None.

    DataError for no readings, columns of different lengths, confidences outside 0..1, and groups
    that are named for some values only. Groups that are None for all values count as not known.
    """
    scores = np.asarray(confidence, dtype=np.float64)
    right = np.asarray(correct)
    remedy = "Check the table that the labelled readings come from."
    if scores.ndim != 1 or right.shape != scores.shape:
        raise DataError(
            f"Labelled readings: confidence has the shape {scores.shape}, correct {right.shape}.",
            remedy,
        )
    if scores.size == 0:
        raise DataError("There are no labelled readings.", "Label some pictures first.")
    if right.dtype != np.bool_:
        raise DataError(f"Labelled readings: correct is {right.dtype}, not true or false.", remedy)
    if not np.all((scores >= 0.0) & (scores <= 1.0)):  # also false for a NaN
        row = int(np.argmin((scores >= 0.0) & (scores <= 1.0)))
        raise DataError(
            f"Labelled readings: the confidence in row {row} is {scores[row]}, outside 0 to 1.",
            "Calibrate the reader's scores first.",
        )
    return LabelledReadings(scores, right, _codes(groups, scores.size))


def _codes(
    groups: Sequence[str | None] | npt.NDArray[np.generic] | None, n: int
) -> npt.NDArray[np.intp] | None:
    if groups is None:
        return None
    names = groups.tolist() if isinstance(groups, np.ndarray) else list(groups)
    if len(names) != n:
        raise DataError(
            f"Labelled readings: {len(names)} groups for {n} values.",
            "Name the writer, page or book of every value.",
        )
    unknown = [row for row, name in enumerate(names) if name is None or name == ""]
    if len(unknown) == n:
        return None
    if unknown:
        raise DataError(
            f"Labelled readings: row {unknown[0]} and {len(unknown) - 1} others name no group, "
            "the rest do.",
            "Name the writer, page or book of every value, or of none.",
        )
    return np.unique(np.asarray(names), return_inverse=True)[1].astype(np.intp)
