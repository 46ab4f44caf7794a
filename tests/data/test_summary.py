"""Counts of a small set, by hand."""

from __future__ import annotations

import numpy as np

from handsum.data.dataset import Dataset
from handsum.data.summary import summarize


def dataset(texts: list[str], contents: list[str], groups: list[str | None]) -> Dataset:
    images = [np.zeros((4 + i, 9 - i), np.uint8) for i in range(len(texts))]
    ids = tuple(map(str, range(len(texts))))
    return Dataset("d", images, tuple(texts), tuple(contents), tuple(groups), ids)


def test_digits() -> None:
    summary = summarize(
        dataset(["1", "1", "7", ""], ["number"] * 3 + ["blank"], ["a", "b", "a", None])
    )
    assert summary.classes == {"1": 2, "7": 1}
    assert summary.lengths == {1: 3}
    assert summary.contents == {"blank": 1, "number": 3}
    assert summary.groups == {"a": 2, "b": 1}
    assert summary.ungrouped == 1
    assert (summary.smallest, summary.largest) == ((6, 4), (9, 7))


def test_numbers_are_counted_by_length() -> None:
    summary = summarize(dataset(["1", "10", "07"], ["number"] * 3, [None] * 3))
    assert summary.classes == {}
    assert summary.lengths == {1: 1, 2: 2}
    assert summary.to_json()["lengths"] == {"1": 1, "2": 2}


def test_nothing() -> None:
    assert summarize(dataset([], [], [])).pictures == 0
