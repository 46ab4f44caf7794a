"""A grey picture of one digit to a small ink-high picture, the same for training and reading.

The target is MNIST's own geometry (LeCun, Cortes, Burges): the ink scaled so that its longer side
is 20 pixels, its centre of mass in the middle of 28 x 28. An MNIST picture passes unchanged, and
everything else is brought to look like one: paper and shading taken away, polarity turned, specks
and strokes of neighbours at the frame dropped, hair-thin strokes widened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from handsum.readings import Box

IMAGING_VERSION = 1
"""Raised when a picture would come out different; bundles say which one they learned with."""

Grey = npt.NDArray[np.uint8]
Ink = Literal["auto", "dark", "light"]


@dataclass(frozen=True)
class NormalizeConfig:
    """Geometry and limits of the normalisation, in pixels unless said otherwise."""

    size: int = 28
    ink_side: int = 20
    work_side: int = 128
    """Larger pictures are reduced to this longer side first; the digit keeps enough of it."""
    min_contrast: float = 14.0
    """Grey levels between paper and ink under which a picture counts as blank."""
    min_separation: float = 4.5
    """Contrast in standard deviations of the paper's noise under which a picture is blank."""
    min_stroke: float = 1.9
    """Thinner strokes (in target pixels) are widened to this."""


@dataclass(frozen=True)
class NormalizedDigit:
    """``ink`` is uint8 (size, size), 0 paper to 255 ink, all zero where ``blank``.

    ``box`` is where the kept ink stands on the picture that was given, ``contrast`` its distance
    from the paper in grey levels, ``stroke`` the stroke width in target pixels before widening.
    """

    ink: Grey
    box: Box
    blank: bool
    contrast: float
    stroke: float


_GRID = np.array([0.125, 0.375, 0.625, 0.875])
"""Where the light is sampled, as shares of height and width."""
_EVEN_LIGHT = 0.2
"""Share of a picture's contrast by which evenly lit paper may vary."""


@dataclass(frozen=True)
class _Levels:
    """Where paper ends and ink begins in a picture of distances from the paper, grey levels."""

    threshold: float
    paper: float
    noise: float
    ink: float


def normalize(
    grey: Grey,
    ink: Ink = "auto",
    config: NormalizeConfig = NormalizeConfig(),
) -> NormalizedDigit:
    """Bring one digit, a uint8 (H, W) grey picture, to the geometry that the nets read.

    ``ink`` says whether it is darker or lighter than the paper; "auto" finds out.
    """
    height, width = grey.shape
    reduction = min(1.0, config.work_side / max(height, width))
    if reduction < 1.0:
        size = (max(1, round(width * reduction)), max(1, round(height * reduction)))
        grey = _as_grey(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    if min(grey.shape) < 3:  # no digit has room in it
        return _blank(height, width, 0.0, config)

    noise = _noise(grey)
    if noise > 2.5:  # grain would split into ink and paper of its own
        grey = _as_grey(cv2.GaussianBlur(grey, (3, 3) if noise < 7 else (5, 5), 0))
        noise *= 0.4  # what such a blur leaves of white noise
    distance = _distance_from_paper(grey, ink, noise)
    levels = _find_levels(distance, noise)
    contrast = levels.ink - levels.paper
    if contrast < max(config.min_contrast, config.min_separation * levels.noise):
        return _blank(height, width, contrast, config)
    mask = _drop_strays((distance > levels.threshold).astype(np.uint8))
    if mask is None:
        return _blank(height, width, contrast, config)

    soft = _soft_ink(distance, levels)
    # The soft edge of a stroke lies outside its mask: keep what touches it, and nothing else.
    touched = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    soft = _as_grey(cv2.bitwise_and(soft, soft, mask=touched))
    x0, y0, w, h = cv2.boundingRect((soft > 24).astype(np.uint8))
    if w == 0:  # what is left of the ink is fainter than what was dropped
        return _blank(height, width, contrast, config)
    box = (
        int(x0 / reduction),
        int(y0 / reduction),
        min(width, round((x0 + w) / reduction)),
        min(height, round((y0 + h) / reduction)),
    )
    scale = config.ink_side / max(w, h)
    stroke = 4.0 * cv2.mean(cv2.distanceTransform(mask, cv2.DIST_L2, 3), mask=mask)[0] * scale
    soft, x0, y0, w, h = _widen(soft, (x0, y0, w, h), stroke, config)
    small = _shrink(soft[y0 : y0 + h, x0 : x0 + w], config)
    return NormalizedDigit(_centre(small, config), box, False, float(contrast), float(stroke))


def _as_grey(made: npt.ArrayLike) -> Grey:
    """What OpenCV made of a uint8 picture, which its types call any number."""
    return np.asarray(made, np.uint8)


def _blank(height: int, width: int, contrast: float, config: NormalizeConfig) -> NormalizedDigit:
    empty = np.zeros((config.size, config.size), np.uint8)
    return NormalizedDigit(empty, (0, 0, width, height), True, float(max(contrast, 0.0)), 0.0)


def _noise(grey: Grey) -> float:
    """Standard deviation of a picture's grain in grey levels.

    The median of absolute second differences, which a few strokes do not move: for Gaussian
    noise of deviation s, [1, -2, 1] gives s * sqrt(6), and the median of its absolute is 0.6745.
    """
    if min(grey.shape) < 16:
        return 0.0
    lines = grey[:: max(1, grey.shape[0] // 32)].astype(np.int16)
    second = np.abs(lines[:, :-2] - 2 * lines[:, 1:-1] + lines[:, 2:])
    return float(np.median(second)) / (0.6745 * 6**0.5)


def _distance_from_paper(grey: Grey, ink: Ink, grain: float) -> Grey:
    """How much darker each pixel is than the paper around it (grey levels), light ink turned dark.

    Evenly lit paper is one level, whatever the width of the strokes on it. Shaded paper is the
    closing of the picture: dark strokes narrower than the window vanish from it, shading does
    not. The window is a third of the picture, wider than the strokes of a digit written on it.
    """
    height, width = grey.shape
    smooth = _as_grey(cv2.blur(grey, (3, 3)))
    darkest, lightest, _, _ = cv2.minMaxLoc(smooth)
    tolerance = _EVEN_LIGHT * (lightest - darkest) + 2.0 * grain
    level = {side: _even_level(smooth, side, tolerance) for side in ("dark", "light")}
    if ink == "auto":
        even = level["dark"] is not None or level["light"] is not None
        light = _paper_is_dark(grey) if even else _strokes_are_light(smooth)
        ink = "light" if light else "dark"
    paper_level = level[ink]
    if ink == "light":
        grey, smooth = _as_grey(cv2.bitwise_not(grey)), _as_grey(cv2.bitwise_not(smooth))
    if paper_level is not None:
        return _as_grey(cv2.subtract(np.array([paper_level]), grey))
    paper = cv2.resize(_closing(_reduce(smooth)), (width, height))
    return _as_grey(cv2.subtract(paper, grey))


def _even_level(smooth: Grey, ink: str, tolerance: float) -> float | None:
    """The paper's one level if it is lit evenly, None if not, as seen behind ``ink``.

    Each block's brightest spot is its paper; a quarter of the blocks may be all ink. For light
    ink everything is inverted, the level too.
    """
    height, width = smooth.shape
    block = cv2.getStructuringElement(cv2.MORPH_RECT, (width // 4 | 1, height // 4 | 1))
    paper = cv2.dilate(smooth if ink == "dark" else cv2.bitwise_not(smooth), block)
    rows, columns = (height * _GRID).astype(int), (width * _GRID).astype(int)
    samples = np.sort(paper[rows[:, None], columns].ravel())
    even = float(samples[-1]) - float(samples[len(samples) // 4]) <= tolerance
    return float(np.median(samples)) if even else None


def _paper_is_dark(grey: Grey) -> bool:
    """Whether the darker of the two tones of an evenly lit picture is its paper.

    Paper covers most of the area and most of the frame's edge. Both are asked, since a thick
    digit cut tight can fill the area and a neighbour's stroke or a dark margin the edge.
    """
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    dark = grey <= threshold
    edge = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    return bool(dark.mean() + edge.mean() > 1.0)


def _strokes_are_light(smooth: Grey) -> bool:
    """Whether a shaded picture's thin structures are lighter than what surrounds them."""
    small = _reduce(smooth)
    turned = _as_grey(cv2.bitwise_not(small))
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
    return _as_grey(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _closing(grey: Grey, part: int = 3) -> Grey:
    """The picture without its dark strokes: closed with a window of 1/part of its side."""
    window = max(3, max(grey.shape) // part | 1)
    padded = cv2.copyMakeBorder(grey, window, window, window, window, cv2.BORDER_REPLICATE)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (window, window))
    paper = cv2.blur(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel), (window // 2 | 1,) * 2)
    return _as_grey(paper[window:-window, window:-window])


def _find_levels(distance: Grey, grain: float) -> _Levels:
    """Otsu's threshold between paper and ink, kept clear of the paper's own noise.

    The paper's level and noise are the median and the spread below it, which neither ink nor
    the grey edges of strokes move; Otsu alone would split noise where there is little ink.
    """
    histogram = cv2.calcHist([distance], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    below = np.cumsum(histogram)
    below_sum = np.cumsum(histogram * np.arange(256.0))
    above = below[-1] - below
    between = below_sum[-1] * below / below[-1] - below_sum
    between = np.where(above > 0, between**2 / np.maximum(below * above, 1e-9), -1.0)
    otsu = int(between.argmax())
    paper_level = float(np.searchsorted(below, 0.5 * below[otsu]))
    noise = max(grain, paper_level - float(np.searchsorted(below, 0.16 * below[otsu])))
    threshold = min(max(otsu, round(paper_level + 3.0 * noise)), 254)
    count = below[-1] - below[threshold]
    ink_level = float((below_sum[-1] - below_sum[threshold]) / count) if count else paper_level
    # Most pixels of a stroke are at its full level, some are its soft edge: three quarters up.
    full = np.searchsorted(below, below[-1] - 0.25 * count)
    return _Levels(float(threshold), paper_level, noise, max(ink_level, float(full)))


def _soft_ink(distance: Grey, levels: _Levels) -> Grey:
    """Distances stretched so that noise of the paper is 0 and the ink's own level 255."""
    low = levels.paper + 2.5 * levels.noise
    gain = 255.0 / max(levels.ink - low, 1.0)
    return _as_grey(cv2.convertScaleAbs(cv2.subtract(distance, np.array([low])), alpha=gain))


def _drop_strays(mask: Grey) -> Grey | None:
    """The digit's own components: specks, margins and neighbours' strokes at the frame go.

    The main component is the one with most ink near the middle. Another one is dropped if it is
    a speck, if it lies along an edge of the frame that the main one keeps off, or if it is
    farther away than half the main one's height. None if nothing is left.
    """
    height, width = mask.shape
    count, names, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count == 1:
        return None
    if count == 2:
        return mask if stats[1, cv2.CC_STAT_AREA] >= 4 else None
    x0, y0, w, h, area = stats[1:].T.astype(np.float64)
    x1, y1 = x0 + w, y0 + h
    offset = np.abs(centres[1:] / (width, height) - 0.5).max(axis=1)
    along = ((x0 == 0) | (x1 == width)) & (h > 0.6 * height) & (w < 0.3 * width)
    along |= ((y0 == 0) | (y1 == height)) & (w > 0.6 * width) & (h < 0.3 * height)
    weight = area * np.exp(-((offset / 0.3) ** 2)) * np.where(along, 0.05, 1.0)
    main = int(weight.argmax())
    if area[main] < 4:
        return None
    near, inside = _near(main, np.stack([x0, y0, x1, y1]))
    at_edge = ((x0 == 0) & (x0[main] > 0) & (x1 < 0.4 * width)) | (
        (x1 == width) & (x1[main] < width) & (x0 > 0.6 * width)
    )
    at_edge |= ((y0 == 0) & (y0[main] > 0) & (y1 < 0.4 * height)) | (
        (y1 == height) & (y1[main] < height) & (y0 > 0.6 * height)
    )
    speck = area < np.where(inside, 0.01, 0.03) * area[main]
    keep = near & ~at_edge & ~along & ~speck
    keep[main] = True
    return _as_grey(np.concatenate([[False], keep]).astype(np.uint8)[names])


def _near(
    main: int, boxes: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which boxes (4, n) lie within a third of the digit's extent from it, and which within it.

    The digit is the main component's box, grown once by what is near: a broken stroke's far end
    is near its middle.
    """
    x0, y0, x1, y1 = boxes
    members = np.arange(boxes.shape[1]) == main
    for _ in range(2):
        left, top = x0[members].min(), y0[members].min()
        right, bottom = x1[members].max(), y1[members].max()
        gap_x = np.maximum(np.maximum(left - x1, x0 - right), 0.0)
        gap_y = np.maximum(np.maximum(top - y1, y0 - bottom), 0.0)
        members = np.hypot(gap_x, gap_y) < 0.35 * max(right - left, bottom - top)
    return members, (gap_x == 0) & (gap_y == 0)


def _widen(
    soft: Grey, rect: tuple[int, int, int, int], stroke: float, config: NormalizeConfig
) -> tuple[Grey, int, int, int, int]:
    """Strokes too thin to survive the reduction, widened before it."""
    x0, y0, w, h = rect
    missing = (config.min_stroke - stroke) * max(w, h) / config.ink_side
    if missing < 1.0:
        return soft, x0, y0, w, h
    margin = int(missing / 2) + 1
    padded = cv2.copyMakeBorder(soft, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    side = round(missing) + 1
    wide = cv2.dilate(padded, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    soft = _as_grey(wide)
    x0, y0, w, h = cv2.boundingRect((soft > 24).astype(np.uint8))
    return soft, x0, y0, w, h


def _shrink(ink: Grey, config: NormalizeConfig) -> Grey:
    """The cut-out ink with its longer side at ``ink_side`` and its darkest strokes at 255."""
    h, w = ink.shape
    scale = config.ink_side / max(h, w)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    if size != (w, h):
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        ink = _as_grey(cv2.resize(ink, size, interpolation=interpolation))
    strokes = ink[ink > 32]
    darkest = -len(strokes) // 5  # the darkest fifth, counted from the end
    peak = float(np.partition(strokes, darkest)[darkest]) if len(strokes) else 255.0
    return _as_grey(cv2.convertScaleAbs(ink, alpha=min(4.0, 255.0 / max(peak, 1.0))))


def _centre(ink: Grey, config: NormalizeConfig) -> Grey:
    """The ink placed so that its centre of mass is the middle of the picture."""
    h, w = ink.shape
    moments = cv2.moments(ink)
    mass = max(moments["m00"], 1.0)
    middle = config.size / 2  # as MNIST has it: pixel 14 of 28, not 13.5
    x = min(max(round(middle - moments["m10"] / mass), 0), config.size - w)
    y = min(max(round(middle - moments["m01"] / mass), 0), config.size - h)
    out = np.zeros((config.size, config.size), np.uint8)
    out[y : y + h, x : x + w] = ink
    return out
