"""How probable it is that the text satisfies a constraint at all, exactly.

The sum of P(text | picture) over all texts of an automaton, by dynamic programming over frame,
state and last symbol (the forward-backward recursion of Graves 2006 on the product of CTC and
automaton). Run backwards it also tells, for every prefix, how much of its mass will end in
the set: that is what steers the search for the best text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID
from handsum.decode.automaton import DEAD, Automaton
from handsum.decode.ctc import Floats, collapse

TINY = 1e-200
"""Masses below are computed in logarithms; above, no term that matters can have underflowed."""


@dataclass(frozen=True, eq=False)
class Backward:
    """Masses of accepted completions, and their total.

    ``reach`` (T, S * K), K = C - 1 symbols: the probability that, told that a text is in state
    q whose last symbol k+1 is written in frame t for the first time, frames t..T-1 write it and
    end in the set; at column q * K + k. ``mass`` is the probability of the whole set.
    """

    reach: Floats
    mass: float


def _edges(automaton: Automaton) -> npt.NDArray[np.intp]:
    """Column of ``reach`` behind every state and symbol (S, K); the last, S * K, is nowhere."""
    size, symbols = len(automaton), automaton.symbol_count - 1
    table: npt.NDArray[np.intp] = automaton.transitions[:, 1:].astype(np.intp)
    table *= symbols
    table += np.arange(symbols)
    table[automaton.transitions[:, 1:] == DEAD] = size * symbols
    return table


def backward(probs: Floats, automaton: Automaton) -> Backward:
    """The backward pass over ``probs`` (T, C); O(T S K), memory for T S K doubles.

    Let B(q) and N(q, k) be the masses of completions after a frame that left the text in state q
    with a blank, or with symbol k. One frame earlier, with E(q, k) = p(k) N(next(q, k), k):

        B'(q)    = p(blank) B(q) + sum_j E(q, j)
        N'(q, k) = p(blank) B(q) + p(k) N(q, k) + sum_{j != k} E(q, j)

    the last sum without j = k because a repeated symbol needs a blank between.
    """
    frames, symbols = len(probs), automaton.symbol_count - 1
    size = len(automaton)
    if size == 0:
        return Backward(np.zeros((frames, 0)), 0.0)
    edges = _edges(automaton)
    others = 1.0 - np.eye(symbols)
    blank = automaton.accepting.astype(np.float64)
    symbol = np.repeat(blank[:, None], symbols, axis=1)
    reach = np.zeros((frames, size * symbols + 1))
    for t in range(frames - 1, -1, -1):
        row = reach[t]
        here = row[:-1].reshape(size, symbols)
        np.multiply(symbol, probs[t, 1:], out=here)
        entered = row.take(edges)
        stayed = blank * probs[t, BLANK_ID]
        blank = stayed + entered.sum(axis=1)
        symbol = entered @ others
        symbol += here
        symbol += stayed[:, None]
    # Before the first frame there is no last symbol: the text is where it starts.
    return Backward(reach[:, :-1], float(blank[list(automaton.starts)].sum()))


def constraint_log_mass(log_probs: Floats, automaton: Automaton) -> float:
    """log of the probability, over all paths of ``log_probs`` (T, C), that the text is in the set.

    -inf if no text of the set fits into T frames.
    """
    mass = backward(np.exp(log_probs), automaton).mass
    return float(np.log(mass)) if mass > TINY else log_backward(log_probs, automaton)[0]


def log_backward(log_probs: Floats, automaton: Automaton) -> tuple[float, tuple[int, ...] | None]:
    """Log mass of the set, and the text of the most probable path that ends in it.

    The recursion of ``backward`` in logarithms, for pictures that fit the constraint so badly that
    products of probabilities underflow; slower, never wrong. The text is None if none fits.
    """
    if len(automaton) == 0:
        return -np.inf, None
    mass = _log_pass(log_probs, automaton, np.logaddexp)[-1]
    table = _log_pass(log_probs, automaton, np.maximum)
    starts = list(automaton.starts)
    total = float(np.logaddexp.reduce(mass[starts, 0]))
    if total == -np.inf:
        return total, None
    state, last = starts[int(np.argmax(table[-1][starts, 0]))], BLANK_ID
    path: list[int] = []
    for t, row in enumerate(log_probs):
        after = table[len(log_probs) - 1 - t]
        scores = np.full(len(row), -np.inf)
        scores[BLANK_ID] = row[BLANK_ID] + after[state, BLANK_ID]
        following = automaton.transitions[state]
        for i in range(1, len(row)):
            to = state if i == last else int(following[i])
            if to != DEAD:
                scores[i] = row[i] + after[to, i]
        i = int(np.argmax(scores))
        state = state if i in (last, BLANK_ID) else int(following[i])
        last = i
        path.append(i)
    return total, collapse(path)


def _log_pass(log_probs: Floats, automaton: Automaton, add: np.ufunc) -> list[Floats]:
    """Tables (S, C) of the logarithms of B (column 0) and N after frames T-1, T-2, ..., -1."""
    size, symbols = len(automaton), automaton.symbol_count - 1
    edges = _edges(automaton)
    masked = np.where(np.eye(symbols, dtype=bool), -np.inf, 0.0)
    start = np.where(automaton.accepting, 0.0, -np.inf)
    table = np.repeat(start[:, None], symbols + 1, axis=1)
    tables = [table]
    for row in log_probs[::-1]:
        here = table[:, 1:] + row[1:]
        entered = np.append(here, -np.inf).take(edges)
        stayed = table[:, 0] + row[BLANK_ID]
        elsewhere = add.reduce(entered[:, :, None] + masked, axis=1)
        table = np.empty((size, symbols + 1))
        table[:, 0] = add(stayed, add.reduce(entered, axis=1))
        table[:, 1:] = add(add(stayed[:, None], here), elsewhere)
        tables.append(table)
    return tables
