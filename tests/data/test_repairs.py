"""Wrong labels put right, by a list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handsum.data.dataset import Dataset
from handsum.data.repairs import repair_labels
from handsum.errors import DataError

PAGE = Dataset(
    name="book",
    images=[np.zeros((4, 4), np.uint8)] * 3,
    texts=("1", "3", "2"),
    contents=("number",) * 3,
    groups=("book/1",) * 3,
    ids=("book/p1_0", "book/p1_1", "book/p1_2"),
)


def test_only_what_is_listed_as_sure_changes(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("file,label,stands,sure\np1_1.jpg,3,2,yes\np1_2.jpg,2,3,no\np9_0.jpg,7,1,yes\n")
    repaired = repair_labels(PAGE, path)
    assert repaired.texts == ("1", "2", "2")
    assert repaired.ids == PAGE.ids
    with pytest.raises(DataError, match=r"p1_1 is labelled '8'; list\.csv repairs '3'"):
        repair_labels(replace(PAGE, texts=("1", "8", "2")), path)


def test_the_list_that_ships_leaves_other_sets_alone() -> None:
    assert repair_labels(PAGE) == PAGE
