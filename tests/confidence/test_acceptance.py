"""Choosing a threshold: ranks, ties, order, offers, and that the promise is kept."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.confidence.acceptance import (
    choose_threshold,
    estimate_threshold,
    find_start,
    run_sequence,
    scan_thresholds,
)
from handsum.confidence.bounds import upper_bound
from handsum.confidence.labelled import LabelledReadings, label_readings


def _draw(n: int, seed: int, levels: int = 0) -> LabelledReadings:
    rng = np.random.default_rng(seed)
    error = 1.0 / (1.0 + np.exp(7.0 + 4.0 * rng.standard_normal(n)))
    confidence = np.round(1.0 - error, levels) if levels else 1.0 - error
    return LabelledReadings(confidence, rng.random(n) >= error)


def test_299_right_values_carry_one_percent_and_298_do_not() -> None:
    enough = choose_threshold(label_readings([0.9] * 299, [True] * 299), 0.01)
    assert enough.row is not None
    assert (enough.row.accepted, enough.row.wrong, enough.row.threshold) == (299, 0, 0.0)
    short = choose_threshold(label_readings([0.9] * 298, [True] * 298), 0.01)
    assert short.row is None
    assert short.offer is not None
    assert short.offer.max_risk == 0.0101
    assert short.offer.bound == upper_bound(0, 298, 0.05)


@pytest.mark.parametrize("levels", [0, 1, 2])
@pytest.mark.parametrize("groups", [None, np.arange(2000) // 4])
def test_rows_count_what_their_threshold_accepts(levels: int, groups: np.ndarray | None) -> None:
    drawn = _draw(2000, 1, levels)
    readings = LabelledReadings(drawn.confidence, drawn.correct, groups)
    choice = choose_threshold(readings, 0.02)
    for row in choice.table:
        accepted = readings.confidence >= row.threshold
        assert row.accepted == accepted.sum()
        assert row.wrong == (accepted & ~readings.correct).sum()
        # ties are never cut: the threshold is next to a confidence that stays outside
        assert row.threshold == 0.0 or math.nextafter(row.threshold, 0) in readings.confidence
    accepted_counts = [row.accepted for row in choice.table]
    assert accepted_counts == sorted(set(accepted_counts))


def test_the_order_never_looks_at_what_is_right() -> None:
    readings = _draw(1000, 2)
    flipped = LabelledReadings(readings.confidence, ~readings.correct)
    starts = [find_start(scan_thresholds(r, 0.01, 0.05), 0.01, 0.05) for r in (readings, flipped)]
    assert starts[0] == starts[1]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    readings = _draw(400, seed, levels=2)
    turn = np.random.default_rng(seed).permutation(400)
    turned = LabelledReadings(readings.confidence[turn], readings.correct[turn])
    assert choose_threshold(readings, 0.05) == choose_threshold(turned, 0.05)


def test_a_sequence_ends_at_its_first_failure() -> None:
    passes = np.array([True, False, True, True, False, True])
    assert [run_sequence(passes, start) for start in (0, 1, 2, 3, 5)] == [0, None, 3, 3, 5]
    assert run_sequence(passes, None) is None


def test_readers_that_are_always_wrong_get_neither_promise_nor_offer() -> None:
    choice = choose_threshold(label_readings(np.linspace(0, 1, 500), np.zeros(500, bool)), 0.05)
    assert choice.row is None
    assert choice.offer is None


def test_promises_are_kept_and_offers_too() -> None:
    """300 draws of a reader whose risk is known; 3 standard errors above 5 % would be 8.8 %."""
    rng = np.random.default_rng(3)
    grid = np.sort(1.0 / (1.0 + np.exp(5.0 + 2.0 * rng.standard_normal(200_000))))
    risk = np.cumsum(grid) / np.arange(1, grid.size + 1)
    misses = offers = 0
    for _ in range(300):
        error = rng.choice(grid, 300)
        readings = LabelledReadings(1.0 - error, rng.random(300) >= error)
        choice = choose_threshold(readings, 0.012)
        if choice.row is not None:
            row, promised = choice.row, 0.012
        elif choice.offer is not None:
            row, promised = choice.offer.row, choice.offer.max_risk
            offers += 1
        else:
            continue
        accepted = int(np.searchsorted(grid, 1.0 - row.threshold, side="right"))
        misses += bool(risk[accepted - 1] > promised)
    assert offers > 25
    assert misses / 300 <= 0.088


def test_groups_that_fail_whole_are_not_taken_for_many_values() -> None:
    """One writer of 50 all wrong, and sure: at 5 % that passes by values, by writers it cannot."""
    correct = np.ones(1000, bool)
    correct[:20] = False
    readings = label_readings(np.full(1000, 0.99), correct, np.arange(1000) // 20)
    assert choose_threshold(readings, 0.05, by_group=False).row is not None
    over_groups = choose_threshold(readings, 0.05)
    assert over_groups.row is None
    assert over_groups.offer is not None
    assert over_groups.offer.max_risk > 0.08


@given(st.lists(st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]), min_size=1, max_size=12))
def test_estimated_threshold_is_the_loosest_that_states_the_risk(confidence: list[float]) -> None:
    scores = np.array(confidence)
    fits = [t for t in set(confidence) if np.mean(1 - scores[scores >= t]) <= 0.05]
    expected = min(fits, default=math.nextafter(1.0, 2.0))
    assert estimate_threshold(scores, 0.05) == expected
