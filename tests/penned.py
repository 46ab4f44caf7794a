"""Digits drawn from pen strokes, and small data sets of them, so that no test needs a download."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from handsum.data.dataset import Dataset
from handsum.data.rejects import draw_scribbles
from handsum.data.sources import SOURCES, Source

Grey = npt.NDArray[np.uint8]


def _ellipse(
    x: float, y: float, rx: float, ry: float, start: float, end: float
) -> npt.NDArray[np.float64]:
    turn = np.radians(np.linspace(start, end, 40))
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)


def _line(*points: tuple[float, float]) -> npt.NDArray[np.float64]:
    return np.array(points, float)


STROKES: dict[str, list[npt.NDArray[np.float64]]] = {
    "0": [_ellipse(0.5, 0.5, 0.3, 0.45, 0, 360)],
    "1": [_line((0.35, 0.25), (0.55, 0.05), (0.5, 0.95))],
    "2": [_ellipse(0.5, 0.3, 0.28, 0.25, 190, 400), _line((0.71, 0.46), (0.2, 0.95), (0.82, 0.92))],
    "3": [_ellipse(0.45, 0.27, 0.27, 0.22, 200, 450), _ellipse(0.45, 0.71, 0.33, 0.24, 270, 520)],
    "4": [_line((0.45, 0.05), (0.15, 0.6), (0.85, 0.6)), _line((0.65, 0.35), (0.6, 0.95))],
    "5": [_line((0.75, 0.07), (0.3, 0.07), (0.28, 0.45)), _ellipse(0.45, 0.7, 0.3, 0.27, 235, 500)],
    "6": [_ellipse(0.8, 0.55, 0.6, 0.5, 250, 170), _ellipse(0.5, 0.7, 0.28, 0.24, 0, 360)],
    "7": [_line((0.18, 0.08), (0.8, 0.08), (0.4, 0.95)), _line((0.35, 0.5), (0.75, 0.5))],
    "8": [_ellipse(0.5, 0.27, 0.22, 0.21, 0, 360), _ellipse(0.5, 0.72, 0.28, 0.23, 0, 360)],
    "9": [_ellipse(0.48, 0.3, 0.25, 0.25, 0, 360), _line((0.73, 0.3), (0.62, 0.95))],
}  # fmt: skip
"""Polylines in the unit square, y down."""


def draw_ink(digit: str, side: int, pen: float = 0.08, turn: float = 0.0) -> Grey:
    """Ink-high (side, side), filled by the digit; ``pen`` in shares of it, ``turn`` in degrees."""
    fine = 16  # cv2 takes whole numbers of 1/16 pixel
    canvas = np.zeros((side, side), np.uint8)
    width = max(1, round(pen * side))
    room = side - 1 - width
    turning = cv2.getRotationMatrix2D((0.5, 0.5), turn, 1.0)
    for stroke in STROKES[digit]:
        points = stroke @ turning[:, :2].T + turning[:, 2]
        placed = np.clip(points, 0, 1) * room + width / 2
        cv2.polylines(
            canvas, [(placed * fine).round().astype(np.int32)], False, 255, width, cv2.LINE_AA, 4
        )
    return canvas


def on_paper(
    ink: Grey,
    size: tuple[int, int] | None = None,
    corner: tuple[int, int] = (0, 0),
    paper: float = 255.0,
    darkness: float = 220.0,
) -> npt.NDArray[np.float32]:
    """``ink`` at ``corner`` (y, x) of a page of ``size`` (H, W), dark on light, not yet rounded."""
    height, width = size or ink.shape
    page = np.full((height, width), paper, np.float32)
    y, x = corner
    page[y : y + ink.shape[0], x : x + ink.shape[1]] -= darkness * ink.astype(np.float32) / 255
    return page


def as_grey(page: npt.NDArray[np.float32]) -> Grey:
    """The page as a camera gives it."""
    return np.clip(page, 0, 255).round().astype(np.uint8)


def save_digit(path: Path, digit: str, side: int = 60) -> Path:
    """A picture file of one digit with a margin."""
    ink = draw_ink(digit, side)
    page = as_grey(on_paper(ink, (side + 24, side + 20), (12, 9)))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page).save(path)
    return path


def drawn_digits(count: int, seed: int, name: str = "drawn") -> Dataset:
    """``count`` digits of five writers with pens and slants of their own, dark on light."""
    rng = np.random.default_rng(seed)
    images, texts, groups = [], [], []
    for i in range(count):
        writer = i % 5
        text = str(int(rng.integers(10))) if i >= 10 else str(i)
        ink = draw_ink(text, int(rng.integers(28, 60)), 0.06 + 0.02 * writer, rng.uniform(-9, 9))
        side = ink.shape[0] + 12
        images.append(as_grey(on_paper(ink, (side, side), (6, 6), rng.uniform(190, 255), 160)))
        texts.append(text)
        groups.append(f"{name}/w{writer}")
    return Dataset(
        name=name,
        images=images,
        texts=tuple(texts),
        contents=("number",) * count,
        groups=tuple(groups),
        ids=tuple(f"{name}/{i:04d}" for i in range(count)),
        ink="dark",
        licence="public domain",
        source="drawn in a test",
    )


def source_of(data: Dataset, use: str = "train", present: bool = True) -> Source:
    """An entry of the registry that gives ``data``."""
    return Source(
        name=data.name,
        about="drawn in a test",
        use=use,  # type: ignore[arg-type]
        origin=data.source,
        licence=data.licence,
        remedy="Draw it",
        is_present=lambda: present,
        load=lambda: data,
    )


@contextmanager
def drawn_registry(cache: Path) -> Iterator[None]:
    """The registry with drawn:train, drawn:scribbles, drawn:val, drawn:test; a cache of our own."""
    scribbles = replace(draw_scribbles(80, 3), name="drawn:scribbles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDSUM_CACHE", str(cache))
        for data, use in (
            (drawn_digits(400, 0, "drawn:train"), "train"),
            (scribbles, "train"),
            (drawn_digits(60, 1, "drawn:val"), "val"),
            (drawn_digits(60, 2, "drawn:test"), "test"),
        ):
            patch.setitem(SOURCES, data.name, source_of(data, use))
        yield


def drawn_recipe() -> dict[str, Any]:
    """A recipe over the drawn sets, as TOML would give it."""
    return {
        "name": "drawn",
        "about": "one layer over drawn digits",
        "epochs": 30,
        "batch_size": 32,
        "threads": 1,
        "device": "cpu",
        "data": {
            "train": [{"name": "drawn:train"}],
            "reject": [{"name": "drawn:scribbles"}],
            "test": "drawn:test",
            "val_share": 0.3,
        },
        "model": {"name": "linear"},
        "optim": {"name": "adam", "lr": 0.01},
    }
