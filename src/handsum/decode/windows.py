"""What a line's CTC output says about each cell of a comb, and experts on cells combined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID
from handsum.decode.ctc import Floats


def window_probs(
    log_probs: npt.NDArray[np.floating], windows: Sequence[tuple[int, int]], symbols: int
) -> Floats:
    """P(empty) and P(one symbol alone) in each window of frames: (L, 1 + symbols), rows sum to 1.

    ``log_probs`` (T, C) of CTC; ``windows`` (first frame, frame after the last) of the cells;
    ``symbols`` how many ids from 1 on are told apart. With p(k) the mass of the paths
    ``blank* k+ blank*`` and e that of ``blank*``: a lone mark (the ids beyond) counts as empty,
    as crossed and dashed cells do, and what reads as several symbols is shared out among the
    symbols that begin and end it.
    """
    probs = np.exp(np.asarray(log_probs, np.float64))
    rows = np.zeros((len(windows), 1 + symbols))
    for row, (start, end) in zip(rows, windows, strict=True):
        part = probs[max(0, start) : max(0, end)]
        before, inside, after = 1.0, np.zeros(probs.shape[1] - 1), np.zeros(probs.shape[1] - 1)
        for frame in part:
            after = (after + inside) * frame[BLANK_ID]
            inside = (inside + before) * frame[1:]
            before = before * frame[BLANK_ID]
        alone = inside + after
        row[0] = before + alone[symbols:].sum()
        row[1:] = alone[:symbols]
        several = max(0.0, 1.0 - before - float(alone.sum()))
        if several > 1e-9 and len(part):
            peaks = part[:, 1 : 1 + symbols].max(axis=0)
            row[1:] += several * peaks / max(float(peaks.sum()), 1e-12)
    return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-300))


def floored(probs: Floats, floor: float) -> Floats:
    """Probabilities (L, C) with an even share ``floor`` mixed in."""
    return np.asarray((1.0 - floor) * probs + floor / probs.shape[1])


def combine_experts(experts: Sequence[Floats], weights: Sequence[float], floor: float) -> Floats:
    """log of the product of probabilities (L, C) raised to weights, rows normalised.

    Hinton: Training Products of Experts by Minimizing Contrastive Divergence, 2002, equation 1.
    ``floor`` is mixed into each expert first, so that none can forbid a symbol on its own.
    """
    total = sum(
        weight * np.log(floored(expert, floor))
        for expert, weight in zip(experts, weights, strict=True)
    )
    z = np.asarray(total, np.float64)
    z = z - z.max(axis=1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))
