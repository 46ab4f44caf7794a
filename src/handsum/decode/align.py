"""Where each symbol of a text stands: the most probable alignment, and how sure each symbol is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID
from handsum.decode.ctc import Floats, collapse, lattice


@dataclass(frozen=True)
class SymbolSpan:
    """One symbol of a text: its id, the frames ``start``..``end`` (exclusive) that it takes.

    ``confidence``, 0 to 1: the probability of this symbol against every other single symbol in
    its place, the neighbours staying as they are. It says which digit to look at first; the
    confidence of the whole text is another figure.
    """

    id: int
    start: int
    end: int
    confidence: float


def align(log_probs: npt.NDArray[np.floating], ids: Sequence[int]) -> tuple[SymbolSpan, ...]:
    """The frames of every symbol on the most probable path (Viterbi) of the text ``ids``.

    ``log_probs`` (T, C). Spans never overlap and keep the order of the text. Empty if the text is
    empty or cannot fit into T frames.
    """
    greedy: list[int] = np.argmax(log_probs, axis=1).tolist()
    # Where the text is what the best path of all says, that path is its best path too.
    path = greedy if collapse(greedy) == tuple(ids) else _best_path(log_probs, ids)
    if path is None or not len(ids):
        return ()
    spans = _runs(path)
    sure = _confidences(np.exp(np.asarray(log_probs, np.float64)), ids, spans)
    return tuple(
        SymbolSpan(i, start, end, confidence)
        for i, (start, end), confidence in zip(ids, spans, sure, strict=True)
    )


def _best_path(log_probs: npt.NDArray[np.floating], ids: Sequence[int]) -> list[int] | None:
    """The id of every frame on the most probable path of a text, None if there is none."""
    states, skips = lattice(ids)
    emitted = np.asarray(log_probs, np.float64)[:, states]
    size = len(states)
    ahead = np.where(skips, 0.0, -np.inf)
    choices = np.zeros((len(emitted), size), np.int8)
    options = np.full((3, size), -np.inf)
    columns = np.arange(size)
    best = np.full(size, -np.inf)
    best[:2] = emitted[0, :2]
    for t in range(1, len(emitted)):
        options[0] = best
        options[1, 1:] = best[:-1]
        options[2, 2:] = best[:-2] + ahead[2:]
        choices[t] = options.argmax(axis=0)
        best = options[choices[t], columns] + emitted[t]
    last = size - 1 if size == 1 or best[-1] >= best[-2] else size - 2
    if best[last] == -np.inf:
        return None
    path = np.zeros(len(emitted), np.intp)
    for t in range(len(emitted) - 1, -1, -1):
        path[t] = states[last]
        last -= int(choices[t, last])
    return path.tolist()


def _runs(path: Sequence[int]) -> list[tuple[int, int]]:
    """First frame and frame after the last of every run of one id that is not the blank."""
    cuts = [0, *(t for t in range(1, len(path)) if path[t] != path[t - 1]), len(path)]
    return [(a, b) for a, b in itertools.pairwise(cuts) if path[a] != BLANK_ID]


def _confidences(
    probs: Floats, ids: Sequence[int], spans: Sequence[tuple[int, int]]
) -> list[float]:
    """P(this symbol) / P(any one symbol) in the frames between the neighbours.

    For each symbol the paths ``blank* symbol+ blank*`` through the frames from the end of the
    one before to the start of the one after are added up for every id in its stead, for all
    symbols of the text side by side.
    """
    starts = [0, *(end for _, end in spans[:-1])]
    ends = [*(start for start, _ in spans[1:]), len(probs)]
    widest = max(end - start for start, end in zip(starts, ends, strict=True))
    # Scaled, so that wide windows do not reach 0; behind them a frame in which nothing happens.
    frames = np.zeros((len(probs) + 1, probs.shape[1]))
    np.divide(probs, np.maximum(probs.max(axis=1, keepdims=True), 1e-300), out=frames[:-1])
    frames[-1, BLANK_ID] = 1.0
    rows = np.arange(widest)[:, None] + np.array(starts)
    rows[rows >= np.array(ends)] = len(probs)
    windows = frames[rows]  # (widest, L, C)
    blank, symbols = windows[:, :, BLANK_ID], windows[:, :, 1:]
    # Blanks up to every frame of a window, and from behind it to the window's end.
    before, after = np.ones_like(blank), np.ones_like(blank)
    np.cumprod(blank[:-1], axis=0, out=before[1:])
    np.cumprod(blank[:0:-1], axis=0, out=after[-2::-1])
    stay = symbols.reshape(widest, -1)
    runs = (symbols * before[:, :, None]).reshape(widest, -1)
    for earlier, run, p in zip(runs[:-1], runs[1:], stay[1:], strict=True):
        np.add(run, earlier * p, out=run)  # what began in this frame, and what goes on in it
    total = (runs.reshape(symbols.shape) * after[:, :, None]).sum(axis=0)
    at = np.array(ids) - 1
    mine = total[np.arange(len(ids)), at]
    return [float(m / t) if t > 0 else 0.0 for m, t in zip(mine, total.sum(axis=1), strict=True)]
