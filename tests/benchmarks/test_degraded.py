"""The worse a picture, the lower the confidence: on the golden pictures of the shipped reader."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from handsum.imaging.load import load_pictures
from handsum.reader import NumberReader

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
KINDS = ["blurred", "faded", "noisy", "photographed", "rotated", "cut_off", "overwritten"]


@pytest.mark.parametrize("kind", KINDS)
def test_confidence_falls_as_the_strength_rises(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spoil = getattr(importlib.import_module("degraded"), kind)
    reader = NumberReader(threads=1)
    pictures = [
        next(iter(load_pictures(reader.bundle.folder / golden.file))).grey
        for golden in reader.bundle.info.golden
    ]
    means = []
    for strength in (0, 3, 5):
        spoilt = [spoil(p, strength, np.random.default_rng(i)) for i, p in enumerate(pictures)]
        readings = reader.read(spoilt)
        means.append(float(np.mean([r.confidence if r.text else 0.0 for r in readings])))
    assert means[0] > 0.8
    assert means[0] + 0.02 > means[1]
    assert means[1] + 0.1 > means[2]
    assert means[2] < 0.8 * means[0]
