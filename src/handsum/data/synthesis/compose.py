"""One number in one hand and one style: glyphs set side by side as people write them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.hands import Glyph, Hand
from handsum.data.synthesis.kerning import NOWHERE, SOLID, RowEdge
from handsum.data.synthesis.pen import draw_mark, draw_stroke, smooth_noise
from handsum.data.synthesis.texts import RAISED_POINT, THIN_SPACE

Ink = npt.NDArray[np.uint8]
"""(H, W), 255 = full ink."""

_MARKS = frozenset(".,-/" + RAISED_POINT)
_USUAL_WIDTH = {"1": 0.32, "0": 0.68, "4": 0.68}  # width over height; others 0.6
_JOINABLE = frozenset("0")


@dataclass(frozen=True)
class Style:
    """How one person writes one number; lengths are shares of the digit height.

    ``height`` is in pixels; ``gap`` the space between neighbours (negative: they overlap),
    ``slant`` a shear, ``drift`` how far the baseline climbs over a digit, ``pitch`` the width of
    a comb cell or 0 for free writing, ``quantile`` which pen widths of the hand are taken.
    ``as_found`` sets the glyphs side by side with the slant and pen that each of them has.
    """

    height: float
    slant: float
    aspect: float
    pen: float
    quantile: float
    gap: float
    gap_jitter: float
    size_jitter: float
    drift: float
    wobble: float
    zero_size: float
    cents_size: float
    joined: bool
    same_glyphs: bool
    pitch: float
    waves: float
    barred: bool
    as_found: bool


@dataclass(frozen=True)
class Written:
    """A number on empty ground: its ink, its digit height in pixels, and a box a symbol.

    ``boxes`` float32 (N, 4): x0, y0, x1, y1 of each symbol of the label, gaps not among them.
    """

    ink: Ink
    height: float
    boxes: npt.NDArray[np.float32]


def sample_style(rng: np.random.Generator, comb: bool = False) -> Style:
    """A style; most are usual, the tails reach what real forms show."""
    spacing = rng.random()
    if spacing < 0.12:
        gap = rng.uniform(-0.09, -0.02)  # overlapping
    elif spacing < 0.35:
        gap = rng.uniform(-0.02, 0.04)  # touching
    elif spacing < 0.88:
        gap = rng.uniform(0.03, 0.3)
    else:
        gap = rng.uniform(0.3, 1.3)  # gaps wider than a digit
    small_zeros = rng.random() < 0.25
    return Style(
        height=float(rng.uniform(24, 46)),
        slant=float(rng.normal(0.12, 0.2)),
        aspect=float(np.exp(rng.normal(0, 0.18))),
        pen=float(np.exp(rng.uniform(np.log(0.045), np.log(0.2)))),
        quantile=float(rng.random()),
        gap=float(gap),
        gap_jitter=float(rng.uniform(0, 0.05)),
        size_jitter=float(rng.uniform(0.02, 0.14)),
        drift=float(rng.normal(0, 0.03)),
        wobble=float(rng.uniform(0, 0.08)),
        zero_size=float(rng.uniform(0.4, 0.85)) if small_zeros else 1.0,
        cents_size=float(rng.uniform(0.5, 0.8)) if rng.random() < 0.3 else 1.0,
        joined=bool(rng.random() < 0.2),
        same_glyphs=bool(rng.random() < 0.4),
        pitch=float(rng.uniform(0.95, 2.0)) if comb else 0.0,
        waves=float(rng.uniform(0.0, 0.09)) if rng.random() < 0.6 else 0.0,
        barred=bool(rng.random() < 0.12),
        as_found=bool(rng.random() < 0.12),
    )


def compose_number(written: str, hand: Hand, style: Style, rng: np.random.Generator) -> Written:
    """Write ``written`` (digits, marks, raised points, gaps) in one hand and style."""
    h = style.height
    rows = int(h * 3.2 + len(written) * abs(style.drift) * h)
    base = rows * 0.62 + (0.5 * len(written) * style.drift * h)
    pitch = max(1.0 + max(style.gap, 0.0), style.pitch)
    canvas = np.zeros((rows, int(h * (4 + 1.3 * pitch * len(written)))), np.uint8)
    edge = RowEdge(rows, h)
    x = h
    boxes: list[tuple[int, int, int, int]] = []
    first: dict[str, Glyph] = {}
    sizes = _digit_sizes(written, style, rng)
    for i, symbol in enumerate(written):
        if symbol == THIN_SPACE:
            space = float(h * rng.uniform(0.2, 0.6))
            edge.move(space)
            x += space
            continue
        line = base - i * style.drift * h + rng.normal(0, style.wobble) * h
        if symbol in _MARKS:
            ink, rise = draw_mark(symbol, h, style.pen, rng)
            swell = 0.0
        else:
            glyph = first.get(symbol) if style.same_glyphs else None
            quantile = float(rng.random()) if style.as_found else style.quantile
            glyph = glyph or hand.pick(symbol, quantile, rng)
            first.setdefault(symbol, glyph)
            swell = 0.0 if style.as_found else max(0.0, style.pen - glyph.pen)
            ink = _shape_glyph(
                glyph, symbol, squeezed=hand.squeezed, tall=h * sizes[i], style=style, rng=rng
            )
            if style.barred and symbol in "07":
                ink = _bar(ink, symbol, style, rng)
            rise = _digit_rise(symbol, sizes[i], h, rng)
        top = int(np.clip(round(line - rise - len(ink)), 0, rows - len(ink)))
        if style.pitch:  # in the middle of its cell, more or less
            slack = style.pitch * h - ink.shape[1]
            wish = h + i * style.pitch * h + slack * float(np.clip(rng.normal(0.5, 0.12), 0, 1))
        else:
            wish = _place(ink, top, edge, x, symbol=symbol, swell=swell, style=style, rng=rng)
        left = int(min(max(wish, 0), canvas.shape[1] - ink.shape[1]))
        part = canvas[top : top + len(ink), left : left + ink.shape[1]]
        np.maximum(part, ink, out=part)
        if style.joined and i and symbol in _JOINABLE and written[i - 1] in _JOINABLE:
            _join(canvas, boxes[-1], (left, top, left + ink.shape[1], top + len(ink)), style, rng)
        boxes.append((left, top, left + ink.shape[1], top + len(ink)))
        edge.advance(ink, top, left)
        x = left + ink.shape[1]
    return _finish(canvas, np.array(boxes, np.float32).reshape(-1, 4), style, rng)


def _digit_sizes(written: str, style: Style, rng: np.random.Generator) -> list[float]:
    """Height of each symbol as a share of the style's: small trailing zeros, small cents."""
    sizes = np.exp(rng.normal(0, style.size_jitter, size=len(written)))
    if style.zero_size < 1:
        for i in range(len(written) - 1, 0, -1):
            if written[i] not in "0.," + THIN_SPACE + RAISED_POINT:
                break
            sizes[i] *= style.zero_size
    point = max(written.rfind(p) for p in (".", ",", RAISED_POINT))
    if style.cents_size < 1 and point > 0 and len(written) - point == 3:
        sizes[point + 1 :] *= style.cents_size
    return [float(s) for s in np.clip(sizes, 0.35, 1.5)]


def _shape_glyph(
    glyph: Glyph,
    symbol: str,
    *,
    squeezed: bool,
    tall: float,
    style: Style,
    rng: np.random.Generator,
) -> Ink:
    """The glyph ``tall`` pixels high, slanted and turned, uint8 (h, w) cut to its extent."""
    h, w = glyph.ink.shape
    tall *= 1.12 if symbol == "1" else 1.0
    sy = tall / h
    sx = tall * _USUAL_WIDTH.get(symbol, 0.6) / w if squeezed else sy
    sx *= style.aspect * float(np.exp(rng.normal(0, 0.08)))
    lean = style.slant - 0.8 * glyph.slant if symbol != "1" else 0.5 * style.slant
    shear = lean + float(rng.normal(0, 0.05))
    turn = float(rng.normal(0, 0.04))
    if style.as_found:
        shear = turn = 0.0
    a = np.array([[sx, -shear * sy], [turn * sx, sy]])  # x right, y down; right-leaning: -y
    corners = a @ np.array([[0, w, 0, w], [0, 0, h, h]], dtype=np.float64)
    low = corners.min(axis=1)
    width, height = np.ceil(corners.max(axis=1) - low).astype(int) + 2
    matrix = np.column_stack([a, 1 - low])
    source = glyph.ink
    if sy < 0.6:  # linear sampling would skip thin strokes
        half = cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        source = np.asarray(half, np.uint8)
        matrix[:, :2] *= 2
    shaped = cv2.warpAffine(source, matrix, (int(width), int(height)), flags=cv2.INTER_LINEAR)
    return np.asarray(shaped, dtype=np.uint8)


def _bar(ink: Ink, symbol: str, style: Style, rng: np.random.Generator) -> Ink:
    """A 7 with a bar through its stem, a 0 with a slash."""
    h, w = ink.shape
    width = max(1.0, style.pen * style.height * rng.uniform(0.7, 1.0))
    if symbol == "0":
        points = [(0.95 * w, rng.uniform(-0.05, 0.12) * h), (0.05 * w, rng.uniform(0.88, 1.05) * h)]
        draw_stroke(ink, points, width)
        return ink
    row = int(h * rng.uniform(0.42, 0.62))
    stem = np.flatnonzero(ink[row] > SOLID)
    if len(stem):
        half, pad = rng.uniform(0.15, 0.3) * h, int(0.15 * h)
        ink = np.pad(ink, ((0, 0), (pad, pad)))
        x, rise = float(stem.mean()) + pad, rng.uniform(-0.03, 0.08) * h
        draw_stroke(ink, [(x - half, row + rise), (x + half, row - rise)], width)
    return ink


def _digit_rise(symbol: str, size: float, h: float, rng: np.random.Generator) -> float:
    """How far the foot stands above the baseline, in pixels."""
    rise = 0.0
    if symbol in "79" and rng.random() < 0.3:
        rise -= rng.uniform(0.05, 0.3) * h
    if size < 0.8:  # small zeros and cents stand low, in the middle or high
        rise += float(rng.choice([0.0, 0.3, 0.8])) * (1 - size) * h
    return rise


def _place(
    ink: Ink,
    top: int,
    edge: RowEdge,
    x: float,
    *,
    symbol: str,
    swell: float,
    style: Style,
    rng: np.random.Generator,
) -> float:
    """Left end of the next glyph, so that the strokes' gap is the wished one.

    ``swell`` is how much, in heights, the pen will still be widened by `set_pen`.
    """
    gap = (style.gap + float(rng.normal(0, style.gap_jitter)) + swell) * style.height
    if symbol in _MARKS:
        gap *= 0.6  # marks stand closer than digits do
    fits = edge.fit(ink, top)
    if fits < NOWHERE / 2:
        return x + gap
    # Never further back than a third of the glyph under the last one's box.
    return float(max(fits + gap, x - 0.35 * ink.shape[1]))


def _join(
    canvas: Ink,
    last: tuple[int, int, int, int],
    this: tuple[int, int, int, int],
    style: Style,
    rng: np.random.Generator,
) -> None:
    """The stroke that runs on from one zero into the next, at the top as a rule."""
    if this[0] - last[2] > 0.4 * style.height:
        return
    level = rng.uniform(0.02, 0.3)
    start = (int(last[0] + 0.6 * (last[2] - last[0])), int(last[1] + level * (last[3] - last[1])))
    end = (int(this[0] + 0.4 * (this[2] - this[0])), int(this[1] + level * (this[3] - this[1])))
    width = max(1, round(style.pen * style.height * 0.8))
    cv2.line(canvas, start, end, 255, width, cv2.LINE_AA)


def _finish(
    canvas: Ink, boxes: npt.NDArray[np.float32], style: Style, rng: np.random.Generator
) -> Written:
    """Cut to the ink, wave the strokes, bring the pen to the style's width."""
    pad = int(0.15 * style.height) + 3
    x0, y0 = boxes[:, :2].min(axis=0).astype(int) - pad
    x1, y1 = boxes[:, 2:].max(axis=0).astype(int) + pad
    x0, y0 = max(0, x0), max(0, y0)
    ink = np.ascontiguousarray(canvas[y0:y1, x0:x1])
    if style.as_found:
        return Written(ink, style.height, boxes - np.array([x0, y0, x0, y0], np.float32))
    if style.waves:
        ink = _wave(ink, style.waves * style.height, style.height, rng)
    ink = set_pen(ink, style.pen * style.height)
    return Written(ink, style.height, boxes - np.array([x0, y0, x0, y0], np.float32))


def _wave(ink: Ink, amplitude: float, height: float, rng: np.random.Generator) -> Ink:
    """Smooth random displacement of up to about ``amplitude`` pixels."""
    h, w = ink.shape
    grid = (max(3, round(h / height * 2.2)), max(3, round(w / height * 2.2)))
    dx = smooth_noise((h, w), grid, rng) * amplitude
    dy = smooth_noise((h, w), grid, rng) * amplitude
    xs = np.arange(w, dtype=np.float32)[None, :] + dx
    ys = np.arange(h, dtype=np.float32)[:, None] + dy
    return np.asarray(cv2.remap(ink, xs, ys, cv2.INTER_LINEAR), dtype=np.uint8)


def set_pen(ink: Ink, width: float) -> Ink:
    """Strokes brought near ``width`` pixels: thinned or thickened, then given a soft edge."""
    soft = cv2.GaussianBlur(ink, (0, 0), 0.7)
    on = soft > 110
    area = int(on.sum())
    if area == 0:
        return ink
    outline = int((on[1:] != on[:-1]).sum()) + int((on[:, 1:] != on[:, :-1]).sum())
    have = 2 * area / max(1.0, outline * np.pi / 4)
    change = np.clip(width - have, -0.35 * have, 6.0)
    if change > 0.6:
        size = 2 * round(float(change) / 2 + 0.2) + 1 if change > 1.4 else 2
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        soft = cv2.dilate(soft, kernel if size > 2 else np.ones((2, 2), np.uint8))
        level = 110.0
    else:
        level = min(
            160.0, 110.0 - 25.0 * min(0.0, float(change))
        )  # a higher level keeps the middle only
    edge = np.clip((soft.astype(np.float32) - level) * (2.2) + 128, 0, 255)
    return np.asarray(edge, np.uint8)
