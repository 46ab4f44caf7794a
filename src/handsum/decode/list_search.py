"""The posterior over a closed list: the search for its best entries and for its mass.

Prefixes of the trie are expanded in waves, the most promising first, with bounds from the
list's envelope. The search ends when what it has not met is a negligible share of what it has,
so the posterior is P(entry) / (sum over the entries met + bound on the rest): exact but for that
share, and never too high. A wave is computed as one array, which is what makes a million entries
fit into milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.decode.ctc import Floats
from handsum.decode.lists import EntryList
from handsum.decode.mass import TINY
from handsum.decode.prefixes import Evidence

Ints = npt.NDArray[np.intp]

TOLERANCE = 1e-4
"""Share of the mass of the list that may stay unsummed."""
BUDGET = 10_000
"""Prefixes that a search may expand."""
_WAVE = 256
_PROMISING = 0.01
"""A wave takes prefixes whose bound is at least this share of the best one's."""


@dataclass(frozen=True)
class FoundEntries:
    """Best entries as (score, probability, position); score = probability × prior weight.

    ``total`` sums the scores and ``mass`` the probabilities of the entries met, ``open`` bounds
    the scores of the others; ``exact`` if that is within TOLERANCE.
    """

    best: tuple[tuple[float, float, int], ...]
    total: float
    mass: float
    open: float
    exact: bool


def search_entries(evidence: Evidence, entries: EntryList, k: int) -> FoundEntries:
    """The ``k`` best entries of a list and the mass of it; none if nothing of it fits."""
    swept = evidence.sweep(entries.envelope)
    if swept.mass < TINY:
        return FoundEntries((), 0.0, 0.0, 0.0, exact=True)
    search = _Search(evidence, entries, swept.reach)
    while search.expanded < BUDGET and search.open > TOLERANCE * search.total:
        search.wave()
    met = sorted(search.met, key=lambda found: -found[0])
    exact = search.open <= TOLERANCE * search.total
    return FoundEntries(tuple(met[:k]), search.total, search.mass, search.open, exact)


class _Search:
    """The queue of prefixes: for each its node, the row of its parent's arrivals, its bound."""

    def __init__(self, evidence: Evidence, entries: EntryList, reach: Floats) -> None:
        self._evidence = evidence
        self._entries = entries
        self._reach = reach
        self._nodes: Ints = np.zeros(0, np.intp)
        self._rows: Ints = np.zeros(0, np.intp)
        self._bounds: Floats = np.zeros(0)
        self._any: Floats = np.zeros((_WAVE, len(reach)))
        self._again: Floats = np.zeros_like(self._any)
        self._last = np.zeros(_WAVE, np.uint8)
        self.expanded = 0
        self.met: list[tuple[float, float, int]] = []
        self.total = 0.0
        self.mass = 0.0
        root = np.zeros(1, np.intp)
        self._expand(root, *evidence.advance(None, np.zeros(1, np.uint8)))

    @property
    def open(self) -> float:
        """Bound on the scores of all entries that were not met."""
        return float(self._bounds.sum())

    def wave(self) -> None:
        """Expand the most promising prefixes of the queue."""
        promising = self._bounds >= _PROMISING * self._bounds.max()
        if np.count_nonzero(promising) > _WAVE:
            promising[:] = False
            promising[np.argpartition(-self._bounds, _WAVE)[:_WAVE]] = True
        nodes, rows = self._nodes[promising], self._rows[promising]
        waiting = ~promising
        self._nodes, self._rows = self._nodes[waiting], self._rows[waiting]
        self._bounds = self._bounds[waiting]
        symbols = self._entries.symbols[nodes]
        same = symbols == self._last[rows]
        before = np.where(same[:, None], self._again[rows], self._any[rows])
        self._expand(nodes, *self._evidence.advance(before, symbols))

    def _expand(self, nodes: Ints, any_: Floats, again: Floats, own: Floats) -> None:
        """Note the entries that end at the nodes, and put their children into the queue."""
        entries = self._entries
        for position, probability in zip(entries.entry[nodes].tolist(), own.tolist(), strict=True):
            weight = 1.0 if entries.weights is None else float(entries.weights[position])
            if position >= 0 and probability * weight > 0.0:
                self.met.append((probability * weight, probability, position))
                self.total += probability * weight
                self.mass += probability

        first, end = entries.children[nodes], entries.children[nodes + 1]
        counts = end - first
        parents = np.repeat(np.arange(len(nodes)), counts)
        within = np.arange(len(parents)) - np.repeat(np.cumsum(counts) - counts, counts)
        children = first[parents] + within
        symbols = entries.symbols[children]
        depths = np.searchsorted(entries.levels, nodes, side="right")  # of the children
        columns = depths[parents] * (entries.envelope.symbol_count - 1) + symbols - 1
        last = entries.symbols[nodes]
        bounds = np.where(
            symbols == last[parents],
            (again @ self._reach)[parents, columns],
            (any_ @ self._reach)[parents, columns],
        )
        if entries.heaviest is not None:
            bounds = bounds * entries.heaviest[children]
        alive = bounds > 0.0
        row = self._keep(any_, again, last)
        self._nodes = np.append(self._nodes, children[alive])
        self._rows = np.append(self._rows, row + parents[alive])
        self._bounds = np.append(self._bounds, bounds[alive])

    def _keep(self, any_: Floats, again: Floats, last: npt.NDArray[np.uint8]) -> int:
        """Store the arrivals of expanded prefixes for their children; gives the first row."""
        row = self.expanded
        self.expanded += len(last)
        while self.expanded > len(self._any):
            self._any = np.concatenate([self._any, np.zeros_like(self._any)])
            self._again = np.concatenate([self._again, np.zeros_like(self._again)])
            self._last = np.concatenate([self._last, np.zeros_like(self._last)])
        self._any[row : self.expanded] = any_
        self._again[row : self.expanded] = again
        self._last[row : self.expanded] = last
        return row
