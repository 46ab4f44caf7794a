"""A grey picture of one digit to a small ink-high picture, the same for training and reading.

The target is MNIST's own geometry (LeCun, Cortes, Burges): the ink scaled so that its longer side
is 20 pixels, its centre of mass in the middle of 28 x 28. An MNIST picture passes unchanged, and
everything else is brought to look like one: paper and shading taken away, polarity turned, specks
and strokes of neighbours at the frame dropped, hair-thin strokes widened.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.grey import Grey
from handsum.imaging.paper import Ink, Paper, as_grey, measure_noise, split_levels, take_paper
from handsum.readings import Box

IMAGING_VERSION = 1
"""Raised when a picture would come out different; bundles say which one they learned with."""


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


_TOUCHING = np.ones((3, 3), np.uint8)


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
        grey = as_grey(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    if min(grey.shape) < 3:  # no digit has room in it
        return _blank(height, width, 0.0, config)

    noise = measure_noise(grey)
    if noise > 2.5:  # grain would split into ink and paper of its own
        grey = as_grey(cv2.GaussianBlur(grey, (3, 3) if noise < 7 else (5, 5), 0))
        noise *= 0.4  # what such a blur leaves of white noise
    paper = take_paper(grey, ink, noise)
    levels = _find_levels(paper.distances, noise)
    contrast = levels.ink - levels.paper
    if contrast < max(config.min_contrast, config.min_separation * levels.noise):
        return _blank(height, width, contrast, config)
    found = _digit_mask(paper, levels)
    if found is None:
        return _blank(height, width, contrast, config)

    mask, left, top = found
    seen = paper.picture[top : top + mask.shape[0], left : left + mask.shape[1]]
    soft = as_grey(cv2.LUT(seen, _soft_ink(paper.table, levels)))
    # The soft edge of a stroke lies outside its mask: keep what touches it, and nothing else.
    soft = as_grey(cv2.min(soft, cv2.dilate(mask, _TOUCHING)))
    x0, y0, w, h = _inked(soft)
    if w == 0:  # what is left of the ink is fainter than what was dropped
        return _blank(height, width, contrast, config)
    box = (
        int((left + x0) / reduction),
        int((top + y0) / reduction),
        min(width, round((left + x0 + w) / reduction)),
        min(height, round((top + y0 + h) / reduction)),
    )
    scale = config.ink_side / max(w, h)
    depth = cv2.sumElems(cv2.distanceTransform(mask, cv2.DIST_L2, 3))[0] / cv2.countNonZero(mask)
    stroke = 4.0 * depth * scale
    soft, x0, y0, w, h = _widen(soft, (x0, y0, w, h), stroke, config)
    small = _shrink(soft[y0 : y0 + h, x0 : x0 + w], config)
    return NormalizedDigit(_centre(small, config), box, False, float(contrast), float(stroke))


def _blank(height: int, width: int, contrast: float, config: NormalizeConfig) -> NormalizedDigit:
    empty = np.zeros((config.size, config.size), np.uint8)
    return NormalizedDigit(empty, (0, 0, width, height), True, float(max(contrast, 0.0)), 0.0)


def _find_levels(distances: npt.NDArray[np.float64], grain: float) -> _Levels:
    """Otsu's threshold between paper and ink, kept clear of the paper's own noise.

    The paper's level and noise are the median and the spread below it, which neither ink nor
    the grey edges of strokes move; Otsu alone would split noise where there is little ink.
    """
    otsu, below, below_sum = split_levels(distances)
    paper_level = float(below.searchsorted(0.5 * below[otsu]))
    noise = max(grain, paper_level - float(below.searchsorted(0.16 * below[otsu])))
    threshold = min(max(otsu, round(paper_level + 3.0 * noise)), 254)
    count = below[-1] - below[threshold]
    ink_level = float((below_sum[-1] - below_sum[threshold]) / count) if count else paper_level
    # Most pixels of a stroke are at its full level, some are its soft edge: three quarters up.
    full = below.searchsorted(below[-1] - 0.25 * count)
    return _Levels(float(threshold), paper_level, noise, max(ink_level, float(full)))


def _soft_ink(distance: Grey, levels: _Levels) -> Grey:
    """Distances stretched so that noise of the paper is 0 and the ink's own level 255."""
    low = levels.paper + 2.5 * levels.noise
    gain = 255.0 / max(levels.ink - low, 1.0)
    return as_grey(cv2.convertScaleAbs(cv2.subtract(distance, np.array([low])), alpha=gain))


def _inked(soft: Grey) -> tuple[int, int, int, int]:
    """The rectangle (x, y, w, h) of what is not paper."""
    x, y, w, h = cv2.boundingRect(cv2.threshold(soft, 24, 1, cv2.THRESH_BINARY)[1])
    return x, y, w, h


def _digit_mask(paper: Paper, levels: _Levels) -> tuple[Grey, int, int] | None:
    """The digit's pixels as 255, cut out with a pixel of margin, and the cut's left and top.

    None if there is no digit.
    """
    greys = int(np.count_nonzero(paper.table > levels.threshold))  # the darkest so many are ink
    _, whole = cv2.threshold(paper.picture, greys - 1, 255, cv2.THRESH_BINARY_INV)
    x, y, w, h = cv2.boundingRect(whole)
    if w == 0:
        return None
    left, top = max(0, x - 1), max(0, y - 1)
    cut = as_grey(whole[top : y + h + 1, left : x + w + 1])
    mask = _drop_strays(cut, left, top, paper.picture.shape)
    return None if mask is None else (mask, left, top)


def _drop_strays(mask: Grey, left: int, top: int, frame: tuple[int, ...]) -> Grey | None:
    """The digit's own components: specks, margins and neighbours' strokes at the frame go.

    ``mask`` (H, W) is a cut at ``left``, ``top`` out of a ``frame`` (height, width). The main
    component is the one with most ink near the middle. Another one is dropped if it is a speck,
    if it lies along an edge of the frame that the main one keeps off, or if it is farther away
    than half the main one's height. None if nothing is left.
    """
    height, width = frame
    count, _ = cv2.connectedComponents(mask, connectivity=8)
    if count == 2:  # most often: nothing to choose from
        return mask if cv2.countNonZero(mask) >= 4 else None
    _, names, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x0, y0, w, h, area = stats[1:].T.astype(np.float64)
    x0, y0 = x0 + left, y0 + top
    x1, y1 = x0 + w, y0 + h
    places = (centres[1:] + np.array([left, top])) / (width, height)
    offset = np.abs(places - 0.5).max(axis=1)
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
    return as_grey(np.where(np.concatenate([[False], keep]), 255, 0).astype(np.uint8)[names])


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
    soft = as_grey(wide)
    return soft, *_inked(soft)


def _shrink(ink: Grey, config: NormalizeConfig) -> Grey:
    """The cut-out ink with its longer side at ``ink_side`` and its darkest strokes at 255."""
    h, w = ink.shape
    scale = config.ink_side / max(h, w)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    if size != (w, h):
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        ink = as_grey(cv2.resize(ink, size, interpolation=interpolation))
    strokes = np.sort(ink[ink > 32])
    # The darkest fifth, counted from the end.
    peak = float(strokes[-len(strokes) // 5]) if len(strokes) else 255.0
    return as_grey(cv2.convertScaleAbs(ink, alpha=min(4.0, 255.0 / max(peak, 1.0))))


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
