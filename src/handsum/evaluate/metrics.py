"""Figures of readings against the truth, each with what it is uncertain by; NumPy alone.

Confidences that are equal count as one: they enter together, so no figure depends on the order of
the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.confidence.bounds import binomial_cdf, lower_bound, upper_bound

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ECE_BINS = 15
PROBABILITY_EDGE = 1e-12  # nearer to 0 or 1 a probability counts as this in the NLL


@dataclass(frozen=True)
class Share:
    """``count`` of ``n``, its value 0..1, and its two-sided 95 % Clopper-Pearson interval."""

    count: int
    n: int
    value: float
    low: float
    high: float


def share_of(hits: Bools) -> Share:
    """How many of ``hits`` (N,) are true; the value is NaN and the interval 0..1 for N = 0."""
    n, count = int(hits.size), int(hits.sum())
    if n == 0:
        return Share(0, 0, float("nan"), 0.0, 1.0)
    return Share(count, n, count / n, lower_bound(count, n, 0.025), upper_bound(count, n, 0.025))


def shares_by_group(correct: Bools, groups: Sequence[str | None]) -> dict[str, Share]:
    """Accuracy of each group (writer, class, book), the worst first; rows without one left out."""
    rows: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        if group is not None:
            rows.setdefault(group, []).append(row)
    shares = {group: share_of(correct[members]) for group, members in rows.items()}
    return dict(sorted(shares.items(), key=lambda item: (item[1].value, item[0])))


def confusion_matrix(
    labels: npt.NDArray[np.intp], preds: npt.NDArray[np.intp], classes: int
) -> npt.NDArray[np.int64]:
    """How often each label (row) was read as each class (column), (classes, classes)."""
    cells = np.bincount(labels * classes + preds, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.int64)


def edit_distance(one: str, other: str) -> int:
    """Fewest insertions, deletions and replacements that turn one text into the other."""
    row = list(range(len(other) + 1))
    for i, symbol in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, counter in enumerate(other, start=1):
            cost = min(row[j] + 1, row[j - 1] + 1, diagonal + (symbol != counter))
            diagonal, row[j] = row[j], cost
    return row[-1]


def cer(texts: Sequence[str], read_texts: Sequence[str]) -> float:
    """Character error rate: edit distances over the length of all true texts; NaN without any."""
    length = sum(len(text) for text in texts)
    edits = sum(edit_distance(t, r) for t, r in zip(texts, read_texts, strict=True))
    return edits / length if length else float("nan")


def exact_match(texts: Sequence[str], read_texts: Sequence[str]) -> Share:
    """How many texts were read without a single error."""
    hits = [text == read for text, read in zip(texts, read_texts, strict=True)]
    return share_of(np.array(hits, dtype=np.bool_))


@dataclass(frozen=True)
class ReliabilityBin:
    """n readings of neighbouring confidence: their mean confidence and the share that is right."""

    n: int
    low: float
    high: float
    confidence: float
    accuracy: float


def reliability_bins(
    confidence: Floats, correct: Bools, bins: int = ECE_BINS
) -> tuple[ReliabilityBin, ...]:
    """Bins of equal mass (sizes differ by one at most), the least confident first.

    Equal confidences that fall on both sides of an edge share their hits and misses evenly.
    """
    order = np.argsort(confidence, kind="stable")
    rising = confidence[order]
    _, inverse, sizes = np.unique(rising, return_inverse=True, return_counts=True)
    right = (np.bincount(inverse, weights=correct[order]) / sizes)[inverse]
    parts = np.array_split(np.arange(rising.size), bins)
    return tuple(
        ReliabilityBin(
            n=part.size,
            low=float(rising[part[0]]),
            high=float(rising[part[-1]]),
            confidence=float(rising[part].mean()),
            accuracy=float(right[part].mean()),
        )
        for part in parts
        if part.size
    )


def expected_calibration_error(confidence: Floats, correct: Bools, bins: int = ECE_BINS) -> float:
    """Mean gap between confidence and accuracy over bins of equal mass, weighted by size, 0..1."""
    table = reliability_bins(confidence, correct, bins)
    return sum(b.n * abs(b.confidence - b.accuracy) for b in table) / confidence.size


def brier_score(confidence: Floats, correct: Bools) -> float:
    """Mean squared gap between confidence and right (1) or wrong (0)."""
    return float(np.mean((confidence - correct) ** 2))


def negative_log_likelihood(confidence: Floats, correct: Bools) -> float:
    """Mean -log of the probability given to what happened (right or wrong)."""
    p = np.clip(confidence, PROBABILITY_EDGE, 1.0 - PROBABILITY_EDGE)
    return float(-np.mean(np.where(correct, np.log(p), np.log1p(-p))))


@dataclass(frozen=True)
class RiskCoverage:
    """Accepting from the surest down: at each of K distinct confidences, the surest first.

    ``threshold`` (K,) the confidence accepted from, ``coverage`` (K,) the share accepted, ``wrong``
    (K,) the errors among them, ``risk`` (K,) their share.
    """

    threshold: Floats
    coverage: Floats
    wrong: npt.NDArray[np.int64]
    risk: Floats


def risk_coverage(confidence: Floats, correct: Bools) -> RiskCoverage:
    """The risk-coverage curve of N readings; equal confidences are accepted together."""
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    ends = np.append(np.flatnonzero(np.diff(falling)), falling.size - 1)
    wrong = np.cumsum(~correct[order])[ends]
    return RiskCoverage(
        threshold=falling[ends],
        coverage=(ends + 1) / falling.size,
        wrong=wrong.astype(np.int64),
        risk=wrong / (ends + 1),
    )


def coverage_at_risk(confidence: Floats, correct: Bools, max_risk: float) -> float:
    """Largest share of readings, sorted by confidence, of which at most max_risk are wrong.

    A figure about these very readings, nothing that is promised for others.
    """
    curve = risk_coverage(confidence, correct)
    fits = curve.risk <= max_risk
    return float(curve.coverage[fits][-1]) if fits.any() else 0.0


def area_under_risk_coverage(confidence: Floats, correct: Bools) -> float:
    """AURC: the mean risk over all coverages 1/N, 2/N, ..., 1; equal confidences in random order.

    Geifman et al., Bias-reduced uncertainty estimation (2019); the mean over the orders of ties.
    """
    order = np.argsort(-confidence, kind="stable")
    _, inverse, sizes = np.unique(-confidence[order], return_inverse=True, return_counts=True)
    wrong = (np.bincount(inverse, weights=~correct[order]) / sizes)[inverse]
    return float(np.mean(np.cumsum(wrong) / np.arange(1, wrong.size + 1)))


@dataclass(frozen=True)
class PairedComparison:
    """Two readers on the same pictures: who alone was right how often, and McNemar's exact p.

    ``gain`` is the second's accuracy less the first's; ``p_value`` the two-sided chance of so
    uneven a split if both were equally good.
    """

    n: int
    only_first: int
    only_second: int
    gain: float
    p_value: float


def compare_readers(first: Bools, second: Bools) -> PairedComparison:
    """McNemar's exact test on whether each picture (N,) was read right by two readers."""
    one, two = int((first & ~second).sum()), int((second & ~first).sum())
    tail = float(binomial_cdf(min(one, two), one + two, 0.5))
    n = int(first.size)
    return PairedComparison(n, one, two, (two - one) / n, min(1.0, 2.0 * tail))


def group_codes(groups: Sequence[str | None]) -> npt.NDArray[np.intp]:
    """A number per group, (N,); rows without a group stand for themselves."""
    names = [f"group {g}" if g is not None else f"row {i}" for i, g in enumerate(groups)]
    return np.unique(names, return_inverse=True)[1].astype(np.intp)


def bootstrap_interval(
    statistic: Callable[[npt.NDArray[np.intp]], float],
    groups: Sequence[str | None],
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of rows, redrawing whole groups.

    ``statistic`` takes the drawn row numbers, some of them several times; rows without a group
    stand for themselves.
    """
    codes = group_codes(groups)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    rng = np.random.default_rng(seed)
    values = [
        statistic(np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))]))
        for _ in range(draws)
    ]
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def most_confused(texts: Sequence[str], read_texts: Sequence[str], top: int = 10) -> list[str]:
    """The most frequent misreadings, "true -> read (times)", the most frequent first."""
    pairs = Counter((t, r) for t, r in zip(texts, read_texts, strict=True) if t != r)
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [f"{true} -> {read} ({times})" for (true, read), times in ranked]
