"""A component in integers: what each field can be, and the rules that link them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.decode.totals_writer import EqualityFactor, Floats, Ints

KNOWN, UNLISTED, BLANK = 0, 1, 2
"""What is known of a value; of several in a rule the last of these decides."""

Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Options:
    """What a field can be: integer ``values`` (K,), ``kinds`` (K,), ``probs`` (K,).

    The last ``len(miswritten)`` options are texts that were meant as another number, which is
    their value: the text is that of the option named there. The ``plain`` options are the others.
    """

    values: Ints
    kinds: Kinds
    probs: Floats
    miswritten: tuple[int, ...] = ()

    @property
    def plain(self) -> int:
        """How many options there are of what is written."""
        return len(self.probs) - len(self.miswritten)

    def fold(self, marginal: Floats) -> Floats:
        """The marginal (plain,) of what is written, from that of all options (K,)."""
        written = marginal[: self.plain].copy()
        np.add.at(written, list(self.miswritten), marginal[self.plain :])
        return written

    def written(self, option: int) -> int:
        """The option with the text that stands there in ``option``."""
        return option if option < self.plain else self.miswritten[option - self.plain]


@dataclass(frozen=True, eq=False)
class OrderFactor:
    """A comparison: residuals up to ``most`` keep it."""

    most: int
    rate: float
    unknown: float = 0.5

    def kept_at(self, residuals: Ints) -> Floats:
        """The part of the weight in which the rule was kept: (N,) from integers (N,)."""
        return np.where(residuals <= self.most, 1.0 - self.rate, 0.0)

    def erred_at(self, residuals: Ints) -> Floats:
        """The part of the weight in which the writer erred."""
        return np.where(residuals <= self.most, 0.0, self.rate)


@dataclass(frozen=True, eq=False)
class FreeFactor:
    """An equality that follows from others and weighs nothing; whether it holds is told."""

    within: int
    unknown: float = 1.0

    def kept_at(self, residuals: Ints) -> Floats:
        """1 where the equality holds."""
        return np.where(np.abs(residuals) <= self.within, 1.0, 0.0)

    def erred_at(self, residuals: Ints) -> Floats:
        """1 where it does not."""
        return 1.0 - self.kept_at(residuals)


@dataclass(frozen=True, eq=False)
class Link:
    """A rule in integers: residual = constant + sum of factors[i] * value of fields[i]."""

    fields: tuple[int, ...]
    factors: tuple[int, ...]
    constant: int
    factor: EqualityFactor | OrderFactor | FreeFactor
    blank: float
