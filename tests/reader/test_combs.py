from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from handsum.decode.constraint import Constraint
from handsum.errors import UsageError
from handsum.reader import CombReader, load_reader

Grey = npt.NDArray[np.uint8]
PITCH = 40


@pytest.fixture(scope="module")
def reader() -> CombReader:
    return CombReader(threads=1)


def comb(text: str, before: int = 0) -> Grey:
    """Boxes with a printed digit in each, some before them empty; 10 pixels of paper around."""
    cells = before + len(text)
    grey = np.full((80, cells * PITCH + 21), 240, np.uint8)
    for x in range(10, 11 + cells * PITCH, PITCH):
        cv2.line(grey, (x, 12), (x, 66), 110, 2)
    for y in (12, 66):
        cv2.line(grey, (10, y), (10 + cells * PITCH, y), 110, 2)
    for k, digit in enumerate(text, start=before):
        place = (10 + k * PITCH + 9, 52)
        cv2.putText(grey, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 30, 3, cv2.LINE_AA)
    return grey


def test_a_comb_is_read_with_a_box_a_digit(reader: CombReader) -> None:
    crops = [comb("30728"), comb("4465", before=2)]
    first, second = reader.read(crops, [5, 6])
    assert (first.text, second.text) == ("30728", "4465")
    assert [digit.symbol for digit in second.digits] == list("4465")
    for k, digit in enumerate(second.digits, start=2):
        x0, _, x1, _ = digit.box
        assert 10 + k * PITCH <= x0 < x1 <= 10 + (k + 1) * PITCH
    assert all(a.box[2] <= b.box[0] for a, b in itertools.pairwise(second.digits))
    assert 0.0 < first.confidence <= 1.0
    assert first.candidates[0].text == first.text
    assert [r.text for r in reader.read(crops)] == ["30728", "4465"], "cells found, not told"


def test_the_number_reader_takes_cells() -> None:
    numbers = load_reader("number", threads=1)
    (reading,) = numbers.read(comb("30728"), cells=5)
    assert reading.text == "30728"


def test_an_empty_comb_is_blank(reader: CombReader) -> None:
    (reading,) = reader.read([comb("", before=4)], 4)
    assert (reading.content, reading.text, reading.digits) == ("blank", "", ())


def test_a_constraint_holds(reader: CombReader) -> None:
    (reading,) = reader.read([comb("30728")], 5, constraint=Constraint(range="30000..30699"))
    assert 30000 <= int(reading.text) <= 30699
    assert reading.left_over is not None
    assert reading.left_over > 0.5


def test_what_does_not_fit_together_is_refused(reader: CombReader) -> None:
    with pytest.raises(UsageError, match="1 crops and 2 numbers of cells"):
        reader.read([comb("12")], [2, 3])
    with pytest.raises(UsageError, match="0 cells"):
        reader.read([comb("12")], 0)
