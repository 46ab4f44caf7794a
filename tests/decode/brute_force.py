"""Every path and every text of small problems, summed one by one."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from handsum.charset import Charset
from handsum.decode.ctc import collapse

Texts = dict[tuple[int, ...], float]

TINY_CHARSET = Charset("0123")


def random_log_probs(
    seed: int, frames: int, symbols: int, spread: float
) -> npt.NDArray[np.float64]:
    """Rows of log-probabilities (T, C); ``spread`` 0 is flat, 10 is peaky."""
    logits = np.random.default_rng(seed).normal(0.0, spread, (frames, symbols))
    return logits - np.logaddexp.reduce(logits, axis=1)[:, None]


def log_probs(most_frames: int = 5, symbols: int = 4) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Small arrays (T, C), from flat to peaky."""
    return st.builds(
        random_log_probs,
        st.integers(0, 2**32 - 1),
        st.integers(1, most_frames),
        st.just(symbols),
        st.sampled_from([0.0, 0.5, 2.0, 6.0, 12.0]),
    )


def ctc_texts(log_probs: npt.NDArray[np.float64]) -> Texts:
    """Probability of every text: the sum over all C^T paths."""
    texts: Texts = {}
    for path, probability in _paths(log_probs):
        text = collapse(path)
        texts[text] = texts.get(text, 0.0) + probability
    return texts


def cell_texts(log_probs: npt.NDArray[np.float64], gaps: str) -> Texts:
    """Probability of every text of independent cells, by all C^L fillings."""
    texts: Texts = {}
    for filling, probability in _paths(log_probs):
        filled = [c for c, i in enumerate(filling) if i]
        between = bool(filled) and filled[-1] - filled[0] + 1 > len(filled)
        if (gaps == "none" and len(filled) < len(filling)) or (gaps == "ends" and between):
            continue
        text = tuple(i for i in filling if i)
        texts[text] = texts.get(text, 0.0) + probability
    return texts


def _paths(log_probs: npt.NDArray[np.float64]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every choice of one id a row, with the product of its probabilities."""
    frames, symbols = log_probs.shape
    products = functools.reduce(np.multiply.outer, np.exp(log_probs))
    return zip(
        itertools.product(range(symbols), repeat=frames), products.ravel().tolist(), strict=True
    )


def best(texts: Texts, k: int) -> list[tuple[tuple[int, ...], float]]:
    """The k most probable texts."""
    return sorted(texts.items(), key=lambda item: -item[1])[:k]
