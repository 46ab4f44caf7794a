"""What decoding gives: the texts with their probabilities, and what a constraint left over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from handsum.decode.align import SymbolSpan


@dataclass(frozen=True)
class DecodedText:
    """One text: ``log_prob`` = log P(text | picture) over all alignments, exact.

    ``posterior`` = P(text | picture, the constraint holds), 0 to 1; without a constraint the same
    as exp(log_prob). It is a score of the net: calibration makes a confidence of it.
    """

    text: str
    log_prob: float
    posterior: float


@dataclass(frozen=True)
class Decoded:
    """The most probable texts that satisfy the constraint, the best first.

    ``log_mass``: log of the probability that the text satisfies the constraint at all (0.0
    without one); -inf, and no candidates, if no text of it fits into the picture.
    ``alignment`` says where each symbol of the best text stands: frames, or cells.
    ``exact``: these are the best texts beyond doubt; False if the search ran out of its budget,
    which happens on pictures that say next to nothing. ``missed``, 0 to 1: bound on the share
    of the mass that was not summed (closed lists only; posteriors already allow for it, and only
    entries with a smaller share than that may be out of order).
    """

    candidates: tuple[DecodedText, ...]
    log_mass: float
    alignment: tuple[SymbolSpan, ...]
    exact: bool
    missed: float = 0.0

    @property
    def mass(self) -> float:
        """The probability that the text satisfies the constraint."""
        return min(math.exp(self.log_mass), 1.0)

    @property
    def left_over(self) -> float:
        """1 - mass: how probable it is that the writer wrote something else."""
        return 1.0 - self.mass
