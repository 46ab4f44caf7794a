"""Which pixels decided a reading: the net is asked again with a part of the ink taken away.

Occlusion (Zeiler and Fergus 2014): where taking ink away makes the answer less likely, that ink
spoke for it; where the answer gets likelier, it spoke against it. It needs no slope and no
PyTorch, only the reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.reader.digits import DigitReader

Ink = npt.NDArray[np.uint8]

_LEAST = 1e-300  # probabilities below it have no logarithm any more


@dataclass(frozen=True)
class Explanation:
    """What decided how ``ink`` (28, 28), as the net sees it, was read.

    ``answer`` is the reading ("7", or "not_a_number"), ``probability`` the net's own.
    ``evidence`` float64 (28, 28): by how much the log-odds of the answer fall when ink around a
    pixel is taken away; below zero, that ink spoke against it.
    """

    ink: Ink
    answer: str
    probability: float
    evidence: npt.NDArray[np.float64]


def explain_digit(reader: DigitReader, ink: Ink, patch: int = 5) -> Explanation:
    """Take every ``patch`` x ``patch`` square of a normalised ink (28, 28) away, one at a time."""
    height, width = ink.shape
    corners = [(y, x) for y in range(1 - patch, height) for x in range(1 - patch, width)]
    inks = np.repeat(ink[None], 1 + len(corners), axis=0)
    for index, (y, x) in enumerate(corners):
        inks[1 + index, max(0, y) : y + patch, max(0, x) : x + patch] = 0
    probs = reader.probabilities(inks)
    best = int(probs[0].argmax())
    info = reader.bundle.info
    names = [*info.charset, *info.classes]
    # Against the sum of the others, and not 1 - p: that is 0 where the net is very sure.
    others = np.delete(probs, best, axis=1).sum(axis=1)
    odds = np.log(np.maximum(probs[:, best], _LEAST)) - np.log(np.maximum(others, _LEAST))
    evidence, times = np.zeros(ink.shape), np.zeros(ink.shape)
    for fallen, (y, x) in zip(odds[0] - odds[1:], corners, strict=True):
        where = np.s_[max(0, y) : y + patch, max(0, x) : x + patch]
        evidence[where] += fallen
        times[where] += 1
    return Explanation(ink, names[best], float(probs[0, best]), evidence / times)


def draw_explanation(explanation: Explanation, zoom: int = 10) -> Ink:
    """A BGR picture: the ink, and beside it what spoke for (orange) and against (blue) the answer.

    uint8 (28 zoom, 57 zoom, 3), on white.
    """
    ink = explanation.ink.astype(np.float64)[..., None] / 255
    evidence = explanation.evidence / max(float(np.abs(explanation.evidence).max()), 1e-9)
    strength = np.abs(evidence)[..., None]
    tone = np.where(evidence[..., None] > 0, (30.0, 120.0, 240.0), (220.0, 120.0, 20.0))
    paper = 255 - 160 * ink  # the ink stays to be seen below its colours
    parts = (np.repeat(255 - 255 * ink, 3, axis=2), paper * (1 - strength) + tone * strength)
    gap = np.full((len(ink), 1, 3), 255.0)
    small = np.concatenate([parts[0], gap, parts[1]], axis=1).round().astype(np.uint8)
    size = (small.shape[1] * zoom, small.shape[0] * zoom)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), np.uint8)
