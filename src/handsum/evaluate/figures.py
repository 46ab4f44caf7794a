"""All figures of one evaluation of single digits, from predictions alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.errors import DataError
from handsum.evaluate.calibrate import CalibrationReport, report_calibration
from handsum.evaluate.cases import mark_digits
from handsum.evaluate.metrics import (
    Share,
    confusion_matrix,
    coverage_at_risk,
    most_confused,
    share_of,
    shares_by_group,
)
from handsum.evaluate.predictions import DigitPredictions

FIGURES_SCHEMA = 1
BAND_EDGES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
"""Stated chances of error that are looked at together: what users ask for lies at the edges."""


@dataclass(frozen=True)
class ErrorBand:
    """Readings whose stated chance of error is above ``low`` and at most ``high``.

    ``stated`` is its mean, ``found`` how many of them are wrong. The first band includes its low
    end, 0.
    """

    low: float
    high: float
    stated: float
    found: Share

    def to_json(self) -> dict[str, Any]:
        """The object that ``--format json`` writes."""
        wrong = share_to_json(self.found)
        return {"low": self.low, "high": self.high, "stated": self.stated, "wrong": wrong}


@dataclass(frozen=True)
class DigitFigures:
    """What predictions of single digits are worth.

    ``digits`` is the share of the true digits that were read as what they are, with the reader's
    class for what is no digit switched on; ``refused`` the share of them that it refused, and
    ``refused_others`` that of what is no digit (None where there is none). ``classes``, ``sets``
    and ``writers`` give ``digits`` in parts: by class in order, by data set, and by writer, the
    worst first. ``accepted`` is the share of all pictures whose stated chance of error is at most
    ``max_risk``, ``accepted_wrong`` the wrong ones among these, ``coverage`` the most that could
    be accepted at that risk by who knows the truth. ``confusion`` (C, C) counts truth by reading.
    """

    n: int
    digits: Share
    refused: Share
    refused_others: Share | None
    classes: dict[str, Share]
    sets: dict[str, Share]
    writers: dict[str, Share]
    writer_unknown: int
    max_risk: float
    accepted: Share
    accepted_wrong: Share
    coverage: float
    calibration: CalibrationReport
    bands: tuple[ErrorBand, ...]
    class_names: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    confused: tuple[str, ...]

    @property
    def worst_writer(self) -> tuple[str, Share] | None:
        """The writer whose digits were read worst; None where no writer is known."""
        return next(iter(self.writers.items()), None)

    def to_json(self) -> dict[str, Any]:
        """The object that ``--format json`` writes; a share of nothing has the value null."""
        worst = self.worst_writer
        return {
            "pictures": self.n,
            "worst_writer": None
            if worst is None
            else {"writer": worst[0], **share_to_json(worst[1])},
            "accuracy": share_to_json(self.digits),
            "refused": share_to_json(self.refused),
            "refused_not_digits": share_to_json(self.refused_others)
            if self.refused_others
            else None,
            "ece": self.calibration.ece,
            "brier": self.calibration.brier,
            "nll": self.calibration.nll,
            "aurc": self.calibration.aurc,
            "max_risk": self.max_risk,
            "accepted": share_to_json(self.accepted),
            "accepted_wrong": share_to_json(self.accepted_wrong),
            "coverage_at_risk": self.coverage,
            "classes": {name: share_to_json(share) for name, share in self.classes.items()},
            "sets": {name: share_to_json(share) for name, share in self.sets.items()},
            "writers": {name: share_to_json(share) for name, share in self.writers.items()},
            "writer_unknown": self.writer_unknown,
            "confusion": {"classes": list(self.class_names), "counts": self.confusion.tolist()},
            "bands": [band.to_json() for band in self.bands],
        }


def measure_digits(
    predictions: DigitPredictions, max_risk: float = 0.01, sets: Sequence[str] = ()
) -> DigitFigures:
    """All figures; ``sets`` (N,) names the data set of each picture, if anybody knows.

    DataError where there are no predictions.
    """
    if len(predictions) == 0:
        raise DataError("There are no predictions to measure.", "Name data that holds pictures.")
    labels, preds, correct = predictions.labels, predictions.preds, predictions.correct
    names = np.array(predictions.classes)
    is_digit = mark_digits(predictions)
    true_digit, read_digit = is_digit[labels], is_digit[preds]
    rows = np.flatnonzero(true_digit)
    shares = shares_by_group(correct[rows], names[labels[rows]].tolist())
    groups = [predictions.groups[row] for row in rows.tolist()]
    doubt = 1.0 - predictions.confidence
    accepted = doubt <= max_risk
    return DigitFigures(
        n=len(predictions),
        digits=share_of(correct[rows]),
        refused=share_of(~read_digit[rows]),
        refused_others=None if true_digit.all() else share_of(~read_digit[~true_digit]),
        classes={name: shares[name] for name in predictions.classes if name in shares},
        sets=shares_by_group(correct[rows], [sets[row] for row in rows.tolist()]) if sets else {},
        writers=shares_by_group(correct[rows], groups),
        writer_unknown=groups.count(None),
        max_risk=max_risk,
        accepted=share_of(accepted),
        accepted_wrong=share_of(~correct[accepted]),
        coverage=coverage_at_risk(predictions.confidence, correct, max_risk),
        calibration=report_calibration(predictions),
        bands=error_bands(doubt, correct),
        class_names=predictions.classes,
        confusion=confusion_matrix(labels, preds, predictions.width),
        confused=tuple(most_confused(names[labels].tolist(), names[preds].tolist())),
    )


def error_bands(
    doubt: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_]
) -> tuple[ErrorBand, ...]:
    """Stated chances of error ``doubt`` (N,) beside those found, where there are any."""
    bands = []
    for low, high in pairwise(BAND_EDGES):
        above = doubt > low if low > 0 else np.isfinite(doubt)  # rounding may leave it below 0
        inside = above & (doubt <= high)
        if inside.any():
            stated = max(0.0, float(doubt[inside].mean()))
            bands.append(ErrorBand(low, high, stated, share_of(~correct[inside])))
    return tuple(bands)


def share_to_json(share: Share) -> dict[str, float | int | None]:
    """A share as JSON has it; of nothing it has the value null."""
    value = None if math.isnan(share.value) else share.value
    return {
        "count": share.count, "n": share.n, "value": value, "low": share.low, "high": share.high,
    }  # fmt: skip
