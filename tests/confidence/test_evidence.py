"""Evidence over groups: worth at most 1 under any true risk at the limit, by full enumeration."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.confidence.evidence import BETS, COUNTER_BETS, GroupCounts, ValueCounts

# what can befall a group of at most 3 values: (accepted, wrong)
FATES = [(a, w) for a in range(4) for w in range(a + 1)]


def _counts(fates: tuple[tuple[int, int], ...]) -> GroupCounts:
    table = np.array(fates)
    return GroupCounts(table[:, :1], table[:, 1:], largest=3)


@pytest.mark.parametrize("bets", [BETS, COUNTER_BETS])
def test_the_bets_share_out_one_stake(bets: tuple[tuple[float, float], ...]) -> None:
    assert sum(weight for _, weight in bets) == pytest.approx(1.0)
    assert all(0.0 < share <= 1.0 for share, _ in bets)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=len(FATES), max_size=len(FATES)))
def test_evidence_gains_nothing_where_the_risk_is_at_the_limit(weights: list[float]) -> None:
    chances = np.array(weights) + 1e-6
    chances /= chances.sum()
    accepted, wrong = np.array(FATES).T
    risk = float(chances @ wrong / (chances @ accepted))  # the true risk is the limit itself
    expected = counter = 0.0
    for picks in itertools.product(range(len(FATES)), repeat=2):
        counts = _counts(tuple(FATES[i] for i in picks))
        chance = math.prod(chances[i] for i in picks)
        expected += chance * math.exp(counts.log_evidence(risk)[0])
        counter += chance * math.exp(counts.log_counter_evidence(risk)[0])
    assert expected <= 1.0 + 1e-9
    assert counter <= 1.0 + 1e-9


def test_evidence_is_the_product_it_says_it_is() -> None:
    rng = np.random.default_rng(0)
    accepted = rng.integers(0, 6, (100, 3))
    wrong = rng.binomial(accepted, 0.05)
    counts = GroupCounts(accepted, wrong, largest=5)
    plain = sum(
        weight * np.prod(1 + share * (0.1 * accepted - wrong) / (0.9 * 5), axis=0)
        for share, weight in BETS
    )
    np.testing.assert_allclose(np.exp(counts.log_evidence(0.1)), plain, rtol=1e-10)


def test_bounds_are_where_the_evidence_turns() -> None:
    accepted = np.full((400, 1), 5)
    wrong = np.zeros((400, 1), dtype=np.int64)
    wrong[:10] = 2
    counts = GroupCounts(accepted, wrong, largest=5)
    upper, lower = counts.upper(0, 0.05), counts.lower(0, 0.05)
    assert lower < 20 / 2000 < upper
    assert counts.passes(upper, 0.05)[0]
    assert not counts.passes(upper * 0.999, 0.05)[0]
    assert counts.fails(lower * 0.999, 0.05)[0]
    assert not counts.fails(lower * 1.001, 0.05)[0]


def test_few_groups_carry_little_however_many_values_they_have() -> None:
    counts = GroupCounts(np.full((5, 1), 1000), np.zeros((5, 1), dtype=np.int64), largest=1000)
    assert counts.upper(0, 0.05) > 0.45  # five writers: 0.05 ** (1 / 5) = 0.55 of all could be bad


def test_values_pass_and_fail_as_their_exact_bounds_say() -> None:
    counts = ValueCounts(np.array([0, 299, 299, 1000]), np.array([0, 0, 1, 30]))
    assert counts.passes(0.01, 0.05).tolist() == [False, True, False, False]
    assert counts.fails(0.01, 0.05).tolist() == [False, False, False, True]
    assert counts.upper(0, 0.05) == 1.0
    assert counts.lower(3, 0.05) > 0.01
