"""What a partial combination can still be worth at most: the bound that prunes the search.

For a rule alone, the mass of all its completions follows from the distribution of the sum of its
remaining fields. Rules that share no remaining field multiply; all other factors are at most 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from handsum.decode.totals_problem import (
    BLANK,
    KNOWN,
    UNLISTED,
    FreeFactor,
    Kinds,
    Link,
    Options,
    OrderFactor,
)
from handsum.decode.totals_writer import EqualityFactor, Floats, Ints

SUPPORTS = 60_000
"""Sums that all distributions of a component list together; the mass of the rest counts as if it
fitted."""


@dataclass(frozen=True, eq=False)
class _Remaining:
    """Distribution of the sum of a link's remaining fields: sorted ``sums``, ``cumulated`` masses.

    ``slack``: mass of sums that are not listed; ``filled``, ``all``: mass without blank values,
    and with them.
    """

    sums: Ints
    cumulated: Floats
    slack: float
    filled: float
    all: float


def _remaining(
    link: Link, fields: list[int], options: list[Options], support: int
) -> list[_Remaining]:
    """The distribution before each of the fields, in the order in which they are taken."""
    sums: Ints = np.zeros(1, np.int64)
    masses: Floats = np.ones(1)
    slack, filled, whole = 0.0, 1.0, 1.0
    found = []
    for i in reversed(fields):
        option = options[i]
        known = option.kinds == KNOWN
        values = option.values[known] * link.factors[link.fields.index(i)]
        probs = option.probs[known]
        slack *= float(probs.sum())
        filled *= float(option.probs[option.kinds != BLANK].sum())
        whole *= float(option.probs.sum())
        sums, at = np.unique(np.add.outer(values, sums).reshape(-1), return_inverse=True)
        joint = np.multiply.outer(probs, masses).reshape(-1)
        masses = np.bincount(at.reshape(-1), joint, len(sums)).astype(np.float64)
        if len(sums) > support:
            keep = np.sort(np.argpartition(masses, -support)[-support:])
            slack += float(masses.sum() - masses[keep].sum())
            sums, masses = sums[keep], masses[keep]
        cumulated = np.concatenate([[0.0], np.cumsum(masses)])
        found.append(_Remaining(sums, cumulated, max(slack, 0.0), filled, whole))
    return found[::-1]


def _link_bound(link: Link, rest: _Remaining, residuals: Ints, kinds: Kinds, fine: bool) -> Floats:
    """The most that a link can contribute from residuals (S,) on, its remaining fields included."""
    factor = link.factor
    if isinstance(factor, FreeFactor):
        return np.full(len(residuals), max(rest.all, 1.0))
    listed = float(rest.cumulated[-1])
    unlisted = max(rest.filled - listed - rest.slack, 0.0)
    blank = link.blank * max(rest.all - rest.filled, 0.0)
    if isinstance(factor, OrderFactor):
        inside = rest.cumulated[np.searchsorted(rest.sums, factor.most - residuals, "right")]
        kept = (1.0 - factor.rate) * (inside + rest.slack)
        known = kept + factor.rate * (listed - inside) + factor.unknown * unlisted + blank
    else:
        low = np.searchsorted(rest.sums, -factor.within - residuals, "left")
        high = np.searchsorted(rest.sums, factor.within - residuals, "right")
        inside = np.maximum(rest.cumulated[high] - rest.cumulated[low], 0.0)
        most = float(factor.masses.max())
        slips = _slip_mass(factor, rest, residuals) if fine else most * listed
        known = factor.kept * (inside + rest.slack) + slips + most * rest.slack
        known = known + factor.other * (listed + rest.slack)
        known = known + factor.unknown * unlisted + blank
    open_value = factor.unknown * rest.filled + blank
    return np.where(
        kinds == KNOWN, known, np.where(kinds == UNLISTED, open_value, link.blank * rest.all)
    )


def _slip_mass(factor: EqualityFactor, rest: _Remaining, residuals: Ints) -> Floats:
    """Mass of the completions that end in a structured slip, for every residual."""
    if not len(rest.sums):  # a remaining field shows no number: it is empty, or struck out
        return np.zeros(len(residuals))
    distinct, place = np.unique(residuals, return_inverse=True)
    wanted = factor.steps[None, :] - distinct[:, None]
    at = np.minimum(np.searchsorted(rest.sums, wanted), len(rest.sums) - 1)
    masses = np.where(rest.sums[at] == wanted, np.diff(rest.cumulated)[at], 0.0)
    return np.asarray((masses @ factor.masses)[place.reshape(-1)])


def _log_bound(link: Link, rest: _Remaining, residuals: Ints, kinds: Kinds, fine: bool) -> Floats:
    most = np.clip(_link_bound(link, rest, residuals, kinds, fine), 1e-300, 1.0)
    return np.asarray(np.log(most))


@dataclass(frozen=True, eq=False)
class StepBound:
    """The bound after one step: the smallest product over ``choices`` of links without a common
    field, ``fixed`` for those that no field has entered yet."""

    choices: tuple[tuple[int, ...], ...]
    fixed: dict[int, float]
    links: list[Link]
    rest: dict[int, _Remaining]

    def link_logs(self, link: int, residuals: Ints, kinds: Kinds, fine: bool) -> Floats:
        """Log of what an open link can contribute from residuals (S,) on; ``fine`` is slower."""
        return _log_bound(self.links[link], self.rest[link], residuals, kinds, fine)

    def combine(self, logs: Mapping[int, Floats], count: int) -> Floats:
        """The bound (S,) from the logs of all open links."""
        least = np.zeros(count)
        for chosen in self.choices:
            total = np.zeros(count)
            for n in chosen:
                total += self.fixed[n] if n in self.fixed else logs[n]
            np.minimum(least, total, out=least)
        return least


def build_bounds(options: list[Options], links: list[Link], order: list[int]) -> list[StepBound]:
    """For every step of the elimination the bound on what may follow after it."""
    place = {i: step for step, i in enumerate(order)}
    fields = [sorted(link.fields, key=place.__getitem__) for link in links]
    support = min(max(SUPPORTS // max(sum(map(len, fields)), 1), 500), 5000)
    rests = [
        _remaining(link, taken, options, support) for link, taken in zip(links, fields, strict=True)
    ]
    bounds: list[StepBound] = []
    opened: list[int] = []
    for step, i in enumerate(order):
        opened += [n for n, link in enumerate(links) if i in link.fields and n not in opened]
        opened = [n for n in opened if place[fields[n][-1]] > step]
        later = [n for n in range(len(links)) if place[fields[n][0]] > step]
        left = {n: {j for j in fields[n] if place[j] > step} for n in [*opened, *later]}
        # Two choices of rules without a common field; each bounds, so the smaller one does.
        chosen = {_disjoint(first + later, left) for first in (opened, opened[::-1])}
        rest = {n: rests[n][len(fields[n]) - len(left[n])] for n in left}
        fixed = {}
        for n in later:
            start = np.array([links[n].constant])
            fixed[n] = float(_log_bound(links[n], rest[n], start, np.zeros(1, np.int8), False)[0])
        bounds.append(StepBound(tuple(chosen), fixed, links, rest))
    return bounds


def _disjoint(candidates: list[int], left: dict[int, set[int]]) -> tuple[int, ...]:
    used: set[int] = set()
    chosen = []
    for n in candidates:
        if not left[n] & used:
            chosen.append(n)
            used |= left[n]
    return tuple(chosen)
