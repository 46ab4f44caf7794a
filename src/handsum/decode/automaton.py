"""Sets of texts as finite automata over the ids of a charset."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from handsum.errors import DecodeError

DEAD = -1
STATE_LIMIT = 10_000
"""Most states that a constraint may need: its tables take states × symbols × frames doubles."""

State = TypeVar("State", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Automaton:
    """A set of texts: what is written along a path from a start to an accepting state.

    ``transitions`` (S, C) int32 holds the next state for every state and id, -1 where there is
    none (always so for id 0, the blank); ``accepting`` (S,) bool. There may be several ``starts``
    (a check digit that weighs from the right has one for each length modulo its period), but a
    text is accepted from at most one of them, so that adding over paths counts no text twice.
    """

    transitions: npt.NDArray[np.int32]
    accepting: npt.NDArray[np.bool_]
    starts: tuple[int, ...]

    def __len__(self) -> int:
        """Number of states; 0 if no text is in the set."""
        return len(self.accepting)

    @property
    def symbol_count(self) -> int:
        """C: the ids of the charset, the blank included."""
        return int(self.transitions.shape[1])

    def accepts(self, ids: Iterable[int]) -> bool:
        """Whether the text with these ids (1..C-1) is in the set."""
        states = list(self.starts)
        for i in ids:
            states = [int(self.transitions[q, i]) for q in states if self.transitions[q, i] != DEAD]
        return any(bool(self.accepting[q]) for q in states)

    def accepts_rows(self, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Which rows of ids (N, L), padded with 0 at the end, are in the set: (N,) bool."""
        dead = len(self)
        table = np.vstack([self.transitions, np.full((1, self.symbol_count), DEAD, np.int32)])
        table[table == DEAD] = dead
        table[:, 0] = np.arange(dead + 1)  # padding stays where it is
        final = np.append(self.accepting, False)
        accepted = np.zeros(len(rows), bool)
        for start in self.starts:
            states = np.full(len(rows), start, np.int32)
            for column in rows.T:
                states = table[states, column]
            accepted |= final[states]
        return accepted


def build_automaton(
    starts: Sequence[State],
    step: Callable[[State, int], State | None],
    accepts: Callable[[State], bool],
    symbol_count: int,
) -> Automaton:
    """The reduced automaton of the states reachable from ``starts`` by ``step``.

    ``step(state, id)`` gives the next state or None for the ids 1..symbol_count-1. DecodeError
    if there are more than STATE_LIMIT states.
    """
    numbers: dict[State, int] = {}
    queue: deque[State] = deque()

    def number(state: State) -> int:
        if state not in numbers:
            numbers[state] = len(numbers)
            queue.append(state)
        return numbers[state]

    first = tuple(number(state) for state in starts)
    rows: list[list[int]] = []
    while queue:
        state = queue.popleft()
        row = [DEAD] * symbol_count
        for i in range(1, symbol_count):
            following = step(state, i)
            if following is not None:
                row[i] = number(following)
        rows.append(row)
        if len(numbers) > STATE_LIMIT:
            raise DecodeError(
                f"the constraint needs more than {STATE_LIMIT} states.",
                "Shorten the repeats of the pattern, or split the field into two.",
            )
    return _reduced(
        np.array(rows, np.int32).reshape(len(rows), symbol_count),
        np.array([accepts(state) for state in numbers], bool),
        first,
    )


def intersect(first: Automaton, *others: Automaton) -> Automaton:
    """The texts that are in all of the sets (same charset for all)."""
    result = first
    for other in others:
        a, b = result, other
        left, right = a.transitions.tolist(), b.transitions.tolist()

        def step(
            pair: tuple[int, int],
            i: int,
            left: list[list[int]] = left,
            right: list[list[int]] = right,
        ) -> tuple[int, int] | None:
            p, q = left[pair[0]][i], right[pair[1]][i]
            return None if DEAD in (p, q) else (p, q)

        def accepts(pair: tuple[int, int], a: Automaton = a, b: Automaton = b) -> bool:
            return bool(a.accepting[pair[0]] and b.accepting[pair[1]])

        pairs = [(p, q) for p in a.starts for q in b.starts]
        result = build_automaton(pairs, step, accepts, a.symbol_count)
    return result


def any_text(symbol_ids: Iterable[int], symbol_count: int) -> Automaton:
    """All texts, the empty one too, over the given ids."""
    transitions = np.full((1, symbol_count), DEAD, np.int32)
    transitions[0, list(symbol_ids)] = 0
    return Automaton(transitions, np.ones(1, bool), (0,))


def _reduced(
    transitions: npt.NDArray[np.int32], accepting: npt.NDArray[np.bool_], starts: tuple[int, ...]
) -> Automaton:
    """Drop states that cannot reach acceptance, then merge equivalent ones (Moore 1956)."""
    live = accepting.copy()
    padded = np.append(live, False)  # index -1 is the dead state
    while True:
        reached = live | padded[transitions].any(axis=1)
        if (reached == live).all():
            break
        live = reached
        padded = np.append(live, False)
    table = np.where(padded[transitions], transitions, DEAD).astype(np.int32)

    classes = accepting.astype(np.int64)
    count = 0
    while True:
        following = np.where(table == DEAD, -1, classes[table])
        keys = np.column_stack([classes, following])[live]
        _, inverse = np.unique(keys, axis=0, return_inverse=True)
        classes = np.full(len(table), -1, np.int64)
        classes[live] = inverse.reshape(-1)
        found = int(inverse.max(initial=-1)) + 1
        if found == count:
            break
        count = found
    merged = np.full((count, table.shape[1]), DEAD, np.int32)
    final = np.zeros(count, bool)
    merged[classes[live]] = np.where(table == DEAD, DEAD, classes[table])[live]
    final[classes[live]] = accepting[live]
    kept = tuple(dict.fromkeys(int(classes[s]) for s in starts if live[s]))
    merged.setflags(write=False)
    final.setflags(write=False)
    return Automaton(merged, final, kept)
