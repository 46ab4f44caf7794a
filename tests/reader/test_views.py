"""Doubtful digits from further sides: a mean of probabilities, and nothing changed for the rest."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from handsum.reader.views import VIEWS, look_from_further_sides

RNG = np.random.default_rng(5)
WEIGHTS = RNG.normal(0, 0.002, size=(28 * 28, 4))
INKS = np.stack(
    [cv2.GaussianBlur(RNG.integers(0, 256, (28, 28), dtype=np.uint8), (5, 5), 0) for _ in range(9)]
)


def net(inks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return np.asarray(inks.reshape(-1, 28 * 28) @ WEIGHTS)


def probs(inks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    exponents = np.exp(net(inks))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))


def test_only_the_doubtful_are_averaged_and_over_all_views() -> None:
    plain = probs(INKS)
    below = float(np.sort(plain.max(axis=1))[3:5].mean())
    found = np.exp(look_from_further_sides(net, INKS, below))
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    for ink, before, after in zip(INKS, plain, found, strict=True):
        if before.max() >= below:
            np.testing.assert_allclose(after, before)
            continue
        changed = [ink]
        for right, down, shear in VIEWS:  # each point (x, y) about the middle goes to A (x, y)
            a = np.array([[right, shear], [0.0, down]])
            corners = np.array([[0, 0], [27, 0], [0, 27]], np.float32)
            moved = ((corners - 13.5) @ a.T + 13.5).astype(np.float32)
            changed.append(cv2.warpAffine(ink, cv2.getAffineTransform(corners, moved), (28, 28)))
        mean = probs(np.stack(changed)).mean(axis=0)
        # Rounding of the two matrices may differ by a grey level here and there.
        np.testing.assert_allclose(after, mean, atol=0.01)
        assert np.abs(after - before).max() > 1e-4


def test_switched_off_and_nothing_to_see() -> None:
    np.testing.assert_allclose(np.exp(look_from_further_sides(net, INKS, 0.0)), probs(INKS))
    assert look_from_further_sides(net, INKS[:0], 0.95).shape == (0, 4)
