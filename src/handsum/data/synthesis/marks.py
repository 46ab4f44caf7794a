"""Marks that open or close an amount and are no part of the number, as strokes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Strokes = tuple[tuple[tuple[float, float], ...], ...]
"""Smooth strokes through points (x right, y up from the baseline), in digit heights."""

_DOT = ((0.0, 0.03), (0.02, -0.01))
_DASH = ((0.0, 0.4), (0.35, 0.4), (0.7, 0.42))
_AFTER_DOT = ((0.2, 0.4), (0.5, 0.4), (0.85, 0.42))
_SLASH = ((0.35, 0.95), (0.15, 0.4), (0.0, -0.1))

MARKS: dict[str, Strokes] = {
    ".": (_DOT,),
    "-": (_DASH,),
    ".-": (_DOT, _AFTER_DOT),
    ",-": (((0.06, 0.05), (0.0, -0.18)), _AFTER_DOT),
    "/-": (_SLASH, ((0.45, 0.4), (0.9, 0.42))),
    "=": (_DASH, ((0.0, 0.2), (0.35, 0.2), (0.7, 0.21))),
    ":": (_DOT, ((0.0, 0.45), (0.02, 0.41))),
    "x": (((0.0, 0.6), (0.45, 0.1)), ((0.45, 0.6), (0.0, 0.1))),
    "#": (
        ((0.35, 0.9), (0.2, 0.0)), ((0.62, 0.9), (0.47, 0.0)),
        ((0.02, 0.58), (0.75, 0.62)), ((0.0, 0.28), (0.7, 0.32)),
    ),
    "$": (
        ((0.45, 0.72), (0.2, 0.88), (0.0, 0.65), (0.22, 0.45), (0.45, 0.25), (0.22, 0.02),
         (0.0, 0.2)),
        ((0.27, 1.05), (0.2, -0.15)),
    ),
    "/": (_SLASH,),
    "*": (((0.0, 0.6), (0.4, 0.2)), ((0.4, 0.6), (0.0, 0.2)), ((0.2, 0.7), (0.2, 0.1))),
    "wave": (
        ((0.0, 0.4), (0.2, 0.6), (0.4, 0.2), (0.7, 0.55), (0.95, 0.25), (1.3, 0.45), (1.7, 0.35)),
    ),
    "tail": (((0.0, 0.3), (0.4, 0.1), (0.9, 0.3), (1.3, 0.5), (1.0, 0.65), (0.7, 0.4),
         (1.8, 0.2)),),
    "long": (((0.0, 0.4), (1.0, 0.42), (2.2, 0.38)),),
}  # fmt: skip

CLOSING: Sequence[str] = (*"....--==##x", ".-", ".-", ",-", "/-", "wave", "tail", "long", "long")
"""What follows a number, the usual ones more than once."""
OPENING: Sequence[str] = ("=", "#", "$", ":", "x", "*", "#")
"""What precedes it; no dash among them, which would be a minus."""


def shape_mark(name: str, rng: np.random.Generator) -> list[list[tuple[float, float]]]:
    """The strokes of a mark in digit heights, as nobody wrote them before; x begins near 0."""
    stretch, rise = rng.uniform(0.7, 1.3), rng.normal(0, 0.06)
    tall = rng.uniform(0.75, 1.15)
    return [
        [
            (stretch * x + rng.normal(0, 0.025), tall * y + rise + rng.normal(0, 0.025))
            for x, y in stroke
        ]
        for stroke in MARKS[name]
    ]
