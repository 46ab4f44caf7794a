"""The paper under a digit: its grain, its level, and how far each grey is from it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.imaging.paper import Ink, measure_noise, split_levels, take_paper
from penned import as_grey, draw_ink, on_paper

Grey = npt.NDArray[np.uint8]


def drawn(size: tuple[int, int], light: float = 1.0) -> Grey:
    """A digit on paper of 240, the right edge of which gets the share ``light`` of it."""
    page = on_paper(draw_ink("4", 60), size, (8, 10), 240, 180)
    return as_grey(page * np.linspace(1.0, light, size[1], dtype=np.float32))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), levels=st.integers(2, 256))
def test_the_split_is_otsus(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.choice(rng.choice(256, levels), (20, 30)).astype(np.uint8)
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    threshold, below, sums = split_levels(counts)
    theirs, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    # Several thresholds may split the pixels alike, or equally well.
    assert spread_between(grey, threshold) == pytest.approx(spread_between(grey, int(theirs)))
    assert below[-1] == grey.size and sums[-1] == grey.sum()


def spread_between(grey: Grey, threshold: int) -> float:
    """Variance between the pixels up to ``threshold`` and above it, 0 where there is one kind."""
    low, high = grey[grey <= threshold], grey[grey > threshold]
    if not (low.size and high.size):
        return 0.0
    return float(low.size * high.size * (low.mean() - high.mean()) ** 2) / grey.size**2


@pytest.mark.parametrize("deviation", [0.0, 2.0, 6.0, 15.0])
def test_noise_is_the_grains_deviation_whatever_is_written(deviation: float) -> None:
    rng = np.random.default_rng(1)
    page = drawn((120, 110)).astype(np.float64) * 0.7 + rng.normal(0, deviation, (120, 110))
    assert measure_noise(as_grey(page)) == pytest.approx(deviation, rel=0.2, abs=0.1)


@pytest.mark.parametrize("ink", ["dark", "auto"])
@pytest.mark.parametrize("light", [1.0, 0.97, 0.6])
def test_distances_are_those_of_the_picture(light: float, ink: Ink) -> None:
    grey = drawn((90, 80), light)
    paper = take_paper(grey, ink, 0.0)
    distance = paper.table[paper.picture]
    assert np.array_equal(paper.distances, np.bincount(distance.ravel(), minlength=256))
    assert (np.diff(paper.table.astype(int)) <= 0).all()
    expected = 180 * np.linspace(1.0, light, 80) * (draw_page_ink((90, 80)) / 255.0)
    assert np.abs(distance - expected).mean() < 3
    turned = take_paper(np.asarray(255 - grey, np.uint8), "light" if ink == "dark" else ink, 0.0)
    assert np.array_equal(turned.table[turned.picture], distance)


def draw_page_ink(size: tuple[int, int]) -> npt.NDArray[np.float64]:
    return 255.0 - on_paper(draw_ink("4", 60), size, (8, 10), 255, 255).astype(np.float64)
