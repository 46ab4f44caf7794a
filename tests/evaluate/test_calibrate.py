"""From predictions to a calibration and to the figures before and after it."""

from dataclasses import replace

import numpy as np
import pytest

from handsum.confidence.calibration import BetaMap, TemperatureMap, softmax
from handsum.evaluate.calibrate import (
    apply_calibration,
    calibrate_predictions,
    report_calibration,
)
from handsum.evaluate.predictions import DigitPredictions, NumberPredictions


def _digits(n: int, sharpness: float, seed: int) -> DigitPredictions:
    """Probabilities that are right once their logits are divided by ``sharpness``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 3.0, (n, 10))
    labels = (rng.random((n, 1)) > softmax(logits).cumsum(axis=1)).sum(axis=1)
    return DigitPredictions(
        probs=softmax(sharpness * logits),
        labels=labels,
        ids=tuple(map(str, range(n))),
        groups=(None,) * n,
        classes=tuple("0123456789"),
    )


def test_an_overconfident_digit_reader_is_cooled_down() -> None:
    choice = calibrate_predictions(_digits(4000, 2.0, 0))
    assert isinstance(choice.calibration, TemperatureMap)
    assert choice.calibration.temperature == pytest.approx(2.0, rel=0.05)
    test = _digits(4000, 2.0, 1)
    before, after = (
        report_calibration(test),
        report_calibration(apply_calibration(test, choice.calibration)),
    )
    assert before.ece > 0.05
    assert after.ece < 0.02
    assert after.nll < before.nll
    assert after.brier < before.brier
    assert after.n == sum(b.n for b in after.bins) == 4000


def test_number_confidences_are_replaced_and_texts_kept() -> None:
    rng = np.random.default_rng(2)
    score = rng.beta(5, 1, 3000)
    right = rng.random(3000) < score**3
    predictions = NumberPredictions(
        texts=("1",) * 3000,
        read_texts=tuple("1" if ok else "7" for ok in right),
        contents=("number",) * 3000,
        read_contents=("number",) * 3000,
        confidence=score,
        ids=tuple(map(str, range(3000))),
        groups=tuple(f"book {i // 100}" for i in range(3000)),
    )
    choice = calibrate_predictions(predictions)
    assert isinstance(choice.calibration, BetaMap)
    calibrated = apply_calibration(predictions, choice.calibration)
    assert calibrated.read_texts == predictions.read_texts
    assert report_calibration(calibrated).ece < 0.5 * report_calibration(predictions).ece
    # a rising map changes no order, so neither the curve's risks nor the coverage
    assert report_calibration(calibrated).coverage_at == report_calibration(predictions).coverage_at


def test_a_map_of_the_score_leaves_the_classes_of_digits_alone() -> None:
    digits = _digits(50, 1.0, 3)
    calibrated = apply_calibration(digits, BetaMap(0.5, 0.5, 0.0))
    assert np.array_equal(calibrated.preds, digits.preds)
    np.testing.assert_allclose(
        calibrated.confidence, BetaMap(0.5, 0.5, 0.0).apply(digits.confidence)
    )
    assert apply_calibration(calibrated, TemperatureMap(1.0)).calibrated is None
    assert np.array_equal(replace(calibrated, calibrated=None).confidence, digits.confidence)
