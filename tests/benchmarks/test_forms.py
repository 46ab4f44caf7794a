"""Figures of the forms benchmark against plain counting."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from forms import PageRecord, Value

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.delitem(sys.modules, "forms", raising=False)  # tests/forms may go by that name
    yield
    for name in [n for n in sys.modules if n == "forms" or n.startswith("forms_")]:
        del sys.modules[name]


def make_value(truth: str, text: str, confidence: float, why: str = "") -> Value:
    from forms import Value

    return Value("p", "f", "number", truth, text, text, confidence, not why, why, False, False)


def test_coverage_is_the_longest_run_with_few_errors() -> None:
    from forms import coverage

    rng = np.random.default_rng(0)
    for _ in range(20):
        values = [make_value("1", "1" if rng.random() > 0.02 else "2", c) for c in rng.random(400)]
        order = sorted(values, key=lambda v: -v.confidence)
        best = max(
            (n for n in range(1, 401) if sum(not v.right for v in order[:n]) <= 0.005 * n),
            default=0,
        )
        assert coverage(values) == best / 400
    assert coverage([]) == 0.0
    sure, flagged = make_value("1", "1", 0.9), make_value("1", "1", 0.99, "rule")
    assert coverage([sure, flagged]) == 0.5
    assert coverage([sure, flagged], by_confidence=True) == 1.0


def test_figures_count_pages_values_repairs_and_slips() -> None:
    from forms import PageRecord, figures_of

    right, wrong = make_value("12", "12", 0.99), make_value("7", "1", 0.6, "risk")
    mended = replace(right, alone="17", repaired=True)
    spoilt = replace(wrong, repaired=True, planted_sheet=True)
    empty, invented = make_value("", "", 1.0), make_value("", "0", 0.2, "risk")

    def page(*values: Value, error: float | None = 0.1, **other: bool) -> PageRecord:
        aside = "" if error is not None else "bad_fit"
        planted, flagged = other.get("planted", False), other.get("flagged", False)
        return PageRecord("p", error, aside, "code", planted, flagged, 0.5, values)

    found = figures_of(
        [
            page(right, wrong, mended, empty, invented),
            page(spoilt, planted=True, flagged=True),
            page(planted=True),
            page(error=1.4),
            page(error=None),
        ]
    )
    assert (found["registered"]["count"], found["registered"]["n"]) == (3, 5)
    assert found["put_aside"] == {"bad_fit": 1}
    assert found["values"] == 5
    assert found["right_before_rules"]["count"] == 1
    assert found["right_after_rules"]["count"] == 2
    assert (found["empty_read_as_empty"]["count"], found["empty_read_as_empty"]["n"]) == (1, 2)
    assert (found["repaired_right"]["count"], found["repaired_right"]["n"]) == (1, 2)
    assert (found["planted_flagged"]["count"], found["planted_flagged"]["n"]) == (1, 2)
    assert found["changed_wrongly_on_planted"]["count"] == 1
    assert found["accepted"]["count"] == 2
    assert found["wrong_among_accepted"]["count"] == 0
