"""Pen strokes: the curve goes through its points, the picture keeps its promises."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handsum.data.strokes import draw_strokes, smooth_curves, sound_strokes

STROKES = hnp.arrays(np.uint8, (3, 8, 2), elements=st.integers(0, 100))


@given(STROKES)
def test_curves_pass_through_every_point(points: np.ndarray) -> None:
    curves = smooth_curves(points.astype(np.float64))
    np.testing.assert_allclose(curves[:, ::12], points, atol=1e-9)


def test_evenly_spaced_points_on_a_line_give_that_line() -> None:
    line = np.linspace([0.0, 0.0], [70.0, 35.0], 8)[None]
    np.testing.assert_allclose(
        smooth_curves(line)[0], np.linspace([0.0, 0.0], [70.0, 35.0], 85), atol=1e-9
    )


@given(STROKES, st.sampled_from([28, 64]))
def test_pictures_are_dark_on_white_within_a_margin(points: np.ndarray, size: int) -> None:
    labels = np.array([0, 1, 4], np.uint8)
    pictures = draw_strokes(points, labels, seed=3, size=size)
    assert pictures.shape == (3, size, size)
    assert pictures.dtype == np.uint8
    edge = np.concatenate([pictures[:, [0, -1]].ravel(), pictures[:, :, [0, -1]].ravel()])
    assert (edge == 255).all()
    assert (pictures.min(axis=(1, 2)) < 255).all()
    np.testing.assert_array_equal(pictures, draw_strokes(points, labels, seed=3, size=size))


def test_up_is_up() -> None:
    rising = np.linspace([0, 0], [100, 100], 8).astype(np.uint8)[None]
    picture = draw_strokes(rising, np.array([0], np.uint8), seed=0)[0]
    assert picture[:32, 32:].mean() < picture[:32, :32].mean()
    assert picture[32:, :32].mean() < picture[32:, 32:].mean()


# Drawn by hand on squared paper: x to the right, y up, as the set has them.
ONE_WITH_FLAG = [(20, 55), (45, 80), (70, 100), (65, 75), (60, 55), (55, 35), (50, 15), (45, 0)]
LIKE_A_SEVEN = [(0, 100), (30, 100), (60, 99), (95, 98), (80, 70), (70, 45), (60, 20), (50, 0)]
OPEN_FOUR = [(30, 100), (5, 55), (30, 45), (80, 45), (85, 80), (80, 60), (78, 30), (75, 0)]
BOLT_FOUR = [(60, 100), (30, 75), (0, 50), (30, 48), (60, 46), (95, 44), (75, 20), (60, 0)]

CLOSED_NINE = [(80, 90), (40, 100), (10, 75), (40, 55), (80, 90), (80, 60), (75, 30), (60, 0)]
OPEN_NINE = [(80, 90), (40, 100), (10, 75), (40, 60), (55, 80), (80, 60), (75, 30), (60, 0)]


def test_a_nine_needs_its_loop() -> None:
    kept = sound_strokes(np.array([CLOSED_NINE, OPEN_NINE], np.uint8), np.array([9, 9], np.uint8))
    assert kept.tolist() == [True, False]


def test_what_the_joining_spoilt_is_left_out() -> None:
    strokes = [ONE_WITH_FLAG, LIKE_A_SEVEN, OPEN_FOUR, BOLT_FOUR, ONE_WITH_FLAG, ONE_WITH_FLAG]
    labels = np.array([1, 1, 4, 4, 5, 7], np.uint8)
    kept = sound_strokes(np.array(strokes, np.uint8), labels)
    assert kept.tolist() == [True, False, True, False, False, False]
