"""The paper under one digit: its grain and light, and how much darker the ink is than it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.grey import Grey

Ink = Literal["auto", "dark", "light"]

_GRID = (0.125, 0.375, 0.625, 0.875)
"""Where the light is sampled, as shares of height and width."""
_EVEN_LIGHT = 0.2
"""Share of a picture's contrast by which evenly lit paper may vary."""
_GREYS = np.arange(256.0)


@dataclass(frozen=True)
class Paper:
    """A picture of dark ink on paper of one level, uint8 (H, W), and what its greys mean.

    ``table`` (256,) gives a grey's distance from the paper in grey levels, falling as the grey
    rises; ``distances`` (256,) counts the pixels at each distance. So what follows is worked out
    on 256 numbers, and done to the picture in one pass.
    """

    picture: Grey
    table: Grey
    distances: npt.NDArray[np.float64]


def measure_noise(grey: Grey) -> float:
    """Standard deviation of a picture's grain in grey levels.

    The median of absolute second differences, which a few strokes do not move: for Gaussian
    noise of deviation s, [1, -2, 1] gives s * sqrt(6), and the median of its absolute is 0.6745.
    """
    if min(grey.shape) < 16:
        return 0.0
    lines = grey[:: max(1, grey.shape[0] // 32)]
    if 4 * cv2.countNonZero(lines[:, 1:] - lines[:, :-1]) < lines.size - 2 * len(lines):
        return 0.0  # clean paper: two differences make a second one, so most of those are 0
    lines = lines.astype(np.int16)
    second = np.abs(lines[:, :-2] - 2 * lines[:, 1:-1] + lines[:, 2:])
    return float(np.median(second)) / (0.6745 * 6**0.5)


def take_paper(grey: Grey, ink: Ink, grain: float) -> Paper:
    """How much darker each pixel is than the paper around it (grey levels), light ink turned dark.

    Evenly lit paper is one level, whatever the width of the strokes on it. Shaded paper is the
    closing of the picture: dark strokes narrower than the window vanish from it, shading does
    not. The window is a third of the picture, wider than the strokes of a digit written on it.
    """
    smooth = as_grey(cv2.blur(grey, (3, 3)))
    darkest, lightest, _, _ = cv2.minMaxLoc(smooth)
    tolerance = _EVEN_LIGHT * (lightest - darkest) + 2.0 * grain
    counts = _count_greys(grey)
    light, level = _find_paper(grey, smooth, ink, tolerance, counts)
    if light:
        grey, smooth = as_grey(cv2.bitwise_not(grey)), as_grey(cv2.bitwise_not(smooth))
        counts = counts[::-1]
    if level is None:
        paper = cv2.resize(_closing(_reduce(smooth)), (grey.shape[1], grey.shape[0]))
        # What is left on it when it is all white.
        grey = as_grey(cv2.bitwise_not(cv2.subtract(paper, grey)))
        counts, level = _count_greys(grey), 255.0
    table = (round(level) - _GREYS).clip(0, 255).astype(np.uint8)
    distances = np.bincount(table, weights=counts, minlength=256).astype(np.float64, copy=False)
    return Paper(grey, table, distances)


def _find_paper(
    grey: Grey, smooth: Grey, ink: Ink, tolerance: float, counts: npt.NDArray[np.float64]
) -> tuple[bool, float | None]:
    """Whether the ink is light, and its paper's level if that is lit evenly, seen as dark ink's."""
    turned = as_grey(cv2.bitwise_not(smooth))
    if ink != "auto":
        light = ink == "light"
        return light, _even_level(turned if light else smooth, tolerance)
    behind_dark = _even_level(smooth, tolerance)
    if behind_dark is not None and not _paper_is_dark(grey, counts):
        return False, behind_dark
    behind_light = _even_level(turned, tolerance)
    if behind_dark is not None:
        return True, behind_light
    if behind_light is None:
        return _strokes_are_light(smooth), None
    return (True, behind_light) if _paper_is_dark(grey, counts) else (False, None)


def split_levels(
    counts: npt.NDArray[np.float64],
) -> tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Otsu's threshold of a histogram (256,), and its running counts and sums of levels.

    N. Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    below = counts.cumsum()
    below_sum = (counts * _GREYS).cumsum()
    product = below * (below[-1] - below)
    between = below_sum[-1] * below / below[-1] - below_sum
    between = np.where(product > 0, between * between / np.maximum(product, 1e-9), -1.0)
    return int(between.argmax()), below, below_sum


def _count_greys(grey: Grey) -> npt.NDArray[np.float64]:
    # Clean paper has one grey, often the lightest: what surrounds the ink need not be looked at.
    _, lightest, _, _ = cv2.minMaxLoc(grey)
    darker = cv2.threshold(grey, lightest - 1, 255, cv2.THRESH_BINARY_INV)[1]
    x, y, w, h = cv2.boundingRect(darker)
    inner = np.ascontiguousarray(grey[y : y + h, x : x + w])
    counts = np.zeros(256)
    if w > 0:
        counts += cv2.calcHist([inner], [0], None, [256], [0, 256]).ravel()
    counts[int(lightest)] += grey.size - inner.size
    return counts


def _even_level(smooth: Grey, tolerance: float) -> float | None:
    """The level of the paper behind dark ink if it is lit evenly, None if not.

    Each block's brightest spot is its paper; a quarter of the blocks may be all ink.
    """
    height, width = smooth.shape
    reach_y, reach_x = (height // 4 | 1) // 2, (width // 4 | 1) // 2
    rows = [
        cv2.reduce(smooth[max(0, y - reach_y) : y + reach_y + 1], 0, cv2.REDUCE_MAX)
        for y in (int(height * share) for share in _GRID)
    ]
    bright = cv2.dilate(np.concatenate(rows), np.ones((1, 2 * reach_x + 1), np.uint8))
    columns = [int(width * share) for share in _GRID]
    samples = sorted(bright[:, columns].ravel().tolist())
    middle = len(samples) // 2
    even = samples[-1] - samples[len(samples) // 4] <= tolerance
    return 0.5 * (samples[middle - 1] + samples[middle]) if even else None


def _paper_is_dark(grey: Grey, counts: npt.NDArray[np.float64]) -> bool:
    """Whether the darker of the two tones of an evenly lit picture is its paper.

    Paper covers most of the area and most of the frame's edge. Both are asked, since a thick
    digit cut tight can fill the area and a neighbour's stroke or a dark margin the edge.
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    lightest = int(counts.nonzero()[0][-1])  # above any threshold that splits the picture
    light = counts[lightest] / grey.size + np.count_nonzero(edge == lightest) / len(edge)
    if light >= 1.0 and counts[lightest] < grey.size:  # plain white paper, most often
        return False
    threshold, below, _ = split_levels(counts)
    dark = float(np.count_nonzero(edge <= threshold))
    return bool(below[threshold] / below[-1] + dark / len(edge) > 1.0)


def _strokes_are_light(smooth: Grey) -> bool:
    """Whether a shaded picture's thin structures are lighter than what surrounds them."""
    small = _reduce(smooth)
    turned = as_grey(cv2.bitwise_not(small))
    # An eighth of the picture: wider than a stroke, narrower than the paper inside a loop.
    # Right for 99.9 % of shaded digits; a sixth for 98.6 %, whose loops it takes for strokes.
    dark = cv2.subtract(_closing(small, 8), small).astype(np.float64)
    light = cv2.subtract(_closing(turned, 8), turned).astype(np.float64)
    # Squares, so that few strong strokes outweigh the grain that both see.
    return bool((light**2).sum() > (dark**2).sum())


def _reduce(grey: Grey, side: int = 48) -> Grey:
    reduction = side / max(grey.shape)
    if reduction >= 1.0:
        return grey
    height, width = grey.shape
    size = (max(1, round(width * reduction)), max(1, round(height * reduction)))
    return as_grey(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _closing(grey: Grey, part: int = 3) -> Grey:
    """The picture without its dark strokes: closed with a window of 1/part of its side."""
    window = max(3, max(grey.shape) // part | 1)
    padded = cv2.copyMakeBorder(grey, window, window, window, window, cv2.BORDER_REPLICATE)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (window, window))
    paper = cv2.blur(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel), (window // 2 | 1,) * 2)
    return as_grey(paper[window:-window, window:-window])


def as_grey(made: npt.ArrayLike) -> Grey:
    """What OpenCV made of a uint8 picture, which its types call any number."""
    return np.asarray(made, np.uint8)
