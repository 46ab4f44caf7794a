"""A number on its piece of paper, before and after it is seen by a camera."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.compose import Style, Written, compose_number
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.texts import sample_text


@dataclass(frozen=True)
class Scene:
    """What defects work on; they return a new one and may change the arrays of the old.

    ``ink`` uint8 (H, W) is the handwriting, 255 full; ``ground`` float32 (H, W) how bright paper
    and print are, 1 white, until `expose` lays the ink onto it, then the picture itself.
    ``body`` (x0, y0, x1, y1) surrounds the number, ``boxes`` float32 (N, 4) its symbols, all in
    pixels; ``height`` and ``pen`` are its digits' height and stroke width, ``tone`` how dark
    the ink is, 0 to 1.
    """

    ink: npt.NDArray[np.uint8]
    ground: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]
    body: tuple[float, float, float, float]
    height: float
    pen: float
    style: Style
    hand: Hand
    tone: float

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.ink.shape[0], self.ink.shape[1]


def place_number(
    written: Written, style: Style, hand: Hand, rng: np.random.Generator, tone: float = 0.85
) -> Scene:
    """A number on white paper, with margins from hardly any to a digit's height.

    ``tone`` is how dark its ink will be, 0 to 1.
    """
    h = written.height
    reach = h * (0.25 if rng.random() < 0.5 else 0.9)
    left, top, right, bottom = (int(m) for m in rng.uniform(0.0, reach, size=4))
    ink = np.pad(written.ink, ((top, bottom), (left, right)))
    ys, xs = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    body = (0.0, 0.0, float(ink.shape[1]), float(ink.shape[0]))
    if len(ys):
        body = (float(xs[0]), float(ys[0]), float(xs[-1] + 1), float(ys[-1] + 1))
    return Scene(
        ink=ink,
        ground=np.ones(ink.shape, np.float32),
        boxes=written.boxes + np.array([left, top, left, top], np.float32),
        body=body,
        height=h,
        pen=max(1.0, style.pen * h),
        style=style,
        hand=hand,
        tone=tone,
    )


def pad_scene(scene: Scene, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Scene:
    """The scene with more white paper around it."""
    if not (left or top or right or bottom):
        return scene
    h, w = scene.shape
    size = (top + h + bottom, left + w + right)
    ink, ground = np.zeros(size, np.uint8), np.ones(size, np.float32)
    ink[top : top + h, left : left + w] = scene.ink
    ground[top : top + h, left : left + w] = scene.ground
    x0, y0, x1, y1 = scene.body
    return replace(
        scene,
        ink=ink,
        ground=ground,
        boxes=scene.boxes + np.array([left, top, left, top], np.float32),
        body=(x0 + left, y0 + top, x1 + left, y1 + top),
    )


def lay(scene: Scene, layer: npt.NDArray[np.uint8], x: int, y: int) -> None:
    """Write ``layer`` into the scene's ink with its corner at (x, y); what sticks out is cut."""
    h, w = scene.shape
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(w, x + layer.shape[1]), min(h, y + layer.shape[0])
    if x0 < x1 and y0 < y1:
        part = scene.ink[y0:y1, x0:x1]
        np.maximum(part, layer[y0 - y : y1 - y, x0 - x : x1 - x], out=part)


def darken(scene: Scene, layer: npt.NDArray[np.uint8], tone: float) -> None:
    """Print ``layer`` (H, W) onto the ground; ``tone`` 0 is invisible, 1 black."""
    scene.ground[:] *= 1.0 - layer.astype(np.float32) * (tone / 255)


def fit_text(text: str, hand: Hand, rng: np.random.Generator) -> str:
    """``text`` with every digit that a hand lacks replaced by one it has."""
    digits = [d for d in "0123456789" if hand.glyphs.get(d)]
    return "".join(str(rng.choice(digits)) if c.isdigit() and c not in digits else c for c in text)


def another_number(scene: Scene, rng: np.random.Generator, separators: float = 0.1) -> Written:
    """A different number by the hand, and in the style, of the scene's own."""
    text = fit_text(sample_text(rng, separators)[:6], scene.hand, rng)
    style = replace(scene.style, waves=0.0, quantile=float(rng.random()))
    return compose_number(text, scene.hand, style, rng)


def expose(scene: Scene) -> Scene:
    """Lay the ink onto the ground."""
    ground = scene.ground * (1.0 - scene.ink.astype(np.float32) * (scene.tone / 255))
    return replace(scene, ground=ground)
