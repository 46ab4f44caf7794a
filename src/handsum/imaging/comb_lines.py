"""The print of a comb: its lines found by their period, and taken away by what they share."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_TILTS = np.linspace(-0.07, 0.07, 29)  # rise of the lines over their length
_LEANS = np.linspace(-0.06, 0.06, 7)  # of the borders against the lines' upright
_GAPS = (0.0, 0.06, 0.1, 0.14, 0.18, 0.22)  # between boxes apart, shares of the pitch
_FAINT = 0.12
"""Ink of a printed line from which it counts in full: pale print is as good a line as black."""
_BORDER = 0.42
"""Of a border's evidence: what a comb of one more cell must find at it, where nobody says how
many cells there are."""
_MOST = 30  # cells
_NARROW, _WIDE = 0.35, 2.6  # of the lines' distance: width of a cell


@dataclass(frozen=True)
class Frame:
    """Lines of a comb in the upright picture, in pixels.

    ``borders`` (n + 1,) between cells; boxes apart stand ``gap`` apart around them. ``top`` and
    ``foot`` are the rows of the horizontal lines, None where there is none. ``to_crop`` (2, 3)
    maps points of the upright picture to those of the one it was made from.
    """

    borders: Floats
    gap: float
    top: float | None
    foot: float | None
    to_crop: Floats
    score: float


def find_frame(ink: Ink, cells: int | None) -> Frame | None:
    """The lines of a comb of ``cells`` cells (None: as many as there are) in ink (H, W), 0 to 1."""
    height = len(ink)
    reach = max(3, round(0.045 * height))
    tilt = _find_tilt(_ridges(ink, reach, 0))
    upright, to_crop = _level(ink, tilt)
    top, foot = _find_rows(_ridges(upright, reach, 0))
    borders = _ridges(upright, max(3, round(0.05 * height)), 1)
    weights = _tooth_weights(len(upright), top, foot)
    pivot = foot if foot is not None else 0.5 * len(upright)
    span = _span(_ridges(upright, reach, 0), top, foot)
    best: tuple[float, float, Floats, float] | None = None
    for lean in _LEANS:
        evidence = weights @ _sheared(borders, float(lean), pivot)
        found = _fit(evidence, span, cells, height=(foot or height) - (top or 0.0))
        if found is not None and (best is None or found[0] > best[0] + 1e-9):
            best = (found[0], float(lean), found[1], found[2])
    if best is None:
        return None
    _, lean, at, gap = best
    evidence = weights @ _sheared(borders, lean, pivot)
    at = _refine(evidence, at, gap)
    shear = np.array([[1.0, lean, -lean * pivot], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    whole = np.asarray((np.vstack([to_crop, [0, 0, 1]]) @ shear)[:2])
    score = float(np.mean(_at_borders(evidence, at, gap)))
    return Frame(at, gap, top, foot, whole, score)


def _ridges(ink: Ink, reach: int, axis: int) -> Ink:
    """How much each pixel is part of a thin line across ``axis``, 0 to 1: darker than both sides.

    Pale print counts as much as black ink.
    """
    pad = [(0, 0), (0, 0)]
    pad[axis] = (reach, reach)
    wide = np.pad(ink, pad)
    size = ink.shape[axis]
    before = wide[:size] if axis == 0 else wide[:, :size]
    after = wide[-size:] if axis == 0 else wide[:, -size:]
    return np.asarray(np.clip((ink - np.maximum(before, after)) / _FAINT, 0.0, 1.0), np.float32)


def _find_tilt(ridges: Ink) -> float:
    """Rise over length of the horizontal lines: where rows are sharpest when sheared back."""
    height, width = ridges.shape
    parts = 24
    edges = np.linspace(0, width, parts + 1).astype(int)
    chunks = np.stack([ridges[:, a:b].sum(axis=1) for a, b in itertools.pairwise(edges)])
    chunks = np.pad(chunks, ((0, 0), (height, height)))
    middles = (edges[:-1] + edges[1:]) / 2 - width / 2
    rows = np.arange(height)
    scores = []
    for tilt in _TILTS:
        shift = tilt * middles
        low = np.floor(shift).astype(int)
        part = shift - low
        at = rows + height + low[:, None]
        line = (1 - part)[:, None] * np.take_along_axis(chunks, at, axis=1)
        line += part[:, None] * np.take_along_axis(chunks, at + 1, axis=1)
        scores.append(float((line.sum(axis=0) ** 3).sum()))
    best = int(np.argmax(scores))
    return float(_TILTS[best])


def _level(ink: Ink, tilt: float) -> tuple[Ink, Floats]:
    """The picture turned so that a line of this tilt is level, and the way back (2, 3)."""
    height, width = ink.shape
    angle = math.atan(tilt)
    room = math.ceil(abs(tilt) * width / 2)
    c, s = math.cos(angle), math.sin(angle)
    middle = np.array([width / 2, height / 2])
    turn = np.array([[c, -s], [s, c]])
    matrix = np.column_stack([turn, middle - turn @ (middle + np.array([0, room]))])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (width, height + 2 * room)
    return np.asarray(cv2.warpAffine(ink, matrix, size, flags=flags), np.float32), matrix


def _find_rows(ridges: Ink) -> tuple[float | None, float | None]:
    """Rows of the upper and the lower printed line; None where there is none."""
    height = len(ridges)
    long = max(9, height // 5)
    thick = cv2.dilate(ridges, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    runs = cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    share = np.asarray(np.minimum(runs, 1.0).mean(axis=1), np.float64)
    sharp = share + 0.2 * ridges.mean(axis=1)  # of the rows around a line, its middle
    peak = float(share.max())
    if peak < 0.2:
        return None, None
    strong = np.flatnonzero(share > 0.6 * peak)
    foot = _peak_near(sharp, int(strong[-1]))
    top = _peak_near(sharp, int(strong[0]))
    if foot - top > 0.3 * height and foot - top > 12:
        return float(top), float(foot)
    at = float(_peak_near(sharp, int(share.argmax())))
    return (None, at) if at > 0.4 * height else (at, None)


def _peak_near(values: Floats, at: int) -> int:
    low = max(0, at - 3)
    return low + int(np.argmax(values[low : at + 4]))


def _span(ridges: Ink, top: float | None, foot: float | None) -> tuple[float, float] | None:
    """Left and right end of the horizontal lines, None where there are none."""
    rows = [round(row) for row in (top, foot) if row is not None]
    if not rows:
        return None
    bands = [ridges[max(0, row - 2) : row + 3].max(axis=0) for row in rows]
    line = np.mean(bands, axis=0)
    height, width = ridges.shape
    close = max(5, height // 5)
    padded = np.pad(line, close)[None].astype(np.float32)
    line = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((1, close), np.uint8))[0, close:-close]
    on = np.flatnonzero(line > 0.4)
    if len(on) < 0.2 * width:
        return None
    cuts = np.flatnonzero(np.diff(on) > 1)
    starts, ends = np.concatenate([[0], cuts + 1]), np.concatenate([cuts, [len(on) - 1]])
    longest = int(np.argmax(on[ends] - on[starts]))
    return float(on[starts[longest]]), float(on[ends[longest]])


def _tooth_weights(height: int, top: float | None, foot: float | None) -> Floats:
    """What each row counts for borders: all between two lines, near one line of a comb."""
    rows = np.arange(height, dtype=np.float64)
    if top is not None and foot is not None:
        weights = ((rows > top + 2) & (rows < foot - 2)).astype(np.float64)
    elif foot is not None:
        weights = np.exp(-(foot - 2 - rows) / (0.08 * height)) * (rows < foot - 2)
    elif top is not None:
        weights = np.exp(-(rows - top - 2) / (0.08 * height)) * (rows > top + 2)
    else:
        weights = np.ones(height)
    return np.asarray(weights / max(weights.sum(), 1e-9))


def _sheared(ridges: Ink, lean: float, pivot: float) -> Ink:
    if not lean:
        return ridges
    matrix = np.array([[1.0, lean, -lean * pivot], [0.0, 1.0, 0.0]])
    size = (ridges.shape[1], ridges.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(ridges, matrix, size, flags=flags), np.float32)


def _fit(
    evidence: Floats, span: tuple[float, float] | None, cells: int | None, height: float
) -> tuple[float, Floats, float] | None:
    """Score, borders (n + 1,) and gap in pixels of the evenly spaced comb that fits best."""
    width = len(evidence)
    soft = cv2.dilate(evidence[None].astype(np.float32), np.ones((1, 3), np.uint8))[0]
    soft = np.pad(soft, (width, width)).astype(np.float64)
    best: tuple[float, Floats, float] | None = None
    for n in [cells] if cells is not None else range(1, _MOST + 1):
        starts, pitches = _grid(width, span, n)
        if cells is None:
            fits = (pitches > _NARROW * height) & (pitches < _WIDE * height)
            starts, pitches = starts[fits], pitches[fits]
        if not len(starts):
            continue
        for share in _GAPS:
            at = starts[:, None] + np.arange(n + 1) * pitches[:, None]
            half = 0.5 * share * pitches[:, None]
            lefts = soft[np.clip(np.rint(at - half).astype(int) + width, 0, len(soft) - 1)]
            rights = soft[np.clip(np.rint(at + half).astype(int) + width, 0, len(soft) - 1)]
            found = 0.5 * (lefts + rights)
            found[:, 0], found[:, -1] = rights[:, 0], lefts[:, -1]
            scores = (found - _BORDER).sum(axis=1) - 0.02 * (share > 0) * (n + 1)
            if span is not None:
                off = np.abs(at[:, 0] + half[:, 0] - span[0]) + np.abs(
                    at[:, -1] - half[:, 0] - span[1]
                )
                scores = scores - 0.5 * np.minimum(off / pitches, 1.0)
            k = int(np.argmax(scores))
            if best is None or scores[k] > best[0]:
                best = (float(scores[k]), at[k], float(share * pitches[k]))
    return best


def _grid(width: int, span: tuple[float, float] | None, n: int) -> tuple[Floats, Floats]:
    """Starts and pitches to try for n cells: near the lines' ends where they are known."""
    if span is not None:
        room = 0.3 * (span[1] - span[0]) / n
        lows = np.arange(span[0] - room, span[0] + room + 1, 1.0)
        highs = np.arange(span[1] - room, span[1] + room + 1, 1.0)
    else:
        lows = np.arange(-2.0, 0.6 * width, 2.0)
        highs = np.arange(0.4 * width, width + 2.0, 2.0)
    a, b = np.meshgrid(lows, highs)
    pitch = (b - a) / n
    fits = (pitch >= 3) & (a >= -0.1 * pitch) & (b <= width + 0.1 * pitch)
    return a[fits], pitch[fits]


def _at_borders(evidence: Floats, at: Floats, gap: float) -> Floats:
    """Evidence found at each border, 0 to 1."""
    found = []
    for k, x in enumerate(at):
        sides = [x] if gap == 0 else [x - gap / 2, x + gap / 2]
        if gap and k in (0, len(at) - 1):
            sides = sides[1:] if k == 0 else sides[:1]
        peaks = [
            evidence[max(0, round(s) - 2) : max(0, round(s) + 3)].max(initial=0.0) for s in sides
        ]
        found.append(float(np.mean(peaks)))
    return np.array(found)


def _refine(evidence: Floats, at: Floats, gap: float) -> Floats:
    """Borders moved to the lines near them, as far as a smooth change of pitch allows."""
    n = len(at) - 1
    pitch = (at[-1] - at[0]) / n
    reach = max(2, round(0.06 * pitch))
    wished, weights = [], []
    for k, x in enumerate(at):
        sides = [(x, 0.0)] if gap == 0 else [(x - gap / 2, gap / 2), (x + gap / 2, -gap / 2)]
        for side, back in sides:
            low = int(max(0, round(side) - reach))
            window = evidence[low : max(low, round(side) + reach + 1)]
            if len(window) and window.max() > 0.2:
                mass = np.maximum(window - 0.5 * window.max(), 0.0)
                wished.append(
                    (k, low + float((mass * np.arange(len(window))).sum() / mass.sum()) + back)
                )
                weights.append(float(window.max()))
    if len({k for k, _ in wished}) < 2:
        return at
    ks, xs = np.array(wished).T
    degree = 2 if n >= 5 and len({k for k, _ in wished}) >= 5 else 1
    line = np.polyfit(ks, xs, degree, w=np.array(weights))
    fitted = np.polyval(line, np.arange(n + 1.0))
    return np.asarray(fitted if np.abs(fitted - at).max() < 0.15 * pitch else at)


def remove_print(ink: Ink, frame: Frame) -> Ink:
    """The handwriting of an upright comb: its lines taken away, strokes that cross them kept.

    What the same place at most borders shows is print; it is divided out of the ink (print and
    ink darken one after the other: light = (1 - print) (1 - ink)), and where print is too dark
    to see through, strokes are bridged from both sides.
    """
    pitch = float(np.mean(np.diff(frame.borders)))
    printed = np.maximum(_border_print(ink, frame, pitch), _row_print(ink, frame))
    thick = cv2.dilate(printed, np.ones((3, 3), np.uint8))
    left = 1.0 - (1.0 - ink) / np.maximum(1.0 - thick, 0.08)
    bare = np.where(thick > 0.04, 0.0, ink).astype(np.float32)
    side = 2 * max(2, round(0.05 * pitch)) + 3
    bridged = cv2.morphologyEx(
        bare, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    seen = np.clip((0.8 - thick) / 0.3, 0.0, 1.0)
    inside = np.maximum(np.clip(left, 0.0, 1.0) * seen, bridged)
    return np.where(thick > 0.04, np.minimum(inside, ink), ink).astype(np.float32)


def _border_print(ink: Ink, frame: Frame, pitch: float) -> Ink:
    """What the borders have in common, laid out at each of them, float32 (H, W)."""
    height, width = ink.shape
    half = math.ceil(frame.gap / 2 + 0.05 * pitch + 2)
    offsets = np.arange(-half, half + 1, dtype=np.float32)
    bands = []
    for x in frame.borders:
        bands.append(_sampled(ink, np.float32(x) + offsets))
    common = np.quantile(np.stack(bands), 0.4, axis=0, method="lower").astype(np.float32)
    common[common < 0.03] = 0.0
    printed = np.zeros_like(ink)
    for x in frame.borders:
        first = math.floor(x) - half
        columns = np.arange(max(0, first), min(width, first + 2 * half + 2))
        laid = _sampled(common, columns - x + half)
        printed[:, columns] = np.maximum(printed[:, columns], laid)
    return printed


def _sampled(ink: Ink, columns: npt.NDArray[np.floating]) -> Ink:
    """The picture at columns between its own, (H, len(columns)); paper beyond its edges."""
    shape = (len(ink), len(columns))
    xs = np.ascontiguousarray(np.broadcast_to(columns.astype(np.float32), shape))
    rows = np.arange(len(ink), dtype=np.float32)[:, None]
    ys = np.ascontiguousarray(np.broadcast_to(rows, shape))
    return np.asarray(cv2.remap(ink, xs, ys, cv2.INTER_LINEAR), np.float32)


def _row_print(ink: Ink, frame: Frame) -> Ink:
    """The horizontal lines between the outer borders."""
    printed = np.zeros_like(ink)
    height, width = ink.shape
    a, b = max(0, math.floor(frame.borders[0]) - 2), min(width, math.ceil(frame.borders[-1]) + 3)
    for row in (frame.top, frame.foot):
        if row is None or b - a < 3:
            continue
        low, high = int(max(0, row - 5)), int(min(height, row + 6))
        profile = np.quantile(ink[low:high, a:b], 0.45, axis=1)
        profile[profile < 0.03] = 0.0
        printed[low:high, a:b] = profile[:, None]
    return printed
