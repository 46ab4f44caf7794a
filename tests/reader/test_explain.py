"""Occlusion: the ink that decided is found, and empty paper decides nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from handsum.reader.explain import draw_explanation, explain_digit

Ink = npt.NDArray[np.uint8]


class OneCorner:
    """A stand-in for a reader that answers "1" by the ink in one corner alone."""

    bundle = SimpleNamespace(info=SimpleNamespace(charset="01", classes=("not_a_number",)))

    def probabilities(self, inks: Ink) -> npt.NDArray[np.float64]:
        share = inks[:, :8, :8].mean(axis=(1, 2)) / 255
        one = 0.2 + 0.7 * share
        return np.stack([0.5 * (1 - one), one, 0.5 * (1 - one)], axis=1)


@pytest.fixture
def reader() -> Any:
    return OneCorner()


def test_the_ink_that_decides_is_found(reader: Any) -> None:
    ink = np.zeros((28, 28), np.uint8)
    ink[2:6, 2:6] = 255
    ink[18:24, 18:24] = 255  # has no say
    ink[:8, :8] = np.maximum(ink[:8, :8], 200)
    found = explain_digit(reader, ink)
    assert found.answer == "1"
    assert found.evidence.shape == (28, 28)
    assert found.evidence[:8, :8].min() > 0
    assert np.abs(found.evidence[13:, 13:]).max() == 0.0
    assert np.unravel_index(found.evidence.argmax(), (28, 28)) < (8, 8)


def test_empty_paper_decides_nothing(reader: Any) -> None:
    assert np.abs(explain_digit(reader, np.zeros((28, 28), np.uint8)).evidence).max() == 0.0


def test_the_picture_shows_ink_and_both_colours(reader: Any) -> None:
    ink = np.zeros((28, 28), np.uint8)
    ink[:8, :8] = 255
    picture = draw_explanation(explain_digit(reader, ink), zoom=3)
    assert (picture.shape, picture.dtype) == ((84, 171, 3), np.dtype(np.uint8))
    blue, _, red = (int(v) for v in picture[10, 3 * 29 + 10])
    assert red > blue, "what spoke for it is orange (BGR)"
    assert (picture[-1, -1] == 255).all()
