"""Is a promise kept? Draws calibration sets from readers whose risk is known, and counts.

    python benchmarks/promise_simulation.py [--draws 10000] [--seed 0] [--out FILE]

Each draw gives one labelled set to the very functions behind `handsum calibrate`; the threshold
that they choose is then held against the known risk, which must be above max_risk in at most 5 % of
the draws (column "missed", with its 95 % Clopper-Pearson interval). "kept" is the coverage that was
reached, 0 where no promise was given, as a share of what an oracle that knows the risk accepts
within the wish. The second table is the drift that `handsum verify-promise` sees. 5 to 6 minutes on
one core.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.confidence.acceptance import (
    choose_threshold,
    find_start,
    run_sequence,
    scan_thresholds,
)
from handsum.confidence.bounds import lower_bound, upper_bound
from handsum.confidence.evidence import ValueCounts
from handsum.confidence.labelled import LabelledReadings

Floats = npt.NDArray[np.float64]
DELTA = 0.05
CELLS = 400_000  # values that stand for a population, all equally frequent


@dataclass(frozen=True)
class Population:
    """A reader on endless paper: ``confidence`` (P,), ``error`` (K, P) chances for K kinds of hand.

    ``kinds`` (K,) says how frequent each kind of hand is.
    """

    confidence: Floats
    error: Floats
    kinds: Floats

    def ordered(self) -> tuple[Floats, Floats]:
        """Confidences falling, and the risk of accepting everything down to each of them."""
        order = np.argsort(-self.confidence, kind="stable")
        mean = (self.kinds @ self.error)[order]
        return self.confidence[order], np.cumsum(mean) / np.arange(1, mean.size + 1)


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def reader(
    intercept: float, slope: float, floor: float = 0.0, rosy: float = 1.0, levels: int = 0
) -> Population:
    """A reader whose log odds of error fall with a normal margin.

    ``floor``: chance of an error at any confidence (wrong labels); ``rosy``: how many times higher
    the odds of an error are than the confidence says; ``levels``: confidences rounded to so many.
    """
    margin = _normal_quantiles()
    error = floor + (1.0 - floor) * sigmoid(intercept - slope * margin)
    confidence = 1.0 - sigmoid(intercept - slope * margin - np.log(rosy))
    if levels:
        edges = np.quantile(confidence, np.linspace(0.0, 1.0, levels + 1)[1:-1])
        level = np.searchsorted(edges, confidence)
        confidence = np.array([confidence[level == i].mean() for i in range(levels)])[level]
    return Population(confidence, error[None], np.ones(1))


def _normal_quantiles() -> Floats:
    """Evenly spread values of a normal distribution; a fine table read backwards, no scipy."""
    x = np.linspace(-8.0, 8.0, 200_001)
    mass = np.cumsum(np.exp(-0.5 * x * x))
    return np.interp((np.arange(CELLS) + 0.5) / CELLS, mass / mass[-1], x)


def constant(risk: float) -> Population:
    """Confidences that mean nothing: the same chance of an error everywhere."""
    spread = np.linspace(0.9, 1.0, CELLS)
    return Population(spread, np.full((1, CELLS), risk), np.ones(1))


def bumpy() -> Population:
    """Worst at its surest: confident errors on top, a clean middle, a bad tail."""
    base = reader(-8.0, 4.0)
    rank = np.argsort(np.argsort(-base.confidence)) / CELLS
    bump = 0.03 * (rank < 0.1) + 0.08 * ((rank > 0.45) & (rank < 0.5))
    return Population(base.confidence, np.minimum(base.error + bump, 1.0), base.kinds)


def hands(kinds: list[tuple[float, float]]) -> Population:
    """Kinds of hand: (how frequent, added to the log odds of error); 50 makes all wrong."""
    margin = _normal_quantiles()
    error = np.stack([sigmoid(-8.0 - 4.0 * margin + shift) for _, shift in kinds])
    frequency = np.array([share for share, _ in kinds])
    return Population(1.0 - error[0], error, frequency / frequency.sum())


def bad_apples(share: float) -> Population:
    """Perfect hands but for a share of which every single value is wrong, at any confidence."""
    spread = np.linspace(0.9, 1.0, CELLS)
    error = np.stack([np.zeros(CELLS), np.ones(CELLS)])
    return Population(spread, error, np.array([1.0 - share, share]))


@dataclass(frozen=True)
class Case:
    """A population, n values (in groups of the given sizes), and how the promise treats groups.

    ``method``: "values" (independent), "groups" (new groups), "same groups" (these groups again,
    drawn once for all draws), "ignored" (grouped, but nobody says so). ``nearest``: where the wish
    is out of reach, the nearest risk offered is promised and held to account.
    """

    name: str
    population: Callable[[], Population]
    n: int
    max_risk: float
    sizes: tuple[int, ...] = ()
    method: str = "values"
    nearest: bool = False


@dataclass(frozen=True)
class Result:
    """What one case gave over all draws; shares are of the draws."""

    name: str
    method: str
    n: int
    groups: int
    max_risk: float
    draws: int
    given: float
    missed: float
    missed_low: float
    missed_high: float
    missed_of_given: float
    oracle_coverage: float
    kept_coverage: float | None


GROUPED = (5,) * 300
UNEVEN = (2,) * 150 + (5,) * 110 + (12,) * 40
FEW = (60,) * 25
CASES = (
    Case("sharp reader", lambda: reader(-8.0, 4.0), 1000, 0.01),
    Case("sharp reader, more data", lambda: reader(-8.0, 4.0), 3000, 0.005),
    Case("wrong labels in 0.3 %", lambda: reader(-8.0, 4.0, floor=0.003), 2000, 0.01),
    Case("the same, nearest risk taken", lambda: reader(-8.0, 4.0, floor=0.003), 2000, 0.01,
         nearest=True),
    Case("weak reader", lambda: reader(-2.5, 2.5), 1500, 0.03),
    Case("confidences 5 times too rosy", lambda: reader(-6.0, 3.0, rosy=5.0), 1000, 0.02),
    Case("confidences 30 times too rosy", lambda: reader(-6.0, 3.0, rosy=30.0), 1000, 0.02),
    Case("confidences 10 times too shy", lambda: reader(-8.0, 4.0, rosy=0.1), 1000, 0.01),
    Case("worst at its surest", bumpy, 1000, 0.01),
    Case("confidences mean nothing", lambda: constant(0.0101), 1000, 0.01),
    Case("ties: 3 levels", lambda: reader(-8.0, 4.0, levels=3), 1000, 0.01),
    Case("ties: 12 levels", lambda: reader(-5.0, 2.5, levels=12), 1000, 0.02),
    Case("tiny: 60 values", lambda: reader(-4.0, 2.0), 60, 0.05),
    Case("tiny: 20 values", lambda: reader(-2.0, 2.0), 20, 0.2),
    Case("too few, nearest risk taken", lambda: reader(-8.0, 4.0), 200, 0.01, nearest=True),
    Case("all wrong", lambda: constant(1.0), 500, 0.01),
    Case("perfect", lambda: constant(0.0), 500, 0.01),
    Case("hands differ", lambda: hands([(0.6, 0.0), (0.3, 1.5), (0.1, 3.0)]), 0, 0.03,
         GROUPED, "groups"),
    Case("hands differ, uneven", lambda: hands([(0.6, 0.0), (0.3, 1.5), (0.1, 3.0)]), 0, 0.06,
         UNEVEN, "groups"),
    Case("1.51 % of hands all wrong", lambda: bad_apples(0.0151), 0, 0.015, GROUPED, "groups"),
    Case("3 % of hands all wrong", lambda: hands([(0.97, 0.0), (0.03, 50.0)]), 0, 0.03, FEW,
         "ignored"),
    Case("hands differ", lambda: hands([(0.6, 0.0), (0.3, 1.5), (0.1, 3.0)]), 0, 0.02, FEW,
         "same groups"),
)  # fmt: skip


def run_case(case: Case, draws: int, seed: int) -> Result:
    """Draw, choose a threshold, hold it against the truth; ``draws`` times."""
    rng = np.random.default_rng(seed)
    population = case.population()
    groups = np.repeat(np.arange(len(case.sizes)), case.sizes) if case.sizes else None
    n = case.n or int(sum(case.sizes))
    told = groups if case.method == "groups" else None
    settled = None
    if case.method == "same groups":  # these hands, once and for all: they are the population
        settled = rng.choice(population.kinds.size, size=len(case.sizes), p=population.kinds)
        share = np.bincount(settled, weights=case.sizes, minlength=population.kinds.size)
        population = Population(population.confidence, population.error, share / share.sum())
    confidence, risk = population.ordered()
    thresholds, promised = np.full(draws, np.nan), np.full(draws, case.max_risk)
    for draw in range(draws):
        cells = rng.integers(0, CELLS, n)
        if groups is None:
            chances = population.error[0, cells]
        else:
            kinds = settled
            if kinds is None:
                kinds = rng.choice(population.kinds.size, size=len(case.sizes), p=population.kinds)
            chances = population.error[kinds[groups], cells]
        correct = rng.random(n) >= chances
        readings = LabelledReadings(population.confidence[cells], correct, told)
        scan = scan_thresholds(readings, case.max_risk, DELTA)
        start = find_start(scan, case.max_risk, DELTA)
        chosen = run_sequence(scan.counts.passes(case.max_risk, DELTA), start)
        if chosen is not None:
            thresholds[draw] = scan.thresholds[chosen]
        elif case.nearest:
            offer = choose_threshold(readings, case.max_risk, DELTA).offer
            if offer is not None:
                thresholds[draw], promised[draw] = offer.row.threshold, offer.max_risk
    given = ~np.isnan(thresholds)
    accepted = np.searchsorted(-confidence, -thresholds[given], side="right")
    true_risk = np.where(accepted > 0, risk[np.maximum(accepted - 1, 0)], 0.0)
    missed = int((true_risk > promised[given]).sum())
    ends = np.append(np.flatnonzero(np.diff(confidence)), CELLS - 1)  # ties enter together
    fits = ends[risk[ends] <= case.max_risk]
    oracle = float((fits[-1] + 1) / CELLS) if fits.size else 0.0
    oracle = oracle if oracle > 0.001 else 0.0  # the very first cells are no reader to speak of
    coverage = float(accepted.sum()) / CELLS / draws
    return Result(
        name=case.name,
        method=case.method,
        n=n,
        groups=len(case.sizes),
        max_risk=case.max_risk,
        draws=draws,
        given=float(given.mean()),
        missed=missed / draws,
        missed_low=lower_bound(missed, draws, 0.025),
        missed_high=upper_bound(missed, draws, 0.025),
        missed_of_given=missed / max(int(given.sum()), 1),
        oracle_coverage=oracle,
        kept_coverage=coverage / oracle if oracle else None,
    )


@dataclass(frozen=True)
class Power:
    """How often verify-promise says what, for drifts that multiply the odds of an error."""

    drift: float
    true_risk: float
    values: int
    holds: float
    cannot_tell: float
    broken: float


def run_power(draws: int, seed: int) -> list[Power]:
    """Promise 1 % from 3,000 values of the sharp reader; then check on values that drifted."""
    rng = np.random.default_rng(seed)
    max_risk, n = 0.01, 3000
    population = reader(-8.0, 4.0)
    thresholds = []
    for _ in range(min(draws, 200)):
        cells = rng.integers(0, CELLS, n)
        correct = rng.random(n) >= population.error[0, cells]
        scan = scan_thresholds(
            LabelledReadings(population.confidence[cells], correct), max_risk, DELTA
        )
        start = find_start(scan, max_risk, DELTA)
        chosen = run_sequence(scan.counts.passes(max_risk, DELTA), start)
        if chosen is not None:
            thresholds.append(float(scan.thresholds[chosen]))
    rows = []
    for drift in (0.25, 1.0, 2.0, 4.0, 10.0):
        odds = drift * population.error[0] / (1.0 - population.error[0])
        confidence, risk = Population(
            population.confidence, (odds / (1.0 + odds))[None], np.ones(1)
        ).ordered()
        accepted = np.searchsorted(-confidence, -rng.choice(thresholds, draws), side="right")
        for values in (300, 1000, 3000, 10000):
            taken = rng.binomial(values, accepted / CELLS)
            counts = ValueCounts(taken, rng.binomial(taken, risk[accepted - 1]))
            holds = counts.passes(max_risk, DELTA).mean()
            broken = counts.fails(max_risk, DELTA).mean()
            rows.append(
                Power(
                    drift=drift,
                    true_risk=float(risk[accepted - 1].mean()),
                    values=values,
                    holds=float(holds),
                    cannot_tell=float(1.0 - holds - broken),
                    broken=float(broken),
                )
            )
    return rows


def print_tables(results: list[Result], powers: list[Power]) -> None:
    print(f"{'case':32}{'method':13}{'n':>6}{'risk':>7}{'given':>8}{'missed (95 % interval)':>26}"
          f"{'oracle':>9}{'kept':>7}")  # fmt: skip
    for r in results:
        interval = f"{r.missed:.2%} ({r.missed_low:.2%} to {r.missed_high:.2%})"
        kept = "-" if r.kept_coverage is None else f"{r.kept_coverage:.2f}"
        print(f"{r.name:32}{r.method:13}{r.n:>6}{r.max_risk:>7.2%}{r.given:>8.1%}{interval:>26}"
              f"{r.oracle_coverage:>9.1%}{kept:>7}")  # fmt: skip
    print(f"\n{'odds of error':>14}{'risk':>8}{'values':>8}{'holds':>8}{'cannot tell':>13}"
          f"{'broken':>8}")  # fmt: skip
    for p in powers:
        print(f"{'x ' + format(p.drift, 'g'):>14}{p.true_risk:>8.2%}{p.values:>8}{p.holds:>8.1%}"
              f"{p.cannot_tell:>13.1%}{p.broken:>8.1%}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="run the cases whose name has this in it")
    parser.add_argument("--out", type=Path, default=None, help="write the figures as JSON here")
    options = parser.parse_args()
    began = time.process_time()
    cases = [case for case in CASES if options.only in case.name]
    results = [run_case(case, options.draws, options.seed + i) for i, case in enumerate(cases)]
    powers = run_power(options.draws, options.seed)
    print_tables(results, powers)
    if options.out is not None:
        record = {
            "command": f"python benchmarks/promise_simulation.py --draws {options.draws} "
            f"--seed {options.seed}",
            "machine": f"{platform.machine()}, Python {platform.python_version()}, "
            f"NumPy {np.__version__}",
            "cpu_seconds": round(time.process_time() - began, 1),
            "stated_miss_rate": DELTA,
            "cases": [asdict(result) for result in results],
            "verify_power": [asdict(power) for power in powers],
        }
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
