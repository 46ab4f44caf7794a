import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.decode.ctc import collapse
from handsum.decode.windows import combine_experts, window_probs

SYMBOLS, MARKS = 2, 1  # ids 1 and 2 are told apart, 3 is a mark


def _random(seed: int, frames: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.log(rng.dirichlet(np.ones(1 + SYMBOLS + MARKS), size=frames))


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_single_symbols_are_summed_over_all_paths(seed: int, frames: int) -> None:
    log_probs = _random(seed, frames)
    probs, texts = np.exp(log_probs), {}
    for path in itertools.product(range(probs.shape[1]), repeat=frames):
        mass = float(np.prod(probs[np.arange(frames), path]))
        texts[collapse(path)] = texts.get(collapse(path), 0.0) + mass
    alone = [texts.get((i,), 0.0) for i in (1, 2)]
    empty = texts.get((), 0.0) + texts.get((3,), 0.0)
    several = 1.0 - empty - sum(alone)
    (row,) = window_probs(log_probs, [(0, frames)], SYMBOLS)
    assert abs(row.sum() - 1.0) < 1e-9
    assert abs(row[0] - empty) < 1e-9
    assert abs(row[1:].sum() - sum(alone) - several) < 1e-9
    assert (row[1:] >= np.array(alone) - 1e-9).all()


def test_a_window_without_frames_is_empty() -> None:
    rows = window_probs(_random(0, 5), [(2, 2), (7, 9)], SYMBOLS)
    assert np.allclose(rows, [[1, 0, 0], [1, 0, 0]])


def test_the_product_of_experts_is_their_product() -> None:
    a, b = np.array([[0.2, 0.5, 0.3]]), np.array([[0.6, 0.3, 0.1]])
    product = np.exp(combine_experts((a, b), (1.0, 1.0), 0.0))
    assert np.allclose(product, a * b / (a * b).sum())
    assert np.allclose(np.exp(combine_experts((a, b), (1.0, 0.0), 0.0)), a)
    certain = np.array([[0.0, 1.0, 0.0]])
    assert np.isfinite(combine_experts((certain, a), (0.4, 0.4), 1e-4)).all()
