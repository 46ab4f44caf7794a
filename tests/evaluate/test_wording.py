"""Figures in words never claim more than they know."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from handsum.evaluate.metrics import Share
from handsum.evaluate.wording import interval, percent


@given(st.floats(1e-9, 1, exclude_max=True))
def test_what_is_not_all_is_never_called_all_and_what_is_not_none_never_none(share: float) -> None:
    shown = float(percent(share).removesuffix(" %"))
    assert shown > 0
    assert (shown < 100) or share > 1 - 1e-13
    assert math.isclose(shown, 100 * share, abs_tol=0.005 + 1e-9)


def test_percent_of_the_plain_cases() -> None:
    assert [percent(x) for x in (0.0, 1.0, 0.5, 0.99996, 0.00001)] == [
        "0 %", "100 %", "50.00 %", "99.996 %", "0.001 %"
    ]  # fmt: skip
    assert percent(float("nan")) == "-"
    assert interval(Share(1, 2, 0.5, 0.01258, 0.98742)) == "1.26 to 98.74 %"
