"""Metrics against plain definitions, scipy and worked examples."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from handsum.evaluate.metrics import (
    area_under_risk_coverage,
    bootstrap_interval,
    brier_score,
    cer,
    compare_readers,
    confusion_matrix,
    coverage_at_risk,
    edit_distance,
    exact_match,
    expected_calibration_error,
    most_confused,
    negative_log_likelihood,
    reliability_bins,
    risk_coverage,
    share_of,
    shares_by_group,
)

scored = st.lists(
    st.tuples(st.sampled_from([0.1, 0.5, 0.9, 0.99]), st.booleans()), min_size=1, max_size=40
)


def _columns(rows: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    confidence, correct = zip(*rows, strict=True)
    return np.array(confidence), np.array(correct, dtype=np.bool_)


def test_shares_carry_their_clopper_pearson_interval() -> None:
    share = share_of(np.arange(200) >= 3)
    expected = stats.binomtest(197, 200).proportion_ci(0.95, "exact")
    assert (share.count, share.n, share.value) == (197, 200, 0.985)
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    empty = share_of(np.zeros(0, bool))
    assert math.isnan(empty.value)
    assert (empty.low, empty.high) == (0.0, 1.0)


def test_the_worst_group_comes_first() -> None:
    correct = np.array([True, False, True, True, False])
    shares = shares_by_group(correct, ["ben", "anna", "anna", "ben", None])
    assert list(shares) == ["anna", "ben"]
    assert (shares["anna"].count, shares["anna"].n) == (1, 2)


def test_confusion_counts_labels_by_row() -> None:
    table = confusion_matrix(np.array([0, 0, 2, 2]), np.array([0, 1, 2, 0]), 3)
    assert table.tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 1]]


def _distance_by_definition(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    return min(
        _distance_by_definition(one[1:], other) + 1,
        _distance_by_definition(one, other[1:]) + 1,
        _distance_by_definition(one[1:], other[1:]) + (one[0] != other[0]),
    )


@given(st.text("01.", max_size=5), st.text("01.", max_size=5))
def test_edit_distance_is_its_definition(one: str, other: str) -> None:
    assert edit_distance(one, other) == _distance_by_definition(one, other)


def test_texts_are_compared_whole_and_by_symbol() -> None:
    texts, read = ("012", "1.6", "11"), ("012", "16", "1")
    assert exact_match(texts, read).count == 1
    assert cer(texts, read) == pytest.approx(2 / 8)
    assert math.isnan(cer(("",), ("1",)))
    assert most_confused(("1", "1", "7"), ("7", "7", "1")) == ["1 -> 7 (2)", "7 -> 1 (1)"]


def test_calibration_error_is_the_weighted_gap_of_equal_mass_bins() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(1003)
    correct = rng.random(1003) < confidence**2
    order = np.argsort(confidence)
    gaps = [abs(confidence[rows].sum() - correct[rows].sum()) for rows in np.array_split(order, 15)]
    ece = expected_calibration_error(confidence, correct)
    assert ece == pytest.approx(sum(gaps) / 1003, rel=1e-12)
    sizes = [b.n for b in reliability_bins(confidence, correct)]
    assert sum(sizes) == 1003
    assert max(sizes) - min(sizes) <= 1


def test_figures_of_confidence_agree_with_scikit_learn() -> None:
    """scikit-learn 1.9.1 on these 3,000: calibration_curve (15 quantile bins), its two losses."""
    rng = np.random.default_rng(7)
    confidence = rng.beta(6, 0.8, 3000)
    correct = rng.random(3000) < confidence**1.7
    ece = expected_calibration_error(confidence, correct)
    assert ece == pytest.approx(0.06982160566453662, rel=1e-12)
    assert brier_score(confidence, correct) == pytest.approx(0.13004069817287586, rel=1e-12)
    nll = negative_log_likelihood(confidence, correct)
    assert nll == pytest.approx(0.4033981062936559, rel=1e-9)


def test_brier_and_likelihood_by_hand() -> None:
    confidence, correct = np.array([0.8, 0.6]), np.array([True, False])
    assert brier_score(confidence, correct) == pytest.approx((0.04 + 0.36) / 2)
    expected = -(math.log(0.8) + math.log(0.4)) / 2
    assert negative_log_likelihood(confidence, correct) == pytest.approx(expected)
    assert negative_log_likelihood(np.ones(1), np.array([False])) == pytest.approx(27.63, abs=0.01)


@given(scored, st.randoms())
def test_no_figure_depends_on_the_order_of_ties(rows, shuffler) -> None:
    turned = list(rows)
    shuffler.shuffle(turned)
    for figure in (expected_calibration_error, area_under_risk_coverage):
        assert figure(*_columns(rows)) == pytest.approx(figure(*_columns(turned)), abs=1e-12)


@given(scored, st.sampled_from([0.0, 0.1, 0.3, 0.5]))
def test_coverage_is_the_largest_share_that_keeps_the_risk(rows, max_risk) -> None:
    confidence, correct = _columns(rows)
    best = 0.0
    for threshold in confidence:
        accepted = confidence >= threshold
        if (~correct[accepted]).mean() <= max_risk:
            best = max(best, accepted.mean())
    assert coverage_at_risk(confidence, correct, max_risk) == pytest.approx(best)


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.9]), st.booleans()), min_size=1, max_size=6))
def test_aurc_is_the_mean_over_all_orders_of_ties(rows) -> None:
    confidence, correct = _columns(rows)
    areas = [
        np.mean(np.cumsum(~correct[list(order)]) / np.arange(1, len(rows) + 1))
        for order in itertools.permutations(range(len(rows)))
        if list(confidence[list(order)]) == sorted(confidence, reverse=True)
    ]
    assert area_under_risk_coverage(confidence, correct) == pytest.approx(np.mean(areas))


def test_the_curve_has_one_point_for_each_confidence() -> None:
    curve = risk_coverage(np.array([0.9, 0.5, 0.9, 0.7]), np.array([True, False, False, True]))
    assert curve.threshold.tolist() == [0.9, 0.7, 0.5]
    assert curve.coverage.tolist() == [0.5, 0.75, 1.0]
    assert curve.wrong.tolist() == [1, 1, 2]


@pytest.mark.parametrize(("one", "two"), [(3, 12), (0, 0), (5, 5), (0, 6)])
def test_mcnemar_is_the_exact_binomial_test(one: int, two: int) -> None:
    first = np.array([True] * one + [False] * two + [True] * 4)
    second = np.array([False] * one + [True] * two + [True] * 4)
    compared = compare_readers(first, second)
    expected = stats.binomtest(one, one + two).pvalue if one + two else 1.0
    assert compared.p_value == pytest.approx(expected)
    assert compared.gain == pytest.approx((two - one) / (one + two + 4))


def test_redrawing_whole_groups_widens_the_interval() -> None:
    rng = np.random.default_rng(1)
    correct = np.repeat(rng.random(20) < 0.8, 30)  # a writer is all right or all wrong
    groups = [f"writer {i // 30}" for i in range(600)]

    def accuracy(rows: np.ndarray) -> float:
        return float(correct[rows].mean())

    together = bootstrap_interval(accuracy, groups, draws=300)
    apart = bootstrap_interval(accuracy, [None] * 600, draws=300)
    # by theory: sd of a mean over 20 writers, and over 600 values
    p = correct.mean()
    for (low, high), n in ((together, 20), (apart, 600)):
        assert high - low == pytest.approx(2 * 1.96 * math.sqrt(p * (1 - p) / n), rel=0.25)
