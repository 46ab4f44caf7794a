"""Hands made up: digits drawn from templates, each hand with habits of its own.

Real sources lack some habits or show them rarely: the 1 with a long flag, the barred 7, the open
4, the crossed 0, the looped 2. A made-up hand picks a template for every digit, bends it for
good, and then writes it a little differently each time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.hands import Glyph, Hand, cut_glyph
from handsum.data.synthesis.pen import draw_stroke

Strokes = tuple[tuple[tuple[float, float], ...], ...]
"""Smooth strokes through points (x right, y down); a digit is one unit high."""

_SIZE = 56  # pixels a unit
_MARGIN = 12
_BAR_7 = ((0.1, 0.5), (0.5, 0.46))

TEMPLATES: dict[str, tuple[Strokes, ...]] = {
    "0": (
        (((0.3, 0), (0.08, 0.2), (0, 0.55), (0.12, 0.92), (0.32, 1), (0.52, 0.85), (0.6, 0.45),
          (0.5, 0.12), (0.28, 0), (0.18, 0.05)),),
        (((0.35, 0.02), (0.05, 0.3), (0.02, 0.7), (0.25, 1), (0.55, 0.8), (0.58, 0.35),
          (0.42, 0.05)),),
        (((0.25, 0.1), (0.03, 0.4), (0.08, 0.9), (0.35, 1), (0.58, 0.65), (0.5, 0.2), (0.25, 0.02),
          (0.4, 0.12), (0.62, -0.02)),),
        (((0.4, 0), (0.05, 0.2), (0, 0.6), (0.3, 1), (0.75, 0.9), (0.85, 0.4), (0.5, 0.02),
          (0.3, 0.04)),),
        (((0.3, 0), (0.05, 0.25), (0.05, 0.75), (0.3, 1), (0.55, 0.75), (0.55, 0.25), (0.3, 0),
          (0.2, 0.06)), ((0.6, 0), (0.3, 0.5), (0, 1))),
    ),
    "1": (
        (((0.2, 0), (0.17, 0.5), (0.15, 1)),),
        (((0, 0.38), (0.15, 0.2), (0.32, 0)), ((0.32, 0), (0.3, 0.5), (0.27, 1))),
        (((0, 0.75), (0.2, 0.35), (0.4, 0)), ((0.4, 0), (0.38, 0.5), (0.34, 1))),
        (((0.05, 0.2), (0.22, 0)), ((0.22, 0), (0.22, 1)), ((0.02, 1), (0.45, 0.99))),
    ),
    "2": (
        (((0.03, 0.2), (0.2, 0.02), (0.48, 0.08), (0.5, 0.3), (0.28, 0.65), (0.02, 0.98)),
         ((0.02, 0.98), (0.3, 0.96), (0.6, 0.97))),
        (((0.05, 0.22), (0.25, 0), (0.5, 0.15), (0.42, 0.45), (0.15, 0.85), (0.02, 0.95),
          (0.06, 0.8), (0.22, 0.85), (0.4, 0.98), (0.62, 0.9)),),
        (((0.03, 0.08), (0.3, 0.02), (0.55, 0.06)), ((0.55, 0.06), (0.03, 0.97)),
         ((0.03, 0.97), (0.6, 0.95))),
    ),
    "3": (
        (((0.05, 0.12), (0.28, 0), (0.5, 0.12), (0.45, 0.35), (0.22, 0.47)),
         ((0.22, 0.47), (0.5, 0.55), (0.56, 0.8), (0.3, 1), (0.02, 0.9))),
        (((0.05, 0.02), (0.5, 0)), ((0.5, 0), (0.22, 0.4)),
         ((0.22, 0.4), (0.5, 0.5), (0.55, 0.78), (0.3, 1), (0, 0.92))),
        (((0.05, 0.1), (0.3, 0), (0.48, 0.15), (0.35, 0.4), (0.22, 0.46), (0.28, 0.4), (0.38, 0.47),
          (0.56, 0.65), (0.48, 0.92), (0.2, 1), (0, 0.88)),),
    ),
    "4": (
        (((0.12, 0), (0.03, 0.35), (0.02, 0.6)), ((0.02, 0.6), (0.3, 0.6), (0.6, 0.56)),
         ((0.5, 0.15), (0.45, 0.6), (0.42, 1))),
        (((0.45, 0), (0.2, 0.35), (0, 0.66)), ((0, 0.66), (0.3, 0.66), (0.62, 0.65)),
         ((0.45, 0), (0.43, 0.5), (0.42, 1))),
        (((0.08, 0.05), (0.05, 0.35), (0.15, 0.52), (0.38, 0.48), (0.5, 0.2)),
         ((0.52, 0.02), (0.47, 0.5), (0.4, 1))),
        (((0.25, 0), (0.1, 0.4), (0.05, 0.55)), ((0.05, 0.55), (0.55, 0.5)),
         ((0.42, 0.25), (0.3, 1))),
    ),
    "5": (
        (((0.12, 0.02), (0.1, 0.25), (0.08, 0.42)),
         ((0.08, 0.42), (0.3, 0.36), (0.55, 0.55), (0.5, 0.88), (0.22, 1), (0, 0.9)),
         ((0.12, 0.02), (0.35, 0.02), (0.58, 0))),
        (((0.55, 0.02), (0.2, 0.03)), ((0.2, 0.03), (0.12, 0.42)),
         ((0.12, 0.42), (0.4, 0.38), (0.55, 0.65), (0.38, 0.95), (0.02, 0.95))),
        (((0.55, 0), (0.25, 0.02), (0.1, 0.25), (0.3, 0.45), (0.52, 0.65), (0.4, 0.95),
          (0.05, 0.97)),),
        (((0.15, 0.08), (0.1, 0.4)),
         ((0.1, 0.4), (0.4, 0.42), (0.52, 0.7), (0.35, 0.97), (0.02, 0.92)),
         ((0.25, 0), (0.45, -0.03), (0.7, -0.06))),
    ),
    "6": (
        (((0.42, 0), (0.15, 0.3), (0.03, 0.7), (0.2, 1), (0.48, 0.9), (0.5, 0.62), (0.3, 0.5),
          (0.05, 0.68)),),
        (((0.4, 0.02), (0.1, 0.5), (0.03, 0.75), (0.25, 1), (0.5, 0.8), (0.35, 0.55),
          (0.08, 0.7)),),
        (((0.5, 0.1), (0.3, 0.02), (0.08, 0.4), (0.05, 0.8), (0.3, 1), (0.58, 0.75), (0.4, 0.48),
          (0.1, 0.6)),),
    ),
    "7": (
        (((0.02, 0.05), (0.3, 0.03), (0.55, 0.02)), ((0.55, 0.02), (0.35, 0.5), (0.22, 1))),
        (((0.02, 0.05), (0.3, 0.03), (0.55, 0.02)), ((0.55, 0.02), (0.35, 0.5), (0.22, 1)), _BAR_7),
        (((0.04, 0.2), (0.05, 0.03)), ((0.05, 0.03), (0.58, 0.02)),
         ((0.58, 0.02), (0.3, 0.5), (0.2, 1))),
        (((0.02, 0.12), (0.15, 0.03), (0.35, 0.1), (0.6, 0)), ((0.6, 0), (0.38, 0.45), (0.3, 1)),
         _BAR_7),
    ),
    "8": (
        (((0.48, 0.12), (0.28, 0), (0.08, 0.15), (0.2, 0.4), (0.45, 0.6), (0.52, 0.85), (0.28, 1),
          (0.04, 0.85), (0.15, 0.6), (0.42, 0.38), (0.5, 0.15)),),
        (((0.3, 0), (0.08, 0.1), (0.1, 0.38), (0.3, 0.46), (0.5, 0.35), (0.5, 0.1), (0.3, 0)),
         ((0.3, 0.46), (0.03, 0.6), (0.05, 0.9), (0.3, 1), (0.58, 0.88), (0.55, 0.58),
          (0.3, 0.46))),
        (((0.55, 0), (0.3, 0.05), (0.1, 0.2), (0.25, 0.42), (0.5, 0.7), (0.4, 0.97), (0.1, 0.95),
          (0.08, 0.7), (0.3, 0.48), (0.55, 0.25), (0.6, 0.05)),),
    ),
    "9": (
        (((0.5, 0.15), (0.25, 0), (0.03, 0.2), (0.1, 0.48), (0.35, 0.48), (0.5, 0.18)),
         ((0.5, 0.15), (0.48, 0.55), (0.42, 1))),
        (((0.5, 0.15), (0.25, 0), (0.03, 0.2), (0.1, 0.48), (0.35, 0.48), (0.5, 0.18)),
         ((0.5, 0.15), (0.5, 0.6), (0.35, 0.95), (0.08, 0.98))),
        (((0.5, 0.08), (0.2, 0.02), (0.02, 0.25), (0.2, 0.5), (0.48, 0.3)),
         ((0.52, 0.05), (0.45, 0.5), (0.3, 1))),
    ),
}  # fmt: skip


def draw_hands(count: int, seed: int, weight: float, variants: int = 5) -> tuple[Hand, ...]:
    """``count`` made-up hands with ``variants`` glyphs a digit; ``weight`` is shared out."""
    return tuple(
        _draw_hand(f"drawn/{i:03d}", np.random.default_rng([seed, 23, i]), weight / count, variants)
        for i in range(count)
    )


def _draw_hand(name: str, rng: np.random.Generator, weight: float, variants: int) -> Hand:
    pen = float(rng.uniform(2.5, 8.0))
    bend = float(rng.uniform(0.01, 0.06))
    tremor = float(rng.uniform(0.005, 0.03))
    width = float(np.exp(rng.normal(0.05, 0.18)))
    glyphs = {}
    for symbol, templates in TEMPLATES.items():
        strokes = templates[int(rng.integers(len(templates)))]
        habit = [np.array(s) + rng.normal(0, bend, size=(len(s), 2)) for s in strokes]
        _keep_joints(strokes, habit)
        drawn = [
            _draw_once(strokes, habit, width=width, pen=pen, tremor=tremor, rng=rng)
            for _ in range(variants)
        ]
        glyphs[symbol] = tuple(sorted(drawn, key=lambda glyph: glyph.pen))
    return Hand(name, glyphs, weight=weight)


def _draw_once(
    strokes: Strokes,
    habit: list[npt.NDArray[np.float64]],
    *,
    width: float,
    pen: float,
    tremor: float,
    rng: np.random.Generator,
) -> Glyph:
    moved = [points + rng.normal(0, tremor, size=points.shape) for points in habit]
    _keep_joints(strokes, moved)
    every = np.concatenate(moved) * (width, 1.0)
    low, high = every.min(axis=0), every.max(axis=0)
    columns, rows = ((high - low) * _SIZE + 2 * _MARGIN).astype(int)
    ink = np.zeros((int(rows), int(columns)), np.uint8)
    for points in moved:
        at = (points * (width, 1.0) - low) * _SIZE + _MARGIN
        draw_stroke(ink, [(float(x), float(y)) for x, y in at], pen)
    glyph = cut_glyph(ink)
    if glyph is None:
        raise ValueError("a template draws nothing")
    return glyph


def _keep_joints(strokes: Strokes, moved: list[npt.NDArray[np.float64]]) -> None:
    """Strokes that begin where another ends still do."""
    for i, stroke in enumerate(strokes[1:], start=1):
        for j in range(i):
            for end in (0, -1):
                if strokes[j][end] == stroke[0]:
                    moved[i][0] = moved[j][end]
