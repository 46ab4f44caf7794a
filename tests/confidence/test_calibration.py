"""Calibration maps: JSON there and back, monotone, refused where they are not what they say."""

import json

import numpy as np
import pytest

from handsum.confidence.calibration import (
    BetaMap,
    Calibration,
    IdentityMap,
    IsotonicMap,
    LogisticMap,
    TemperatureMap,
    calibration_from_json,
    sigmoid,
    softmax,
)
from handsum.errors import BundleError

MAPS = [
    IdentityMap(),
    TemperatureMap(1.7),
    BetaMap(0.4, 1.25, -1.3),
    IsotonicMap((0.1, 0.5, 0.99), (0.02, 0.5, 0.97)),
    LogisticMap(("margin", "length"), (0.5, 4.0), (0.1, 2.0), (1.5, -0.5), 3.0),
]


@pytest.mark.parametrize("calibration", MAPS, ids=lambda m: m.kind)
def test_maps_come_back_from_json(calibration: Calibration) -> None:
    assert calibration_from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


@pytest.mark.parametrize("calibration", [MAPS[0], MAPS[2], MAPS[3]], ids=lambda m: m.kind)
def test_maps_of_a_score_rise_and_stay_probabilities(calibration) -> None:
    confidence = calibration.apply(np.linspace(0.0, 1.0, 1001))
    assert np.all(np.diff(confidence) >= 0.0)
    assert confidence.min() >= 0.0
    assert confidence.max() <= 1.0


def test_temperature_keeps_the_order_and_spreads_the_mass() -> None:
    logits = np.array([[3.0, 1.0, -2.0], [800.0, 0.0, -800.0]])
    probs = TemperatureMap(2.0).apply(logits)
    np.testing.assert_allclose(probs, softmax(logits / 2.0))
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)
    assert probs[0, 0] < softmax(logits)[0, 0]


def test_sigmoid_is_exact_at_both_ends() -> None:
    np.testing.assert_allclose(sigmoid([-800.0, -2.0, 0.0, 800.0]), [0, 0.11920292, 0.5, 1])


def test_logistic_is_the_formula() -> None:
    x = np.array([[0.6, 4.0], [0.5, 8.0]])
    np.testing.assert_allclose(MAPS[4].apply(x), sigmoid([1.5 + 3.0, -1.0 + 3.0]))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({}, "kind is None"),
        ({"kind": "magic"}, "magic"),
        ({"kind": "temperature"}, "'temperature' is missing"),
        ({"kind": "temperature", "temperature": 0.0}, "not above 0"),
        ({"kind": "temperature", "temperature": "1"}, "not a number"),
        ({"kind": "temperature", "temperature": float("nan")}, "not a number"),
        ({"kind": "beta", "a": -1.0, "b": 1.0, "c": 0.0}, "neither may be below 0"),
        ({"kind": "isotonic", "scores": [0, 1], "confidences": [1, 0]}, "rising"),
        ({"kind": "isotonic", "scores": [0, 1], "confidences": [0, 2]}, "leave 0 to 1"),
        (
            {"kind": "logistic", "names": ["x"], "means": [], "scales": [1], "weights": [1],
             "bias": 0},
            "differ in length",
        ),
    ],
)  # fmt: skip
def test_broken_maps_are_refused(tree: dict, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        calibration_from_json(tree)
