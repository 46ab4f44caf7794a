"""Fitting calibration maps to readings whose truth is known, and choosing among them.

NumPy alone: Newton's method on penalised likelihoods, and the pooling of adjacent violators. Fit
on validation data, never on what is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.confidence.calibration import (
    SCORE_EDGE,
    BetaMap,
    Calibration,
    Floats,
    IdentityMap,
    IsotonicMap,
    LogisticMap,
    TemperatureMap,
    sigmoid,
    softmax,
)
from handsum.errors import DataError

Bools = npt.NDArray[np.bool_]

PRIOR = 0.1
"""Precision of the prior that draws a fit to "the score is right as it is": less than a reading
says, so it decides only where there are next to no errors to learn from."""


def fit_temperature(logits: npt.ArrayLike, labels: npt.ArrayLike) -> TemperatureMap:
    """The temperature that gives labels (N,) the highest likelihood under logits (N, C).

    The likelihood (with the prior around T = 1) is concave in 1 / T; Newton steps inside a bracket
    from 1/100 to 100.
    """
    z = np.asarray(logits, dtype=np.float64)
    y = np.asarray(labels)
    if z.ndim != 2 or y.shape != z.shape[:1] or not len(y):
        raise DataError(
            f"Logits {z.shape} and labels {y.shape} do not fit.", "Give (N, C) and (N,), N > 0."
        )
    z = z - z.max(axis=1, keepdims=True)
    own = z[np.arange(len(y)), y]
    low, high = 0.01, 100.0
    beta = 1.0
    for _ in range(100):
        p = softmax(beta * z)
        mean = (p * z).sum(axis=1)
        slope = float((own - mean).sum()) - PRIOR * (beta - 1.0)
        if slope > 0.0:
            low = beta
        else:
            high = beta
        curve = float((p * z * z).sum() - (mean * mean).sum()) + PRIOR
        step = beta + slope / curve
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - beta) <= 1e-12 * beta:
            break
        beta = step
    return TemperatureMap(1.0 / beta)


def fit_beta(score: npt.ArrayLike, correct: npt.ArrayLike) -> BetaMap:
    """Beta calibration of scores (N,) in 0..1 against correct (N,); a slope below 0 becomes 0."""
    s, right = _columns(score, correct)
    s = np.clip(s, SCORE_EDGE, 1.0 - SCORE_EDGE)
    x = np.stack([np.log(s), -np.log1p(-s), np.ones_like(s)], axis=1)
    target = np.array([1.0, 1.0, 0.0])  # a = b = 1, c = 0 is the score itself
    free = np.array([True, True, True])
    while True:
        theta = np.where(free, target, 0.0)
        theta[free] = _newton(x[:, free], right, target[free], np.full(int(free.sum()), PRIOR))
        if theta[0] >= 0.0 and theta[1] >= 0.0:
            return BetaMap(float(theta[0]), float(theta[1]), float(theta[2]))
        free[int(np.argmin(theta[:2]))] = False


def fit_isotonic(score: npt.ArrayLike, correct: npt.ArrayLike) -> IsotonicMap:
    """Isotonic calibration of scores (N,), made strictly rising between its levels.

    The levels are those of pooled adjacent violators; each stands at the mean score of its block,
    and lines join them (centred isotonic regression, Oron and Flournoy 2017), so that the order
    within a block is not lost. No level is nearer to 0 or 1 than 1 / (N + 2).
    """
    s, right = _columns(score, correct)
    values, inverse, sizes = np.unique(s, return_inverse=True, return_counts=True)
    rates = np.bincount(inverse, weights=right) / sizes
    means, levels = [], []
    for first, last, level in pool_violators(rates, sizes.astype(np.float64)):
        means.append(float(np.average(values[first:last], weights=sizes[first:last])))
        levels.append(level)
    edge = 1.0 / (len(s) + 2.0)
    return IsotonicMap(tuple(means), tuple(np.clip(levels, edge, 1.0 - edge).tolist()))


def pool_violators(rates: Floats, weights: Floats) -> list[tuple[int, int, float]]:
    """The rising step function nearest to ``rates`` in weighted squares: (first, past, level).

    Pool adjacent violators, from left to right: a block below its left neighbour joins it.
    """
    blocks: list[tuple[int, float, float]] = []  # first, weight, level
    for i, (rate, own) in enumerate(zip(rates.tolist(), weights.tolist(), strict=True)):
        first, weight, level = i, own, rate
        while blocks and blocks[-1][2] >= level:
            first, other, below = blocks.pop()
            level = (other * below + weight * level) / (other + weight)
            weight += other
        blocks.append((first, weight, level))
    ends = [first for first, _, _ in blocks[1:]] + [len(rates)]
    return [(first, end, level) for (first, _, level), end in zip(blocks, ends, strict=True)]


def fit_logistic(
    features: npt.ArrayLike, correct: npt.ArrayLike, names: Sequence[str]
) -> LogisticMap:
    """A logistic model of correct (N,) over standardised features (N, F) with the given names.

    Weights are drawn to 0 by a prior of precision `PRIOR`; a feature that never varies gets 0.
    """
    x = np.asarray(features, dtype=np.float64)
    right = np.asarray(correct)
    if x.ndim != 2 or x.shape != (right.size, len(names)) or not right.size:
        raise DataError(
            f"Features {x.shape}, {right.size} answers and {len(names)} names do not fit.",
            "Give (N, F), (N,) and F names, N > 0.",
        )
    if not np.all(np.isfinite(x)):
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise DataError(
            f"Feature {names[column]!r} in row {row} is {x[row, column]}.",
            "Give every feature a finite value.",
        )
    means, scales = x.mean(axis=0), x.std(axis=0)
    scales = np.where(scales > 0.0, scales, 1.0)
    design = np.concatenate([(x - means) / scales, np.ones((right.size, 1))], axis=1)
    # the bias is drawn, barely, to the log odds of the rule of succession
    odds = (right.sum() + 1.0) / ((~right.astype(np.bool_)).sum() + 1.0)
    target = np.append(np.zeros(len(names)), np.log(odds))
    precision = np.append(np.full(len(names), PRIOR), 1e-2)
    theta = _newton(design, right.astype(np.bool_), target, precision)
    return LogisticMap(
        tuple(names),
        tuple(means.tolist()),
        tuple(scales.tolist()),
        tuple(theta[:-1].tolist()),
        float(theta[-1]),
    )


def _newton(x: Floats, right: Bools, target: Floats, precision: Floats) -> Floats:
    """Logistic regression with a Gaussian prior around ``target``: damped Newton steps."""
    y = right.astype(np.float64)
    theta = target.copy()

    def loss(at: Floats) -> float:
        z = x @ at
        prior = 0.5 * float((precision * (at - target) ** 2).sum())
        return float(np.logaddexp(0.0, z).sum() - y @ z) + prior

    now = loss(theta)
    for _ in range(200):
        p = sigmoid(x @ theta)
        gradient = x.T @ (p - y) + precision * (theta - target)
        curve = (x * (p * (1.0 - p))[:, None]).T @ x + np.diag(precision)
        step = np.linalg.solve(curve, gradient)
        scale = 1.0
        while loss(theta - scale * step) > now and scale > 1e-10:
            scale *= 0.5
        theta = theta - scale * step
        before, now = now, loss(theta)
        if before - now <= 1e-12 * (1.0 + abs(now)):
            break
    return theta


@dataclass(frozen=True)
class CalibrationChoice:
    """The map that was chosen, and the mean cross-validated NLL of every kind tried.

    ``held_out`` (n,) are the confidences that maps of the chosen kind gave the readings that they
    were not fitted to.
    """

    calibration: Calibration
    nll: dict[str, float]
    held_out: Floats


@dataclass(frozen=True)
class CalibrationData:
    """n readings to calibrate on: ``score`` (n,) in 0..1 and ``correct`` (n,), and what else helps.

    ``logits`` (n, C) with ``labels`` (n,) let a temperature be tried (its confidence is that of the
    most probable class), ``features`` (n, F) with ``names`` a logistic model.
    """

    score: Floats
    correct: Bools
    logits: Floats | None = None
    labels: npt.NDArray[np.intp] | None = None
    features: Floats | None = None
    names: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.intp]) -> CalibrationData:
        """The readings at ``rows``."""
        return CalibrationData(
            self.score[rows],
            self.correct[rows],
            None if self.logits is None else self.logits[rows],
            None if self.labels is None else self.labels[rows],
            None if self.features is None else self.features[rows],
            self.names,
        )


def choose_calibration(
    data: CalibrationData,
    groups: npt.NDArray[np.intp] | None = None,
    folds: int = 5,
    seed: int = 0,
    patience: float = 1.0,
) -> CalibrationChoice:
    """The calibration with the lowest NLL of "is this reading right", cross-validated.

    Tried, from simple to rich: identity, temperature, beta, logistic, isotonic, as far as the data
    allow. A simpler one is kept unless a richer beats it by more than ``patience`` standard errors.
    Folds never cut through a group; ``groups`` (n,) are ints. The chosen kind is fitted to all.
    """
    kinds = ["identity"]
    kinds += ["temperature"] if data.logits is not None and data.labels is not None else []
    kinds += ["beta"]
    kinds += ["logistic"] if data.features is not None else []
    kinds += ["isotonic"]
    rng = np.random.default_rng(seed)
    parts = np.arange(data.score.size) if groups is None else groups
    fold = rng.permutation(int(parts.max()) + 1)[parts] % folds
    losses = {kind: np.empty(data.score.size) for kind in kinds}
    held_out = {kind: np.empty(data.score.size) for kind in kinds}
    for part in np.unique(fold):
        held, rest = np.flatnonzero(fold == part), np.flatnonzero(fold != part)
        if not rest.size:
            raise DataError("All readings are of one group.", "Calibrate on two groups or more.")
        for kind in kinds:
            fitted = fit_calibration(kind, data.take(rest))
            held_out[kind][held] = calibrated_confidence(fitted, data.take(held))
            losses[kind][held] = nll_of(held_out[kind][held], data.correct[held])
    best = min(kinds, key=lambda kind: float(losses[kind].mean()))
    chosen = best
    for kind in kinds[: kinds.index(best)]:
        gap = losses[kind] - losses[best]
        if gap.mean() <= patience * gap.std() / np.sqrt(gap.size):
            chosen = kind
            break
    nll = {kind: float(loss.mean()) for kind, loss in losses.items()}
    return CalibrationChoice(fit_calibration(chosen, data), nll, held_out[chosen])


def fit_calibration(kind: str, data: CalibrationData) -> Calibration:
    """A map of the kind "identity", "temperature", "beta", "logistic" or "isotonic"."""
    if kind == "temperature" and data.logits is not None and data.labels is not None:
        return fit_temperature(data.logits, data.labels)
    if kind == "logistic" and data.features is not None:
        return fit_logistic(data.features, data.correct, data.names)
    if kind == "beta":
        return fit_beta(data.score, data.correct)
    if kind == "isotonic":
        return fit_isotonic(data.score, data.correct)
    if kind == "identity":
        return IdentityMap()
    raise DataError(f"The data do not allow a calibration of the kind {kind!r}.", "Try another.")


def calibrated_confidence(calibration: Calibration, data: CalibrationData) -> Floats:
    """Confidences (n,) of the readings by a map, whatever it takes for its input."""
    if isinstance(calibration, TemperatureMap):
        if data.logits is None:
            raise DataError("A temperature needs logits.", "Give logits (N, C).")
        return np.asarray(calibration.apply(data.logits).max(axis=1))
    if isinstance(calibration, LogisticMap):
        if data.features is None or data.names != calibration.names:
            raise DataError(
                f"The calibration takes the features {calibration.names}, given are {data.names}.",
                "Give the same features in the same order.",
            )
        return calibration.apply(data.features)
    return calibration.apply(data.score)


def nll_of(confidence: Floats, correct: Bools) -> Floats:
    """-log of the probability given to what happened, each (N,), edges as in the maps."""
    p = np.clip(confidence, SCORE_EDGE, 1.0 - SCORE_EDGE)
    return np.where(correct, -np.log(p), -np.log1p(-p))


def _columns(score: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[Floats, Bools]:
    s, right = np.asarray(score, dtype=np.float64), np.asarray(correct)
    if s.ndim != 1 or s.shape != right.shape or not s.size or right.dtype != np.bool_:
        raise DataError(
            f"Scores {s.shape} and answers {right.shape} ({right.dtype}) do not fit.",
            "Give (N,) numbers and (N,) booleans, N > 0.",
        )
    if not np.all((s >= 0.0) & (s <= 1.0)):
        raise DataError("Some scores are outside 0 to 1.", "Give probabilities.")
    return s, right
