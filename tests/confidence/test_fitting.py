"""Fits against scipy.optimize, and against figures of the betacal package."""

import numpy as np
import pytest
from scipy import optimize

from handsum.confidence.calibration import BetaMap, IdentityMap, LogisticMap, sigmoid, softmax
from handsum.confidence.fitting import (
    PRIOR,
    CalibrationData,
    calibrated_confidence,
    choose_calibration,
    fit_beta,
    fit_isotonic,
    fit_logistic,
    fit_temperature,
    nll_of,
    pool_violators,
)
from handsum.errors import DataError


def _scored(n: int = 3000, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.beta(6, 0.8, n)
    return score, rng.random(n) < score**1.7


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_temperature_is_the_likeliest(true_temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0.0, 3.0, (2000, 10))
    chances = softmax(logits / true_temperature).cumsum(axis=1)
    labels = (rng.random((2000, 1)) > chances).sum(axis=1)

    def nll(log_t: float) -> float:
        p = softmax(logits / np.exp(log_t))
        likelihood = np.log(p[np.arange(2000), labels]).sum()
        return 0.5 * PRIOR * (np.exp(-log_t) - 1.0) ** 2 - likelihood

    best = optimize.minimize_scalar(nll, bounds=(-4, 4), method="bounded")
    fitted = fit_temperature(logits, labels).temperature
    assert fitted == pytest.approx(np.exp(best.x), rel=1e-4)
    assert nll(np.log(fitted)) <= best.fun + 1e-9


def test_temperature_of_a_reader_without_errors_stays_finite() -> None:
    logits = np.tile(np.eye(10) * 5.0, (50, 1))
    fitted = fit_temperature(logits, np.tile(np.arange(10), 50))
    errors = 500 * (1 - fitted.apply(logits).max(axis=1).mean())
    assert 0.01 < errors < 3.0  # what 0 of 500 leave possible


def test_beta_minimises_its_penalised_likelihood() -> None:
    score, correct = _scored()

    def loss(theta: np.ndarray) -> float:
        z = theta[0] * np.log(score) - theta[1] * np.log1p(-score) + theta[2]
        prior = 0.5 * PRIOR * ((theta - [1, 1, 0]) ** 2).sum()
        return np.logaddexp(0.0, z).sum() - z[correct].sum() + prior

    best = optimize.minimize(loss, [1.0, 1.0, 0.0], tol=1e-10)
    fitted = fit_beta(score, correct)
    assert loss(np.array([fitted.a, fitted.b, fitted.c])) <= best.fun + 1e-8
    np.testing.assert_allclose([fitted.a, fitted.b, fitted.c], best.x, atol=1e-3)


def test_beta_agrees_with_the_betacal_package() -> None:
    """betacal 1.1.0 (by the method's authors) on the same 3,000 scores: a, b and the NLL."""
    score, correct = _scored()
    fitted = fit_beta(score, correct)
    assert (fitted.a, fitted.b) == pytest.approx((0.3745, 1.2568), abs=0.06)
    assert nll_of(fitted.apply(score), correct).mean() == pytest.approx(0.3790413, abs=3e-6)


def test_beta_of_a_backward_score_is_flat_and_not_falling() -> None:
    score, correct = _scored()
    fitted = fit_beta(score, ~correct)
    assert (fitted.a, fitted.b) == (0.0, 0.0)
    assert fitted.apply(score)[0] == pytest.approx((~correct).mean(), abs=1e-3)


def test_beta_without_a_single_error_does_not_claim_certainty() -> None:
    score, _ = _scored(1000)
    expected_errors = (1.0 - fit_beta(score, np.ones(1000, bool)).apply(score)).sum()
    assert 0.1 < expected_errors < 3.0  # what 0 of 1,000 leave possible


def test_pooled_levels_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    rates, weights = rng.random(500) + np.linspace(0, 1, 500), rng.integers(1, 9, 500) * 1.0
    levels = np.empty(500)
    for first, past, level in pool_violators(rates, weights):
        levels[first:past] = level
    expected = optimize.isotonic_regression(rates, weights=weights).x
    np.testing.assert_allclose(levels, expected, rtol=1e-12)


def test_isotonic_takes_ties_together_and_never_says_0_or_1() -> None:
    score = np.array([0.1, 0.1, 0.4, 0.4, 0.9, 0.9])
    correct = np.array([False, False, True, False, True, True])
    fitted = fit_isotonic(score, correct)
    assert fitted.scores == pytest.approx((0.1, 0.4, 0.9))
    assert fitted.confidences == pytest.approx((1 / 8, 0.5, 7 / 8))


def test_logistic_minimises_its_penalised_likelihood() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal([5.0, -1.0, 3.0], [2.0, 0.1, 0.0], (800, 3))  # the last one never varies
    correct = rng.random(800) < sigmoid(1.0 + 0.7 * (x[:, 0] - 5.0))
    fitted = fit_logistic(x, correct, ("margin", "ink", "flat"))
    assert fitted.weights[2] == 0.0
    z = (x[:, :2] - fitted.means[:2]) / np.array(fitted.scales[:2])
    odds = np.log((correct.sum() + 1) / ((~correct).sum() + 1))

    def loss(theta: np.ndarray) -> float:
        line = z @ theta[:2] + theta[2]
        prior = 0.5 * PRIOR * (theta[:2] ** 2).sum() + 0.005 * (theta[2] - odds) ** 2
        return np.logaddexp(0.0, line).sum() - line[correct].sum() + prior

    best = optimize.minimize(loss, np.zeros(3), tol=1e-10)
    np.testing.assert_allclose([*fitted.weights[:2], fitted.bias], best.x, atol=1e-4)


def test_the_simple_map_is_chosen_where_it_is_true_and_the_rich_where_it_helps() -> None:
    rng = np.random.default_rng(3)
    score = rng.beta(5, 1, 4000)
    true = CalibrationData(score, rng.random(4000) < score)
    assert choose_calibration(true).calibration == IdentityMap()
    biased = choose_calibration(CalibrationData(score, rng.random(4000) < score**3))
    assert isinstance(biased.calibration, BetaMap)
    assert biased.nll["beta"] < biased.nll["identity"]
    ink = rng.normal(size=4000)
    by_ink = CalibrationData(
        score, rng.random(4000) < sigmoid(2 * ink), features=ink[:, None], names=("ink",)
    )
    assert isinstance(choose_calibration(by_ink).calibration, LogisticMap)


def test_folds_never_cut_a_group() -> None:
    """A feature that names the group predicts within groups only: across them it must not pay."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(20), 50)
    luck = rng.random(20)[groups]
    data = CalibrationData(
        np.full(1000, 0.5),
        rng.random(1000) < luck,
        features=np.eye(20)[groups],
        names=tuple(f"is {i}" for i in range(20)),
    )
    assert choose_calibration(data).nll["logistic"] < choose_calibration(data).nll["identity"]
    assert not isinstance(choose_calibration(data, groups).calibration, LogisticMap)


def test_misfits_are_refused() -> None:
    with pytest.raises(DataError, match="do not fit"):
        fit_beta([0.5, 0.6], np.array([True]))
    with pytest.raises(DataError, match="outside 0 to 1"):
        fit_beta([0.5, 1.6], np.array([True, False]))
    with pytest.raises(DataError, match="'ink' in row 1"):
        fit_logistic([[0.1], [np.nan]], np.array([True, False]), ("ink",))
    fitted = fit_logistic([[0.1], [0.2]], np.array([True, False]), ("ink",))
    with pytest.raises(DataError, match="takes the features"):
        calibrated_confidence(fitted, CalibrationData(np.array([0.5]), np.array([True])))
    with pytest.raises(DataError, match="of one group"):
        choose_calibration(CalibrationData(*_scored(10)), np.zeros(10, np.intp))
