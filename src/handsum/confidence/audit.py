"""A bound for one finished pile: a person checks a random sample of its accepted values.

The pile is fixed and the sample drawn from it without putting back, so the number of wrong ones in
the sample is hypergeometric whatever the hands, the reader or any drift: no assumption is left but
that the sample is random and the person right.

A sample's size is fixed before looking. Whoever looks, and checks more because of what was seen,
gets another chance to be lucky; ``looks`` says how many looks there will be in all, and each is
taken at delta / looks, so that all of them together err in at most delta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.confidence.bounds import hypergeometric_upper
from handsum.errors import UsageError


@dataclass(frozen=True)
class AuditReport:
    """What a checked sample says of its pile: at most ``wrong_at_most`` of ``pile_size`` are wrong.

    With confidence 1 - ``delta``; ``checked`` values were looked at and ``wrong`` found.
    """

    pile_size: int
    checked: int
    wrong: int
    delta: float
    looks: int
    wrong_at_most: int

    @property
    def risk_at_most(self) -> float:
        """The bound as a share of the pile, 0 to 1."""
        return self.wrong_at_most / self.pile_size

    @property
    def left_at_most(self) -> int:
        """The bound once the wrong ones that were found are put right."""
        return self.wrong_at_most - self.wrong

    def sentence(self) -> str:
        """The bound in words."""
        return (
            f"of the {self.pile_size:,} accepted values in this pile at most "
            f"{self.wrong_at_most:,} ({100 * self.risk_at_most:.3g} %) are wrong, with "
            f"{100 * (1 - self.delta):.4g} % confidence, from {self.checked:,} checked at random, "
            f"{self.wrong:,} of them wrong"
        )


def draw_sample(pile_size: int, n: int, seed: int) -> npt.NDArray[np.intp]:
    """Which n of a pile's accepted values to check, 0-based and rising, each set equally likely.

    Draw only when the pile is finished, and note the seed. UsageError for n outside 1..pile_size.
    """
    if not 1 <= n <= pile_size:
        raise UsageError(
            f"Cannot draw {n} values from a pile of {pile_size}.", "Draw from 1 to all of them."
        )
    drawn = np.random.default_rng(seed).choice(pile_size, size=n, replace=False)
    return np.sort(drawn).astype(np.intp)


def audit_pile(
    pile_size: int, checked: int, wrong: int, delta: float = 0.05, looks: int = 1
) -> AuditReport:
    """The exact bound on the wrong ones among a pile's accepted values.

    ``wrong`` of ``checked`` values drawn at random; ``looks`` as at the head of the module.
    UsageError for counts that cannot be.
    """
    if not 0 <= wrong <= checked <= pile_size or pile_size < 1:
        raise UsageError(
            f"{wrong} wrong of {checked} checked of {pile_size} accepted cannot be.",
            "Check the counts of the audit.",
        )
    _check_terms(delta, looks)
    most = hypergeometric_upper(wrong, checked, pile_size, delta / looks)
    return AuditReport(pile_size, checked, wrong, delta, looks, most)


def sample_size_for(
    pile_size: int,
    wished_bound: float,
    expected_wrong: int = 0,
    delta: float = 0.05,
    looks: int = 1,
) -> int:
    """How many values to check so that ``expected_wrong`` found bound the pile's risk as wished.

    The smallest sample from which a share of at most ``wished_bound`` (0 to 1) wrong ones follows
    with 1 - delta. At most the pile itself, whose check leaves nothing open. UsageError where even
    that is too little: more errors expected than wished, or numbers out of range.
    """
    _check_terms(delta, looks)
    if pile_size < 1 or not 0.0 <= wished_bound < 1.0 or expected_wrong < 0:
        raise UsageError(
            f"No sample for a bound of {wished_bound} on a pile of {pile_size} with "
            f"{expected_wrong} errors.",
            "Wish for a share from 0 to 1 of a pile that has values.",
        )
    most_wished = math.floor(wished_bound * pile_size + 1e-9)  # 0.29 * 100 is 28.999...
    if expected_wrong > most_wished:
        raise UsageError(
            f"{expected_wrong} wrong of {pile_size} are more than {100 * wished_bound:g} %.",
            "Correct the wrong ones, or wish for a higher bound.",
        )
    low, high = expected_wrong - 1, pile_size  # too few (or senseless), enough
    while high - low > 1:
        middle = (low + high) // 2
        if middle < 1:
            break
        most = hypergeometric_upper(expected_wrong, middle, pile_size, delta / looks)
        if most <= most_wished:
            high = middle
        else:
            low = middle
    return high


def _check_terms(delta: float, looks: int) -> None:
    if not (0.0 < delta < 1.0 and looks >= 1):
        raise UsageError(
            f"An audit at delta {delta} with {looks} looks is none.",
            "Use something like delta 0.05 and one look.",
        )
