"""Promises that the benchmark makes from one part and holds against another."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from handsum.evaluate.predictions import DigitPredictions, save_predictions

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def promises(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("confidence_promises")


def test_what_one_half_promises_the_other_half_keeps(promises: ModuleType) -> None:
    """A tenth of the readings is wrong and knows it: the rest can be accepted without an error."""
    correct = np.arange(10_000) % 10 != 3
    rng = np.random.default_rng(0)
    confidence = np.where(correct, rng.uniform(0.9, 1.0, 10_000), rng.uniform(0.0, 0.5, 10_000))
    first, second = promises.promise_halves(confidence, correct, 0.001)
    for one in (first, second):
        assert (one["n"], one["promised"], one["risk"]["count"]) == (5000, 0.001, 0)
        assert one["coverage"]["value"] == pytest.approx(0.9, abs=0.02)
    # with too little data for the wish, the nearest that they carry: about 3 / n
    few = promises.promise(confidence[:500], correct[:500], 0.001, (confidence, correct), "few")
    assert 0.006 < few["promised"] < 0.02


def test_saved_predictions_get_the_bundle_s_offset_and_temperature(
    promises: ModuleType, tmp_path: Path
) -> None:
    logits = np.zeros((2, 11))
    logits[:, 4], logits[:, 10] = 3.0, 4.0  # refused by a hair, before the offset
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    save_predictions(
        tmp_path / "val.npz",
        DigitPredictions(
            probs=probs,
            labels=np.array([4, 4]),
            ids=("mnist:train/1", "swiss8/4/2"),
            groups=(None, None),
            classes=(*"0123456789", "not_a_number"),
        ),
    )
    bundle = SimpleNamespace(
        info=SimpleNamespace(calibration={"reject_offset": 2.0, "temperature": 2.0})
    )
    confidence, correct = promises._calibrated(tmp_path / "val.npz", bundle)
    expected = np.exp(1.5) / (9 + np.exp(1.5) + np.exp(1.0))
    assert confidence == pytest.approx([expected])
    assert correct.tolist() == [True]
