import cv2
import numpy as np
import pytest

from handsum.forms.cell_looks import look_at
from handsum.imaging.combs import Cell, Comb
from penned import draw_ink

SCALE = 8.0
WIDE, TALL = 6.0, 8.0  # mm
SAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def look(ink):
    picture = cv2.GaussianBlur(ink, (0, 0), 1.0).astype(np.float32) / 255
    width = WIDE * SCALE
    comb = Comb(picture, np.array([0.0]), np.array([width]), 0.0, TALL * SCALE, SAME, 1.0)
    return look_at(Cell(picture, 0, False), comb, 0, SCALE)


def strokes(*lines, pen=0.45):
    ink = np.zeros((round(TALL * SCALE), round(WIDE * SCALE)), np.uint8)
    for points in lines:
        at = (np.array(points) * SCALE * 16).round().astype(np.int32)
        cv2.polylines(ink, [at], False, 230, round(pen * SCALE), cv2.LINE_AA, 4)
    return ink


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        ("bare", []),
        ("dash", [[(1, 4), (5, 3.8)]]),
        ("dash", [[(1, 4.2), (3, 3.5), (5, 4.3)]]),  # with a wave
        ("crossed", [[(0.4, 7.6), (5.6, 0.4)]]),
        ("crossed", [[(0.8, 7), (5.2, 1)], [(0.8, 1), (5.2, 7)]]),
        ("stroke", [[(3.4, 1.5), (2.8, 6.5)]]),  # may be a 1
        ("stroke", [[(4, 1.5), (2, 6.5)]]),
        ("symbol", [[(0.8, 5.5), (4, 1.2), (4, 7)]]),  # a 1 with a long flag
        ("scribble", [[(1 + 0.25 * k, 1 + 6 * (k % 2)) for k in range(17)]]),
    ],
)
@pytest.mark.parametrize("pen", [0.35, 0.6])
def test_what_a_cell_looks_like(expected, lines, pen):
    assert look(strokes(*lines, pen=pen)) == expected


@pytest.mark.parametrize("digit", "0123456789")
@pytest.mark.parametrize("tall", [4.5, 7.5])
@pytest.mark.parametrize("turn", [-12, 0, 12])
def test_no_digit_looks_like_an_unused_cell(digit, tall, turn):
    ink = strokes()
    drawn = draw_ink(digit, round(min(tall, WIDE - 0.4) * SCALE), pen=0.09, turn=turn)
    tall_drawn = cv2.resize(drawn, (drawn.shape[1], round(tall * SCALE)))
    top, left = ((a - b) // 2 for a, b in zip(ink.shape, tall_drawn.shape, strict=True))
    ink[top : top + tall_drawn.shape[0], left : left + tall_drawn.shape[1]] = tall_drawn
    assert look(ink) not in ("bare", "dash", "crossed")


def test_a_speck_is_nothing():
    assert look(strokes([(3, 4), (3.2, 4)], pen=0.25)) == "bare"
