"""Defects of the form: rules, borders, combs, printed text, stamps, security patterns."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.marks import shape_mark
from handsum.data.synthesis.pen import draw_stroke, smooth_noise
from handsum.data.synthesis.scene import Scene, darken, pad_scene

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
)
_HERSHEY_HEIGHT = 21.0  # pixels of a capital at scale 1
_WORDS = (
    "Total", "Amount", "Date", "No.", "Nr.", "Sum", "EUR", "CHF", "USD", "kg", "cm", "Name", "Page",
    "Betrag", "Montant", "Importe", "Sello", "Signature", "Votes", "Printed for", "Bank", "Serie",
    "VALOR", "Fecha", "Votos", "Temp.", "mm", "Ref", "Form", "A4", "Cash",
)  # fmt: skip


def ruled_lines(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Printed writing lines through or under the number, evenly apart."""
    h, w = scene.shape
    pitch = rng.uniform(0.7, 2.2) * scene.height
    layer = np.zeros((h, w), np.uint8)
    y = scene.body[3] + rng.uniform(-0.35, 0.2) * scene.height
    y -= pitch * np.ceil(y / pitch)
    while y < h + pitch:
        _line(layer, (0, y), (w, y), _rule_width(scene, rng), rng)
        y += pitch
    darken(scene, layer, rng.uniform(0.1, 0.25 + 0.45 * strength))
    return scene


def grid_paper(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Squared paper, finer or coarser than the digits."""
    h, w = scene.shape
    pitch = rng.uniform(0.35, 1.3) * scene.height
    layer = np.zeros((h, w), np.uint8)
    width = max(1.0, 0.4 * _rule_width(scene, rng))
    for y in np.arange(rng.uniform(0, pitch), h, pitch):
        _line(layer, (0, y), (w, y), width, rng)
    for x in np.arange(rng.uniform(0, pitch), w, pitch):
        _line(layer, (x, 0), (x, h), width, rng)
    darken(scene, layer, (0.3 + 0.7 * scene.tone) * rng.uniform(0.08, 0.2 + 0.3 * strength))
    return scene


def dotted_lines(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """A dotted or dashed printed line under or through the number."""
    h, w = scene.shape
    y = float(np.clip(scene.body[3] + rng.uniform(-0.25, 0.25) * scene.height, 1, h - 2))
    layer = np.zeros((h, w), np.uint8)
    width = _rule_width(scene, rng)
    _line(layer, (0, y), (w, y + rng.normal(0, 0.01) * w), width, rng)
    period = max(3.0, rng.uniform(1.6, 4.0) * width + 1)
    duty = rng.uniform(0.35, 0.7)
    layer[:, (np.arange(w) % period) > duty * period] = 0
    darken(scene, layer, rng.uniform(0.3, 0.5 + 0.5 * strength))
    return scene


def table_borders(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Lines of the table cell on one to four sides, beside or through the ink."""
    pad = int(rng.uniform(0.05, 0.3) * scene.height)
    scene = pad_scene(scene, pad, pad, pad, pad)
    h, w = scene.shape
    x0, y0, x1, y1 = scene.body
    layer = np.zeros((h, w), np.uint8)
    width = _rule_width(scene, rng)
    crossing = 0.22 * strength
    for side in ("top", "bottom", "left", "right"):
        if rng.random() < 0.35:
            continue
        # Lines cross heads and feet of digits, but do not run along a stroke.
        d = rng.uniform(-crossing, 0.5) * scene.height
        slant = rng.normal(0, 0.01)
        if side in ("top", "bottom"):
            y = float(np.clip(y0 - d if side == "top" else y1 + d, 1, h - 2))
            _line(layer, (0, y - slant * w / 2), (w, y + slant * w / 2), width, rng)
        else:
            d = max(d, -0.06 * scene.height)
            x = float(np.clip(x0 - d if side == "left" else x1 + d, 1, w - 2))
            _line(layer, (x - slant * h / 2, 0), (x + slant * h / 2, h), width, rng)
            if rng.random() < 0.15:  # a double rule
                _line(layer, (x - 2.5 * width, 0), (x - 2.5 * width, h), width, rng)
    darken(scene, layer, rng.uniform(0.25, 0.4 + 0.6 * strength))
    return scene


def comb_borders(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """The comb or boxes that a number with a digit a cell was written into.

    Only where the style has a pitch. Comb teeth, a row of joined boxes, or boxes apart; digits
    touch and cross them with ``strength``. Cells before and after the number are empty, or
    filled with crosses, dashes or stars so that nobody adds a digit.
    """
    pitch = scene.style.pitch * scene.height
    if not pitch or not len(scene.boxes):
        return scene
    centres = (scene.boxes[:, 0] + scene.boxes[:, 2]) / 2
    first = float(np.median(centres - np.arange(len(centres)) * pitch)) - pitch / 2
    before, after = (int(n) for n in rng.integers(0, 4, size=2) * (rng.random(2) < (0.35, 0.1)))
    pad = 0.12 * scene.height
    left = int(max(0.0, before * pitch + pad - first))
    right = int(max(0.0, first + (len(centres) + after) * pitch + pad - scene.shape[1]))
    room = int(rng.uniform(0.1, 0.4) * scene.height)
    scene = pad_scene(scene, left, room, right, room)
    cells = np.arange(-before, len(centres) + after + 1, dtype=np.float64)
    edges = np.asarray(first + left + cells * pitch, np.float64)
    if rng.random() < 0.45:
        _fill_cells(scene, edges[: before + 1], rng)
    darken(scene, _cells(scene, edges, rng, strength), rng.uniform(0.2, 0.4 + 0.6 * strength))
    return scene


def _fill_cells(scene: Scene, edges: npt.NDArray[np.float64], rng: np.random.Generator) -> None:
    name = str(rng.choice(("x", "*", "-", "-", "/", "=")))
    foot = scene.body[3] - 0.1 * scene.height
    for a, b in itertools.pairwise(edges):
        strokes = shape_mark(name, rng)
        wide = max(x for stroke in strokes for x, _ in stroke)
        scale = min(scene.height, 0.8 * (b - a) / max(wide, 0.1))
        x = (a + b - wide * scale) / 2
        for stroke in strokes:
            points = [(x + u * scale, foot - v * scale) for u, v in stroke]
            draw_stroke(scene.ink, points, scene.pen)


def _cells(
    scene: Scene, edges: npt.NDArray[np.float64], rng: np.random.Generator, strength: float
) -> npt.NDArray[np.uint8]:
    """The lines of cells between ``edges``, in one of the usual shapes."""
    h, pitch = scene.shape[0], edges[1] - edges[0]
    top = max(1.0, scene.body[1] - rng.uniform(-0.12 * strength, 0.3) * scene.height)
    foot = min(h - 2.0, scene.body[3] + rng.uniform(-0.12 * strength, 0.3) * scene.height)
    layer = np.zeros(scene.shape, np.uint8)
    width = _rule_width(scene, rng)
    kind = rng.random()
    closed = kind > 0.3
    gap = rng.uniform(0.04, 0.2) * pitch if kind > 0.7 else 0.0
    tooth = top if closed else foot - rng.uniform(0.15, 0.6) * (foot - top)
    for k, (a, b) in enumerate(zip(edges[:-1] + gap / 2, edges[1:] - gap / 2, strict=True)):
        _line(layer, (a, foot), (b, foot), width, rng)
        if closed:
            _line(layer, (a, top), (b, top), width, rng)
        if gap or k == 0:
            _line(layer, (a, tooth), (a, foot), width, rng)
        _line(layer, (b, tooth), (b, foot), width, rng)
    if rng.random() < 0.15:  # dotted lines between
        layer[(np.arange(h) % 5) > 2] = 0
    return layer


def printed_text(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Printed words above, below, before or behind the number."""
    for _ in range(1 if rng.random() < 0.7 else 2):
        size = rng.uniform(0.2, 0.3 + 0.35 * strength) * scene.height
        word = _text_layer(str(rng.choice(_WORDS)), size, rng)
        th, tw = word.shape
        x0, y0, x1, y1 = scene.body
        side = rng.choice(["above", "below", "left", "right"])
        gap = int(rng.uniform(0.1, 0.5) * scene.height)
        if side in ("above", "below"):
            missing = max(
                0, int(0.8 * th) + gap - int(y0 if side == "above" else scene.shape[0] - y1)
            )
            scene = pad_scene(scene, **{"top" if side == "above" else "bottom": missing})
            y = int(scene.body[1]) - gap - th if side == "above" else int(scene.body[3]) + gap
            x = int(rng.uniform(-0.5 * tw, scene.shape[1] - 0.3 * tw))
        else:
            missing = max(
                0, int(0.7 * tw) + gap - int(x0 if side == "left" else scene.shape[1] - x1)
            )
            scene = pad_scene(scene, **{str(side): missing})
            x = int(scene.body[0]) - gap - tw if side == "left" else int(scene.body[2]) + gap
            y = int(scene.body[3] - th + rng.normal(0, 0.2) * scene.height)
        darken(scene, _paste(word, scene.shape, x, y), rng.uniform(0.4, 0.95))
    return scene


def stamp(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """Part of a rubber stamp: a ring or box with words, pale, beside or under the number."""
    h, w = scene.shape
    layer = np.zeros((h, w), np.uint8)
    centre = (int(rng.uniform(-0.1, 1.1) * w), int(rng.choice([-0.1, 1.1]) * h))
    radius = rng.uniform(0.7, 1.6) * scene.height
    width = max(1, round(0.05 * scene.height))
    if rng.random() < 0.6:
        axes = (int(radius * rng.uniform(1, 1.8)), int(radius))
        cv2.ellipse(layer, centre, axes, rng.uniform(-30, 30), 0, 360, 255, width, cv2.LINE_AA)
        small = (int(axes[0] * 0.8), int(axes[1] * 0.8))
        cv2.ellipse(layer, centre, small, 0.0, 0, 360, 255, 1, cv2.LINE_AA)
    text = _text_layer(str(rng.choice(_WORDS)).upper(), 0.45 * scene.height, rng)
    np.maximum(
        layer,
        _paste(text, scene.shape, centre[0] - text.shape[1] // 2, centre[1] - len(text) // 2),
        out=layer,
    )
    patchy = np.clip(smooth_noise((h, w), (6, 10), rng) + 0.8, 0, 1)
    darken(scene, (layer * patchy).astype(np.uint8), rng.uniform(0.1, 0.2 + 0.35 * strength))
    return scene


def security_pattern(scene: Scene, rng: np.random.Generator, strength: float) -> Scene:
    """The fine repeated background of cheques: waves, meshes, tiny print."""
    h, w = scene.shape
    ys, xs = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None, :]
    if rng.random() < 0.25:
        row = _text_layer(" ".join(rng.choice(_WORDS, size=3)), 0.16 * scene.height, rng)
        step = len(row) + 2
        tile = np.tile(row, (1, w // row.shape[1] + 2))[:, :w]
        layer = np.zeros((h + step, w), np.uint8)
        for k, y in enumerate(range(0, h, step)):
            layer[y : y + len(tile)] = np.roll(tile, 17 * k, axis=1)[: len(layer) - y]
        layer = layer[:h]
    else:
        wave = np.zeros((h, w), np.float32)
        for _ in range(int(rng.integers(1, 3))):
            period = rng.uniform(0.12, 0.5) * scene.height
            angle, bend = rng.uniform(0, np.pi), rng.uniform(0, 3)
            long = rng.uniform(0.6, 2.5) * scene.height
            phase = (xs * np.cos(angle) + ys * np.sin(angle)) * (2 * np.pi / period)
            phase = phase + bend * np.sin((xs * np.sin(angle) - ys * np.cos(angle)) * (6.28 / long))
            wave = np.maximum(wave, np.sin(phase))
        sharp = rng.uniform(0.0, 0.8)
        layer = (np.clip((wave - sharp) / (1 - sharp), 0, 1) * 255).astype(np.uint8)
    # Patterns are made to be written on: they stay paler than ink.
    darken(scene, layer, scene.tone * rng.uniform(0.05, 0.12 + 0.28 * strength))
    return scene


def _rule_width(scene: Scene, rng: np.random.Generator) -> float:
    return float(max(1.0, rng.uniform(0.015, 0.075) * scene.height))


def _line(
    layer: npt.NDArray[np.uint8],
    start: tuple[float, float],
    end: tuple[float, float],
    width: float,
    rng: np.random.Generator,
) -> None:
    """A printed line, now and then broken."""
    bits = 4
    a, b = (tuple(round(v * 2**bits) for v in p) for p in (start, end))
    cv2.line(layer, a, b, 255, max(1, round(width)), cv2.LINE_AA, bits)
    if rng.random() < 0.05:
        x, y = int(rng.uniform(0, layer.shape[1])), int(rng.uniform(0, layer.shape[0]))
        layer[max(0, y - 3) : y + 3, max(0, x - 3) : x + 3] //= 2


def _text_layer(text: str, size: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Printed words ``size`` pixels high, uint8 (h, w), 255 = print."""
    font = int(rng.choice(_FONTS))
    scale = max(0.25, size / _HERSHEY_HEIGHT)
    thickness = 1 if size < 14 else 2
    (w, h), base = cv2.getTextSize(text, font, scale, thickness)
    layer = np.zeros((h + base + 2, w + 2), np.uint8)
    cv2.putText(layer, text, (1, h + 1), font, scale, 255, thickness, cv2.LINE_AA)
    return layer


def _paste(
    layer: npt.NDArray[np.uint8], shape: tuple[int, int], x: int, y: int
) -> npt.NDArray[np.uint8]:
    """``layer`` at (x, y) of an empty (H, W) picture, cut at its edges."""
    out = np.zeros(shape, np.uint8)
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(shape[1], x + layer.shape[1]), min(shape[0], y + layer.shape[0])
    if x0 < x1 and y0 < y1:
        out[y0:y1, x0:x1] = layer[y0 - y : y1 - y, x0 - x : x1 - x]
    return out
