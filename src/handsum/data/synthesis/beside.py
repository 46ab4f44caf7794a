"""Defects around the number: what else the pen left in the crop, and how much paper there is."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.marks import CLOSING, OPENING, shape_mark
from handsum.data.synthesis.pen import draw_stroke
from handsum.data.synthesis.scene import Scene, another_number, lay, pad_scene


def tall_cell(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A small number somewhere in a tall cell, as registers have it."""
    h, _ = scene.shape
    above, below = rng.uniform(0.3, 3.5 * strength, size=2) * scene.height
    left, right = rng.uniform(0.0, 1.2 * strength, size=2) * scene.height
    limit = 5.5 * scene.height / (above + below + h)
    above, below = above * min(1.0, limit), below * min(1.0, limit)
    return pad_scene(scene, int(left), int(above), int(right), int(below))


def wide_cell(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A number at one end of a wide field."""
    left, right = (
        rng.uniform(0.0, 4.0 * strength, size=2) * scene.height * rng.permutation([1, 0.2])
    )
    return pad_scene(scene, int(left), 0, int(right), 0)


def row_neighbours(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Numbers of the rows above and below, cut off by the edges of the crop."""
    sides = rng.permutation(["above", "below"])[: 1 if rng.random() < 0.4 else 2]
    for side in sides:
        other = another_number(scene, rng)
        visible = int(rng.uniform(0.1, 0.3 + 0.4 * strength) * scene.height)
        gap = int(rng.uniform(0.02, 0.45) * scene.height)
        room = scene.body[1] if side == "above" else scene.shape[0] - scene.body[3]
        missing = max(0, int(visible + gap - room))
        if side == "above":
            scene = pad_scene(scene, top=missing)
            y = visible - len(other.ink)
        else:
            scene = pad_scene(scene, bottom=missing)
            y = scene.shape[0] - visible
        right_aligned = scene.body[2] - other.ink.shape[1]
        spread = rng.uniform(-other.ink.shape[1], scene.shape[1])
        lay(scene, other.ink, int(right_aligned if rng.random() < 0.6 else spread), int(y))
    return scene


def column_neighbours(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Numbers of the columns to the left and right, cut off by the edges of the crop."""
    for side in rng.permutation(["left", "right"])[: 1 if rng.random() < 0.6 else 2]:
        other = another_number(scene, rng)
        visible = int(rng.uniform(0.05, 0.1 + 0.35 * strength) * scene.height)
        gap = int(rng.uniform(0.35, 1.5) * scene.height + 0.8 * visible)
        room = scene.body[0] if side == "left" else scene.shape[1] - scene.body[2]
        missing = max(0, int(visible + gap - room))
        y = int(scene.body[1] + rng.normal(0, 0.25) * scene.height)
        if side == "left":
            scene = pad_scene(scene, left=missing)
            lay(scene, other.ink, visible - other.ink.shape[1], y)
        else:
            scene = pad_scene(scene, right=missing)
            lay(scene, other.ink, scene.shape[1] - visible, y)
    return scene


def closing_mark(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """What closes an amount and is no digit: ``.-``  ``=``  ``,-``  ``#``  a point, a flourish."""
    return _mark(scene, rng, strength, str(rng.choice(CLOSING)), after=True)


def opening_mark(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """What opens an amount and is no digit: ``=``  ``#``  ``$``  a colon."""
    return _mark(scene, rng, strength, str(rng.choice(OPENING)), after=False)


def underline(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A pen line under the number, short, long, doubled or touching it."""
    x0, _, x1, y1 = scene.body
    h = scene.height
    depth = float(rng.uniform(-0.08, 0.45)) * h
    need = int(max(0, y1 + depth + 0.25 * h - scene.shape[0]))
    scene = pad_scene(scene, bottom=need)
    start = x0 + rng.uniform(-0.5, 0.35) * h
    end = max(start + 0.3 * h, x1 + rng.uniform(-0.5, 0.6) * h)
    for k in range(1 if rng.random() < 0.85 else 2):
        y = y1 + depth + k * rng.uniform(0.1, 0.2) * h
        tilt, bow = rng.normal(0, 0.06, size=2) * h
        points = [(start, y + tilt), ((start + end) / 2, y + bow), (end, y - tilt)]
        if rng.random() < 0.25:  # a hook at the end
            points.append((end - 0.2 * h, y - tilt + rng.uniform(-0.2, 0.2) * h))
        draw_stroke(scene.ink, points, scene.pen * rng.uniform(0.5, 0.6 + 0.6 * strength))
    return scene


def enclosure(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A ring, box or triangle drawn around the number, which keeps its value."""
    pad = int(0.6 * scene.height)
    scene = pad_scene(scene, pad, pad, pad, pad)
    x0, y0, x1, y1 = scene.body
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    rx = (x1 - x0) / 2 + rng.uniform(0.12, 0.5) * scene.height
    ry = (y1 - y0) / 2 + rng.uniform(0.05, 0.45) * scene.height
    width = scene.pen * rng.uniform(0.6, 0.7 + 0.5 * strength)
    kind = rng.random()
    if kind < 0.7:
        turn = np.linspace(0, 2 * np.pi * rng.uniform(0.92, 1.12), 12) + rng.uniform(0, 6.3)
        wobble = 1 + rng.normal(0, 0.04, size=12)
        ring = [
            (cx + rx * np.cos(a) * k, cy + ry * np.sin(a) * k)
            for a, k in zip(turn, wobble, strict=True)
        ]
        draw_stroke(scene.ink, ring, width)
    else:
        corners = (
            [(-1, -1), (1, -1), (1, 1), (-1, 1)]
            if kind < 0.85
            else [(0, -2.0), (1.7, 1), (-1.7, 1)]
        )
        at = np.array([(cx + rx * a, cy + ry * b) for a, b in corners])
        at += rng.normal(0, 0.06 * scene.height, size=at.shape)
        for a, b in zip(at, np.roll(at, -1, axis=0), strict=True):
            draw_stroke(scene.ink, [tuple(a), tuple((a + b) / 2), tuple(b)], width)
    return scene


def correction(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A crossed-out number beside or under the right one, which alone counts."""
    other = another_number(scene, rng, 0.0)
    limit = int(rng.integers(1, 4) * 0.8 * scene.height)
    wrong = strike_out(other.ink[:, : max(limit, 8)].copy(), scene.height, scene.pen, rng, strength)
    h, w = wrong.shape
    if rng.random() < 0.65:
        left = rng.random() < 0.6
        gap = int(rng.uniform(0.15, 0.6) * scene.height)
        y = int(scene.body[3] - h + 0.15 * scene.height + rng.normal(0, 0.1) * scene.height)
        room = int(scene.body[0] if left else scene.shape[1] - scene.body[2])
        missing = max(0, w + gap - room)
        scene = pad_scene(scene, left=missing) if left else pad_scene(scene, right=missing)
        x = int(scene.body[0]) - gap - w if left else int(scene.body[2]) + gap
    else:
        below = rng.random() < 0.7
        gap = int(rng.uniform(-0.05, 0.3) * scene.height)
        room = int(scene.shape[0] - scene.body[3] if below else scene.body[1])
        missing = max(0, h + gap - room)
        scene = pad_scene(scene, bottom=missing) if below else pad_scene(scene, top=missing)
        x = int(scene.body[0] + rng.uniform(-0.3, 0.3) * scene.height)
        y = int(scene.body[3]) + gap if below else int(scene.body[1]) - gap - h
    lay(scene, wrong, x, y)
    return scene


def specks(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Dots, dashes and hair-like strokes of the pen somewhere on the paper."""
    h, w = scene.shape
    for _ in range(int(rng.integers(1, 2 + int(4 * strength)))):
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        length = rng.uniform(0.0, 0.25) * scene.height
        end = (x + rng.normal(0, 1) * length, y + rng.normal(0, 1) * length)
        width = scene.pen * rng.uniform(0.3, 1.0)
        draw_stroke(scene.ink, [(x, y), end], width, int(rng.integers(80, 256)))
    return scene


def strike_out(
    ink: npt.NDArray[np.uint8],
    height: float,
    pen: float,
    rng: np.random.Generator,
    strength: float,
) -> npt.NDArray[np.uint8]:
    """Cross out what stands in ``ink``: lines, a cross, hatching or a scribble over all of it."""
    ys, xs = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(ys) == 0:
        return ink
    x0, x1, y0, y1 = float(xs[0]), float(xs[-1]), float(ys[0]), float(ys[-1])
    over = 0.12 * height
    width = pen * rng.uniform(0.7, 1.2)
    kind = rng.random()
    if kind < 0.35:
        for _ in range(int(rng.integers(1, 3))):
            y = rng.uniform(0.3, 0.7) * (y1 - y0) + y0
            tilt = rng.normal(0, 0.12) * (y1 - y0)
            draw_stroke(
                ink, [(x0 - over, y + tilt), ((x0 + x1) / 2, y), (x1 + over, y - tilt)], width
            )
    elif kind < 0.6:
        draw_stroke(ink, [(x0 - over, y1 + over), (x1 + over, y0 - over)], width)
        if rng.random() < 0.6:
            draw_stroke(ink, [(x0 - over, y0 - over), (x1 + over, y1 + over)], width)
    else:
        count = int(rng.integers(4, 6 + int(8 * strength)) + (x1 - x0) / height)
        t = np.linspace(0, 1, count)
        zigzag = np.where(np.arange(count) % 2 == 0, 0.15, 0.85) + rng.normal(0, 0.1, size=count)
        points = [
            (x0 + (x1 - x0) * a + rng.normal(0, 0.08) * height, y0 + (y1 - y0) * b)
            for a, b in zip(t, zigzag, strict=True)
        ]
        draw_stroke(ink, points, width)
    return ink


def small_remark(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Somebody's much smaller writing in a corner, well away from the number."""
    other = another_number(scene, rng, 0.3)
    scale = float(rng.uniform(0.35, 0.65))
    scale *= max(0.4, 1.0 - 0.2 * strength)
    small = cv2.resize(other.ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    layer = np.asarray(small, np.uint8)
    above = rng.random() < 0.5
    room = int(scene.body[1] if above else scene.shape[0] - scene.body[3])
    missing = max(0, len(layer) + int(0.5 * scene.height) - room)
    scene = pad_scene(scene, top=missing) if above else pad_scene(scene, bottom=missing)
    first = -0.3 * layer.shape[1]
    x = int(rng.uniform(first, max(first, scene.shape[1] - 0.5 * layer.shape[1])))
    lay(scene, layer, x, 0 if above else scene.shape[0] - len(layer))
    return scene


def _mark(scene: Scene, rng: np.random.Generator, strength: float, name: str, after: bool) -> Scene:
    h = scene.height
    strokes = shape_mark(name, rng)
    reach = max(x for stroke in strokes for x, _ in stroke) * h
    gap = rng.uniform(0.08, 0.5) * h
    space = scene.shape[1] - scene.body[2] if after else scene.body[0]
    missing = max(0, int(np.ceil(reach + gap + 0.1 * h - space)))
    scene = pad_scene(scene, right=missing) if after else pad_scene(scene, left=missing)
    x0, y0, x1, y1 = scene.body
    base = min(y1, y0 + 1.25 * h)
    x = x1 + gap if after else x0 - gap - reach
    pen = scene.pen * rng.uniform(0.8, 0.9 + 0.3 * strength)
    for stroke in strokes:
        draw_stroke(scene.ink, [(x + a * h, base - b * h) for a, b in stroke], pen)
    return scene
