"""A filled page as a scanner or a phone sees it, and where every millimetre of it lies there.

Scan: 200 dpi, turned a little, shifted, some upside down or on their side. Photo: held by hand over
a desk, 170 to 250 dpi, in perspective. What light, lens and file do to both are the defects of
handsum.data.synthesis at middle strength.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from forms_writing import DPI, MIDDLE, Ink, Penman

from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.defects import DEFECTS
from handsum.data.synthesis.pen import smooth_noise
from handsum.data.synthesis.scene import Scene

Look = Literal["scan", "photo"]
LOOKS: tuple[Look, ...] = ("scan", "photo")
SCAN_DPI = 200.0
MM = 25.4
CHANCES: dict[Look, dict[str, float]] = {
    "scan": {"paper_texture": 0.5, "contrast": 0.5, "blur": 0.3, "noise": 0.6},
    "photo": {
        "paper_texture": 0.3,
        "shading": 0.9,
        "blur": 0.6,
        "motion_blur": 0.08,
        "contrast": 0.5,
        "noise": 0.8,
    },
}
"""How often each defect comes."""
QUALITY: dict[Look, tuple[int, int]] = {"scan": (60, 93), "photo": (50, 90)}  # of the JPEG

Matrix = npt.NDArray[np.float64]
Picture = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """``jpeg`` the file's bytes; ``to_pixels`` (3, 3) takes millimetres of the form to pixels."""

    jpeg: bytes
    to_pixels: Matrix


def see_page(
    printed: npt.NDArray[np.uint8], ink: Ink, by: Penman, look: Look, rng: np.random.Generator
) -> Seen:
    """A printed page (paper 255) with ink on it, both at the resolution of forms_writing."""
    scene = _scene(ink, np.asarray(printed / 255, np.float32), by, DPI)
    if rng.random() < 0.1:
        scene = DEFECTS["bleed_through"](scene, rng, MIDDLE)
    if rng.random() < 0.15:
        scene = DEFECTS["specks"](scene, rng, MIDDLE)
    cover = scene.ink.astype(np.float32) * np.float32(by.tone / 255)
    ground = np.asarray(scene.ground * (1.0 - cover), np.float32)
    place = _lay_on_glass if look == "scan" else _hold_over_desk
    picture, to_pixels = place(ground, rng)
    scale = float(np.sqrt(abs(np.linalg.det(to_pixels[:2, :2])))) * MM
    scene = _scene(np.zeros(picture.shape, np.uint8), picture, by, scale)
    for name, chance in CHANCES[look].items():
        if rng.random() < chance:
            scene = DEFECTS[name](scene, rng, MIDDLE)
    quality = int(rng.integers(*QUALITY[look]))
    done, jpeg = cv2.imencode(".jpg", to_grey(scene.ground), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return Seen(jpeg.tobytes(), to_pixels)


def _lay_on_glass(page: Picture, rng: np.random.Generator) -> tuple[Picture, Matrix]:
    """The page on a scanner's glass: nearly straight, its lid around it."""
    h, w = page.shape
    size = np.array([w, h]) / DPI  # inches
    out = np.rint(size * SCAN_DPI).astype(int)
    turn = float(rng.choice([0, 90, 180, 270], p=[0.92, 0.02, 0.04, 0.02]))
    if turn in (90, 270):
        out = out[::-1]
    angle = np.deg2rad(turn + rng.normal(0, 0.6))
    zoom = SCAN_DPI / MM * (1 + rng.normal(0, 0.002, size=2))
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) * zoom[:, None]
    shift = rng.normal(0, 1.2, size=2) * SCAN_DPI / MM
    middle = linear @ (size * MM / 2)
    offset = (out - 1) / 2 + shift - middle
    matrix: Matrix = np.eye(3)
    matrix[:2] = np.column_stack([linear, offset])
    lid = rng.uniform(0.9, 1.0) if rng.random() < 0.85 else rng.uniform(0.05, 0.3)
    around = np.full((int(out[1]), int(out[0])), lid, np.float32)
    return _warp(page, matrix, around, SCAN_DPI), matrix


def _hold_over_desk(page: Picture, rng: np.random.Generator) -> tuple[Picture, Matrix]:
    """The page on a desk, seen slantwise from above."""
    h, w = page.shape
    dpi, fill = float(rng.uniform(170, 250)), float(rng.uniform(0.8, 0.92))
    size = np.array([w, h]) / DPI * MM
    frame = np.rint(size / MM * dpi / fill).astype(int)
    turn = float(rng.choice([0, 90, 180, 270], p=[0.92, 0.03, 0.02, 0.03]))
    if turn in (90, 270):
        frame = frame[::-1]
    angle = np.deg2rad(turn + rng.normal(0, 2.5))
    corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float64)
    cos, sin = np.cos(angle), np.sin(angle)
    seen = (corners - size / 2) @ np.array([[cos, sin], [-sin, cos]]) * dpi / MM
    seen += rng.uniform(-1, 1, size=(4, 2)) * 0.035 * min(frame)
    seen += frame / 2 + rng.normal(0, 0.012, size=2) * frame
    seen = np.clip(seen, 4, frame - 5)  # all of the sheet is in the picture
    moved = cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32))
    matrix: Matrix = np.asarray(moved, np.float64)
    return _warp(page, matrix, _desk((int(frame[1]), int(frame[0])), rng), dpi), matrix


def _desk(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """A table top: its tone, its grain along one direction, its unevenness."""
    h, w = shape
    tone = float(rng.uniform(0.1, 0.75))
    grain = smooth_noise((h, w), (int(rng.integers(30, 90)), 4), rng)
    clouds = smooth_noise((h, w), (5, 5), rng)
    return np.clip(tone * (1 + 0.12 * grain + 0.15 * clouds), 0, 1).astype(np.float32)


def _warp(page: Picture, from_mm: Matrix, around: Picture, dpi: float) -> Picture:
    """The page through a camera of ``dpi``, before what is ``around`` it in the picture."""
    blurred = cv2.GaussianBlur(page, (0, 0), 0.45 * DPI / dpi)  # a pixel sees an area
    # A pixel's centre lies half a pixel from its edge.
    to_mm = np.array([[MM / DPI, 0, 0.5 * MM / DPI], [0, MM / DPI, 0.5 * MM / DPI], [0, 0, 1]])
    matrix, size = from_mm @ to_mm, (around.shape[1], around.shape[0])
    seen = cv2.warpPerspective(blurred, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    sheet = np.ones(page.shape, np.float32)
    share = cv2.warpPerspective(sheet, matrix, size, borderValue=0.0)
    return np.asarray(share * seen + (1.0 - share) * around, np.float32)


def _scene(ink: Ink, ground: Picture, by: Penman, dpi: float) -> Scene:
    """A whole page as the synthesis' defects take it."""
    h, w = ground.shape
    return Scene(
        ink=ink,
        ground=ground,
        boxes=np.zeros((0, 4), np.float32),
        body=(0.0, 0.0, float(w), float(h)),
        height=4.5 / MM * dpi,  # digits of 4.5 mm
        pen=by.pen / MM * dpi,
        style=by.style,
        hand=by.hand,
        tone=by.tone,
    )
