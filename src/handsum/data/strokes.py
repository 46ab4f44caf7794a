"""Digits drawn from pen strokes: eight points each, joined by a smooth curve, any pen.

UCI's Pen-Based Recognition set gives each digit as eight points, evenly spaced along the pen's
path, stretched to fill 0-100 both ways (so a slim 1 is as wide as it is tall) and joined across
pen lifts. Here it gets a width back, and what the joining spoilt is left out.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

_OVERSAMPLE = 4  # drawn this much larger, then averaged down: smooth edges of any width
_STEPS = 12  # chords a segment; at 64 px none is longer than a few pixels
_ASPECT = {1: (0.15, 0.5), 4: (0.5, 0.9)}  # width over height; what hands on paper do
_ASPECT_OTHERS = (0.45, 0.85)
_MAX_OPENING = {0: 25.0, 6: 25.0, 8: 6.0, 9: 9.0}
"""A 9 is the touchy one: with its loop a little open, many of these look like a 3 or an S."""


def draw_strokes(
    points: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    seed: int,
    size: int = 64,
    pen: tuple[float, float] = (2.0, 6.5),
) -> npt.NDArray[np.uint8]:
    """Pictures uint8 (N, size, size), dark ink on 255, of strokes (N, P, 2) in 0-100, y up.

    ``labels`` (N,) are the digits 0-9. Each picture has a pen width (uniform within ``pen``, in
    1/64 of ``size``) and a ratio of width to height of its own, from ``seed``: the same seed
    gives the same pictures. The digit stands in the middle, in a margin no pen crosses.
    """
    rng = np.random.default_rng(seed)
    widths = rng.uniform(*pen, size=len(points)) * (size / 64)
    ranges = np.array([_ASPECT.get(int(label), _ASPECT_OTHERS) for label in labels]).reshape(-1, 2)
    aspects = rng.uniform(ranges[:, 0], ranges[:, 1])
    curves = smooth_curves(points.astype(np.float64))
    low, high = curves.min(axis=1, keepdims=True), curves.max(axis=1, keepdims=True)
    margin = pen[1] * (size / 64) / 2 + 2
    placed = (curves - (low + high) / 2) / np.maximum(high - low, 1.0) * (size - 2 * margin)
    placed[..., 0] *= aspects[:, None]
    placed[..., 1] *= -1
    placed += size / 2
    pictures = np.empty((len(points), size, size), np.uint8)
    for i, (curve, width) in enumerate(zip(placed, widths, strict=True)):
        pictures[i] = _draw(curve, width, size)
    return pictures


def smooth_curves(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Uniform Catmull-Rom curves (N, (P-1)*12+1, 2) through points (N, P, 2).

    Each segment is the cubic through its two ends whose slope at an end is half the chord between
    that end's neighbours (Catmull and Rom, 1974); the first and last point are mirrored outward.
    """
    before = 2 * points[:, :1] - points[:, 1:2]
    after = 2 * points[:, -1:] - points[:, -2:-1]
    p = np.concatenate([before, points, after], axis=1)
    p0, p1, p2, p3 = (p[:, k : p.shape[1] - 3 + k, None, :] for k in range(4))
    t = (np.arange(_STEPS) / _STEPS)[None, None, :, None]
    curve = p1 + 0.5 * t * (
        (p2 - p0) + t * ((2 * p0 - 5 * p1 + 4 * p2 - p3) + t * (3 * (p1 - p2) + p3 - p0))
    )
    flat = curve.reshape(len(points), -1, 2)
    joined: npt.NDArray[np.float64] = np.concatenate([flat, points[:, -1:]], axis=1)
    return joined


def sound_strokes(
    points: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Which strokes (N, 8, 2) still look like their digit after the joining: True (N,).

    5 and 7 go as a whole: the jump to the bar of a 5, or to the bar across a 7, is drawn as ink.
    The rules for the others were found by looking at contact sheets of what they keep and drop.
    """
    kept = np.ones(len(points), np.bool_)
    for i, (stroke, label) in enumerate(zip(points.astype(np.int16), labels.tolist(), strict=True)):
        match label:
            case 5 | 7:
                kept[i] = False
            case 1:
                kept[i] = _sound_one(stroke)
            case 4:
                kept[i] = _sound_four(stroke)
            case _ if label in _MAX_OPENING:
                kept[i] = _opening(stroke) <= _MAX_OPENING[label]
    return kept


def _opening(stroke: npt.NDArray[np.int16]) -> float:
    """How far the curve stays from closing a loop, in 1/100 of its height.

    The least distance of two of its points that lie at least two segments apart.
    """
    x, y = smooth_curves(stroke[None].astype(np.float64))[0].T
    squared = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    near = np.tri(len(x), k=2 * _STEPS - 1, dtype=np.bool_)  # and each pair's mirror image
    return float(np.sqrt(squared[~near].min()))


def _sound_one(stroke: npt.NDArray[np.int16]) -> bool:
    """Neither a flat flag, as of a 7, nor a hook that starts from the right."""
    x, y = stroke[:, 0], stroke[:, 1]
    flat_flag = bool(y[0] >= 80 and ((x[1:4] - x[0] > 25) & (y[1:4] >= 80)).any())
    hook = bool(x[0] - x[1:4].min() > 30 and y[0] - y[1] < 25)
    return not (flat_flag or hook)


def _sound_four(stroke: npt.NDArray[np.int16]) -> bool:
    """The pen rises after the elbow, and comes down near the end of the crossbar.

    Without a rise it is a lightning bolt, near an S or a 5; low, its loop makes a 6 of it; and a
    stem far left of the crossbar's end is joined to it by an arc that closes a circle.
    """
    elbow = 1 + int(stroke[1:5, 0].argmin())
    rest = stroke[elbow + 1 :]
    top = int(rest[:, 1].argmax())
    rise = int(np.diff(rest[:, 1]).max())
    arc = int(rest[:, 0].max() - rest[top, 0])
    return rise >= 8 and rest[top, 1] >= 50 and not (rest[top, 1] >= 75 and arc > 22)


def _draw(curve: npt.NDArray[np.float64], width: float, size: int) -> npt.NDArray[np.uint8]:
    large = np.full((size * _OVERSAMPLE, size * _OVERSAMPLE), 255, np.uint8)
    fraction_bits = 4
    at = np.rint((curve * _OVERSAMPLE - 0.5) * 2**fraction_bits).astype(np.int32)
    thickness = max(1, round(width * _OVERSAMPLE))
    cv2.polylines(large, [at], False, 0, thickness, cv2.LINE_8, fraction_bits)
    small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)
