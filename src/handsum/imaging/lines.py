"""Printed rules, boxes and combs: taken away but for the ink that crosses them, or split."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.numbers import take_paper_away
from handsum.readings import Box

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_MIN_INK = 0.12  # share of the paper's brightness by which a rule is darker, at least
_THIN = 0.09  # of the height: what is thicker is no rule
_TEETH = 0.25  # of the height: the least that a comb's tooth or a box's side is long
_SEARCH = 0.3  # of a cell: how far from an even division its border is looked for


@dataclass(frozen=True)
class Rules:
    """Which pixels of a crop are printed rules, bool (H, W), and which of them ink goes through."""

    horizontal: Mask
    vertical: Mask
    crossed: Mask

    @property
    def printed(self) -> Mask:
        """Rules that no stroke crosses there."""
        return (self.horizontal | self.vertical) & ~self.crossed


def find_rules(grey: Grey) -> Rules:
    """Long thin straight lines of a uint8 (H, W) crop: writing lines, borders, boxes, combs.

    Horizontal ones are at least a third of the width long, vertical ones 0.6 of the height: a
    handwritten 1 seldom is, and where it is, nobody can tell it from a border by its shape.
    """
    ink = take_paper_away(grey)
    h, w = ink.shape
    otsu, _ = cv2.threshold((ink * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    mask = (ink > max(_MIN_INK, otsu / 510)).astype(np.uint8)
    limit = max(3, int(_THIN * h))
    flat = _open(_grow(mask, 3, 1), 1, max(16, w // 3))
    flat = _subtract(flat, _open(flat, limit + 1, 1))
    upright = _open(_grow(mask, 1, 3), max(10, int(0.6 * h)), 1)
    upright = _subtract(upright, _open(upright, 1, limit + 1))
    strokes = _subtract(_subtract(mask, flat), upright)
    # Where strokes go on beyond a rule, the closing across it joins them.
    over = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((limit + 4, 1), np.uint8))
    beside = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((1, limit + 4), np.uint8))
    crossed = ((over > 0) & (flat > 0)) | ((beside > 0) & (upright > 0))
    return Rules((flat > 0) & (mask > 0), (upright > 0) & (mask > 0), crossed & (mask > 0))


def remove_rules(grey: Grey, rules: Rules | None = None) -> Grey:
    """The crop with rules painted over in the colour of the paper; ink that crosses them stays.

    ``rules`` saves finding them again.
    """
    found = rules or find_rules(grey)
    printed = _grow(found.printed.astype(np.uint8), 3, 3) > 0
    printed &= ~(_grow(found.crossed.astype(np.uint8), 3, 3) > 0)
    ink = take_paper_away(grey)
    # A soft edge of a rule goes with it, the edge of a stroke beside it stays.
    edge = printed & (found.printed | (ink < 0.5 * float(np.percentile(ink, 99.5))))
    paper = grey / np.maximum(1.0 - ink, 0.05)
    return np.where(edge, np.clip(paper, 0, 255), grey).astype(np.uint8)


def split_cells(grey: Grey, count: int) -> tuple[Box, ...]:
    """The insides of a comb's or box row's ``count`` cells, left to right, in crop pixels.

    The crop holds the whole comb and little else. Borders are taken where lines stand near an
    even division, else at the division itself. ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(f"a comb of {count} cells")
    h, w = grey.shape
    columns = _tooth_columns(grey)
    left, right = _outer_edges(columns, w, count)
    pitch = (right - left) / count
    borders = [left]
    for k in range(1, count):
        borders.append(_nearest_line(columns, left + k * pitch, _SEARCH * pitch))
    borders.append(right)
    pad = max(1.0, 0.02 * pitch)
    return tuple(
        (int(max(0, round(a + pad))), 0, int(min(w, max(round(b - pad), round(a + pad) + 1))), h)
        for a, b in itertools.pairwise(borders)
    )


def _tooth_columns(grey: Grey) -> npt.NDArray[np.float64]:
    """How much of each column is part of a straight upright stroke, 0 to 1."""
    ink = take_paper_away(grey)
    h = len(ink)
    otsu, _ = cv2.threshold((ink * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    mask = _grow((ink > max(_MIN_INK, otsu / 510)).astype(np.uint8), 1, 3)
    upright = _open(mask, max(5, int(_TEETH * h)), 1)
    upright = _subtract(upright, _open(upright, 1, max(4, int(_THIN * h)) + 1))
    return np.asarray(upright.mean(axis=0), np.float64)


def _outer_edges(columns: npt.NDArray[np.float64], width: int, count: int) -> tuple[float, float]:
    """Left and right end of the comb: outermost lines within half a cell of the crop's edges."""
    reach = width / count * 0.5
    strong = np.flatnonzero(columns > max(_TEETH * 0.8, 0.5 * float(columns.max())))
    first = strong[strong < reach]
    last = strong[strong > width - 1 - reach]
    left = float(first[0]) if len(first) else 0.0
    right = float(last[-1]) if len(last) else float(width - 1)
    return left, right


def _nearest_line(columns: npt.NDArray[np.float64], wish: float, reach: float) -> float:
    """The column near ``wish`` that is most of a line and closest; ``wish`` where none is."""
    low, high = int(max(0, wish - reach)), int(min(len(columns), wish + reach + 1))
    at = np.arange(low, high)
    score = columns[low:high] * (1.0 - 0.7 * np.abs(at - wish) / max(reach, 1.0))
    if len(score) == 0 or score.max() < 0.1:
        return wish
    best = np.flatnonzero(score > 0.9 * score.max())
    return float(at[best].mean())


def _grow(mask: Grey, height: int, width: int) -> Grey:
    return np.asarray(cv2.dilate(mask, np.ones((height, width), np.uint8)), np.uint8)


def _subtract(mask: Grey, part: Grey) -> Grey:
    return np.asarray(cv2.subtract(mask, part), np.uint8)


def _open(mask: cv2.typing.MatLike, height: int, width: int) -> Grey:
    kernel = np.ones((height, width), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8)
