"""The same ink on other paper: drawn at another size, in another light, with another pen's grain.

Used before normalisation, so that what the normalisation leaves behind is learned too.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]


def rerender(ink: Grey, rng: np.random.Generator) -> Grey:
    """A (H, W) ink-high uint8 picture as dark ink on light paper, seen by some camera."""
    side = int(np.exp(rng.uniform(np.log(28), np.log(160))))
    extent = max(16, round(side * rng.uniform(0.6, 0.95)))
    height, width = ink.shape
    size = (
        max(1, extent * width // max(height, width)),
        max(1, extent * height // max(height, width)),
    )
    shrink = extent < max(height, width)
    drawn = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC)
    page = np.zeros((side, side), np.float32)
    y, x = (int(rng.integers(0, side - n + 1)) for n in drawn.shape)
    page[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
    page /= 255.0
    if rng.random() < 0.4:  # a ball pen skips on rough paper
        grain = cv2.resize(
            rng.random((side // 2 + 1, side // 2 + 1), dtype=np.float32), (side, side)
        )
        page *= 1.0 - rng.uniform(0.1, 0.5) * grain
    paper = rng.uniform(140, 255)
    darkness = rng.uniform(50, paper)
    picture = np.asarray(paper - page * darkness, np.float32)
    if rng.random() < 0.5:
        across, down = rng.uniform(0.6, 1.0, 2)
        left, right = rng.permutation([across, 1.0])
        top, bottom = rng.permutation([down, 1.0])
        ramp_y = np.linspace(top, bottom, side, dtype=np.float32)
        picture *= np.linspace(left, right, side, dtype=np.float32) * ramp_y[:, None]
    if rng.random() < 0.4:
        sigma = rng.uniform(0.3, 0.012 * side + 0.5)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if rng.random() < 0.6:
        strength = rng.uniform(0, min(10.0, darkness / 8))
        picture += strength * rng.standard_normal(picture.shape, dtype=np.float32)
    if rng.random() < 0.25:
        _neighbour_stroke(picture, paper - darkness, rng)
    out: Grey = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(40, 95))
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return out


def _neighbour_stroke(
    picture: npt.NDArray[np.float32], level: float, rng: np.random.Generator
) -> None:
    """The end of a stroke of what was written beside, at an edge of the frame, drawn in place."""
    side = picture.shape[0]
    along, depth = rng.uniform(0.1, 0.9) * side, rng.uniform(0.03, 0.1) * side
    start = np.array([along, -1.0])
    end = np.array([along + rng.uniform(-0.2, 0.2) * side, depth])
    if rng.random() < 0.5:
        start[1], end[1] = side - start[1], side - end[1]
    if rng.random() < 0.5:
        start, end = start[::-1], end[::-1]
    a, b = (tuple(int(v) for v in p) for p in (start, end))
    cv2.line(picture, a, b, float(level), max(1, side // 28), cv2.LINE_AA)
