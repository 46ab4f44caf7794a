"""Digits cut out of synthetic numbers: what they are called is what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handsum.data import written
from handsum.data.synthesis.drawn import draw_hands
from handsum.data.written import load_written_digits
from handsum.imaging.load import Picture
from handsum.reader.digits import DigitReader


@pytest.fixture(autouse=True)
def _few_hands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HANDSUM_CACHE", str(tmp_path))
    monkeypatch.setattr(written, "load_training_hands", lambda: draw_hands(6, seed=5, weight=1.0))


def test_the_label_of_a_cut_is_the_digit_that_it_shows() -> None:
    data = load_written_digits(150, 4)
    reader = DigitReader("cells", threads=1)
    probs = reader.probabilities(
        np.stack([reader.prepare(Picture(image, "cut")).digit.ink for image in data.images])
    )
    read = [str(k) for k in probs[:, :10].argmax(axis=1)]
    # A wrong column or a wrong cell would give the neighbour's label: one in ten right.
    assert np.mean([a == b for a, b in zip(read, data.texts, strict=True)]) > 0.8
    assert set(data.groups) <= {f"drawn/{i:03d}" for i in range(6)}
    assert max(max(image.shape) for image in data.images) <= 64


def test_the_same_digits_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_written_digits(20, 4)
    monkeypatch.setattr(written, "build_sample", lambda *_: pytest.fail("made again"))
    kept = load_written_digits(20, 4)
    assert made.texts == kept.texts
    for a, b in zip(made.images, kept.images, strict=True):
        np.testing.assert_array_equal(a, b)
