"""The carry chain: every filling of comb cells that adds up, summed and maximised exactly.

For ``sum of factor * number = 0`` over fields of independent digit cells, columns are taken from
the units up. What matters of the columns so far is the carry, and for each field with cells that
may be empty whether its number has already ended (its phase): carries x 2^phases states instead
of 10^cells fillings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handsum.decode.totals_evidence import DigitCells
from handsum.decode.totals_writer import Floats

PHASE_LIMIT = 10
"""Fields with cells that may be empty: the chain is 2^phases wide."""
_BLANK = 10


@dataclass(frozen=True)
class CarryChain:
    """``log_mass``: log probability that the numbers add up (-inf if they cannot); ``texts``: the
    most probable filling that does, one text a field, empty if there is none."""

    log_mass: float
    texts: tuple[str, ...]


def solve_carry_chain(
    cells: Sequence[DigitCells], factors: Sequence[int], zero_if_blank: Sequence[bool]
) -> CarryChain | None:
    """The fillings with ``sum(factors[i] * number i) = 0``; None if there are too many phases.

    ``zero_if_blank``: a field without a digit counts as 0; else it needs one.
    """
    phased = [i for i, field in enumerate(cells) if float(field.blank.max(initial=0.0)) > 0.0]
    if len(phased) > PHASE_LIMIT:
        return None
    chain = _Chain(cells, factors, zero_if_blank, {i: axis for axis, i in enumerate(phased)})
    log_mass, _ = chain.run(best=False)
    log_mass -= sum(math.log(field.mass) for field in cells)
    if log_mass == -math.inf:
        return CarryChain(log_mass, ())
    _, texts = chain.run(best=True)
    return CarryChain(log_mass, texts)


class _Chain:
    def __init__(
        self,
        cells: Sequence[DigitCells],
        factors: Sequence[int],
        zero_if_blank: Sequence[bool],
        axes: dict[int, int],
    ) -> None:
        self.cells, self.factors, self.zero_if_blank = cells, factors, zero_if_blank
        self.axes = axes
        # A carry stays below the sum of factors, a column below 9 times that plus the carry.
        reach = sum(abs(factor) for factor in factors)
        self.middle = 10 * (reach + 1)
        columns = max(len(field.blank) for field in cells)
        # Leading columns in which only the carry is left.
        self.columns = columns + len(str(reach)) + 1

    def run(self, best: bool) -> tuple[float, tuple[str, ...]]:
        state = np.zeros((2,) * len(self.axes) + (2 * self.middle + 1,))
        state[(0,) * len(self.axes) + (self.middle,)] = 1.0
        log_scale = 0.0
        choices: list[tuple[int, Floats]] = []
        for column in range(self.columns):
            for i, field in enumerate(self.cells):
                if column < len(field.blank):
                    state, choice = self._add(state, i, column, best)
                    choices.append((i, choice))
            carried = np.zeros_like(state)
            # Only sums that end in 0 in this column go on, with a tenth of them as the carry.
            tens = state[..., self.middle % 10 :: 10]
            first = self.middle - self.middle // 10
            carried[..., first : first + tens.shape[-1]] = tens
            choices.append((-1, carried))
            scale = float(carried.max() if best else carried.sum())
            if scale == 0.0:
                return -math.inf, ()
            state = carried / scale
            log_scale += math.log(scale)
        final = state[..., self.middle]
        total = float(final.max() if best else final.sum())
        if total == 0.0:
            return -math.inf, ()
        texts = self._texts(np.unravel_index(int(final.argmax()), final.shape), choices)
        return log_scale + math.log(total), texts if best else ()

    def _add(self, state: Floats, i: int, column: int, best: bool) -> tuple[Floats, Floats]:
        """Let field ``i`` write a digit, or nothing, in a column; what led to every state."""
        field, factor = self.cells[i], self.factors[i]
        row = len(field.blank) - 1 - column
        axis = self.axes.get(i)
        writing = state if axis is None else np.take(state, [0], axis)
        parts: list[Floats] = []
        for digit in range(10):
            parts.append(_shifted(writing, factor * digit) * field.probs[row, digit])
        if axis is not None:
            ended = np.take(state, [1], axis)
            may_end = column > 0 or self.zero_if_blank[i]
            nothing = [writing * (field.blank[row] * may_end), ended * field.blank[row]]
        if best:
            stacked = np.stack(parts)
            choice = stacked.argmax(axis=0).astype(np.float64)
            after = stacked.max(axis=0)
        else:
            choice, after = np.zeros(0), np.sum(parts, axis=0)
        if axis is None:
            return after, choice
        stops, stays = nothing
        empty = np.maximum(stops, stays) if best else stops + stays
        if best:
            blank = np.where(stops >= stays, _BLANK, _BLANK + 1).astype(np.float64)
            choice = np.concatenate([choice, blank], axis)
        return np.concatenate([after, empty], axis), choice

    def _texts(
        self, phases: tuple[np.intp, ...], choices: list[tuple[int, Floats]]
    ) -> tuple[str, ...]:
        """Walk back from the last carry, 0."""
        at = [int(phase) for phase in phases]
        total = self.middle
        written = [""] * len(self.cells)
        for i, choice in reversed(choices):
            if i < 0:
                total = self.middle + 10 * (total - self.middle)
                continue
            if choice.size == 0:
                continue
            symbol = int(choice[(*at, total)])
            if symbol < _BLANK:
                written[i] += str(symbol)
                total -= self.factors[i] * symbol
            elif symbol == _BLANK:
                at[self.axes[i]] = 0
        return tuple(written)


def _shifted(state: Floats, by: int) -> Floats:
    """The state with every sum raised by ``by``; what leaves the range had no mass."""
    if by == 0:
        return state
    after = np.zeros_like(state)
    if by > 0:
        after[..., by:] = state[..., :-by]
    else:
        after[..., :by] = state[..., -by:]
    return after
