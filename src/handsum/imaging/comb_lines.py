"""The printed lines of a comb, found by their period."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_TILTS = np.linspace(-0.12, 0.12, 81)  # rise of the lines over their length
_USUAL_TILT = 0.08  # standard deviation, where the lines themselves say little
_LEANS = (0.0, -0.02, 0.02, -0.04, 0.04, -0.06, 0.06)  # of the borders against the lines' upright
_GAPS = (0.0, 0.06, 0.1, 0.14, 0.18, 0.22)  # between boxes apart, shares of the pitch
_FAINT = 0.12
"""Ink of a printed line from which it counts in full: pale print is as good a line as black."""
_BORDER = 0.42
"""Of a border's evidence: what a comb of one more cell must find at it, where nobody says how
many cells there are."""
_APART = 2.0  # pixels: half a gap that is one, not a thick line
_TWO = 1.4  # times what one line at each border says, where two are found
_LINE = 8.0  # what horizontal lines along exactly the whole comb count, in borders
_REACHES = (0.025, 0.045, 0.07)  # of the height: half the widths that lines are looked for in
_MOST = 30  # cells
_SURE = 0.8  # share of the evidence for fewer borders that more must have, to be more
_NARROW, _WIDE = 0.35, 2.6  # of the lines' distance: width of a cell


@dataclass(frozen=True)
class Frame:
    """Lines of a comb in the upright picture, in pixels.

    ``borders`` (n + 1,) between cells; boxes apart stand ``gap`` apart around them. ``top`` and
    ``foot`` are the rows of the horizontal lines, None where there is none. ``to_crop`` (2, 3)
    maps points of the upright picture, ``shape`` (H, W), to those of the one it was made from.
    """

    borders: Floats
    gap: float
    top: float | None
    foot: float | None
    to_crop: Floats
    shape: tuple[int, int]
    score: float


def find_frame(ink: Ink, cells: int | None) -> Frame | None:
    """The lines of a comb of ``cells`` cells (None: as many as there are) in ink (H, W), 0 to 1."""
    height = len(ink)
    tilt = _find_tilt(_ridges(ink, 0))
    upright, to_crop = _level(ink, tilt)
    flat = _ridges(upright, 0)
    top, foot = _find_rows(flat)
    cover = _cover(flat, top, foot)
    # Dotted lines are whole again.
    ridges = _ridges(upright, 1)
    borders = np.asarray(
        cv2.morphologyEx(ridges, cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8)), np.float32
    )
    weights = _tooth_weights(len(upright), top, foot)
    pivot = foot if foot is not None else 0.5 * len(upright)
    tall = (foot or height) - (top or 0.0)
    # Boxes apart are closed: they have two lines, or none that is seen.
    gaps = _GAPS if (top is None) == (foot is None) else _GAPS[:1]
    straight = weights @ borders
    found = _fit(straight, cover, cells, tall, gaps)
    if found is None:
        return None
    if cells is None:
        found = _without_middles(straight, cover, found, tall, gaps)
    best = (-1.0, 0.0, *found)
    for lean in _LEANS:
        evidence = weights @ _sheared(borders, float(lean), pivot)
        tuned = _tune(evidence, *found)
        if tuned[0] > best[0]:
            best = (tuned[0], float(lean), tuned[1], tuned[2])
    _, lean, at, gap = best
    evidence = weights @ _sheared(borders, lean, pivot)
    at = _refine(evidence, at, gap)
    shear = np.array([[1.0, lean, -lean * pivot], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    whole = np.asarray((np.vstack([to_crop, [0, 0, 1]]) @ shear)[:2])
    score = float(np.mean(_at_borders(evidence, at, gap)))
    return Frame(at, gap, top, foot, whole, (len(upright), upright.shape[1]), score)


def _ridges(ink: Ink, axis: int) -> Ink:
    """How much each pixel is part of a thin line across ``axis``, 0 to 1: darker than both sides.

    Pale print counts as much as black ink. Lines may be of several widths, and stand close.
    """
    size = ink.shape[axis]
    best = np.zeros_like(ink)
    for share in _REACHES:
        reach = max(2, round(share * len(ink)))
        pad = [(0, 0), (0, 0)]
        pad[axis] = (reach, reach)
        wide = np.pad(ink, pad)
        before = wide[:size] if axis == 0 else wide[:, :size]
        after = wide[-size:] if axis == 0 else wide[:, -size:]
        np.maximum(best, ink - np.maximum(before, after), out=best)
    return np.asarray(np.clip(best / _FAINT, 0.0, 1.0), np.float32)


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
        usual = math.exp(-0.5 * (tilt / _USUAL_TILT) ** 2)
        scores.append(usual * float((line.sum(axis=0) ** 3).sum()))
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


def _cover(ridges: Ink, top: float | None, foot: float | None) -> Floats:
    """How much of a horizontal line each column shows, 0 to 1; zeros where there is none."""
    rows = [round(row) for row in (top, foot) if row is not None]
    if not rows:
        return np.zeros(ridges.shape[1])
    bands = [ridges[max(0, row - 2) : row + 3].max(axis=0) for row in rows]
    return np.asarray(np.mean(bands, axis=0), np.float64)


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
    evidence: Floats, cover: Floats, cells: int | None, height: float, gaps: tuple[float, ...]
) -> tuple[Floats, float] | None:
    """Borders (n + 1,) and gap in pixels of the evenly spaced comb that fits best.

    ``evidence`` (W,) of borders, ``cover`` (W,) of lines between them, ``height`` of the cells;
    ``gaps`` as shares of the pitch.
    """
    width = len(evidence)
    soft = cv2.dilate(evidence[None].astype(np.float32), np.ones((1, 3), np.uint8))[0]
    soft = np.pad(soft, width)
    below = np.concatenate([[0.0], np.cumsum(cover)])
    best: tuple[float, Floats, float] | None = None
    for n in [cells] if cells is not None else range(1, _MOST + 1):
        starts, pitches = _grid(width, n, None if cells is not None else height)
        if not len(starts):
            continue
        ends = starts + n * pitches
        a, b = (np.clip(np.rint(v), 0, width).astype(int) for v in (starts, ends))
        inside = below[b] - below[a]
        lines = _LINE * inside / np.maximum(below[-1] - inside + b - a, 1.0)
        for share in gaps:
            at = starts[:, None] + np.arange(n + 1) * pitches[:, None]
            half = 0.5 * share * pitches[:, None]
            rights = soft[np.rint(at + half).astype(np.intp) + width]
            lefts = soft[np.rint(at - half).astype(np.intp) + width] if share else rights
            found = 0.5 * (lefts + rights)
            found[:, 0], found[:, -1] = rights[:, 0], lefts[:, -1]
            scores = (found - _BORDER).sum(axis=1)
            if share:  # two lines at each border say more than one, unless they are the same
                scores *= np.where((scores > 0) & (half[:, 0] >= _APART), _TWO, 0.98)
            scores += lines
            k = int(np.argmax(scores))
            if best is None or scores[k] > best[0]:
                best = (float(scores[k]), at[k], float(share * pitches[k]))
    return None if best is None else best[1:]


def _without_middles(
    evidence: Floats,
    cover: Floats,
    found: tuple[Floats, float],
    height: float,
    gaps: tuple[float, ...],
) -> tuple[Floats, float]:
    """The comb of half or a third as many cells, where its borders are much surer.

    Digits stand in the middle of their cells, and look like borders there, but paler ones.
    """
    for part in (2, 3):
        count = len(found[0]) - 1
        fewer = _fit(evidence, cover, count // part, height, gaps) if count % part == 0 else None
        if fewer is not None:
            sure, surer = (float(np.mean(_at_borders(evidence, *one))) for one in (found, fewer))
            if sure < _SURE * surer:
                found = fewer
    return found


def _grid(width: int, n: int, height: float | None) -> tuple[Floats, Floats]:
    """Starts and pitches to try for n cells; with a ``height`` cells are no strange shape."""
    lows = np.arange(-2.0, 0.62 * width, 2.0)
    highs = np.arange(0.38 * width, width + 2.0, 2.0)
    a, b = (v.ravel() for v in np.meshgrid(lows, highs))
    pitch = (b - a) / n
    fits = (pitch >= 3) & (b - a > 0.35 * width)
    if height is not None:
        fits &= (pitch > _NARROW * height) & (pitch < _WIDE * height)
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


def _tune(evidence: Floats, at: Floats, gap: float) -> tuple[float, Floats, float]:
    """Score, borders and gap where the lines are, to half a pixel."""
    n = len(at) - 1
    pitch = (at[-1] - at[0]) / n
    width = len(evidence)
    soft = cv2.GaussianBlur(evidence[None].astype(np.float32), (0, 0), 0.8)[0]
    soft = np.pad(soft, width)
    moves = np.arange(-3.0, 3.25, 0.5)
    widest = 0.04 * pitch + 0.5
    halves = np.arange(-widest, widest + 0.25, 0.5) / 2 if gap else np.zeros(1)
    a, b, c = (v.ravel() for v in np.meshgrid(moves, moves, halves))
    half = np.maximum(gap / 2 + c, 0.0)[:, None]
    start, end = at[0] + a, at[-1] + b
    lines = start[:, None] + np.arange(n + 1) / n * (end - start)[:, None]
    rights = soft[np.rint(lines + half).astype(np.intp) + width]
    lefts = soft[np.rint(lines - half).astype(np.intp) + width]
    found = 0.5 * (lefts + rights)
    found[:, 0], found[:, -1] = rights[:, 0], lefts[:, -1]
    scores = found.sum(axis=1) - 1e-3 * (np.abs(a) + np.abs(b) + np.abs(c))
    k = int(np.argmax(scores))
    return float(scores[k]), lines[k], float(2 * half[k, 0])


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
