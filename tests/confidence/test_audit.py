"""Audits: every pile of 40 is covered, by exact enumeration, and the smallest sample is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from handsum.confidence.audit import audit_pile, draw_sample, sample_size_for
from handsum.errors import UsageError


@pytest.mark.parametrize("n", [1, 7, 20, 40])
def test_the_bound_covers_every_pile(n: int) -> None:
    bounds = np.array([audit_pile(40, n, wrong).wrong_at_most for wrong in range(n + 1)])
    for bad in range(41):
        chances = stats.hypergeom.pmf(np.arange(n + 1), 40, bad, n)
        assert chances[bounds < bad].sum() <= 0.05 + 1e-12


def test_two_looks_together_err_no_more_than_one() -> None:
    """Check 15, and 15 more whenever the first look disappoints; the better bound is quoted."""
    first = [audit_pile(40, 15, k, looks=2).wrong_at_most for k in range(16)]
    second = [audit_pile(40, 30, k, looks=2).wrong_at_most for k in range(31)]
    for bad in range(41):
        miss = 0.0
        for k in range(min(15, bad) + 1):
            chance = stats.hypergeom.pmf(k, 40, bad, 15)
            if chance == 0.0:
                continue
            more = stats.hypergeom.pmf(np.arange(16), 25, bad - k, 15)
            ends = np.array([min(first[k], second[k + j]) < bad for j in range(16)])
            miss += chance * more[ends].sum()
        assert miss <= 0.05 + 1e-12


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3000), st.floats(0.001, 0.3), st.integers(0, 3))
def test_the_smallest_sample_that_bounds_as_wished(pile: int, wish: float, wrong: int) -> None:
    most = int(np.floor(wish * pile + 1e-9))
    if wrong > most:
        with pytest.raises(UsageError, match="more than"):
            sample_size_for(pile, wish, wrong)
        return
    n = sample_size_for(pile, wish, wrong)
    assert audit_pile(pile, n, wrong).wrong_at_most <= most
    if n - 1 >= max(wrong, 1):
        assert audit_pile(pile, n - 1, wrong).wrong_at_most > most


def test_a_checked_pile_leaves_nothing_open() -> None:
    report = audit_pile(100, 100, 3)
    assert (report.wrong_at_most, report.left_at_most) == (3, 0)
    assert report.sentence() == (
        "of the 100 accepted values in this pile at most 3 (3 %) are wrong, with 95 % confidence, "
        "from 100 checked at random, 3 of them wrong"
    )


def test_samples_are_drawn_evenly_and_can_be_drawn_again() -> None:
    first = draw_sample(1000, 50, seed=1)
    assert first.tolist() == sorted(set(first.tolist()))
    assert first.tolist() == draw_sample(1000, 50, seed=1).tolist()
    hits = np.bincount(np.concatenate([draw_sample(20, 5, s) for s in range(2000)]), minlength=20)
    assert stats.chisquare(hits).pvalue > 1e-4


@pytest.mark.parametrize("counts", [(10, 11, 0), (10, 5, 6), (0, 0, 0)])
def test_impossible_audits_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        audit_pile(*counts)
