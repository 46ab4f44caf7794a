"""Where something is written on a page without a template: lines of strokes, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.readings import Box

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_LONGEST = 2400  # pixels to which a page is reduced before it is searched
_MOST_STROKES = 8000  # the largest; a page with more is a picture or noise
_SMALLEST = 7  # pixels of the reduced page: lower writing is not looked for
_GAP = 0.7  # of the higher neighbour: what stands closer belongs together
_LONG_RULE = 2.2  # of the usual height: straight lines from there on are printed
_EVEN = 0.025  # of the height: how little feet and heights of printed symbols differ
_ALIKE = 0.75  # of a run's symbols that stand evenly where all is printed
_WEAK = 0.55  # of the threshold: paler parts count where they hang on something darker


@dataclass(frozen=True)
class Written:
    """One run of strokes on a line, ``box`` on the page.

    ``printed`` is whether its symbols stand as evenly as only print does, or are as high and bold
    as those of such a run on the same page.
    """

    box: Box
    printed: bool


@dataclass(frozen=True)
class _Run:
    """A run's parts (N, 5), the height of its highest symbol and the width of its pen."""

    boxes: Floats
    height: float
    pen: float


def find_written(grey: Grey) -> tuple[Written, ...]:
    """Runs of strokes on a uint8 (H, W) page, dark on light, row by row from the left.

    Rules, borders and specks are no strokes. Words are runs like numbers are: who reads them has
    to tell.
    """
    reduction = min(1.0, _LONGEST / max(grey.shape))
    small = grey
    if reduction < 1.0:
        small = np.asarray(
            cv2.resize(grey, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA)
        )
    mask = _ink_mask(small)
    usual = _usual_height(_boxes_of(mask))
    if usual == 0.0:
        return ()
    strokes, uprights = _without_rules(mask, usual)
    boxes = _boxes_of(strokes)
    _, _, _, tall, area = boxes.T
    kept = (area >= max(4.0, 0.012 * usual**2)) & (tall < 0.5 * len(mask))
    boxes = np.asarray(boxes[kept], np.float64)
    boxes = np.asarray(boxes[np.argsort(-boxes[:, 4])[:_MOST_STROKES]], np.float64)
    runs = [
        _measure(boxes[rows], strokes)
        for rows in _runs(boxes, uprights)
        if float(boxes[rows, 3].max()) >= max(_SMALLEST, 0.4 * usual)
    ]
    printed = _find_printed(runs)
    found = [
        Written(_box(run.boxes, grey.shape, reduction), even)
        for run, even in zip(runs, printed, strict=True)
    ]
    return tuple(found[i] for i in reading_order([one.box for one in found]))


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Row by row, each from the left; boxes of a row overlap by half the lower one's height."""
    rows: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda k: (boxes[k][1] + boxes[k][3], boxes[k][0])):
        _, top, _, foot = boxes[i]
        for row in rows[-3:]:
            _, a, _, b = boxes[row[-1]]
            if min(b, foot) - max(a, top) > 0.5 * min(b - a, foot - top):
                row.append(i)
                break
        else:
            rows.append([i])
    return [i for row in rows for i in sorted(row, key=lambda k: boxes[k][0])]


def _ink_mask(grey: Grey) -> Grey:
    """What is clearly darker than the paper around it, uint8 0 or 1."""
    factor = min(1.0, 600 / max(grey.shape))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    window = max(7, int(0.06 * min(small.shape)) | 1)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    paper = cv2.blur(paper, (window, window))
    full = cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    darker = np.clip((full - grey.astype(np.float32)) / np.maximum(full, 96.0), 0.0, 1.0)
    ink = np.asarray(cv2.GaussianBlur(darker, (3, 3), 0), np.float32)
    noise = float(np.percentile(ink[::4, ::4], 75))
    otsu, _ = cv2.threshold((ink * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    threshold = float(np.clip(otsu / 255, max(0.08, 3.0 * noise), max(0.22, 3.0 * noise)))
    count, labels = cv2.connectedComponents((ink > _WEAK * threshold).astype(np.uint8))
    held = np.zeros(count, np.uint8)
    held[labels[ink > threshold]] = 1
    held[0] = 0
    return np.asarray(held[labels], np.uint8)


def _boxes_of(mask: Grey) -> Floats:
    """x, y, width, height and area of the connected parts, (N, 5)."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(stats[1:count], np.float64)


def _usual_height(boxes: Floats) -> float:
    """The height of most strokes that may be a symbol; 0 where there are none."""
    _, _, w, h, area = boxes.T
    likely = (h >= _SMALLEST) & (w < 4.0 * h) & (h < 12.0 * w) & (area > 0.08 * w * h)
    return float(np.median(h[likely])) if likely.any() else 0.0


def _without_rules(mask: Grey, usual: float) -> tuple[Grey, Grey]:
    """The strokes alone, and the upright rules, which part what stands on their sides."""
    long = max(24, int(_LONG_RULE * usual))
    thin = max(8, int(0.25 * usual))
    flat = _open(cv2.dilate(mask, np.ones((3, 1), np.uint8)), 1, long)
    flat = np.asarray(cv2.subtract(flat, _open(flat, thin + 1, 1)), np.uint8)
    upright = _open(cv2.dilate(mask, np.ones((1, 3), np.uint8)), long, 1)
    upright = np.asarray(cv2.subtract(upright, _open(upright, 1, thin + 1)), np.uint8)
    # A turned rule has steps, whose edges would be left.
    flat = np.asarray(cv2.dilate(flat, np.ones((3, 5), np.uint8)), np.uint8)
    upright = np.asarray(cv2.dilate(upright, np.ones((5, 3), np.uint8)), np.uint8)
    strokes = cv2.subtract(cv2.subtract(mask, flat), upright)
    # A stroke that goes on beyond a rule is whole again.
    across = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((thin + 3, 1), np.uint8))
    strokes = cv2.bitwise_or(strokes, cv2.bitwise_and(across, flat))
    return np.asarray(cv2.bitwise_and(strokes, mask), np.uint8), upright


def _open(mask: cv2.typing.MatLike, height: int, width: int) -> Grey:
    kernel = np.ones((height, width), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8)


def _runs(boxes: Floats, uprights: Grey) -> list[npt.NDArray[np.intp]]:
    """Rows of ``boxes`` that stand close beside each other with no upright rule between."""
    order = np.argsort(boxes[:, 0], kind="stable")
    x, y, w, h, _ = boxes[order].T
    leader = np.arange(len(order))

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = int(leader[i])
        return i

    reach = _GAP * h.max(initial=0.0)
    ends = np.searchsorted(x, x + w + reach)
    for i, end in enumerate(ends.tolist()):
        near = np.arange(i + 1, end)
        gap = x[near] - (x[i] + w[i])
        higher = np.maximum(h[near], h[i])
        overlap = np.minimum(y[near] + h[near], y[i] + h[i]) - np.maximum(y[near], y[i])
        level = overlap > 0.4 * np.minimum(h[near], h[i])
        # A point or comma hangs at its digit's foot and is much smaller.
        mark = (np.minimum(h[near], h[i]) < 0.35 * higher) & (overlap > -0.15 * higher)
        for j in near[(gap < _GAP * higher) & (level | mark)]:
            if not _parted(uprights, (x[i] + w[i], x[j]), (y[i], h[i]), (y[j], h[j])):
                leader[find(int(j))] = find(i)
    heads = np.array([find(i) for i in range(len(order))])
    return [order[heads == head] for head in np.unique(heads)]


def _parted(
    uprights: Grey,
    between: tuple[float, float],
    one: tuple[float, float],
    other: tuple[float, float],
) -> bool:
    left, right = int(between[0]), int(between[1])
    if right - left < 2:
        return False
    top, foot = max(one[0], other[0]), min(one[0] + one[1], other[0] + other[1])
    part = uprights[int(min(top, foot)) : int(max(top, foot)) + 1, left:right]
    return bool((part.mean(axis=0) > 0.6).any())


def _measure(boxes: Floats, strokes: Grey) -> _Run:
    x, y, w, h, _ = boxes.T
    part = strokes[int(y.min()) : int((y + h).max()), int(x.min()) : int((x + w).max())]
    part = np.pad(part, 1)  # else a part that is all ink has no edge
    inside = cv2.distanceTransform(part, cv2.DIST_L2, 3)[part > 0]
    # Across a stroke of even width the mean distance to its edge is a quarter of that width.
    return _Run(boxes, float(h.max()), 4.0 * float(inside.mean()) if inside.size else 0.0)


def _box(boxes: Floats, shape: tuple[int, ...], reduction: float) -> Box:
    """Around the parts of a run, in pixels of the page."""
    x, y, w, h, _ = boxes.T
    height, width = shape
    return (
        int(np.clip(np.floor(x.min() / reduction), 0, width - 1)),
        int(np.clip(np.floor(y.min() / reduction), 0, height - 1)),
        int(np.clip(np.ceil((x + w).max() / reduction), 1, width)),
        int(np.clip(np.ceil((y + h).max() / reduction), 1, height)),
    )


def _find_printed(runs: Sequence[_Run]) -> list[bool]:
    """Which runs are print: even ones of four symbols or more, and what is like them."""
    sure = [_is_even(run.boxes, least=4) for run in runs]
    heights = np.array([run.height for run, even in zip(runs, sure, strict=True) if even])
    pens = np.array([run.pen for run, even in zip(runs, sure, strict=True) if even])
    return [
        even
        or bool(
            (
                (np.abs(heights - run.height) <= max(0.04 * run.height, 1.0))
                & (np.abs(pens - run.pen) <= 0.15 * run.pen)
            ).any()
            and _is_even(run.boxes, least=1)
        )
        for run, even in zip(runs, sure, strict=True)
    ]


def _is_even(boxes: Floats, least: int) -> bool:
    """Whether most of ``least`` symbols or more stand on one line and have a twin in height.

    Letters have a few heights and some go below the line; digits of print have one.
    """
    x, y, w, h, _ = boxes[boxes[:, 3] > 0.4 * boxes[:, 3].max()].T
    if len(h) < least:
        return False
    if len(h) == 1:
        return True
    feet = y + h
    slope = np.polynomial.polynomial.polyfit(x + w / 2, feet, 1)[1] if len(h) > 3 else 0.0
    feet = feet - float(np.clip(slope, -0.05, 0.05)) * (x + w / 2)
    room = max(_EVEN * float(h.max()), 1.0)  # pixels cannot tell less
    level = np.abs(feet - np.median(feet)) <= room
    apart = np.abs(h[:, None] - h[None]) + np.diag(np.full(len(h), np.inf))
    twins = apart.min(axis=1) <= room
    return bool(min(level.mean(), twins.mean()) >= _ALIKE)
