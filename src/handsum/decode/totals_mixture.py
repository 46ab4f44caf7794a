"""Totals that two rules give: which of the two the writer worked out is not known.

The grand total of a table is the sum of its row totals, and of its column totals. A slip in one row
total then breaks a second rule all by itself, whichever way the writer added up; as two independent
slips it would seem a thousand times too improbable. Where a rule follows from the others, the
writer worked the result out by one of the two rules, each as probable, and the other says nothing
more: the posterior is the mixture of both readings of the sheet.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from handsum.decode.rules import LinearRule
from handsum.decode.totals_problem import FreeFactor, Link, Options
from handsum.decode.totals_search import (
    Posterior,
    Trellis,
    build_trellis,
    find_posterior,
    marginals_if_kept,
)
from handsum.decode.totals_writer import EqualityFactor, Floats

MOST_PAIRS = 3
"""Results given twice that are told apart; 2^pairs readings of the sheet are mixed."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Trellises with their share of the probability, the posteriors of each and of all.

    ``missed`` bounds the share of probability that was left out, ``log_mass`` is that of the sum.
    """

    parts: tuple[tuple[float, Trellis, Posterior], ...]
    posterior: Posterior
    log_mass: float
    missed: float


def find_pairs(rules: Sequence[LinearRule]) -> list[tuple[int, int]]:
    """Equalities with one and the same result that both follow from all the others."""
    equal = [n for n, rule in enumerate(rules) if rule.relation == "="]
    pairs = []
    for a, b in itertools.combinations(equal, 2):
        if rules[a].terms[0].field == rules[b].terms[0].field and all(
            _follows(rules[n], [rules[m] for m in equal if m != n]) for n in (a, b)
        ):
            pairs.append((a, b))
    used: set[int] = set()
    apart = []
    for pair in pairs:
        if not used & set(pair):
            apart.append(pair)
            used |= set(pair)
    return apart[:MOST_PAIRS]


def _follows(rule: LinearRule, others: Sequence[LinearRule]) -> bool:
    """Whether the terms of a rule are a linear combination of those of the others."""
    rows: list[tuple[str, dict[str, Fraction]]] = []
    for other in [*others, rule]:
        row = {term.field: term.factor for term in other.terms}
        for lead, known in rows:
            if by := row.get(lead, Fraction(0)):
                row = {
                    name: factor
                    for name in {**row, **known}
                    if (factor := row.get(name, Fraction(0)) - by * known.get(name, Fraction(0)))
                }
        if other is rule:
            return not row
        if row:
            lead, unit = next(iter(row.items()))
            rows.append((lead, {name: factor / unit for name, factor in row.items()}))
    return False


def solve_mixture(
    options: list[Options], links: list[Link], pairs: list[tuple[int, int]], state_limit: int
) -> Mixture:
    """Posteriors over every choice of the rule that is left out of each pair."""
    solved = []
    for dropped in itertools.product(*pairs):
        free = [_freed(link) if n in dropped else link for n, link in enumerate(links)]
        trellis = build_trellis(options, free, state_limit)
        solved.append((trellis, find_posterior(trellis, options, free)))
    highest = max(trellis.log_mass for trellis, _ in solved)
    masses = np.exp([trellis.log_mass - highest for trellis, _ in solved])
    shares: list[float] = (masses / masses.sum()).tolist()
    parts = tuple((w, t, p) for w, (t, p) in zip(shares, solved, strict=True))
    best = max(parts, key=lambda part: part[2].log_best)[2]
    posterior = Posterior(
        _mixed([(w, p.marginals) for w, _, p in parts]),
        best.best,
        best.log_best,
        [sum(w * p.kept[n] for w, _, p in parts) for n in range(len(links))],
        [sum(w * p.erred[n] for w, _, p in parts) for n in range(len(links))],
    )
    log_mass = highest + math.log(float(masses.mean()))
    return Mixture(parts, posterior, log_mass, sum(w * t.missed for w, t, _ in parts))


def _freed(link: Link) -> Link:
    within = link.factor.within if isinstance(link.factor, EqualityFactor) else 0
    return replace(link, factor=FreeFactor(within), blank=1.0)


def mixture_if_kept(
    mixture: Mixture, options: list[Options], link: int, rule: Link
) -> list[Floats] | None:
    """Marginals on the condition that the writer kept a link; None if that cannot be."""
    found = []
    for share, trellis, posterior in mixture.parts:
        marginals = marginals_if_kept(trellis, options, link, rule)
        if marginals is not None and posterior.kept[link] > 0.0:
            found.append((share * posterior.kept[link], marginals))
    return _mixed(found) if found else None


def _mixed(parts: Sequence[tuple[float, list[Floats]]]) -> list[Floats]:
    whole = sum(share for share, _ in parts)
    fields = zip(*(marginals for _, marginals in parts), strict=True)
    shares = [share / whole for share, _ in parts]
    return [np.asarray(sum(w * m for w, m in zip(shares, field, strict=True))) for field in fields]
