"""The prefixes of an automaton's texts as a tree, bounded by what a net says may follow them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from handsum.decode.align import SymbolSpan
from handsum.decode.automaton import DEAD, Automaton
from handsum.decode.ctc import Floats
from handsum.decode.mass import Backward
from handsum.decode.search import Expansion


class Evidence(Protocol):
    """What a net says about one field: frames of a line, or cells of a comb (T of either)."""

    longest: int
    """Most symbols that a text can have."""

    def sweep(self, automaton: Automaton | None) -> Backward:
        """Masses of completions within an automaton; None for all texts."""

    def advance(
        self, before: Floats | None, symbols: npt.NDArray[np.uint8]
    ) -> tuple[Floats, Floats, Floats]:
        """Forward probabilities of W prefixes by adding ``symbols`` (W,) to shorter ones.

        ``before`` (W, T): probability that the shorter prefix is read before frame t, so that
        the symbol may be new in t; None for the empty prefix (W = 1, its symbol does not count).
        Gives the same of the new prefixes, (W, T) for a different next symbol and (W, T) for
        the same one again, and (W,) their probabilities as whole texts.
        """

    def single(self, automaton: Automaton | None) -> tuple[tuple[int, ...], float, float] | None:
        """One text, its log-probability and the log mass of the set, where products underflow.

        None if no text of the set fits.
        """

    def align(self, ids: Sequence[int]) -> tuple[SymbolSpan, ...]:
        """Where the symbols of a text stand."""


class Prefix(NamedTuple):
    """A prefix, the states it leads to, and where its last symbol may be new ((1, T))."""

    ids: tuple[int, ...]
    states: tuple[int, ...]
    before: Floats | None


class PrefixTree:
    """Prefixes of the texts of an automaton; ``reach`` is that of ``evidence.sweep``.

    Continuations with a bound under ``least`` are left out.
    """

    def __init__(
        self, evidence: Evidence, automaton: Automaton, reach: Floats, least: float = 0.0
    ) -> None:
        self._evidence = evidence
        self._automaton = automaton
        self._reach = reach
        self._least = least
        self._edges: dict[int, tuple[list[int], list[int], Floats]] = {}

    def root(self) -> Prefix:
        """The empty prefix."""
        return Prefix((), self._automaton.starts, None)

    def expand(self, node: Prefix) -> Expansion[Prefix]:
        """The exact probability of a prefix as a text, and the masses of its continuations.

        Masses add up over the states of a prefix, since a text is accepted from one start only.
        """
        last = node.ids[-1] if node.ids else 0
        different, again, whole = self._evidence.advance(node.before, np.array([last], np.uint8))
        bounds: dict[int, float] = {}
        states: dict[int, tuple[int, ...]] = {}
        for q in node.states:
            ids, targets, reach = self._leaving(q)
            found = (different[0] @ reach).tolist()
            if last in ids:
                at = ids.index(last)
                found[at] = float(again[0] @ reach[:, at])
            if len(node.states) == 1:
                children = [
                    (bound, Prefix((*node.ids, i), (target,), again if i == last else different))
                    for i, target, bound in zip(ids, targets, found, strict=True)
                    if bound >= self._least
                ]
                break
            for i, target, bound in zip(ids, targets, found, strict=True):
                bounds[i] = bounds.get(i, 0.0) + bound
                states[i] = (*states.get(i, ()), target)
        else:
            children = [
                (bound, Prefix((*node.ids, i), states[i], again if i == last else different))
                for i, bound in bounds.items()
                if bound >= self._least
            ]
        accepted = any(self._automaton.accepting[q] for q in node.states)
        return Expansion(float(whole[0]) if accepted else 0.0, children)

    def _leaving(self, q: int) -> tuple[list[int], list[int], Floats]:
        """Ids, next states and columns of ``reach`` of the edges that leave a state."""
        if q not in self._edges:
            row = self._automaton.transitions[q]
            ids = np.flatnonzero(row != DEAD)
            columns = row[ids] * (len(row) - 1) + ids - 1
            self._edges[q] = ids.tolist(), row[ids].tolist(), self._reach[:, columns]
        return self._edges[q]
