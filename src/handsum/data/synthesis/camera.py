"""Defects of ink, paper, scanner and camera: what comes between the number and its pixels."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.pen import smooth_noise
from handsum.data.synthesis.scene import Scene

Picture = npt.NDArray[np.float32]


def pressure(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A pen that writes darker and paler from stroke to stroke."""
    low = max(0.25, 1.0 - 0.6 * strength)
    noise = smooth_noise(scene.shape, (4, max(3, scene.shape[1] // 12)), rng)
    factor = np.clip(1.0 - (1 - low) * (0.5 + 0.6 * noise), low, 1.0)
    return replace(scene, ink=(scene.ink * factor).astype(np.uint8))


def pencil(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Graphite: grains of paper shine through the stroke."""
    grain = _float(cv2.GaussianBlur(rng.random(scene.shape, dtype=np.float32), (3, 3), 0))
    factor = np.clip(1.0 + strength * (grain - 0.5) * 2.5 - 0.15 * strength, 0.25, 1.0)
    return replace(scene, ink=(scene.ink * factor).astype(np.uint8))


def dry_pen(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Strokes with gaps where the ink failed."""
    h, w = scene.shape
    noise = smooth_noise((h, w), (max(3, h // 4), max(3, w // 4)), rng)
    gaps = np.clip((noise - (0.9 - 0.35 * strength)) * 6, 0, 0.75)
    return replace(scene, ink=(scene.ink * (1 - gaps)).astype(np.uint8))


def bleed_through(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Writing of the other side of the sheet, mirrored, blurred and pale."""
    mirrored = cv2.GaussianBlur(scene.ink[:, ::-1], (0, 0), 1.5)
    shift = (int(rng.normal(0, 0.4) * scene.height), int(rng.normal(0, 0.5) * scene.height))
    layer = np.roll(mirrored, shift, axis=(0, 1)).astype(np.float32)
    scene.ground[:] *= 1.0 - layer * (rng.uniform(0.04, 0.06 + 0.14 * strength) / 255)
    return scene


def paper_texture(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Grain and cloudiness of the paper."""
    h, w = scene.shape
    fine = cv2.GaussianBlur(rng.standard_normal((h, w), dtype=np.float32), (3, 3), 0)
    cloudy = smooth_noise((h, w), (max(2, h // 16), max(2, w // 16)), rng)
    amount = rng.uniform(0.2, 1.0) * strength * (0.35 + 0.65 * scene.tone)
    scene.ground[:] += amount * (0.04 * fine + 0.05 * cloudy)
    return scene


def shading(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Uneven light: a slope, a shadow's edge or a dark corner."""
    h, w = scene.shape
    slope = smooth_noise((h, w), (2, 2) if rng.random() < 0.5 else (2, 4), rng)
    light = 1.0 + 0.35 * strength * slope
    if rng.random() < 0.2:  # the edge of a shadow falls across
        at, soft = rng.uniform(0, w), rng.uniform(0.02, 0.3) * w + 1
        side = 1 / (1 + np.exp(-np.clip((np.arange(w) - at) / soft, -30, 30)))
        light = light * (1 - 0.5 * strength * side[None, :]).astype(np.float32)
    return replace(scene, ground=scene.ground * light.astype(np.float32))


def dark_margin(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A black margin beyond the sheet's edge, with its shadow, on one or two sides."""
    ground, boxes, body = scene.ground, scene.boxes, scene.body
    for side in rng.permutation(["left", "right", "top", "bottom"])[
        : 1 if rng.random() < 0.8 else 2
    ]:
        width = int(rng.uniform(0.05, 0.3 + 1.3 * strength) * scene.height)
        tone = float(rng.uniform(0.0, 0.35))
        shadow = int(rng.integers(1, 8))
        vertical = side in ("top", "bottom")
        first = side in ("left", "top")
        sides = [(0, 0), (0, 0)]
        sides[0 if vertical else 1] = (width, 0) if first else (0, width)
        ground = np.pad(ground, sides, constant_values=tone)
        edge = np.linspace(tone + 0.3, 1.0, shadow, dtype=np.float32)
        strip = edge if first else edge[::-1]
        at = slice(width, width + shadow) if first else slice(-width - shadow, -width)
        if vertical:
            part = ground[at]
            part *= strip[: len(part), None]
        else:
            part = ground[:, at]
            part *= strip[None, : part.shape[1]]
        if first:
            move = np.array([0, width, 0, width] if vertical else [width, 0, width, 0], np.float32)
            boxes = boxes + move
            body = (body[0] + move[0], body[1] + move[1], body[2] + move[2], body[3] + move[3])
    ink = np.zeros(ground.shape, np.uint8)
    return replace(scene, ground=ground, ink=ink, boxes=boxes, body=body)


def turn(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A slight rotation."""
    angle = np.deg2rad(rng.normal(0, 2.5 * strength))
    cos, sin = np.cos(angle), np.sin(angle)
    return _warp(scene, np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]))


def perspective(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """The slant view of a hand-held camera."""
    h, w = scene.shape
    size = 0.06 * strength * min(h, w) + 0.02 * strength * max(h, w)
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = corners + rng.uniform(-size, size, size=(4, 2)).astype(np.float32)
    return _warp(scene, cv2.getPerspectiveTransform(corners, moved).astype(np.float64))


def tight_cut(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A crop whose edges cut a little into the ink."""
    h, w = scene.shape
    deep = 0.09 * strength * scene.height
    x0, y0, x1, y1 = scene.body
    keep = rng.random(4) < 0.6
    left = int(max(0, x0 + rng.uniform(-0.1 * scene.height, 0.5 * deep))) if keep[0] else 0
    top = int(max(0, y0 + rng.uniform(-0.1 * scene.height, deep))) if keep[1] else 0
    right = int(min(w, x1 + rng.uniform(-0.5 * deep, 0.1 * scene.height))) if keep[2] else w
    foot = int(min(h, y1 + rng.uniform(-deep, 0.1 * scene.height))) if keep[3] else h
    if right - left < 8 or foot - top < 8:
        return scene
    move = np.array([left, top, left, top], np.float32)
    return replace(
        scene,
        ground=np.ascontiguousarray(scene.ground[top:foot, left:right]),
        ink=scene.ink[top:foot, left:right],
        boxes=scene.boxes - move,
        body=(x0 - left, y0 - top, x1 - left, y1 - top),
    )


def low_resolution(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Few pixels: the picture made small, digits down to about a dozen pixels high."""
    wanted = rng.uniform(11 + 12 * (1 - strength), 30)
    return _zoom(scene, min(1.0, float(wanted) / scene.height))


def enlarged(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Many pixels, softly: a large scan or a blown-up crop."""
    return _zoom(scene, float(rng.uniform(1.1, 1.2 + 0.9 * strength)))


def blur(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Out of focus."""
    sigma = rng.uniform(0.3, 0.4 + 0.035 * strength * scene.height)
    return replace(scene, ground=_float(cv2.GaussianBlur(scene.ground, (0, 0), sigma)))


def motion_blur(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A camera that moved."""
    length = int(max(2, rng.uniform(0.04, 0.04 + 0.1 * strength) * scene.height))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    dx, dy = np.cos(angle) * middle, np.sin(angle) * middle
    a, b = (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy))
    cv2.line(kernel, a, b, 1.0, 1)
    return replace(scene, ground=_float(cv2.filter2D(scene.ground, -1, kernel / kernel.sum())))


def noise(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Sensor noise."""
    grain = rng.standard_normal(scene.shape, dtype=np.float32)
    amount = scene.tone * rng.uniform(0.0, 0.08 * strength)
    return replace(scene, ground=_float(scene.ground + grain * amount))


def contrast(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Dull paper and bright ink, a gamma, a burnt-out white."""
    white = rng.uniform(1.0 - 0.5 * strength, 1.15)
    black = rng.uniform(0.0, 0.25 * strength)
    gamma = np.exp(rng.normal(0, 0.25 * strength))
    level = np.clip(scene.ground, 0, 1) ** np.float32(gamma)
    return replace(scene, ground=_float(black + (white - black) * level))


def binarise(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Black and white only, as fax and archive scans are."""
    reach = max(5, int(0.7 * scene.height) | 1)
    paper = cv2.dilate(scene.ground, np.ones((reach, reach), np.uint8))
    paper = cv2.blur(paper, (reach, reach))
    # Between paper and ink, whatever else is printed blacker than the ink.
    level = paper * (1 - scene.tone * rng.uniform(0.4 - 0.2 * strength, 0.5 + 0.1 * strength))
    hard = np.where(scene.ground > level, 1.0, 0.0).astype(np.float32)
    if rng.random() < 0.5:
        hard = _float(cv2.GaussianBlur(hard, (0, 0), rng.uniform(0.4, 0.9)))
    return replace(scene, ground=hard)


def jpeg(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Blocks and ringing of a JPEG file."""
    quality = int(rng.uniform(90 - 78 * strength, 92))
    grey = to_grey(scene.ground)
    _, coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
    return replace(scene, ground=_float(back / 255))


def inverted(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Light ink on dark ground: a blackboard, a negative."""
    floor = float(rng.uniform(0, 0.25 * strength))
    return replace(scene, ground=_float(np.clip(1.0 - scene.ground, 0, 1) * (1 - floor) + floor))


def to_grey(picture: Picture) -> npt.NDArray[np.uint8]:
    """Float 0 to 1 (clipped) to uint8."""
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


def _float(picture: npt.NDArray[np.generic]) -> Picture:
    return np.asarray(picture, dtype=np.float32)


def _zoom(scene: Scene, factor: float) -> Scene:
    if abs(factor - 1.0) < 0.02:
        return scene
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    ground = _float(cv2.resize(scene.ground, None, fx=factor, fy=factor, interpolation=how))
    sx, sy = ground.shape[1] / scene.shape[1], ground.shape[0] / scene.shape[0]
    x0, y0, x1, y1 = scene.body
    return replace(
        scene,
        ground=ground,
        ink=np.zeros(ground.shape, np.uint8),
        boxes=scene.boxes * np.array([sx, sy, sx, sy], np.float32),
        body=(x0 * sx, y0 * sy, x1 * sx, y1 * sy),
        height=scene.height * sy,
        pen=scene.pen * sy,
    )


def _warp(scene: Scene, matrix: npt.NDArray[np.float64]) -> Scene:
    """Warp picture and boxes by a homography (3, 3); the canvas shrinks or grows to fit."""
    h, w = scene.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64)
    moved = _map(matrix, corners)
    # The middle of both edges: no dark wedge is larger than a hair, and nothing much is lost.
    xs, ys = np.sort(moved[:, 0]), np.sort(moved[:, 1])
    x0, y0 = (xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2
    size = max(8, int((xs[2] + xs[3]) / 2 - x0)), max(8, int((ys[2] + ys[3]) / 2 - y0))
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]])
    m = shift @ matrix
    ground = cv2.warpPerspective(
        scene.ground, m, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    body = _map_boxes(m, np.array([scene.body], np.float32))[0]
    return replace(
        scene,
        ground=_float(ground),
        ink=np.zeros(ground.shape, np.uint8),
        boxes=_map_boxes(m, scene.boxes),
        body=(float(body[0]), float(body[1]), float(body[2]), float(body[3])),
    )


def _map(
    matrix: npt.NDArray[np.float64], points: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    spread = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(spread[:, :2] / spread[:, 2:], dtype=np.float64)


def _map_boxes(
    matrix: npt.NDArray[np.float64], boxes: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Boxes around the mapped corners of boxes (N, 4)."""
    if len(boxes) == 0:
        return boxes
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2).astype(np.float64)
    moved = _map(matrix, corners).reshape(-1, 4, 2)
    out = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    return out.astype(np.float32)
