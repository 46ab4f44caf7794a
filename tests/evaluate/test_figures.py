"""Figures of single digits against counts by hand and against the metrics themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluate.predicted import predict, predict_by_chance
from handsum.errors import DataError
from handsum.evaluate.figures import measure_digits
from handsum.evaluate.metrics import coverage_at_risk, expected_calibration_error, share_of

CLASSES = (*"0123456789", "not_a_number")


def test_counts_by_hand() -> None:
    figures = measure_digits(
        predict(
            truth=["1", "1", "7", "7", "not_a_number", "not_a_number", "3"],
            read=["1", "7", "7", "not_a_number", "not_a_number", "4", "3"],
            sure=[0.999, 0.6, 0.99, 0.5, 0.995, 0.9, 0.98],
            groups=["anna", "ben", "anna", "ben", "anna", "ben", None],
        ),
        max_risk=0.0101,
        sets=["a", "b", "a", "b", "a", "a", "a"],
    )
    assert (figures.digits.count, figures.digits.n) == (3, 5)  # a refused digit is wrong
    assert (figures.refused.count, figures.refused.n) == (1, 5)
    assert figures.refused_others is not None
    assert (figures.refused_others.count, figures.refused_others.n) == (1, 2)
    assert {k: (s.count, s.n) for k, s in figures.classes.items()} == {
        "1": (1, 2), "3": (1, 1), "7": (1, 2)
    }  # fmt: skip
    assert {k: (s.count, s.n) for k, s in figures.writers.items()} == {
        "ben": (0, 2), "anna": (2, 2)
    }  # fmt: skip
    assert figures.worst_writer == ("ben", figures.writers["ben"])
    assert figures.writer_unknown == 1
    assert list(figures.sets) == ["b", "a"]
    assert (figures.accepted.count, figures.accepted.n) == (3, 7)
    assert (figures.accepted_wrong.count, figures.accepted_wrong.n) == (0, 3)
    assert figures.confusion[CLASSES.index("7"), CLASSES.index("not_a_number")] == 1
    assert figures.confusion.sum() == 7


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 120), st.integers(0, 1000), st.sampled_from([0.0, 0.01, 0.2, 1.0]))
def test_every_figure_is_the_metric_of_its_rows(n: int, seed: int, max_risk: float) -> None:
    predictions = predict_by_chance(n, seed)
    figures = measure_digits(predictions, max_risk)
    truth = np.array([predictions.classes[i] for i in predictions.labels])
    correct, confidence = predictions.correct, predictions.confidence
    digits = truth != "not_a_number"
    if digits.any():
        assert figures.digits == share_of(correct[digits])
    for name, share in figures.classes.items():
        assert share == share_of(correct[truth == name])
    assert sum(share.n for share in figures.classes.values()) == digits.sum()
    groups = np.array([group or "" for group in predictions.groups])
    for name, share in figures.writers.items():
        assert share == share_of(correct[digits & (groups == name)])
    values = [share.value for share in figures.writers.values()]
    assert values == sorted(values)
    assert figures.writer_unknown == (digits & (groups == "")).sum()
    assert figures.accepted == share_of(1 - confidence <= max_risk)
    assert figures.coverage == coverage_at_risk(confidence, correct, max_risk)
    assert figures.calibration.ece == expected_calibration_error(confidence, correct)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_every_reading_stands_in_one_band(sure: list[float]) -> None:
    predictions = predict(["1"] * len(sure), ["1"] * len(sure), sure, classes=("1", "2"))
    bands = measure_digits(predictions).bands
    assert sum(band.found.n for band in bands) == len(sure)
    for band in bands:
        assert band.low - 1e-12 <= band.stated <= band.high + 1e-12


def test_json_is_strict_where_there_is_no_digit_and_no_writer() -> None:
    figures = measure_digits(predict(["not_a_number"], ["4"], [0.7]))
    tree = json.loads(json.dumps(figures.to_json(), allow_nan=False))
    assert tree["accuracy"]["value"] is None
    assert tree["worst_writer"] is None
    assert tree["refused_not_digits"]["count"] == 0


def test_no_predictions_are_an_error() -> None:
    with pytest.raises(DataError, match="no predictions"):
        measure_digits(predict([], [], []))
