"""Predictions of single digits made up for the tests of evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handsum.evaluate.predictions import DigitPredictions


def predict(
    truth: Sequence[str],
    read: Sequence[str],
    sure: Sequence[float],
    classes: Sequence[str] = (*"0123456789", "not_a_number"),
    groups: Sequence[str | None] | None = None,
) -> DigitPredictions:
    """Rows of ``truth`` read as ``read`` with the confidence ``sure``, the rest evenly spread."""
    classes = tuple(classes)
    probs = np.empty((len(truth), len(classes)))
    for row, (symbol, confidence) in enumerate(zip(read, sure, strict=True)):
        probs[row] = (1 - confidence) / max(1, len(classes) - 1)
        probs[row, classes.index(symbol)] = confidence
    return DigitPredictions(
        probs=probs,
        labels=np.array([classes.index(symbol) for symbol in truth], np.intp),
        ids=tuple(f"made/{row:04d}" for row in range(len(truth))),
        groups=tuple(groups) if groups is not None else (None,) * len(truth),
        classes=classes,
    )


def predict_by_chance(n: int, seed: int, writers: int = 4) -> DigitPredictions:
    """``n`` rows of digits and of what is none, of ``writers``, about a fifth of them wrong."""
    rng = np.random.default_rng(seed)
    classes = (*"0123456789", "not_a_number")
    truth = [classes[i] for i in rng.integers(0, 11, n)]
    read = [t if rng.random() < 0.8 else classes[rng.integers(0, 11)] for t in truth]
    groups = [f"w{rng.integers(writers)}" if rng.random() < 0.9 else None for _ in truth]
    sure = 1 - 0.9 * rng.random(n) ** 6
    return predict(truth, read, np.round(sure, 3).tolist(), classes, groups)
