"""A comb field or a row of boxes: where its cells are, and its ink without the print.

A comb is periodic: its rows of printed line and its evenly spaced borders are found together, so
that a 1 is not taken for a border nor a faint border missed. What all borders have in common is
print and goes; what only some have is ink and stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.comb_lines import Frame, find_frame
from handsum.imaging.comb_print import remove_print
from handsum.imaging.numbers import take_paper_away
from handsum.readings import Box

Grey = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.float32]

WORK_HEIGHT, WORK_WIDTH = 160, 2400
_OWN = 0.7
"""A stroke with so much of its ink in one cell is that cell's; else it is cut at the border."""
_LEAST = 0.1  # ink of a stroke's darkest dozen pixels, below which a cell is empty
_STROKE = 0.12  # ink from which a pixel belongs to a stroke


@dataclass(frozen=True)
class Comb:
    """The cells of a comb, turned upright.

    ``ink`` float32 (H, W) is the handwriting, 0 paper to 1, print taken away; ``left`` and
    ``right`` (n,) are each cell's inner edges in it, ``top`` and ``foot`` its printed lines (the
    picture's edges where there are none). ``to_crop`` (2, 3) maps its points to the crop's;
    ``score`` 0 to 1 says how much of the expected print was there.
    """

    ink: Ink
    left: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    top: float
    foot: float
    to_crop: npt.NDArray[np.float64]
    score: float

    def __len__(self) -> int:
        return len(self.left)

    def box(self, x0: float, y0: float, x1: float, y1: float, shape: tuple[int, int]) -> Box:
        """Around a part of the upright picture, in pixels of the crop of ``shape`` (H, W)."""
        corners = np.array([[x0, x1, x0, x1], [y0, y0, y1, y1], [1, 1, 1, 1]], np.float64)
        xs, ys = self.to_crop @ corners
        height, width = shape
        left = int(np.clip(math.floor(xs.min()), 0, width - 1))
        top = int(np.clip(math.floor(ys.min()), 0, height - 1))
        right = int(np.clip(math.ceil(xs.max()), left + 1, width))
        foot = int(np.clip(math.ceil(ys.max()), top + 1, height))
        return left, top, right, foot


@dataclass(frozen=True)
class Cell:
    """One cell's own ink, float32 (H, w), cut out of the comb's picture from column ``x0`` on.

    ``empty``: next to none, beside what the other cells hold.
    """

    ink: Ink
    x0: int
    empty: bool


def find_comb(grey: Grey, cells: int | None = None) -> Comb | None:
    """The comb in a uint8 (H, W) crop of one comb field, dark on light paper.

    ``cells`` is how many it has; None finds out. None where no comb is seen, which with a known
    number of cells happens only in crops too small to hold them. ValueError for cells below 1.
    """
    if cells is not None and cells < 1:
        raise ValueError(f"a comb of {cells} cells")
    height, width = grey.shape
    if min(height, width) < 8 or width < 3 * (cells or 1):
        return None
    scale = min(1.0, WORK_HEIGHT / height, WORK_WIDTH / width)
    if scale < 1.0:
        size = (max(8, round(width * scale)), max(8, round(height * scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    ink = take_paper_away(grey)
    frame = find_frame(ink, cells)
    if frame is None:
        return None
    upright = _turn(ink, frame)
    return Comb(
        remove_print(upright, frame),
        frame.borders[:-1] + frame.gap / 2,
        frame.borders[1:] - frame.gap / 2,
        frame.top if frame.top is not None else 0.0,
        frame.foot if frame.foot is not None else float(len(upright)),
        _scaled(frame.to_crop, grey.shape, (height, width)),
        frame.score,
    )


def cut_cells(comb: Comb) -> list[Cell]:
    """Each cell's ink: strokes that stick out of a cell go where most of them is.

    Strokes that belong to two cells (touching digits) are cut at the border.
    """
    mask = (comb.ink > _STROKE).astype(np.uint8)
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    edges = np.concatenate([[-np.inf], (comb.right[:-1] + comb.left[1:]) / 2, [np.inf]])
    columns = np.clip(np.searchsorted(edges, np.arange(mask.shape[1]) + 0.5) - 1, 0, len(comb) - 1)
    places = np.broadcast_to(columns, mask.shape)
    flat = (labels * len(comb) + places).ravel()  # np.add.at would take thirty times as long
    area = np.bincount(flat, comb.ink.ravel(), count * len(comb)).reshape(count, len(comb))
    share = area / np.maximum(area.sum(axis=1, keepdims=True), 1e-9)
    owner = np.where(share.max(axis=1) > _OWN, share.argmax(axis=1), -1)
    owner[0] = -1
    home = np.where(owner[labels] >= 0, owner[labels], places)
    soft = cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0
    pitch = float(np.mean(comb.right - comb.left))
    cells: list[tuple[Ink, int]] = []
    for k in range(len(comb)):
        x0 = max(0, int(comb.left[k] - 0.5 * pitch))
        x1 = min(mask.shape[1], int(comb.right[k] + 0.5 * pitch) + 1)
        mine = (home[:, x0:x1] == k).astype(np.uint8)
        # The soft edge of a stroke is outside its mask: a pixel around, where no other claims it.
        mine &= soft[:, x0:x1].astype(np.uint8)
        grown = cv2.dilate(mine & mask[:, x0:x1], np.ones((3, 3), np.uint8))
        other = (mask[:, x0:x1] > 0) & (home[:, x0:x1] != k)
        keep = (grown > 0) & ~other
        cells.append((np.where(keep, comb.ink[:, x0:x1], 0.0).astype(np.float32), x0))
    empty = _find_empty([ink for ink, _ in cells])
    return [Cell(ink, x0, bool(gone)) for (ink, x0), gone in zip(cells, empty, strict=True)]


def _find_empty(cells: list[Ink]) -> npt.NDArray[np.bool_]:
    """Which cells hold no stroke as dark, or as long, as the fullest ones do."""
    levels = np.array([float(np.partition(ink.ravel(), -12)[-12:].mean()) for ink in cells])
    masses = np.array([float(ink.sum()) for ink in cells])
    most = -(-len(cells) // 3)
    full, heavy = np.sort(levels)[-most:], np.sort(masses)[-most:]
    faint = levels < max(_LEAST, 0.4 * float(np.median(full)))
    return np.asarray(faint | (masses < 0.06 * float(np.median(heavy))))


def _turn(ink: Ink, frame: Frame) -> Ink:
    size = (frame.shape[1], frame.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(ink, frame.to_crop, size, flags=flags), np.float32)


def _scaled(
    matrix: npt.NDArray[np.float64], small: tuple[int, ...], large: tuple[int, int]
) -> npt.NDArray[np.float64]:
    factor = np.array([large[1] / small[1], large[0] / small[0]])
    return np.asarray(matrix * factor[:, None])
