"""From a reader and labelled pictures to predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handsum.errors import DataError
from handsum.evaluate.digits import label_digits, read_digits
from handsum.reader import DigitReader
from penned import as_grey, draw_ink, on_paper

PAGES = [as_grey(on_paper(draw_ink(d, 50), (70, 64), (8, 6))) for d in "0123456789"]
BLANK = np.full((40, 40), 250, np.uint8)


def test_predictions_are_what_a_user_reads(shipped_drawn_bundle: Path) -> None:
    reader = DigitReader(shipped_drawn_bundle)
    pages = [*PAGES, 255 - PAGES[3], BLANK]  # the other polarity, and nothing
    outputs = read_digits(reader, pages)
    readings = reader.read(pages)
    assert outputs.classes == (*"0123456789", "not_a_number")
    assert np.allclose(outputs.probs.sum(axis=1), 1)
    for row, reading in zip(outputs.probs, readings, strict=True):
        best = outputs.classes[int(row.argmax())]
        assert best == (reading.text or "not_a_number")
        assert row.max() == pytest.approx(reading.confidence, abs=1e-6)
    assert readings[-1].content == "blank"
    assert outputs.inks.shape == (12, 28, 28)
    assert not outputs.inks[-1].any()


def test_no_pictures_are_an_error(shipped_drawn_bundle: Path) -> None:
    with pytest.raises(DataError, match="no pictures"):
        read_digits(DigitReader(shipped_drawn_bundle), [])


def test_a_reader_without_rejects_gets_that_class_only_where_the_truth_needs_it() -> None:
    probs = np.array([[0.9, 0.1], [0.2, 0.8]])
    plain = label_digits(probs, ("0", "1"), ["0", "1"], ["number"] * 2, ["a", "b"], ["w", ""])
    assert plain.classes == ("0", "1")
    assert plain.groups == ("w", None)
    mixed = label_digits(
        probs, ("0", "1"), ["0", ""], ["number", "struck_out"], ["a", "b"], [None] * 2
    )
    assert mixed.classes == ("0", "1", "not_a_number")
    assert mixed.labels.tolist() == [0, 2]
    assert mixed.probs[:, 2].tolist() == [0, 0]
    assert mixed.correct.tolist() == [True, False]


@pytest.mark.parametrize("text", ["12", "", "x"])
def test_a_text_that_is_no_digit_is_named(text: str) -> None:
    with pytest.raises(DataError, match=r"a\.png says"):
        label_digits(np.ones((1, 1)), ("0",), [text], ["number"], ["a.png"], [None])
