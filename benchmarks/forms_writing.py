"""One person's pen on a form: numbers in boxes and combs, crossed cells, ticks.

The ink is composed by handsum.data.synthesis from whole digits of a hand, at the size that the
field's box in millimetres leaves, as the writer of that sheet writes all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.compose import Style, compose_number, sample_style
from handsum.data.synthesis.defects import DEFECTS
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.pen import draw_stroke
from handsum.data.synthesis.scene import Scene

Ink = npt.NDArray[np.uint8]
"""(H, W) of a page, 255 = full ink."""
Box = tuple[float, float, float, float]

DPI = 300.0
"""Resolution at which pages are written; scans and photos see them at less."""
PIXELS = DPI / 25.4
MIDDLE = 0.5  # strength of the synthesis' defects
STROKES = ("pressure", "pencil", "dry_pen")

Unused = Literal["zeros", "empty", "crossed", "dashed"]
"""What a writer does with the cells of a comb that a number does not fill."""


@dataclass(frozen=True)
class Penman:
    """Who fills a sheet in: one hand, one style, one pen, one habit for unused cells.

    ``size`` is the share of a box's height that digits take, ``pen`` a width in millimetres,
    ``tone`` how dark the ink is, ``crosses`` whether an unused cell gets a cross or one slanting
    stroke, ``strokes`` what the pen does to the ink, ``unruly`` how far, in shares of a digit's
    height, writing strays from where it should be.
    """

    hand: Hand
    style: Style
    size: float
    pen: float
    tone: float
    unused: Unused
    crosses: bool
    strokes: tuple[str, ...]
    unruly: float


def sample_penman(hand: Hand, rng: np.random.Generator) -> Penman:
    """A writer: usual people, now and then a pale pencil, a hasty or a very small hand."""
    style = sample_style(rng)
    # Digits further apart than this are not one number; small zeros inside are no habit of forms.
    style = replace(style, zero_size=1.0, gap=float(np.clip(style.gap, 0.03, 0.3)), pitch=0.0)
    pencil = rng.random() < 0.15
    strokes = [
        name for name, chance in (("pressure", 0.3), ("dry_pen", 0.06)) if rng.random() < chance
    ]
    return Penman(
        hand=hand,
        style=style,
        size=float(rng.uniform(0.5, 0.74)),
        pen=float(rng.uniform(0.35, 0.75)),
        tone=float(rng.uniform(0.4, 0.65) if pencil else rng.uniform(0.6, 1.0)),
        unused=UNUSED[int(rng.integers(len(UNUSED)))],
        crosses=bool(rng.random() < 0.6),
        strokes=(*strokes, "pencil") if pencil else tuple(strokes),
        unruly=float(rng.uniform(0.02, 0.12)),
    )


UNUSED: tuple[Unused, ...] = ("zeros", "empty", "crossed", "dashed")


def write_number(page: Ink, text: str, box: Box, by: Penman, rng: np.random.Generator) -> None:
    """A number on its line in a free box; ``box`` in millimetres."""
    x0, y0, x1, y1 = box
    height = _digit_height(y1 - y0, by)
    ink = _compose(text, height, by, rng)
    room = (x1 - x0 - 1.2) * PIXELS
    if ink.shape[1] > room:  # people make it fit: closer first, then smaller
        squeeze = max(0.85, room / ink.shape[1])
        ink = _resize(ink, squeeze, 1.0)
        if ink.shape[1] > room:
            ink = _resize(ink, room / ink.shape[1], room / ink.shape[1])
    slack = room - ink.shape[1]
    left = x0 * PIXELS + 0.6 * PIXELS + slack * float(np.clip(rng.normal(0.5, 0.18), 0, 1))
    _lay_middle(page, ink, left, (y0 + y1) / 2, by, rng)


def write_comb(
    page: Ink, text: str, box: Box, cells: int, by: Penman, rng: np.random.Generator
) -> None:
    """A digit a cell, units on the right; cells before them as is the writer's habit."""
    x0, y0, x1, y1 = box
    pitch = (x1 - x0) / cells
    first = cells - len(text)
    height = min(_digit_height(y1 - y0, by), pitch * PIXELS * 0.95)
    for i in range(first):
        cross_cell(page, (x0 + i * pitch, y0, x0 + (i + 1) * pitch, y1), by, rng)
    for i, symbol in enumerate(text):
        ink = _compose(symbol, height, by, rng)
        room = 0.92 * pitch * PIXELS
        if ink.shape[1] > room:
            ink = _resize(ink, room / ink.shape[1], 1.0)
        slack = pitch * PIXELS - ink.shape[1]
        share = float(np.clip(rng.normal(0.5, 0.5 * by.unruly + 0.05), 0.04, 0.96))
        left = (x0 + (first + i) * pitch) * PIXELS + slack * share
        _lay_middle(page, ink, left, (y0 + y1) / 2, by, rng)


def cross_cell(page: Ink, box: Box, by: Penman, rng: np.random.Generator) -> None:
    """What the writer leaves in an unused cell: nothing, a cross, a slash or a dash."""
    x0, y0, x1, y1 = (v * PIXELS for v in box)
    w, h, width = x1 - x0, y1 - y0, by.pen * PIXELS

    def at(x: float, y: float) -> tuple[float, float]:
        jitter = rng.normal(0, 0.04, size=2)
        return x0 + w * (x + jitter[0]), y0 + h * (y + jitter[1])

    if by.unused == "dashed":
        draw_stroke(page, [at(0.22, 0.5), at(0.5, 0.49), at(0.78, 0.5)], width)
    elif by.unused == "crossed":
        if by.crosses:
            draw_stroke(page, [at(0.18, 0.85), at(0.82, 0.15)], width)
            draw_stroke(page, [at(0.18, 0.15), at(0.82, 0.85)], width)
        else:  # from corner to corner
            draw_stroke(page, [at(0.06, 0.94), at(0.94, 0.06)], width)


def write_dash(page: Ink, box: Box, by: Penman, rng: np.random.Generator) -> None:
    """A dash in the middle of a field that holds nothing."""
    x0, y0, x1, y1 = box
    middle, half = (x0 + x1) / 2, float(rng.uniform(1.5, 4.0))
    y = (y0 + y1) / 2
    points = [
        (x * PIXELS, (y + d) * PIXELS)
        for x, d in zip((middle - half, middle, middle + half), rng.normal(0, 0.25, 3), strict=True)
    ]
    draw_stroke(page, points, by.pen * PIXELS)


def write_tick(page: Ink, box: Box, by: Penman, rng: np.random.Generator) -> None:
    """A cross or a hook in a tick box."""
    x0, y0, x1, y1 = (v * PIXELS for v in box)
    w, h, width = x1 - x0, y1 - y0, by.pen * PIXELS

    def at(x: float, y: float) -> tuple[float, float]:
        jitter = rng.normal(0, 0.05, size=2)
        return x0 + w * (x + jitter[0]), y0 + h * (y + jitter[1])

    if by.style.barred or rng.random() < 0.5:
        draw_stroke(page, [at(0.15, 0.55), at(0.4, 0.9), at(1.05, 0.0)], width)
    else:
        draw_stroke(page, [at(0.1, 0.9), at(0.9, 0.1)], width)
        draw_stroke(page, [at(0.1, 0.1), at(0.9, 0.9)], width)


def _digit_height(box_mm: float, by: Penman) -> float:
    """Pixels: a share of the box, as large as people write at most."""
    return float(np.clip(by.size * box_mm, 2.6, 6.0)) * PIXELS


def _compose(text: str, height: float, by: Penman, rng: np.random.Generator) -> Ink:
    """The ink of a number, cut tight, after what the pen does to it."""
    pen = by.pen * PIXELS / height
    style = replace(by.style, height=height, pen=pen, quantile=_near(by.style.quantile, rng))
    written = compose_number(text, by.hand, style, rng)
    scene = Scene(
        ink=written.ink,
        ground=np.ones(written.ink.shape, np.float32),
        boxes=written.boxes,
        body=(0.0, 0.0, float(written.ink.shape[1]), float(written.ink.shape[0])),
        height=height,
        pen=by.pen * PIXELS,
        style=style,
        hand=by.hand,
        tone=by.tone,
    )
    for name in by.strokes:
        scene = DEFECTS[name](scene, rng, MIDDLE)
    ys, xs = np.flatnonzero(scene.ink.any(axis=1)), np.flatnonzero(scene.ink.any(axis=0))
    return np.asarray(scene.ink[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1], np.uint8)


def _near(quantile: float, rng: np.random.Generator) -> float:
    return float(np.clip(quantile + rng.normal(0, 0.1), 0, 1))


def _resize(ink: Ink, fx: float, fy: float) -> Ink:
    return np.asarray(cv2.resize(ink, None, fx=fx, fy=fy, interpolation=cv2.INTER_AREA), np.uint8)


def _lay_middle(
    page: Ink, ink: Ink, left: float, middle_mm: float, by: Penman, rng: np.random.Generator
) -> None:
    """Lay ink with its middle near a height; what would leave the page is cut."""
    stray = rng.normal(0, by.unruly) * ink.shape[0]
    top = max(0, round(middle_mm * PIXELS - ink.shape[0] / 2 + stray))
    x = max(0, round(left))
    part = page[top : top + ink.shape[0], x : x + ink.shape[1]]
    np.maximum(part, ink[: part.shape[0], : part.shape[1]], out=part)
