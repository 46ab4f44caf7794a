"""All figures of predictions of whole numbers, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from handsum.errors import DataError
from handsum.evaluate.numbers import measure_numbers
from handsum.evaluate.predictions import NumberPredictions

ROWS = [
    # truth, reading, content there, content read, confidence, writer
    ("12", "12", "number", "number", 0.995, "a"),
    ("123", "128", "number", "number", 0.9, "a"),
    ("5", "", "number", "blank", 0.7, "b"),
    ("07", "07", "number", "number", 0.8, None),
    ("", "", "blank", "blank", 0.999, "b"),
    ("", "4", "struck_out", "number", 0.4, "a"),
]


def predictions(rows: list[tuple[str, str, str, str, float, str | None]]) -> NumberPredictions:
    texts, read, contents, read_contents, confidence, groups = zip(*rows, strict=True)
    return NumberPredictions(
        texts, read, contents, read_contents, np.array(confidence),
        tuple(map(str, range(len(rows)))), groups,
    )  # fmt: skip


def test_every_figure_is_what_counting_gives() -> None:
    figures = measure_numbers(predictions(ROWS), 0.01, ["x", "x", "x", "y", "y", "y"])
    assert (figures.exact.count, figures.exact.n) == (2, 4)
    assert figures.cer == pytest.approx(2 / 8)  # a 3 read as 8, a 5 not read
    assert (figures.refused.count, figures.refused.n) == (1, 4)
    assert figures.refused_others is not None
    assert (figures.refused_others.count, figures.refused_others.n) == (1, 2)
    assert {k: (s.count, s.n) for k, s in figures.lengths.items()} == {
        "1": (0, 1), "2": (2, 2), "3": (0, 1),
    }  # fmt: skip
    assert {k: (s.count, s.n) for k, s in figures.sets.items()} == {"x": (1, 3), "y": (1, 1)}
    assert {k: (s.count, s.n) for k, s in figures.writers.items()} == {"a": (1, 2), "b": (0, 1)}
    assert figures.writer_unknown == 1
    assert (figures.accepted.count, figures.accepted_wrong.count) == (2, 0)
    tree = figures.to_json()
    assert tree["worst_writer"]["writer"] == "b"
    assert tree["refused_not_numbers"]["n"] == 2
    assert sum(band["wrong"]["n"] for band in tree["bands"]) == len(ROWS)
    for band in tree["bands"]:  # by counting again
        inside = [row for row in ROWS if band["low"] < 1.0 - row[4] <= band["high"]]
        right = [row for row in inside if row[:1] + row[2:3] == row[1:2] + row[3:4]]
        assert (band["wrong"]["n"], band["wrong"]["count"]) == (
            len(inside), len(inside) - len(right),
        )  # fmt: skip


def test_numbers_alone_say_nothing_of_what_is_none() -> None:
    figures = measure_numbers(predictions(ROWS[:2]))
    assert figures.refused_others is None
    assert figures.to_json()["refused_not_numbers"] is None


def test_nothing_is_not_measured() -> None:
    with pytest.raises(DataError, match="no predictions"):
        measure_numbers(NumberPredictions((), (), (), (), np.zeros(0), (), ()))
