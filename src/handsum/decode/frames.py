"""CTC frames as evidence: masses, prefixes and places of texts over (T, C) probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID
from handsum.decode.align import SymbolSpan, align
from handsum.decode.automaton import Automaton
from handsum.decode.ctc import Floats, ctc_log_prob, greedy_ids
from handsum.decode.mass import Backward, backward, log_backward

_FEW = 8
"""Up to so many prefixes, plain floats are faster than arrays."""


class Frames:
    """What a net says about a picture: ``rows`` (T, C), normalised log-probabilities."""

    def __init__(self, rows: Floats) -> None:
        self._rows = rows
        self._probs: Floats = np.exp(rows)
        self._blank: list[float] = self._probs[:, BLANK_ID].tolist()
        self._columns: dict[int, list[float]] = {}
        self.longest = len(rows)

    def sweep(self, automaton: Automaton | None) -> Backward:
        """Masses of completions within an automaton; None for all texts, which sum to 1."""
        if automaton is None:
            return Backward(self._probs[:, 1:], 1.0)
        return backward(self._probs, automaton)

    def advance(
        self, before: Floats | None, symbols: npt.NDArray[np.uint8]
    ) -> tuple[Floats, Floats, Floats]:
        """The forward recursion of CTC for W prefixes at once (see prefixes.Evidence)."""
        if before is None:
            empty: Floats = np.cumprod(np.array([[1.0, *self._blank]]), axis=1)
            return empty[:, :-1], empty[:, :-1], empty[:, -1]
        if len(symbols) <= _FEW:
            done = np.array(
                [self._one(b, i) for b, i in zip(before, symbols.tolist(), strict=True)]
            )
            ended = np.zeros_like(before)
            np.multiply(done[:, :-2], self._probs[:-1, BLANK_ID], out=ended[:, 1:])
            return done[:, :-1], ended, done[:, -1]
        stay = self._probs[:, symbols]
        new = stay * before.T
        shape = (len(stay) + 1, len(symbols))
        either, blank, symbol = np.zeros(shape), np.zeros(shape), np.zeros(len(symbols))
        for t, e in enumerate(self._blank):
            np.multiply(either[t], e, out=blank[t + 1])
            symbol *= stay[t]
            symbol += new[t]
            np.add(blank[t + 1], symbol, out=either[t + 1])
        return either[:-1].T, blank[:-1].T, either[-1]

    def _one(self, before: Floats, last: int) -> list[float]:
        """The mass of one prefix after 0..T frames."""
        column = self._columns.get(last)
        if column is None:
            column = self._columns[last] = self._probs[:, last].tolist()
        symbol = either = 0.0
        masses = [0.0]
        for new, p, e in zip(before.tolist(), column, self._blank, strict=True):
            symbol = (symbol + new) * p
            either = either * e + symbol
            masses.append(either)
        return masses

    def single(self, automaton: Automaton | None) -> tuple[tuple[int, ...], float, float] | None:
        """The text of the most probable path, which need not be the most probable text."""
        if automaton is None:
            ids = greedy_ids(self._rows)
            return ids, ctc_log_prob(self._rows, ids), 0.0
        log_mass, found = log_backward(self._rows, automaton)
        return None if found is None else (found, ctc_log_prob(self._rows, found), log_mass)

    def align(self, ids: Sequence[int]) -> tuple[SymbolSpan, ...]:
        """The frames of each symbol."""
        return align(self._rows, ids)
