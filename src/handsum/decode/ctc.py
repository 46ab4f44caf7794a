"""Connectionist temporal classification: greedy reading and exact scores of texts.

A net gives ``log_probs`` (T, C), natural logarithms of the probabilities of C symbols in each of T
frames, id 0 being the blank. A path has one symbol a frame; its text is what is left after
repeats are merged and then blanks dropped, so ``1_1`` reads 11 and ``11`` reads 1. The
probability of a text is the sum over all its paths (Graves, Fernández, Gomez, Schmidhuber:
Connectionist Temporal Classification, ICML 2006, equations 3 to 8).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID

Floats = npt.NDArray[np.float64]

_SCALED = 12  # frames: so many products of probabilities do not leave the range of a double


def checked_log_probs(log_probs: npt.ArrayLike, symbol_count: int) -> Floats:
    """``log_probs`` as float64 (T, C) with rows that sum to one to the last bit.

    Nets compute in float32, whose rows miss 1 by about 1e-6; masses and posteriors need better.
    ValueError if the shape is not (T >= 1, symbol_count), a value is NaN, or a row misses 1 by
    more than 1 %: such rows are logits, or classes were masked out (use a constraint instead).
    """
    array = np.asarray(log_probs, np.float64)
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] != symbol_count:
        raise ValueError(f"log_probs of shape {array.shape}, expected (T, {symbol_count})")
    totals = np.exp(array).sum(axis=1)
    if not (np.abs(totals - 1.0) <= 0.01).all():
        raise ValueError("the rows of log_probs are no log-probabilities: they do not sum to 1")
    normalized: Floats = array - np.log(totals)[:, None]
    return normalized


def greedy_ids(log_probs: npt.NDArray[np.floating]) -> tuple[int, ...]:
    """The text of the single most probable path of ``log_probs`` (T, C), as ids."""
    return collapse(np.argmax(log_probs, axis=1).tolist())


def collapse(path: Sequence[int]) -> tuple[int, ...]:
    """The ids that a path (one id a frame) stands for: repeats merged, then blanks dropped."""
    ids: list[int] = []
    before = BLANK_ID
    for i in path:
        if i not in (before, BLANK_ID):
            ids.append(i)
        before = i
    return tuple(ids)


def lattice(ids: Sequence[int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """The text with blanks around every symbol (2L+1 ids), and which of them may skip a blank.

    A symbol may follow the one before it directly unless both are the same: that rule is what
    keeps 11 apart from 1.
    """
    states = np.zeros(2 * len(ids) + 1, np.intp)
    states[1::2] = ids
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    return states, skips


def ctc_log_prob(log_probs: npt.NDArray[np.floating], ids: Sequence[int]) -> float:
    """log P(text | picture), summed over all alignments by the forward algorithm.

    ``log_probs`` (T, C), ``ids`` 1..C-1. -inf if the text cannot fit into T frames. Computed in
    logarithms throughout: exact however improbable the text is.
    """
    states, skips = lattice(ids)
    emitted = np.asarray(log_probs, np.float64)[:, states]
    ahead = np.where(skips, 0.0, -np.inf)
    alpha = np.full(len(states) + 2, -np.inf)  # two cells of padding before the first state
    alpha[2:4] = emitted[0, :2]
    for row in emitted[1:]:
        moved = np.logaddexp(alpha[2:], alpha[1:-1])
        alpha[2:] = np.logaddexp(moved, alpha[:-2] + ahead) + row
    return float(np.logaddexp(alpha[-1], alpha[-2] if len(ids) else -np.inf))


def ctc_log_probs(
    log_probs: npt.NDArray[np.floating], texts: Sequence[Sequence[int]]
) -> list[float]:
    """`ctc_log_prob` of several texts (ids each), computed side by side.

    In probabilities that are scaled every few frames, so that a text below about e^-600 gets -inf.
    """
    size = 2 * max(map(len, texts), default=0) + 1
    states = np.full((len(texts), size), BLANK_ID)
    skips = np.zeros((len(texts), size))
    for k, ids in enumerate(texts):
        row, ahead = lattice(ids)
        states[k, : len(row)], skips[k, : len(row)] = row, ahead
    emitted = np.exp(np.asarray(log_probs, np.float64))[:, states]
    alpha = np.zeros((len(texts), size + 2))  # two cells of padding before the first state
    alpha[:, 2:4] = emitted[0, :, :2]
    logs = np.zeros(len(texts))
    for t, row in enumerate(emitted[1:], 1):
        alpha[:, 2:] = (alpha[:, 2:] + alpha[:, 1:-1] + alpha[:, :-2] * skips) * row
        if t % _SCALED == 0:
            scale = np.maximum(alpha.max(axis=1), np.finfo(np.float64).tiny)
            alpha /= scale[:, None]
            logs += np.log(scale)
    ends = np.array([2 * len(ids) + 2 for ids in texts], np.intp)
    rows = np.arange(len(texts))
    found = alpha[rows, ends] + np.where(ends > 2, alpha[rows, ends - 1], 0.0)
    with np.errstate(divide="ignore"):
        return [float(value) for value in logs + np.log(found)]
