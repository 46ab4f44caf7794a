"""Digits are boxed where their ink is."""

from __future__ import annotations

import numpy as np

from handsum.decode.align import SymbolSpan
from handsum.imaging.numbers import PreparedNumber
from handsum.reader.places import place_symbols


def strip(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    ink = np.zeros((48, 96), np.float32)
    for x0, y0, x1, y1 in boxes:
        ink[y0:y1, x0:x1] = 1.0
    return ink


def spans(*columns: tuple[int, int]) -> list[SymbolSpan]:
    return [SymbolSpan(1, start, end, 0.9) for start, end in columns]


def test_boxes_follow_the_ink_in_the_crop() -> None:
    number = PreparedNumber(strip((10, 8, 30, 40), (44, 20, 60, 44)), 2.0, -4.0, 3.0, 1.0)
    boxes = place_symbols(number, spans((4, 6), (12, 14)), 4, (30, 60))
    # A pixel of the strip is half a pixel of the crop, whose point (-4, 3) is its corner.
    assert boxes == [(1, 7, 11, 23), (18, 13, 26, 25)]


def test_boxes_stay_inside_the_crop() -> None:
    number = PreparedNumber(strip((0, 0, 96, 48)), 2.0, -4.0, -5.0, 1.0)
    boxes = place_symbols(number, spans((1, 2), (20, 21)), 4, (10, 30))
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= 30 and 0 <= y0 < y1 <= 10


def test_touching_digits_are_parted_where_they_are_thinnest() -> None:
    number = PreparedNumber(
        strip((10, 8, 30, 40), (30, 22, 36, 24), (36, 8, 56, 40)), 1.0, 0.0, 0.0, 1.0
    )
    first, second = place_symbols(number, spans((4, 6), (11, 12)), 4, (48, 96))
    assert 30 <= first[2] == second[0] <= 36
    assert (first[1], second[3]) == (8, 40)


def test_no_symbols_no_boxes_and_no_ink_some() -> None:
    number = PreparedNumber(strip(), 1.0, 0.0, 0.0, 1.0)
    assert place_symbols(number, [], 4, (48, 96)) == []
    (box,) = place_symbols(number, spans((10, 11)), 4, (48, 96))
    assert box[0] < 42 < box[2]
