"""Pictures that are no digit: scribbles, two digits at once, patches of something else.

Letters come from handwriting fonts (`handsum.data.fonts`), symbols from the public sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset
from handsum.data.mnist import load_mnist
from handsum.data.public import load_public

Grey = npt.NDArray[np.uint8]

UNLIKE_DIGITS = ("x", "y", "minus", "dot")
"""The symbols to refuse: a slash reads as a 1 and a z as a 2 by some hand, so nobody could."""


def draw_scribbles(count: int, seed: int) -> Dataset:
    """``count`` scribbles, dark on light: random walks of a pen, loops, zigzags and hatching."""
    rng = np.random.default_rng([seed, 1])
    return _as_dataset("reject:scribbles", [_scribble(rng) for _ in range(count)])


def draw_marks(count: int, seed: int) -> Dataset:
    """``count`` marks that paper carries beside digits: + x * # = ticks, arrows.

    A plus is two strokes that cross in their middles; a barred 7 is not, but a net that never saw
    one takes it for that.
    """
    rng = np.random.default_rng([seed, 5])
    return _as_dataset("reject:marks", [_mark(rng) for _ in range(count)])


def draw_textures(count: int, seed: int) -> Dataset:
    """``count`` patches of no writing at all: blots, blurred noise, edges, photo-like gradients."""
    rng = np.random.default_rng([seed, 2])
    return _as_dataset("reject:textures", [_texture(rng) for _ in range(count)])


def draw_blank_papers(count: int, seed: int) -> list[Grey]:
    """``count`` pictures of paper with nothing on it: any tone, shade, grain and size."""
    rng = np.random.default_rng([seed, 4])
    papers = []
    for _ in range(count):
        height, width = (int(v) for v in rng.integers(24, 200, 2))
        paper = np.full((height, width), rng.uniform(60, 255), np.float32)
        if rng.random() < 0.6:
            paper *= np.linspace(1, rng.uniform(0.6, 1), width, dtype=np.float32)
            paper *= np.linspace(rng.uniform(0.6, 1), 1, height, dtype=np.float32)[:, None]
        grain = rng.standard_normal(paper.shape, dtype=np.float32)
        if rng.random() < 0.5:
            grain = _blur(grain, rng.uniform(0.5, 1.5))
        paper += grain * rng.uniform(0, 8)
        papers.append(np.clip(paper, 0, 255).astype(np.uint8))
    return papers


def join_digits(digits: Sequence[Grey], count: int, seed: int) -> Dataset:
    """``count`` pictures of two or three digits in a row, from ink-high pictures of single ones."""
    rng = np.random.default_rng([seed, 3])
    out = []
    for _ in range(count):
        parts = [digits[int(rng.integers(len(digits)))] for _ in range(int(rng.choice([2, 2, 3])))]
        columns = [part[:, np.flatnonzero(part.any(axis=0))] for part in parts]
        gap = np.zeros((parts[0].shape[0], int(rng.integers(0, 6))), np.uint8)
        row = np.hstack([piece for column in columns for piece in (gap, column)][1:])
        out.append(np.asarray(255 - np.pad(row, 3), np.uint8))
    return _as_dataset("reject:joined", out)


def load_joined_digits(count: int, seed: int) -> Dataset:
    """`join_digits` of MNIST's training digits."""
    return join_digits(load_mnist("train").images, count, seed)


def load_symbols_unlike_digits() -> Dataset:
    """The part of bhmsds_symbols that no hand writes as a digit."""
    data = load_public("bhmsds_symbols")
    return replace(
        data.take([i for i, row in enumerate(data.ids) if row.split("/")[1] in UNLIKE_DIGITS]),
        name="reject:symbols",
    )


def _as_dataset(name: str, images: list[Grey]) -> Dataset:
    n = len(images)
    return Dataset(
        name=name,
        images=images,
        texts=("",) * n,
        contents=("not_a_number",) * n,
        groups=(None,) * n,
        ids=tuple(f"{name}/{i:05d}" for i in range(n)),
        ink="dark",
        licence="Apache-2.0",
        source="drawn by handsum",
    )


def _scribble(rng: np.random.Generator) -> Grey:
    side = 64
    canvas = np.full((side, side), 255, np.uint8)
    pen = int(rng.integers(1, 6))
    for _ in range(int(rng.integers(1, 4))):
        kind = int(rng.integers(4))
        n = int(rng.integers(6, 40))
        t = np.linspace(0, 1, 8 * n)
        if kind == 0:  # wandering pen
            steps = rng.normal(0, 1, (n, 2)).cumsum(axis=0)
            points = np.stack([np.interp(t, np.linspace(0, 1, n), steps[:, k]) for k in (0, 1)], 1)
        elif kind == 1:  # coil
            turns = rng.uniform(2, 7) * 2 * np.pi
            points = np.stack([np.cos(turns * t) + rng.uniform(0, 5) * t, np.sin(turns * t)], 1)
        elif kind == 2:  # zigzag or hatching
            saw = np.abs((t * rng.uniform(3, 9)) % 2 - 1)
            points = np.stack([t * rng.uniform(0.3, 2), saw * rng.uniform(0.3, 1.5)], 1)
        else:  # blotted-out spot: a dense tangle
            points = np.stack([np.cos(t * 40 + rng.normal(0, 0.4, len(t)).cumsum() * 0.2),
                               np.sin(t * 37)], 1)  # fmt: skip
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = points @ turn
        points -= points.min(axis=0)
        points *= rng.uniform(0.4, 0.9) * side / max(points.max(), 1e-6)
        points += rng.uniform(0, 1, 2) * np.maximum(side - 2 - points.max(axis=0), 1)
        curve = points.round().astype(np.int32)[:, None, :]
        cv2.polylines(canvas, [curve], False, 0, pen, cv2.LINE_AA)
    return canvas


def _blur(plane: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


_MARKS: dict[str, tuple[tuple[float, ...], ...]] = {
    "plus": ((0.5, 0.0, 0.5, 1.0), (0.0, 0.5, 1.0, 0.5)),
    "times": ((0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 0.0, 1.0)),
    "asterisk": ((0.5, 0.0, 0.5, 1.0), (0.05, 0.25, 0.95, 0.75), (0.95, 0.25, 0.05, 0.75)),
    "hash": ((0.35, 0.0, 0.25, 1.0), (0.75, 0.0, 0.65, 1.0), (0.0, 0.35, 1.0, 0.35),
             (0.0, 0.7, 1.0, 0.7)),
    "equals": ((0.0, 0.35, 1.0, 0.35), (0.0, 0.65, 1.0, 0.65)),
    "tick": ((0.0, 0.6, 0.3, 1.0), (0.3, 1.0, 1.0, 0.0)),
    "arrow": ((0.0, 0.5, 1.0, 0.5), (0.7, 0.2, 1.0, 0.5), (0.7, 0.8, 1.0, 0.5)),
}  # fmt: skip
"""Strokes (x0, y0, x1, y1) in a unit square."""


def _mark(rng: np.random.Generator) -> Grey:
    """One of `_MARKS` (a plus every other time), by an unsteady pen."""
    side = 64
    canvas = np.full((side, side), 255, np.uint8)
    pen = int(rng.integers(1, 7))
    names = [*_MARKS, *["plus"] * len(_MARKS)]
    strokes = np.array(_MARKS[names[int(rng.integers(len(names)))]])
    # A slant and a squeeze for the whole mark, a slip for each end of a stroke.
    angle, extent = rng.normal(0, 0.15), rng.uniform(26, 44) * np.exp(rng.normal(0, 0.15, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for stroke in strokes:
        ends = (stroke.reshape(2, 2) - 0.5 + rng.normal(0, 0.05, (2, 2))) * extent @ turn + side / 2
        bow = rng.normal(0, 0.06, 2) * extent
        t = np.linspace(0, 1, 12)[:, None]
        curve = ends[0] * (1 - t) + ends[1] * t + bow * 4 * t * (1 - t)
        cv2.polylines(canvas, [curve.round().astype(np.int32)[:, None]], False, 0, pen, cv2.LINE_AA)
    return canvas


def _texture(rng: np.random.Generator) -> Grey:
    side = 48
    kind = int(rng.integers(4))
    noise = rng.random((side, side)).astype(np.float32)
    if kind == 0:  # cloud
        noise = _blur(noise, rng.uniform(1.5, 6))
    elif kind == 1:  # blot
        noise = _blur(noise, rng.uniform(4, 8))
        noise = (noise > np.quantile(noise, rng.uniform(0.4, 0.9))).astype(np.float32)
    elif kind == 2:  # edges of things in a photo
        noise = np.zeros((side, side), np.float32)
        for _ in range(int(rng.integers(3, 9))):
            centre = tuple(int(v) for v in rng.integers(0, side, 2))
            axes = tuple(int(v) for v in rng.integers(4, side, 2))
            grey = float(rng.random())
            cv2.ellipse(noise, centre, axes, float(rng.uniform(0, 180)), 0, 360, grey, -1)
    else:  # bars and grids
        period = rng.uniform(3, 14)
        ramp = np.arange(side, dtype=np.float32)
        noise = 0.5 + 0.5 * np.sin(ramp * 2 * np.pi / period)[None, :] * np.ones(
            (side, 1), np.float32
        )
        if rng.random() < 0.5:
            noise = np.maximum(noise, noise.T)
    noise -= noise.min()
    return np.asarray(255 * noise / max(float(noise.max()), 1e-6), np.uint8)
