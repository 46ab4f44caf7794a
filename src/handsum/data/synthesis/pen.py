"""Strokes that are drawn, not copied: marks, lines, flourishes, and smooth noise for them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.texts import RAISED_POINT

_FRACTION_BITS = 4
_STEPS = 8  # chords a spline segment
Point = tuple[float, float]


def smooth_noise(
    shape: tuple[int, int], grid: tuple[int, int], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Float32 (H, W) noise of about unit range, varying over a coarse ``grid``."""
    coarse = rng.uniform(-1, 1, size=grid).astype(np.float32)
    fine = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, dtype=np.float32)


def spline(points: Sequence[Point] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Catmull-Rom curve (M, 2) through ``points`` (N, 2), N at least 2."""
    p = np.asarray(points, dtype=np.float64)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = (np.arange(_STEPS) / _STEPS)[None, :, None]
    p0, p1, p2, p3 = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    curve = p1 + 0.5 * t * (
        (p2 - p0) + t * ((2 * p0 - 5 * p1 + 4 * p2 - p3) + t * (3 * (p1 - p2) + p3 - p0))
    )
    return np.concatenate([curve.reshape(-1, 2), p[-2:-1]])


def draw_curve(
    ink: npt.NDArray[np.uint8], points: npt.NDArray[np.float64], width: float, value: int = 255
) -> None:
    """Draw a polyline (N, 2) of pixels onto ``ink`` with a pen of ``width`` pixels."""
    at = np.rint(points * 2**_FRACTION_BITS).astype(np.int32)
    thickness = max(1, round(width))
    cv2.polylines(ink, [at], False, value, thickness, cv2.LINE_AA, _FRACTION_BITS)


def draw_stroke(
    ink: npt.NDArray[np.uint8], points: Sequence[Point], width: float, value: int = 255
) -> None:
    """Draw a smooth curve through ``points`` in pixels."""
    draw_curve(ink, spline(points), width, value)


def draw_mark(
    symbol: str, height: float, pen: float, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], float]:
    """A point, comma, raised point, minus or slash in its own box, and its foot over the line.

    ``height`` is the digits' in pixels, ``pen`` the stroke width as a share of it.
    """
    width = max(1.5, pen * height * rng.uniform(0.9, 1.3))
    if symbol in ("." + RAISED_POINT):
        shape, rise = _dot(width, rng), rng.uniform(-0.1, 0.06) * height
        if symbol == RAISED_POINT:
            rise = rng.uniform(0.25, 0.6) * height
    elif symbol == ",":
        shape, rise = _comma(height, width, rng), -rng.uniform(0.1, 0.3) * height
    elif symbol == "-":
        shape, rise = _dash(height, width, rng), rng.uniform(0.25, 0.6) * height
    elif symbol == "/":
        shape, rise = _slash(height, width, rng), -rng.uniform(0.08, 0.3) * height
    else:
        raise ValueError(f"no such mark: {symbol!r}")
    return shape, float(rise)


def _empty(h: float, w: float, width: float) -> tuple[npt.NDArray[np.uint8], float]:
    pad = width / 2 + 1.5
    return np.zeros((int(h + 2 * pad) + 1, int(w + 2 * pad) + 1), np.uint8), pad


def _dot(width: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    length = width * rng.uniform(0.0, 0.8)
    ink, pad = _empty(length, length, width)
    draw_stroke(ink, [(pad, pad), (pad + length * rng.random(), pad + length)], width * 1.2)
    return ink


def _comma(height: float, width: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    h, w = rng.uniform(0.12, 0.36) * height, rng.uniform(0.03, 0.16) * height
    ink, pad = _empty(h, w, width)
    bend = rng.uniform(-0.1, 0.5) * w
    draw_stroke(ink, [(pad + w, pad), (pad + 0.5 * w + bend, pad + 0.5 * h), (pad, pad + h)], width)
    return ink


def _dash(height: float, width: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    w = rng.uniform(0.25, 0.75) * height
    tilt, bow = rng.normal(0, 0.08) * w, rng.normal(0, 0.05) * w
    ink, pad = _empty(abs(tilt) + abs(bow) + 1, w, width)
    y = pad + abs(bow) + max(0.0, -tilt)
    draw_stroke(ink, [(pad, y), (pad + w / 2, y + tilt / 2 - bow), (pad + w, y + tilt)], width)
    return ink


def _slash(height: float, width: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    h, w = rng.uniform(1.15, 1.6) * height, rng.uniform(0.3, 0.8) * height
    ink, pad = _empty(h, w, width)
    bend = rng.normal(0, 0.06) * h
    draw_stroke(ink, [(pad + w, pad), (pad + w / 2 + bend, pad + h / 2), (pad, pad + h)], width)
    return ink
