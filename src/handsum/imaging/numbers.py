"""A grey crop with one number somewhere in it to a strip of ink 48 pixels high.

The same code for training and reading: paper, shading and dark margins away, polarity turned,
the line of writing found (not the rows above and below, not rules, borders or print), scaled to
one height, and its darkest strokes brought to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.number_line import Line, find_line
from handsum.imaging.percentile import percentile
from handsum.readings import Box

NUMBERS_VERSION = 1
"""Raised whenever the same crop would come out different; bundles say which they learned with."""

Grey = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.float32]


@dataclass(frozen=True)
class NumberConfig:
    """Geometry and limits of the preparation, in pixels unless said otherwise."""

    height: int = 48
    """Of the strip that the net reads."""
    line: float = 34.0
    """Height that the found line of writing gets in it."""
    max_width: int = 960
    min_width: int = 32
    work_height: int = 320
    """Taller crops are reduced to this first."""
    work_width: int = 1600
    search_height: int = 144
    """To which a crop is reduced for finding the line in it."""
    max_scale: float = 6.0
    """Smaller writing is not enlarged further; it would be specks."""
    min_contrast: float = 0.10
    """Ink darker than paper by less than this share of the paper's brightness counts as paper."""


@dataclass(frozen=True)
class PreparedNumber:
    """``ink`` is float32 (height, W), 0 paper to 1 ink, W a multiple of 4.

    ``scale`` prepared pixels are one pixel of the crop, whose point (``x0``, ``y0``) is the
    strip's corner; ``contrast`` is how much darker than paper the ink was, 0 to 1.
    """

    ink: Ink
    scale: float
    x0: float
    y0: float
    contrast: float

    def to_crop(self, x_start: float, x_end: float, shape: tuple[int, int]) -> Box:
        """The box in a crop of ``shape`` (H, W) of the columns from x_start to x_end."""
        height, width = shape
        left = int(np.clip(np.floor(self.x0 + x_start / self.scale), 0, width - 1))
        right = int(np.clip(np.ceil(self.x0 + x_end / self.scale), left + 1, width))
        top = int(np.clip(np.floor(self.y0), 0, height - 1))
        foot = int(np.clip(np.ceil(self.y0 + self.ink.shape[0] / self.scale), top + 1, height))
        return left, top, right, foot


def prepare_number(
    grey: Grey,
    polarity: Literal["auto", "dark", "light"] = "auto",
    config: NumberConfig = NumberConfig(),
) -> PreparedNumber:
    """Bring a uint8 (H, W) grey crop to the strip that the nets read."""
    height, width = grey.shape
    reduction = min(1.0, config.work_height / height, config.work_width / width)
    if reduction < 1.0:
        size = (max(4, round(width * reduction)), max(4, round(height * reduction)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    if polarity == "light" or (polarity == "auto" and _strokes_are_light(grey)):
        grey = np.asarray(cv2.bitwise_not(grey), np.uint8)
    ink = take_paper_away(grey)
    line = find_line(ink, config.search_height, config.min_contrast)
    return _cut(ink, line, reduction, config)


def cut_strip(
    ink: Ink, line: tuple[float, float, float, float], config: NumberConfig = NumberConfig()
) -> PreparedNumber:
    """The strip of a number that is known to stand at ``line`` (x0, y0, x1, y1) of ink (H, W)."""
    return _cut(ink, Line(*line), 1.0, config)


def take_paper_away(grey: Grey) -> Ink:
    """How much darker than its paper each pixel is, as a share of the paper: float32 (H, W).

    The paper is a closing of the reduced picture with a window wider than strokes and narrower
    than dark margins, which thus count as paper, then blurred.
    """
    h, w = grey.shape
    factor = min(1.0, 64.0 / min(h, w))
    small = cv2.resize(
        grey, (max(4, round(w * factor)), max(4, round(h * factor))), interpolation=cv2.INTER_AREA
    )
    window = max(5, int(0.4 * min(small.shape)) | 1)
    kernel = np.ones((window, window), np.uint8)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    paper = cv2.blur(paper, (max(3, window // 3 | 1),) * 2)
    full = cv2.resize(paper, (w, h), interpolation=cv2.INTER_LINEAR)
    # The difference saturates at 0, so that the quotient needs no bounds.
    ink = cv2.divide(cv2.subtract(full, grey), np.maximum(full, np.uint8(96)), dtype=cv2.CV_32F)
    return np.asarray(ink, np.float32)


def _strokes_are_light(grey: Grey) -> bool:
    """Whether the darker of two tones is the paper, and thin structures are lighter than it.

    The darker tone must be most of the crop and of its edge, so that neither a dark margin nor
    the white inside loops of thick strokes turns a crop around: dark ink is the rule.
    """
    small = _reduce(grey, 96)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if 1.0 - cv2.countNonZero(bright) / bright.size < 0.62:
        return False
    edge = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]]) == 0
    if float(edge.mean()) < 0.6:
        return False
    window = max(5, min(small.shape) // 6 | 1)
    kernel = np.ones((window, window), np.uint8)
    hollow = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel).astype(np.float64)
    raised = cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel).astype(np.float64)
    # Squares, so that few strong strokes outweigh grain.
    return bool((raised**2).sum() > 0.45 * (hollow**2).sum())


def _reduce(grey: Grey, side: int) -> Grey:
    factor = side / min(grey.shape)
    if factor >= 1.0:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def _cut(ink: Ink, line: Line | None, reduction: float, config: NumberConfig) -> PreparedNumber:
    """The strip around a line, scaled; the whole crop where no line was found."""
    h, w = ink.shape
    found = line or Line(0.0, 0.0, float(w), float(h))
    tall = max(4.0, found.y1 - found.y0)
    aim = config.line if line else float(config.height)
    scale = min(config.max_scale, aim / tall)
    half = config.height / scale / 2
    middle = (found.y0 + found.y1) / 2
    side = 0.45 * config.line / scale
    x0, x1 = max(-side, found.x0 - side), min(w + side, found.x1 + side)
    scale = min(scale, config.max_width / (x1 - x0))
    half = config.height / scale / 2
    width = max(config.min_width, int(np.ceil((x1 - x0) * scale / 4)) * 4)
    x0 -= (width / scale - (x1 - x0)) / 2
    y0 = middle - half
    if scale < 0.6:  # average before sampling, or thin strokes are lost
        factor = scale / 0.6
        small = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        fx, fy = small.shape[1] / w, small.shape[0] / h
    else:
        small, fx, fy = ink, 1.0, 1.0
    # Pixel centres: output u shows the working picture at (u + 0.5) / scale + x0 - 0.5.
    sx, sy = fx / scale, fy / scale
    matrix = np.array(
        [[sx, 0, (0.5 / scale + x0) * fx - 0.5], [0, sy, (0.5 / scale + y0) * fy - 0.5]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    strip = np.asarray(
        cv2.warpAffine(small, matrix, (width, config.height), flags=flags), np.float32
    )
    level = _ink_level(strip, config)
    ink = np.clip(strip / level, 0.0, 1.0).astype(np.float32)
    return PreparedNumber(ink, scale * reduction, x0 / reduction, y0 / reduction, level)


def _ink_level(strip: Ink, config: NumberConfig) -> float:
    """How dark full strokes are: the upper quarter of what is clearly ink."""
    strokes = strip[strip > max(config.min_contrast, 0.35 * percentile(strip[::2, ::2], 99.5))]
    if len(strokes) < 12:
        return 2.0 * config.min_contrast
    return max(2.0 * config.min_contrast, percentile(strokes, 70.0))
