"""How strongly counts speak against a risk above a limit: for single values, and for groups.

Single values. Where the labelled values are independent, the number of wrong among those accepted
is binomial, and Clopper and Pearson's bound (1934) is exact. Where their chances of being wrong
differ (as they do between confidences, or between a fixed set of writers) the bound on their mean
chance holds all the same: Hoeffding, On the distribution of the number of successes in independent
trials (1956), theorem 4, for up to n p - 1 errors, which is where `MAX_DELTA` keeps us.

Groups. The values of one writer, page or book are not independent: all of a writer's values may be
wrong at once. Group g has A_g accepted values, W_g of them wrong, and B is the largest number of
values that a group has. If the risk E sum W / E sum A is above r, the mean of r A_g - W_g is below
0, and the capital of a bettor on the contrary,

    e(r) = sum over u of weight(u) * product over g of (1 + u (r A_g - W_g) / ((1 - r) B)),

has an expectation of at most 1 whatever happens inside a group, since each factor is at least
1 - u >= 0 and a product of independent factors with mean at most 1 on average cannot gain (means
may differ: arithmetic over geometric mean). So P(e >= 1 / delta) <= delta by Markov's inequality.
Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (2024), with bets
fixed in advance, so that the order of the groups does not matter. It needs about as many groups
without an error as the binomial bound needs values: that is the price of a promise for new hands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.confidence.bounds import (
    Floats,
    binomial_sf,
    lower_bound,
    upper_bound,
    values_needed_steps,
)

Ints = npt.NDArray[np.int64]

MAX_DELTA = 0.25
"""Above it Hoeffding's condition, at most n p - 1 errors, could fail."""

# All-in is best unless whole groups fail, and needs the fewest groups; the rest insures it.
BETS = ((1.0, 0.5), (0.75, 0.2), (0.5, 0.15), (0.2, 0.15))
# Against a risk below r one may bet up to 1 / (r B), far more, so shares spread over decades.
COUNTER_BETS = ((0.5, 0.2), (0.2, 0.2), (0.07, 0.2), (0.02, 0.2), (0.007, 0.2))

BATCH = (
    16  # factors multiplied before a logarithm is taken: too few to overflow, and 16 times faster
)


@dataclass(frozen=True)
class ValueCounts:
    """Independent values at J thresholds: ``accepted`` and ``wrong`` are whole numbers (J,)."""

    accepted: Ints
    wrong: Ints

    def allowed(self, max_risk: float, delta: float) -> Ints:
        """Most errors that still refute a risk above max_risk, -1 where none may be, (J,)."""
        steps = values_needed_steps(int(self.accepted.max()), max_risk, delta)
        return np.searchsorted(steps, self.accepted, side="right").astype(np.int64) - 1

    def passes(self, max_risk: float, delta: float) -> npt.NDArray[np.bool_]:
        """At which thresholds a risk above max_risk is refuted at level delta, bool (J,)."""
        return np.asarray(self.wrong <= self.allowed(max_risk, delta))

    def fails(self, max_risk: float, delta: float) -> npt.NDArray[np.bool_]:
        """At which thresholds a risk of at most max_risk is refuted at level delta, bool (J,)."""
        refuted = binomial_sf(self.wrong - 1, self.accepted, max_risk) <= delta
        return np.asarray(refuted & (self.wrong > 0))

    def upper(self, j: int, delta: float) -> float:
        """Upper bound on the risk at threshold j; 1 where nothing is accepted."""
        n = int(self.accepted[j])
        return upper_bound(int(self.wrong[j]), n, delta) if n else 1.0

    def lower(self, j: int, delta: float) -> float:
        """Lower bound on the risk at threshold j; 0 where nothing is accepted."""
        n = int(self.accepted[j])
        return lower_bound(int(self.wrong[j]), n, delta) if n else 0.0

    def without_errors(self) -> ValueCounts:
        """The same counts as if all had been right: the best that so many values can show."""
        return ValueCounts(self.accepted, np.zeros_like(self.wrong))


@dataclass(frozen=True)
class GroupCounts:
    """G groups at J thresholds: counts by group (G, J), and ``largest`` = B of the method."""

    by_group: Ints
    wrong_by_group: Ints
    largest: int

    @property
    def accepted(self) -> Ints:
        """Accepted values over all groups, (J,)."""
        return np.asarray(self.by_group.sum(axis=0))

    @property
    def wrong(self) -> Ints:
        """Wrong among them, (J,)."""
        return np.asarray(self.wrong_by_group.sum(axis=0))

    def log_evidence(self, max_risk: float) -> Floats:
        """log e(max_risk) against a risk above it, (J,); see the head of the module."""
        unit = (1.0 - max_risk) * self.largest
        gain = max_risk / unit * self.by_group - self.wrong_by_group / unit
        return _log_capital(gain, BETS)

    def log_counter_evidence(self, max_risk: float) -> Floats:
        """The same against a risk of at most max_risk, (J,)."""
        gain = (self.wrong_by_group / max_risk - self.by_group) / self.largest
        return _log_capital(gain, COUNTER_BETS)

    def passes(self, max_risk: float, delta: float) -> npt.NDArray[np.bool_]:
        """At which thresholds a risk above max_risk is refuted at level delta, bool (J,)."""
        return np.asarray(self.log_evidence(max_risk) >= -math.log(delta))

    def fails(self, max_risk: float, delta: float) -> npt.NDArray[np.bool_]:
        """At which thresholds a risk of at most max_risk is refuted at level delta, bool (J,)."""
        return np.asarray(self.log_counter_evidence(max_risk) >= -math.log(delta))

    def upper(self, j: int, delta: float) -> float:
        """Upper bound on the risk at threshold j: the smallest risk that the evidence refutes."""
        one = self._at(j)
        return _crossing(lambda risk: bool(one.passes(risk, delta)[0]))

    def lower(self, j: int, delta: float) -> float:
        """Lower bound on the risk at threshold j: the largest risk that the evidence refutes."""
        one = self._at(j)
        return 1.0 - _crossing(lambda share: bool(one.fails(1.0 - share, delta)[0]))

    def without_errors(self) -> GroupCounts:
        """The same counts as if all had been right: the best that so many groups can show."""
        return GroupCounts(self.by_group, np.zeros_like(self.wrong_by_group), self.largest)

    def _at(self, j: int) -> GroupCounts:
        column = slice(j, j + 1)
        return GroupCounts(self.by_group[:, column], self.wrong_by_group[:, column], self.largest)


Counts = ValueCounts | GroupCounts


def _log_capital(gain: Floats, bets: tuple[tuple[float, float], ...]) -> Floats:
    """log of the mixed capital of bets (share, weight) on gains (G, J) >= -1: (J,)."""
    batches = np.arange(0, gain.shape[0], BATCH)
    parts = []
    for share, weight in bets:
        factor = np.maximum(1.0 + share * gain, 0.0)  # a rounding below 0 is a lost stake
        product = np.multiply.reduceat(factor, batches, axis=0)
        with np.errstate(divide="ignore"):  # log 0: this bettor is ruined, the others go on
            parts.append(math.log(weight) + np.log(product).sum(axis=0))
    return np.asarray(np.logaddexp.reduce(parts), dtype=np.float64)


def _crossing(refuted: Callable[[float], bool]) -> float:
    """The smallest risk in 0..1 that is refuted, where all larger ones are too; from above."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if 0.0 < middle < 1.0 and not refuted(middle):
            low = middle
        else:
            high = middle
        if high - low <= 1e-12 * high:
            break
    return high
