"""How writers err: the other explanation of a sheet that does not add up.

Rates are prior knowledge, not fitted: 0.5 to 1 % of simple numerical actions go wrong (R. Panko's
collection of human error rates: entering a code 0.5 %, Baddeley and Longman 1973; adding five
digits 0.7 %, Trumbull 1952; simple arithmetic 1 %, Swain and Guttman 1983; a calculation of
several parts 1.5 %, Melchers and Harrington 1982). How slips spread over kinds is an assumption;
benchmarks/totals.py tells what happens if the rates are wrong by a factor of 4 either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WriterModel:
    """Prior rates, 0 to 1, and how slips spread over kinds (weights sum to 1).

    ``sum_rate``: a result worked out by hand is wrong; ``copy_rate``: an entry that repeats
    another differs, or is written otherwise than it was meant; ``order_rate``: a comparison is
    broken on paper, or a date does not exist; ``blank_rate``: a value that a rule needs was left
    out. ``carry``: off by one in one column; ``digit``: one digit wrong; ``swap``: two neighbouring
    digits swapped, which shifts a number by 9 times a digit; the rest is any other number.
    """

    sum_rate: float = 0.02
    copy_rate: float = 0.005
    order_rate: float = 0.005
    blank_rate: float = 0.02
    carry: float = 0.3
    digit: float = 0.4
    swap: float = 0.1

    def __post_init__(self) -> None:
        rates = (self.sum_rate, self.copy_rate, self.order_rate, self.blank_rate)
        kinds = (self.carry, self.digit, self.swap)
        if not all(0 < rate < 1 for rate in rates):
            raise ValueError(f"rates {rates} must lie between 0 and 1")
        if min(kinds) < 0 or sum(kinds) >= 1:
            raise ValueError(f"kinds {kinds} must be 0 or more, with a sum below 1")


@dataclass(frozen=True, eq=False)
class EqualityFactor:
    """P(residual | the other fields) of one equality, over integer residuals.

    ``kept`` is the density of each residual within the tolerance ``within``; ``steps`` (D,),
    sorted, and ``masses`` (D,) are the structured slips; ``other`` is the density of every further
    residual. ``unknown`` stands for a residual that an unlisted or blank value leaves open.
    """

    within: int
    kept: float
    steps: Ints
    masses: Floats
    other: float
    unknown: float

    def kept_at(self, residuals: Ints) -> Floats:
        """The part of the density in which the rule was kept: (N,) from integers (N,)."""
        return np.where(np.abs(residuals) <= self.within, self.kept, 0.0)

    def erred_at(self, residuals: Ints) -> Floats:
        """The part of the density in which the writer erred."""
        at = np.minimum(np.searchsorted(self.steps, residuals), len(self.steps) - 1)
        slip = np.where(self.steps[at] == residuals, self.masses[at], 0.0)
        return np.where(np.abs(residuals) <= self.within, 0.0, slip + self.other)


def equality_factor(
    rate: float, model: WriterModel, unit: int, digits: int, within: int
) -> EqualityFactor:
    """The factor of an equality whose result is written in steps of ``unit`` with ``digits``.

    ``within`` is the tolerance; unit, within and all residuals count in the same integers.
    """
    columns = max(digits, 2)
    slips: dict[int, float] = {}

    def add(step: int, mass: float) -> None:
        for signed in (step, -step):
            slips[signed * unit] = slips.get(signed * unit, 0.0) + rate * mass / 2

    for k in range(columns):
        add(10**k, model.carry / columns)
        for d in range(1, 10):
            add(d * 10**k, model.digit / (9 * columns))
            if k + 1 < columns:
                add(9 * d * 10**k, model.swap / (9 * (columns - 1)))
    inside = 2 * (within // unit) + 1
    other = rate * (1.0 - model.carry - model.digit - model.swap) / (2 * 10**columns)
    order = sorted(slips)
    return EqualityFactor(
        within,
        (1.0 - rate) / inside,
        np.array(order, np.int64),
        np.array([slips[step] for step in order]),
        other,
        1.0 / 10**columns,
    )
