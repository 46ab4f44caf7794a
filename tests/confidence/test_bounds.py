"""Tails and bounds against scipy.stats, and the counts that the literature quotes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from handsum.confidence.bounds import (
    binomial_cdf,
    binomial_sf,
    hypergeometric_cdf,
    hypergeometric_upper,
    lower_bound,
    upper_bound,
    values_needed,
    values_needed_steps,
    wrong_allowed,
)

COUNTS = (1, 2, 5, 20, 299, 1000, 60_000, 1_000_000, 10_000_000)


def _cases(n: int) -> tuple[list[int], list[float]]:
    ks = sorted({k for k in (0, 1, 2, n // 1000, n // 100, n // 3, n - 1, n) if 0 <= k <= n})
    return ks, [1e-9, 1e-6, 1e-3, 0.01, 0.3, 0.5, 0.77, 0.999]


@pytest.mark.parametrize("n", COUNTS)
def test_binomial_tails_are_those_of_scipy(n: int) -> None:
    ks, ps = _cases(n)
    k, p = np.meshgrid(ks, ps)
    np.testing.assert_allclose(binomial_cdf(k, n, p), stats.binom.cdf(k, n, p), 1e-8, 1e-290)
    np.testing.assert_allclose(binomial_sf(k, n, p), stats.binom.sf(k, n, p), 1e-8, 1e-290)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("delta", [0.5, 0.05, 1e-6])
def test_clopper_pearson_bounds_are_those_of_scipy(n: int, delta: float) -> None:
    for k in _cases(n)[0]:
        upper = stats.beta.isf(delta, k + 1, n - k) if k < n else 1.0
        lower = stats.beta.ppf(delta, k, n - k + 1) if k > 0 else 0.0
        assert upper_bound(k, n, delta) == pytest.approx(upper, rel=1e-9)
        assert lower_bound(k, n, delta) == pytest.approx(lower, rel=1e-9)


@pytest.mark.parametrize(
    ("max_risk", "needed"), [(0.01, 299), (0.005, 598), (0.001, 2995), (0.000046, 65124)]
)
def test_values_needed_without_an_error(max_risk: float, needed: int) -> None:
    assert values_needed(max_risk) == needed
    assert upper_bound(0, needed, 0.05) <= max_risk < upper_bound(0, needed - 1, 0.05)


def test_four_errors_in_ten_thousand_certify_a_tenth_of_a_percent() -> None:
    assert wrong_allowed(10_000, 0.001) == 4


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 1000), risk=st.floats(1e-4, 0.9), delta=st.sampled_from([0.25, 0.05, 0.001])
)
def test_allowed_needed_and_bound_say_the_same(n: int, risk: float, delta: float) -> None:
    allowed = wrong_allowed(n, risk, delta)
    if allowed >= 0:
        assert upper_bound(allowed, n, delta) <= risk * (1 + 1e-9)
        assert values_needed(risk, delta, allowed) <= n
    assert upper_bound(allowed + 1, n, delta) > risk * (1 - 1e-9)
    steps = values_needed_steps(n, risk, delta)
    assert len(steps) == allowed + 1
    assert [values_needed(risk, delta, k) for k in range(min(len(steps), 3))] == list(steps[:3])


@pytest.mark.parametrize(
    ("pile", "bad", "n"),
    [(10, 3, 4), (1000, 20, 300), (10**7, 1000, 5000), (10**6, 10**5, 10**4), (100, 0, 10),
     (100, 100, 10), (50, 7, 50)],
)  # fmt: skip
def test_hypergeometric_tail_is_that_of_scipy(pile: int, bad: int, n: int) -> None:
    for k in range(-1, min(n, bad) + 2, max(1, min(n, bad) // 20)):
        expected = stats.hypergeom.cdf(k, pile, bad, n)
        assert hypergeometric_cdf(k, pile, bad, n) == pytest.approx(expected, rel=1e-8, abs=1e-280)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_hypergeometric_bound_is_the_largest_count_not_refuted(data: st.DataObject) -> None:
    pile = data.draw(st.integers(1, 60))
    n = data.draw(st.integers(1, pile))
    wrong = data.draw(st.integers(0, n))
    possible = range(wrong, pile - (n - wrong) + 1)
    tails = {bad: stats.hypergeom.cdf(wrong, pile, bad, n) for bad in possible}
    edges = (0.05 * (1 + 1e-9), 0.05 * (1 - 1e-9))  # a tail may be 0.05 itself, or nearly
    low, high = (max([b for b in possible if tails[b] > e], default=wrong) for e in edges)
    assert low <= hypergeometric_upper(wrong, n, pile, 0.05) <= high


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="wrong=3 of n=2"):
        upper_bound(3, 2, 0.05)
    with pytest.raises(ValueError, match="n=11"):
        hypergeometric_upper(0, 11, 10, 0.05)
    with pytest.raises(ValueError, match="0 <= p <= 1"):
        binomial_cdf(1, 2, 1.5)
