"""Which confidence to accept from: by an estimate, or by a test that keeps a promised risk.

The test is fixed-sequence testing (Angelopoulos et al., Learn then Test, 2021; Maurer et al. 1995).
Thresholds are put in an order before anybody looks at which readings are wrong: from a strict one
to looser ones. Each is tested in turn at the full level delta, and the first failure ends it; the
last that passed is taken. A wrong promise needs a pass at the first threshold of the sequence whose
true risk is too high, one single test, so the search over thresholds costs nothing.

Why the order may depend on the confidences. Given all confidences, the errors are independent, each
with its own chance, and a test of the accepted values' mean chance is exact (Hoeffding 1956, see
`evidence`), whatever order the confidences suggest. Over new draws of the confidences as well, a
threshold is the m-th largest confidence seen, and a value is accepted when *above* it: given the
threshold, those above it are independent draws from all that is above it, so that their number of
wrong is binomial with exactly the risk that is promised. Ties are above a threshold together or not
at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.confidence.bounds import Floats, binomial_cdf, values_needed
from handsum.confidence.evidence import MAX_DELTA, Counts, GroupCounts, Ints, ValueCounts
from handsum.confidence.labelled import LabelledReadings

GRID = 200  # thresholds in a sequence; more gain below half a percent of coverage
STARTS = 25  # at how many of them the sequence may start
DOUBTS = (1.0, 2.0, 4.0)  # how many times worse than stated the confidences may be, all alike


@dataclass(frozen=True)
class AcceptanceRow:
    """What accepting from a threshold on would have let through: so many values, so many wrong."""

    threshold: float
    accepted: int
    wrong: int


@dataclass(frozen=True)
class Offer:
    """The nearest risk that the data can carry where the wished one is out of reach.

    ``bound`` is the upper bound at the first threshold of the sequence, ``max_risk`` the same
    rounded up. It holds with the confidence that the wish would have had: if the true risk there
    is within the wish, any offer is true, since it lies above the wish; and if not, the wish and
    the offer can only be wrong where the bound at this one threshold is.
    """

    max_risk: float
    bound: float
    row: AcceptanceRow


@dataclass(frozen=True)
class Choice:
    """What fixed-sequence testing gives: ``row`` with its ``bound``, or None with an ``offer``.

    ``bound`` is the upper bound at the chosen threshold taken by itself, at most max_risk; only
    max_risk is promised, since the threshold was chosen for it. ``table`` has all thresholds of
    the grid, the strictest first.
    """

    table: tuple[AcceptanceRow, ...]
    row: AcceptanceRow | None
    bound: float | None
    offer: Offer | None


@dataclass(frozen=True)
class Scan:
    """J thresholds from strict to loose: ``thresholds`` (J,), ``counts``, ``stated`` (J,) errors.

    ``stated`` is how many of the accepted values would be wrong if the confidences were true.
    """

    thresholds: Floats
    counts: Counts
    stated: Floats


def choose_threshold(
    readings: LabelledReadings, max_risk: float, delta: float = 0.05, by_group: bool = True
) -> Choice:
    """The loosest threshold that keeps the risk of accepted values within max_risk.

    With probability 1 - delta over the drawing of the readings. ``by_group`` bounds over new
    groups where the readings name them; without it, or without groups, values count as independent
    (or as coming from these same groups again). ValueError for max_risk outside 0..1 or delta
    outside 0..0.25.
    """
    if not (0.0 < max_risk < 1.0 and 0.0 < delta <= MAX_DELTA):
        raise ValueError(f"no promise for max_risk={max_risk}, delta={delta}")
    if readings.groups is None or not by_group:
        readings = LabelledReadings(readings.confidence, readings.correct)
    scan = scan_thresholds(readings, max_risk, delta)
    table = tuple(
        AcceptanceRow(float(t), int(a), int(w))
        for t, a, w in zip(scan.thresholds, scan.counts.accepted, scan.counts.wrong, strict=True)
    )
    start = find_start(scan, max_risk, delta)
    passed = run_sequence(scan.counts.passes(max_risk, delta), start)
    if passed is not None:
        return Choice(table, table[passed], scan.counts.upper(passed, delta), None)
    return Choice(table, None, None, _offer(readings, scan, start, delta))


def scan_thresholds(readings: LabelledReadings, max_risk: float, delta: float) -> Scan:
    """Thresholds at evenly spaced ranks of the confidences, and what each would accept.

    From the fewest values that could ever pass to all of them (threshold 0).
    """
    n = len(readings)
    first = min(values_needed(max_risk, delta) + 1, n)  # the value at a rank is not above it
    ranks = np.unique(np.round(np.linspace(first, n, GRID)).astype(np.int64))
    order = np.argsort(-readings.confidence, kind="stable")
    falling = readings.confidence[order]
    at_rank = falling[ranks - 1]
    # the first of a run of ties at the rank: so many confidences are truly above it
    above = np.searchsorted(-falling, -at_rank, side="left").astype(np.int64)
    thresholds = np.nextafter(at_rank, 2.0)
    above[-1], thresholds[-1] = n, 0.0  # everything
    fresh = np.diff(above, prepend=0) > 0  # ties make some thresholds the same, and some empty
    above, thresholds = above[fresh], thresholds[fresh]
    wrong = ~readings.correct[order]
    stated = np.concatenate([[0.0], np.cumsum(1.0 - falling)])[above]
    if readings.groups is None:
        errors = np.concatenate([[0], np.cumsum(wrong)])[above]
        return Scan(thresholds, ValueCounts(above, errors), stated)
    groups = readings.groups[order]
    entry = np.searchsorted(above, np.arange(n), side="right")  # first threshold to accept a value
    shape = (int(groups.max()) + 1, above.size)
    cells = groups * above.size + entry
    accepted = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    errors = np.bincount(cells[wrong], minlength=shape[0] * shape[1]).reshape(shape)
    counts = GroupCounts(
        np.cumsum(accepted, axis=1), np.cumsum(errors, axis=1), int(np.bincount(groups).max())
    )
    return Scan(thresholds, counts, stated)


def find_start(scan: Scan, max_risk: float, delta: float) -> int | None:
    """Where the sequence starts: at the threshold that, by the confidences, is likeliest to pass.

    Likeliest on average over `DOUBTS` about how far the confidences may be trusted. No correctness
    is looked at. None where no threshold could pass even without an error.
    """
    able = scan.counts.without_errors().passes(max_risk, delta)
    if not able.any():
        return None
    rows = np.flatnonzero(able)
    rows = rows[:: -max(1, rows.size // STARTS)][::-1]  # the loosest one is always among them
    accepted, stated = scan.counts.accepted[rows], scan.stated[rows]
    if isinstance(scan.counts, GroupCounts):
        promise = _group_promise(scan.counts, accepted, stated, max_risk, delta)
    else:
        allowed = scan.counts.allowed(max_risk, delta)[rows]
        rates = np.minimum(np.multiply.outer(DOUBTS, stated / accepted), 1.0)
        promise = binomial_cdf(allowed, accepted, rates).mean(axis=0)
    return int(rows[np.argmax(promise)])


def _group_promise(
    counts: GroupCounts, accepted: Ints, stated: Floats, max_risk: float, delta: float
) -> Floats:
    """Expected evidence if all groups were alike, counted up to twice what is needed."""
    groups = counts.by_group.shape[0]
    total = np.zeros(accepted.size)
    for doubt in DOUBTS:
        gain = (max_risk * accepted - doubt * stated) / ((1 - max_risk) * counts.largest * groups)
        total += np.minimum(groups * np.log1p(np.maximum(gain, 0.0)), -2.0 * math.log(delta))
    return total


def run_sequence(passes: npt.NDArray[np.bool_], start: int | None) -> int | None:
    """The last threshold of an unbroken run of passes from ``start`` on, or None."""
    if start is None or not passes[start]:
        return None
    run = passes[start:]
    return start + (run.size if run.all() else int(np.argmin(run))) - 1


def _offer(readings: LabelledReadings, scan: Scan, start: int | None, delta: float) -> Offer | None:
    if start is None:
        # Not enough data for the wish at any threshold. Plan for twice the risk that they could
        # show without an error, which leaves room for about two.
        least = scan.counts.without_errors().upper(scan.thresholds.size - 1, delta)
        if least >= 0.25:
            return None
        scan = scan_thresholds(readings, 2.0 * least, delta)
        start = find_start(scan, 2.0 * least, delta)
    if start is None:
        return None
    bound = scan.counts.upper(start, delta)
    if bound >= 0.5:  # worth nothing to anybody
        return None
    row = AcceptanceRow(
        float(scan.thresholds[start]),
        int(scan.counts.accepted[start]),
        int(scan.counts.wrong[start]),
    )
    return Offer(_round_up(bound), bound, row)


def _round_up(risk: float) -> float:
    """Three digits, never below the risk."""
    unit = 10.0 ** (math.floor(math.log10(risk)) - 2)
    rounded = float(f"{math.ceil(risk / unit - 1e-9) * unit:.12g}")
    return rounded if rounded >= risk else float(f"{(math.ceil(risk / unit) + 1) * unit:.12g}")


def estimate_threshold(confidence: npt.NDArray[np.float64], max_risk: float) -> float:
    """The smallest threshold from which on the confidences state a mean risk within max_risk.

    An estimate, as good as the calibration: nothing is promised. ``confidence`` (n,) in 0..1 of
    data like those to be read, no labels needed. Above 1 (accept nothing) where none states it.
    """
    falling = np.sort(np.asarray(confidence, dtype=np.float64))[::-1]
    stated = np.cumsum(1.0 - falling) / np.arange(1, falling.size + 1)
    last_of_ties = np.append(falling[1:] != falling[:-1], True)
    fits = np.flatnonzero((stated <= max_risk) & last_of_ties)
    return float(falling[fits[-1]]) if fits.size else math.nextafter(1.0, 2.0)
