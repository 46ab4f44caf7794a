"""Promises that the benchmark makes from one part and holds against another."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

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


def test_predictions_get_the_bundle_s_offset_and_temperature(promises: ModuleType) -> None:
    logits = np.zeros((1, 11))
    logits[:, 4], logits[:, 10] = 3.0, 4.0  # refused by a hair, before the offset
    calibration = {"reject_offset": 2.0, "temperature": 2.0, "views_below": 0.0}
    inks = np.zeros((1, 28, 28), np.uint8)
    probs = promises.read_as_bundle(lambda some: np.repeat(logits, len(some), 0), inks, calibration)
    assert probs.argmax() == 4
    assert probs.max() == pytest.approx(np.exp(1.5) / (9 + np.exp(1.5) + np.exp(1.0)))
