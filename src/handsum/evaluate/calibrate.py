"""Calibrating from saved predictions, and saying how good confidences are, before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from handsum.confidence.calibration import Calibration, TemperatureMap
from handsum.confidence.fitting import (
    CalibrationChoice,
    CalibrationData,
    calibrated_confidence,
    choose_calibration,
)
from handsum.evaluate.metrics import (
    ReliabilityBin,
    RiskCoverage,
    area_under_risk_coverage,
    brier_score,
    coverage_at_risk,
    expected_calibration_error,
    group_codes,
    negative_log_likelihood,
    reliability_bins,
    risk_coverage,
)
from handsum.evaluate.predictions import DigitPredictions, NumberPredictions, Predictions

RISKS = (0.001, 0.003, 0.005, 0.01, 0.02, 0.05)
PROBABILITY_FLOOR = 1e-30  # float32 probabilities underflow; their logarithm must not


@dataclass(frozen=True)
class CalibrationReport:
    """How far confidences can be believed: ECE, Brier score, NLL, AURC, bins and curves.

    ``coverage_at`` maps a risk to the largest share of these readings, sorted by confidence, with
    at most that risk.
    """

    n: int
    ece: float
    brier: float
    nll: float
    aurc: float
    coverage_at: dict[float, float]
    bins: tuple[ReliabilityBin, ...]
    curve: RiskCoverage


def report_calibration(predictions: Predictions) -> CalibrationReport:
    """The report on the confidences that predictions carry."""
    confidence, correct = predictions.confidence, predictions.correct
    return CalibrationReport(
        n=len(predictions),
        ece=expected_calibration_error(confidence, correct),
        brier=brier_score(confidence, correct),
        nll=negative_log_likelihood(confidence, correct),
        aurc=area_under_risk_coverage(confidence, correct),
        coverage_at={risk: coverage_at_risk(confidence, correct, risk) for risk in RISKS},
        bins=reliability_bins(confidence, correct),
        curve=risk_coverage(confidence, correct),
    )


def calibrate_predictions(val: Predictions, folds: int = 5, seed: int = 0) -> CalibrationChoice:
    """The calibration with the lowest cross-validated NLL on val; folds keep groups whole."""
    return choose_calibration(calibration_data(val), group_codes(val.groups), folds, seed)


def apply_calibration(predictions: Predictions, calibration: Calibration) -> Predictions:
    """The same predictions with calibrated confidences (a temperature recasts all classes)."""
    if isinstance(predictions, NumberPredictions):
        data = calibration_data(predictions)
        return replace(predictions, confidence=calibrated_confidence(calibration, data))
    if isinstance(calibration, TemperatureMap):
        probs = calibration.apply(_log_probs(predictions))
        return replace(predictions, probs=probs, calibrated=None)
    data = calibration_data(predictions)
    return replace(predictions, calibrated=calibrated_confidence(calibration, data))


def calibration_data(predictions: Predictions) -> CalibrationData:
    """What calibration needs of predictions."""
    if isinstance(predictions, DigitPredictions):
        return CalibrationData(
            score=predictions.confidence,
            correct=predictions.correct,
            logits=_log_probs(predictions),
            labels=predictions.labels,
        )
    return CalibrationData(
        score=predictions.confidence,
        correct=predictions.correct,
        features=predictions.features,
        names=predictions.feature_names,
    )


def _log_probs(predictions: DigitPredictions) -> npt.NDArray[np.float64]:
    """Logits up to a constant per row, which no softmax sees."""
    return np.asarray(np.log(np.maximum(predictions.probs, PROBABILITY_FLOOR)))
