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

from handsum.readings import Box

NUMBERS_VERSION = 1
"""Raised whenever the same crop would come out different; bundles say which they learned with."""

_CLEAN = 0.02

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


@dataclass(frozen=True)
class _Line:
    """Where the number's writing stands, in pixels of the working picture."""

    x0: float
    y0: float
    x1: float
    y1: float


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
    line = find_line(ink, config)
    return _cut(ink, line, reduction, config)


def cut_strip(
    ink: Ink, line: tuple[float, float, float, float], config: NumberConfig = NumberConfig()
) -> PreparedNumber:
    """The strip of a number that is known to stand at ``line`` (x0, y0, x1, y1) of ink (H, W)."""
    return _cut(ink, _Line(*line), 1.0, config)


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


def find_line(ink: Ink, config: NumberConfig) -> _Line | None:
    """The line of writing that a crop is about; None where nothing looks like ink.

    Strokes are grouped into lines by their overlap in height. The line with most ink near the
    middle wins; what the crop's edges cut, rules, borders and specks count for little.
    """
    reduction = min(1.0, config.search_height / ink.shape[0])
    if reduction < 1.0:
        ink = np.asarray(
            cv2.resize(ink, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA),
            np.float32,
        )
    h, w = ink.shape
    mask = _binary(ink, config)
    if mask is None:
        return None
    strokes = _without_rules(mask)
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        _closed(strokes), connectivity=8, ltype=_label_type(strokes)
    )
    boxes = stats[1:count].astype(np.float64)
    boxes = boxes[boxes[:, 4] >= max(4.0, 2e-5 * h * w)]
    if len(boxes) == 0:
        return None
    _, y, bw, bh, area = boxes.T
    flat = (bw > 3.0 * bh) & (bh < 0.12 * h + 4)
    upright = _find_uprights(boxes, (h, w))
    weight = area * np.where(flat, 0.03, 1.0) * np.where(upright, 0.02, 1.0)
    weight = weight * _edge_weight(boxes, (h, w))
    seeds = weight * np.exp(-(((y + bh / 2) / h - 0.5) ** 2) / 0.08)
    lines = _group(y, y + bh, np.where(flat, 0.0, weight))
    best = max(lines, key=lambda rows: float(seeds[rows].sum()))
    found = _extent(best, boxes, flat | upright, weight)
    return _Line(*(edge / reduction for edge in (found.x0, found.y0, found.x1, found.y1)))


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


def _binary(ink: Ink, config: NumberConfig) -> Grey | None:
    """What is surely stroke: Otsu between paper's noise and ink, kept within sane limits."""
    smooth = np.asarray(cv2.GaussianBlur(ink, (3, 3), 0), np.float32)
    levels = (smooth * 255).astype(np.uint8)
    noise = _noise(smooth[::2, ::2])
    if float(smooth.max()) < max(config.min_contrast, 2.5 * noise):
        return None
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    # Clean paper bears a low threshold, which keeps thin strokes whole.
    highest = float(np.clip(4.0 * noise, 0.14, 0.22))
    threshold = float(np.clip(otsu / 255, min(highest, max(0.06, 2.0 * noise)), highest))
    strong = smooth > threshold
    # Paler parts count where they hang on something surely written.
    weak = (smooth > max(0.6 * threshold, 1.5 * noise)).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak, connectivity=8, ltype=_label_type(weak))
    held = np.zeros(count, np.uint8)
    held[labels[strong]] = 1
    held[0] = 0
    return np.asarray(held.take(np.asarray(labels, np.intp)), np.uint8)


def _noise(sample: Ink) -> float:
    """The ink that three fifths of the paper stay below; 0 where it is too little to matter.

    Of less than `_CLEAN` not one of `_binary`'s limits depends, and counting is faster.
    """
    below = sample < _CLEAN
    if np.count_nonzero(below) >= 0.6 * sample.size + 2:
        return 0.0
    return _percentile(sample, 60.0)


def _label_type(mask: Grey) -> int:
    """The smallest type that can name all components of a mask: at most one in 2 x 2 pixels."""
    return cv2.CV_16U if mask.size < 4 * 60000 else cv2.CV_32S


def _without_rules(mask: Grey) -> Grey:
    """The mask without straight lines that run through most of the crop.

    Vertical ones go only where they reach from edge to edge: a tight crop's 1 looks the same.
    """
    h, w = mask.shape
    limit = max(5, int(0.09 * h))
    long = max(24, int(0.45 * w))
    strokes = mask
    rules = (
        _lines(cv2.dilate(mask, np.ones((3, 1), np.uint8)), long, 1, limit) if long < w else None
    )
    if rules is not None:
        strokes = np.asarray(cv2.subtract(strokes, rules), np.uint8)
    bars = _lines(cv2.dilate(mask, np.ones((1, 3), np.uint8)), int(0.9 * h), 0, limit)
    if bars is not None:
        strokes = np.asarray(cv2.subtract(strokes, bars), np.uint8)
    if rules is None:
        return strokes
    # Strokes that go on beyond a rule that crosses them are whole again.
    across = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((limit + 4, 1), np.uint8))
    return np.asarray(cv2.bitwise_or(strokes, cv2.bitwise_and(across, rules)), np.uint8)


def _lines(mask: cv2.typing.MatLike, long: int, axis: int, limit: int) -> Grey | None:
    """Lines along ``axis`` of at least ``long`` pixels, thicker ones than ``limit`` left out.

    None where there are none. Beyond the edges a line goes on as far as anybody knows, so that
    half of it is enough there. Only rows (or columns) are looked at in which so many of every
    few pixels follow each other.
    """
    step = max(1, long // 16)
    need = np.ones((1, long // 2 // step) if axis == 1 else (long // 2 // step, 1), np.uint8)
    few = np.ascontiguousarray(mask[:, ::step] if axis == 1 else mask[::step])
    follow = cv2.erode(few, need, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rows = np.flatnonzero(follow.any(axis=axis))
    if not len(rows):
        return None
    found = np.zeros_like(mask)
    if axis == 1:
        found[rows] = _open(mask[rows], 1, long)
        thick = _open(found, limit + 1, 1)
    else:
        found[:, rows] = _open(np.ascontiguousarray(mask[:, rows]), long, 1)
        thick = _open(found, 1, limit + 1)
    # What is thicker than the limit is a stroke or a margin, no rule.
    lines = np.asarray(cv2.subtract(found, thick), np.uint8)
    return lines if lines.any() else None


def _open(mask: cv2.typing.MatLike, height: int, width: int) -> Grey:
    kernel = np.ones((height, width), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8)


def _closed(mask: Grey) -> Grey:
    """Gaps of a pixel or two bridged: broken strokes and what a rule's removal cut."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8)), np.uint8)


def _find_uprights(boxes: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Components that are borders, or the 1 of a tight crop: they count where nothing else does."""
    h, w = shape
    _, _, bw, bh, area = boxes.T
    bar = (bh > 0.5 * h) & (bw < 0.3 * bh) & (area < 0.05 * w * bh)
    bar |= (bh > 0.25 * h) & (bw < 0.12 * bh)
    bar |= (bh > 0.55 * h) & (bw < 0.22 * bh)  # the shadow at a sheet's edge is thick
    # The frame of a cell, as far as it hangs together: large, and almost empty.
    frame = (bh > 0.5 * h) & (bw > 0.3 * w) & (area < 0.08 * bw * bh)
    return np.asarray(bar | frame)


def _edge_weight(boxes: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Little weight for what the crop's upper or lower edge cuts, and for bars along an edge."""
    h, w = shape
    x, y, bw, bh, _ = boxes.T
    above, below = y <= 1, y + bh >= h - 1
    cut = (above & (y + bh < 0.42 * h)) | (below & (y > 0.58 * h))
    bar = ((x <= 1) | (x + bw >= w - 1)) & (bh > 0.7 * h) & (bw < 0.25 * bh)
    flat_bar = (above | below) & (bw > 0.7 * w) & (bh < 0.15 * h)
    return np.where(cut, 0.08, 1.0) * np.where(bar | flat_bar, 0.02, 1.0)


def _group(
    tops: npt.NDArray[np.float64], feet: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.intp]]:
    """Lines as rows of components: each joins the first line that it overlaps by half."""
    lines: list[tuple[float, float, list[int]]] = []
    for i in np.argsort(-weight * (feet - tops)):
        top, foot = float(tops[i]), float(feet[i])
        for k, (a, b, rows) in enumerate(lines):
            overlap = min(b, foot) - max(a, top)
            if overlap > 0.5 * min(b - a, foot - top):
                rows.append(int(i))
                # Only a component of about a line's own height and weight may stretch the line.
                if foot - top < 1.6 * (b - a) and weight[i] > 0.05 * weight[rows[0]]:
                    lines[k] = (min(a, top), max(b, foot), rows)
                break
        else:
            lines.append((top, foot, [int(i)]))
    return [np.array(rows, dtype=np.intp) for _, _, rows in lines]


def _extent(
    rows: npt.NDArray[np.intp],
    boxes: npt.NDArray[np.float64],
    ruled: npt.NDArray[np.bool_],
    weight: npt.NDArray[np.float64],
) -> _Line:
    """The box of a line's components, without rules and specks unless there is nothing else."""
    x, y, w, h, _ = boxes[rows].T
    solid = ~ruled[rows] & (weight[rows] > 0.05 * weight[rows].max())
    tall = solid & (h > 0.35 * h[solid].max()) if solid.any() else solid
    core = tall if tall.any() else np.ones(len(rows), bool)
    y0, y1 = float(y[core].min()), float((y + h)[core].max())
    tall_line = y1 - y0
    # Sideways everything of the line's own height range counts, marks and separators too.
    near = (y + h > y0 - 0.1 * tall_line) & (y < y1 + 0.35 * tall_line) & (h < 2.0 * tall_line)
    # A border may be a 1, if it stands as close as digits do.
    close = core | ~ruled[rows]
    x0, x1 = _connected_span(x[near & close], w[near & close], x[core], w[core], 2.6 * tall_line)
    x0, x1 = _connected_span(x[near], w[near], np.array([x0]), np.array([x1 - x0]), 0.6 * tall_line)
    return _Line(x0, y0, x1, y1)


def _connected_span(
    starts: npt.NDArray[np.float64],
    widths: npt.NDArray[np.float64],
    core_starts: npt.NDArray[np.float64],
    core_widths: npt.NDArray[np.float64],
    gap: float,
) -> tuple[float, float]:
    """Left and right end of what lies within ``gap`` of the widest part of the core, chained."""
    widest = int(np.argmax(core_widths))
    x0, x1 = float(core_starts[widest]), float((core_starts + core_widths)[widest])
    changed = True
    while changed:
        near = (starts < x1 + gap) & (starts + widths > x0 - gap)
        new = (
            float(starts[near].min(initial=x0)),
            float((starts + widths)[near].max(initial=x1)),
        )
        changed = new != (x0, x1)
        x0, x1 = new
    return x0, x1


def _cut(ink: Ink, line: _Line | None, reduction: float, config: NumberConfig) -> PreparedNumber:
    """The strip around a line, scaled; the whole crop where no line was found."""
    h, w = ink.shape
    found = line or _Line(0.0, 0.0, float(w), float(h))
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
    strokes = strip[strip > max(config.min_contrast, 0.35 * _percentile(strip[::2, ::2], 99.5))]
    if len(strokes) < 12:
        return 2.0 * config.min_contrast
    return max(2.0 * config.min_contrast, _percentile(strokes, 70.0))


def _percentile(values: Ink, q: float) -> float:
    """What np.percentile says of float32 values, to the bit, for a sixth of its time."""
    ordered = np.sort(values, axis=None)
    place = (len(ordered) - 1) * (q / 100)
    low = int(place)
    a, b = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    share = place - low
    return float(b - (b - a) * (1 - share) if share >= 0.5 else a + (b - a) * share)
