"""The print of a comb taken away by what its borders have in common; the handwriting stays."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.comb_lines import Frame

Ink = npt.NDArray[np.float32]

_REMAINS = 0.06  # ink that may be left of a line
_ON_PRINT = 0.7  # of a remainder's ink, at or beside print
_PALE = 0.03  # print that is not worth removing


def remove_print(ink: Ink, frame: Frame) -> Ink:
    """The handwriting of an upright comb: its lines taken away, strokes that cross them kept.

    What the same place at most borders shows is print; it is divided out of the ink (print and
    ink darken one after the other: light = (1 - print) (1 - ink)), and where print is too dark
    to see through, strokes are bridged from both sides.
    """
    pitch = float(np.mean(np.diff(frame.borders)))
    printed = np.maximum(_border_print(ink, frame, pitch), _row_print(ink, frame))
    thick = cv2.dilate(printed, np.ones((3, 3), np.uint8))
    left = 1.0 - (1.0 - ink) / np.maximum(1.0 - thick, 0.08)
    bare = np.where(thick > 0.04, 0.0, ink).astype(np.float32)
    side = 2 * max(2, round(0.05 * pitch)) + 3
    bridged = cv2.morphologyEx(
        bare, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    seen = np.clip((0.8 - thick) / 0.3, 0.0, 1.0)
    inside = np.maximum(np.clip(left, 0.0, 1.0) * seen, bridged)
    clean = np.where(thick > 0.04, np.minimum(inside, ink), ink).astype(np.float32)
    narrow = frame.gap + 0.1 * pitch + 5
    return _without_remains(clean, thick > 0.04, narrow)


def _without_remains(ink: Ink, printed: npt.NDArray[np.bool_], narrow: float) -> Ink:
    """The ink without what hangs together, lies on print for the most part, and is ``narrow``."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (ink > _REMAINS).astype(np.uint8), connectivity=8
    )
    flat = labels.ravel()
    mass = np.bincount(flat, ink.ravel(), count)
    on = np.bincount(
        flat, (ink * cv2.dilate(printed.astype(np.uint8), np.ones((3, 3)))).ravel(), count
    )
    drop = (on > _ON_PRINT * mass) & (stats[:, 2:4].min(axis=1) < narrow)
    drop[0] = False
    soft = cv2.dilate(drop[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(soft & ((labels == 0) | drop[labels]), 0.0, ink).astype(np.float32)


def _border_print(ink: Ink, frame: Frame, pitch: float) -> Ink:
    """What the borders have in common, laid out at each of them, float32 (H, W)."""
    width = ink.shape[1]
    half = math.ceil(frame.gap / 2 + 0.05 * pitch + 2)
    offsets = np.arange(-half, half + 1, dtype=np.float32)
    bands = []
    for x in frame.borders:
        bands.append(_sampled(ink, np.float32(x) + offsets))
    common = np.quantile(np.stack(bands), 0.4, axis=0, method="lower").astype(np.float32)
    common[common < max(_PALE, 0.25 * float(np.quantile(common.max(axis=1), 0.8)))] = 0.0
    printed = np.zeros_like(ink)
    for x in frame.borders:
        first = math.floor(x) - half
        columns = np.arange(max(0, first), min(width, first + 2 * half + 2))
        if not len(columns):  # the field was cut inside its last cell
            continue
        laid = _sampled(common, columns - x + half)
        printed[:, columns] = np.maximum(printed[:, columns], laid)
    return printed


def _sampled(ink: Ink, columns: npt.NDArray[np.floating]) -> Ink:
    """The picture at columns between its own, (H, len(columns)); paper beyond its edges."""
    shape = (len(ink), len(columns))
    xs = np.ascontiguousarray(np.broadcast_to(columns.astype(np.float32), shape))
    rows = np.arange(len(ink), dtype=np.float32)[:, None]
    ys = np.ascontiguousarray(np.broadcast_to(rows, shape))
    return np.asarray(cv2.remap(ink, xs, ys, cv2.INTER_LINEAR), np.float32)


def _row_print(ink: Ink, frame: Frame) -> Ink:
    """The horizontal lines between the outer borders."""
    printed = np.zeros_like(ink)
    height, width = ink.shape
    a, b = max(0, math.floor(frame.borders[0]) - 2), min(width, math.ceil(frame.borders[-1]) + 3)
    for row in (frame.top, frame.foot):
        if row is None or b - a < 3:
            continue
        low, high = int(max(0, row - 5)), int(min(height, row + 6))
        profile = np.quantile(ink[low:high, a:b], 0.45, axis=1)
        profile[profile < max(_PALE, 0.25 * float(profile.max()))] = 0.0
        printed[low:high, a:b] = profile[:, None]
    return printed
