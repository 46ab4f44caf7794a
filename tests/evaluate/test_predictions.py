"""Predictions files: there and back, and every misfit by its name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handsum.errors import DataError
from handsum.evaluate.predictions import (
    DigitPredictions,
    NumberPredictions,
    Predictions,
    load_predictions,
    save_predictions,
)

DIGITS = DigitPredictions(
    probs=np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]]),
    labels=np.array([0, 1]),
    ids=("a.png", "ü.png"),
    groups=("anna", None),
    classes=("0", "1", "not_a_number"),
)
NUMBERS = NumberPredictions(
    texts=("012", "", "7"),
    read_texts=("012", "1", "7"),
    contents=("number", "blank", "number"),
    read_contents=("number", "number", "struck_out"),
    confidence=np.array([0.99, 0.5, 0.7]),
    ids=("a", "b", "c"),
    groups=(None, None, "book 1"),
    features=np.array([[0.1, 2.0], [0.3, 1.0], [0.2, 1.0]]),
    feature_names=("margin", "length"),
)


def _same(one: Predictions, other: Predictions) -> bool:
    return type(one) is type(other) and all(
        np.array_equal(value, getattr(other, name)) if isinstance(value, np.ndarray)
        else value == getattr(other, name)
        for name, value in vars(one).items()
    )  # fmt: skip


@pytest.mark.parametrize(
    "predictions",
    [DIGITS, replace(DIGITS, calibrated=np.array([0.8, 0.4])), NUMBERS,
     replace(NUMBERS, features=None, feature_names=())],
)  # fmt: skip
def test_predictions_come_back(tmp_path: Path, predictions: Predictions) -> None:
    save_predictions(tmp_path / "p.npz", predictions)
    assert _same(load_predictions(tmp_path / "p.npz"), predictions)


def test_right_and_sure_follow_from_the_columns() -> None:
    assert DIGITS.correct.tolist() == [True, False]
    assert DIGITS.confidence.tolist() == [0.9, 0.5]
    assert replace(DIGITS, calibrated=np.array([0.8, 0.4])).confidence.tolist() == [0.8, 0.4]
    # the text alone is not enough: a 7 taken for struck out is wrong
    assert NUMBERS.correct.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("predictions", "change", "message"),
    [
        (DIGITS, {"ids": ("a",)}, "2 probs for 1 ids"),
        (DIGITS, {"classes": ("0", "1")}, r"probs \(2, 3\) for 2 classes"),
        (DIGITS, {"labels": np.array([0, 3])}, "labels outside 0 to 2"),
        (DIGITS, {"probs": np.array([[0.9, 0.2, 0.0], [0.2, 0.3, 0.5]])}, "'a.png' sum to 1.1"),
        (DIGITS, {"calibrated": np.array([0.5, np.nan])}, "calibrated outside"),
        (NUMBERS, {"texts": ("1",)}, "1 texts for 3 ids"),
        (NUMBERS, {"confidence": np.array([0.1, 0.2, 1.3])}, "confidence outside 0 to 1"),
        (NUMBERS, {"feature_names": ("margin",)}, r"features \(3, 2\) for \(3, 1\)"),
    ],
)
def test_misfits_are_refused(predictions: Predictions, change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        replace(predictions, **change)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    with pytest.raises(DataError, match="cannot be read"):
        load_predictions(path)
    path.write_bytes(b"not a zip")
    with pytest.raises(DataError, match="no file of predictions"):
        load_predictions(path)
    np.savez(path, schema=1, kind="digits", ids=["a"], groups=[""])
    with pytest.raises(DataError, match="no column 'probs'"):
        load_predictions(path)
    np.savez(path, schema=9)
    with pytest.raises(DataError, match="schema 9"):
        load_predictions(path)
    np.savez(path, schema=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="no file of predictions"):
        load_predictions(path)
    np.save(tmp_path / "p.npy", np.zeros(3))
    with pytest.raises(DataError, match="no file of predictions"):
        load_predictions(tmp_path / "p.npy")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="no file of predictions"):
        load_predictions(path)
