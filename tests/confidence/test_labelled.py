"""Labelled readings are checked before anything is concluded from them."""

import pytest

from handsum.confidence.labelled import label_readings
from handsum.errors import DataError


def test_groups_become_numbers_and_unknown_ones_nothing() -> None:
    known = label_readings([0.5, 0.6, 0.7], [True, False, True], ["anna", "ben", "anna"])
    assert known.groups is not None
    assert known.groups.tolist() == [0, 1, 0]
    assert known.group_count == 2
    assert label_readings([0.5], [True], [None]).groups is None


@pytest.mark.parametrize(
    ("confidence", "correct", "groups", "message"),
    [
        ([], [], None, "no labelled readings"),
        ([0.5], [True, False], None, "shape"),
        ([0.5, 1.2], [True, True], None, "row 1 is 1.2"),
        ([0.5, float("nan")], [True, True], None, "row 1 is nan"),
        ([0.5], [1], None, "not true or false"),
        ([0.5, 0.5], [True, True], ["anna", None], "row 1"),
        ([0.5, 0.5], [True, True], ["anna"], "1 groups for 2 values"),
    ],
)
def test_misfits_are_named(confidence, correct, groups, message) -> None:
    with pytest.raises(DataError, match=message):
        label_readings(confidence, correct, groups)
