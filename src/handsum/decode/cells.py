"""Cells of a comb as evidence: one symbol or none a cell, each cell independent of the others.

The text is what the cells say from left to right. With gaps a text can stand in several ways;
its probability is the sum over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID
from handsum.decode.align import SymbolSpan
from handsum.decode.automaton import Automaton, any_text
from handsum.decode.ctc import Floats
from handsum.decode.mass import Backward

Gaps = Literal["none", "ends", "anywhere"]
"""Where cells may be empty: nowhere, before and behind the number, or between its digits too."""


class Cells:
    """What a net says about the cells of a field: ``rows`` (L, C), normalised log-probabilities.

    Id 0 is the empty cell.
    """

    def __init__(self, rows: Floats, gaps: Gaps) -> None:
        self._rows = rows
        self._gaps = gaps
        self._probs: Floats = np.exp(rows)
        self.longest = len(rows)
        size = len(rows) + 1
        empty = np.zeros((size, size))  # [a, b]: cells a..b-1 are empty
        for a in range(size):
            empty[a, a:] = np.cumprod([1.0, *self._probs[a:, BLANK_ID]])
        nothing = np.eye(size)
        self._inside = empty if gaps == "anywhere" else nothing
        self._outside = nothing if gaps == "none" else empty

    def sweep(self, automaton: Automaton | None) -> Backward:
        """Masses of completions within an automaton; None for all texts.

        With R(c, q) the mass of what follows a symbol in cell c-1 that led to state q, and N(c, q)
        the same if the next symbol stands in cell c:

            N(c, q) = sum_k p(c, k) R(c+1, next(q, k))
            R(c, q) = P(all cells from c on are empty) [q accepts] + sum_d inside(c, d) N(d, q)
        """
        if automaton is None:
            automaton = any_text(range(1, self._rows.shape[1]), self._rows.shape[1])
        length, size, symbols = len(self._rows), len(automaton), automaton.symbol_count - 1
        rest = np.zeros((length + 1, size + 1))  # the last column is for transitions of -1
        entered = np.zeros((length + 1, size))
        reach = np.zeros((length, size, symbols))
        for c in range(length, -1, -1):
            if c < length:
                reach[c] = rest[c + 1, :-1, None] * self._probs[c, 1:]
                entered[c] = rest[c + 1][automaton.transitions[:, 1:]] @ self._probs[c, 1:]
            rest[c, :-1] = self._outside[c, length] * automaton.accepting
            rest[c, :-1] += self._inside[c, c:] @ entered[c:]
        starts = list(automaton.starts)
        mass = (self._outside[0] @ entered)[starts].sum()
        mass += self._outside[0, length] * automaton.accepting[starts].any()
        return Backward(reach.reshape(length, size * symbols), float(mass))

    def advance(
        self, before: Floats | None, symbols: npt.NDArray[np.uint8]
    ) -> tuple[Floats, Floats, Floats]:
        """Forward probabilities of W prefixes (see prefixes.Evidence); equal symbols may touch."""
        at = np.zeros((len(symbols), len(self._rows) + 1))  # [:, c]: last symbol in cell c-1
        if before is None:
            at[:, 0] = 1.0
        else:
            at[:, 1:] = before * self._probs[:, symbols].T
        after: Floats = (at @ (self._outside if before is None else self._inside))[:, :-1]
        return after, after, at @ self._outside[:, -1]

    def single(self, automaton: Automaton | None) -> None:
        """No text: cells whose masses underflow say that none of the set is there."""

    def align(self, ids: Sequence[int]) -> tuple[SymbolSpan, ...]:
        """The most probable cells of a text (Viterbi), and each symbol's share of its cell."""
        length, count = len(self._rows), len(ids)
        best = np.full((count + 1, length + 1), -np.inf)  # n symbols read, c cells used
        fills = np.zeros((count + 1, length + 1), bool)
        best[0, 0] = 0.0
        for c in range(1, length + 1):
            row = self._rows[c - 1]
            for n in range(count + 1):
                skips = self._gaps == "anywhere" or (self._gaps == "ends" and n in (0, count))
                skip = best[n, c - 1] + row[BLANK_ID] if skips else -np.inf
                fill = best[n - 1, c - 1] + row[ids[n - 1]] if n else -np.inf
                fills[n, c] = n > 0 and fill >= skip
                best[n, c] = max(fill, skip)
        cells: list[int] = []
        for c in range(length, 0, -1):
            if fills[count - len(cells), c]:
                cells.append(c - 1)
        share = self._probs[:, 1:] / self._probs[:, 1:].sum(axis=1, keepdims=True)
        return tuple(
            SymbolSpan(i, c, c + 1, float(share[c, i - 1]))
            for i, c in zip(ids, reversed(cells), strict=True)
        )
