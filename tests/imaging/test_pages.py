"""Where something is written on a page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from handsum.imaging.pages import find_written, reading_order
from penned import as_grey, draw_ink, on_paper

Box = tuple[int, int, int, int]


def page(shape: tuple[int, int] = (600, 500)) -> np.ndarray:
    return np.zeros(shape, np.uint8)


def write(ink: np.ndarray, text: str, x: int, y: int, side: int = 44, wobble: int = 0) -> Box:
    """Digits in a row with their corner at (x, y); ``wobble`` pixels up and down in turn."""
    start = x
    for i, digit in enumerate(text):
        size = side - 5 * (i % 2) if wobble else side
        top = y + wobble * (i % 2)
        part = ink[top : top + size, x : x + size]
        np.maximum(part, draw_ink(digit, size), out=part)
        x += size
    return start, y, x, y + side + wobble


def close(found: Box, true: Box, by: int = 14) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, true, strict=True))


def test_numbers_in_rows_and_columns_are_found_in_reading_order() -> None:
    ink = page()
    true = [
        write(ink, text, x, y, wobble=4)
        for y in (40, 150, 260)
        for x, text in ((30, "28"), (300, "506"))
    ]
    found = find_written(as_grey(on_paper(ink)))
    assert len(found) == len(true)
    for one, box in zip(found, true, strict=True):
        assert close(one.box, box), (one.box, box)
        assert not one.printed


@pytest.mark.parametrize("turn", [-1.0, 0.0, 1.5])
def test_rules_of_a_table_are_no_writing(turn: float) -> None:
    ink = page()
    for y in (20, 120, 220):
        cv2.line(ink, (10, y), (490, y), 200, 2)
    for x in (10, 170, 330, 490):
        cv2.line(ink, (x, 20), (x, 220), 200, 2)
    true = [write(ink, "57", 40, 50, wobble=4), write(ink, "36", 370, 150, wobble=4)]
    matrix = cv2.getRotationMatrix2D((250, 120), turn, 1.0)
    found = find_written(as_grey(on_paper(cv2.warpAffine(ink, matrix, (500, 600)))))
    assert len(found) == 2
    for one, box in zip(found, true, strict=True):
        assert close(one.box, box, 20)


def test_an_upright_rule_parts_what_stands_close() -> None:
    ink = page()
    cv2.line(ink, (126, 0), (126, 599), 220, 2)
    write(ink, "28", 40, 100, wobble=4)
    write(ink, "65", 124, 100, wobble=4)
    assert len(find_written(as_grey(on_paper(ink)))) == 2
    ink[:, 124:129] = 0
    assert len(find_written(as_grey(on_paper(ink)))) == 1


def test_print_is_told_from_digits_of_uneven_height() -> None:
    grey = Image.new("L", (700, 400), 250)
    draw = ImageDraw.Draw(grey)
    font = ImageFont.load_default(36)
    draw.text((30, 30), "Temperature", fill=30, font=font)
    draw.text((30, 200), "2048", fill=30, font=font)
    ink = page((400, 700))
    box = write(ink, "3826", 400, 190, wobble=6)
    found = find_written(np.minimum(np.asarray(grey), as_grey(on_paper(ink))))
    by_hand = [one for one in found if not one.printed]
    assert [close(one.box, box) for one in by_hand] == [True]
    assert len(found) == 3


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (40, 40), (900, 700)])
@pytest.mark.parametrize("kind", ["white", "black", "noise"])
def test_pages_of_nothing_hold_nothing_or_at_least_boxes(shape: tuple[int, int], kind: str) -> None:
    grey = {
        "white": np.full(shape, 250, np.uint8),
        "black": np.zeros(shape, np.uint8),
        "noise": np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8),
    }[kind]
    found = find_written(grey)
    if kind != "noise":
        assert found == ()
    for one in found:
        x0, y0, x1, y1 = one.box
        assert 0 <= x0 < x1 <= shape[1] and 0 <= y0 < y1 <= shape[0]


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 4), max_size=12))
def test_reading_order_leaves_nothing_out(corners: list[Box]) -> None:
    boxes = [(x, y, x + w + 1, y + h + 1) for x, y, w, h in corners]
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))


def test_rows_may_slope() -> None:
    boxes = [(x, y + x // 20, x + 50, y + x // 20 + 20) for y in (0, 40) for x in (0, 100, 200)]
    shuffled = [5, 0, 3, 1, 4, 2]
    order = reading_order([boxes[i] for i in shuffled])
    assert [shuffled[i] for i in order] == [0, 1, 2, 3, 4, 5]
