"""The strokes of a crop: what is surely written, without rules and borders."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.percentile import percentile

_CLEAN = 0.02

Grey = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.float32]


def find_strokes(ink: Ink, min_contrast: float) -> Grey | None:
    """A mask (H, W), 1 on strokes, of ink (H, W); None where nothing looks like ink.

    ``min_contrast``, 0 to 1: ink that is never darker than this counts as paper.
    """
    mask = _binary(ink, min_contrast)
    return None if mask is None else _closed(_without_rules(mask))


def _binary(ink: Ink, min_contrast: float) -> Grey | None:
    """What is surely stroke: Otsu between paper's noise and ink, kept within sane limits."""
    smooth = np.asarray(cv2.GaussianBlur(ink, (3, 3), 0), np.float32)
    levels = (smooth * 255).astype(np.uint8)
    noise = _noise(smooth[::2, ::2])
    if float(smooth.max()) < max(min_contrast, 2.5 * noise):
        return None
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    # Clean paper bears a low threshold, which keeps thin strokes whole.
    highest = float(np.clip(4.0 * noise, 0.14, 0.22))
    threshold = float(np.clip(otsu / 255, min(highest, max(0.06, 2.0 * noise)), highest))
    strong = smooth > threshold
    # Paler parts count where they hang on something surely written.
    weak = (smooth > max(0.6 * threshold, 1.5 * noise)).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak, connectivity=8, ltype=label_type(weak))
    held = np.zeros(count, np.uint8)
    held[labels[strong]] = 1
    held[0] = 0
    return np.asarray(held.take(np.asarray(labels, np.intp)), np.uint8)


def _noise(sample: Ink) -> float:
    """The ink that three fifths of the paper stay below; 0 where it is too little to matter.

    Of less than `_CLEAN` not one of `_binary`'s limits depends, and counting is faster.
    """
    below = sample < _CLEAN
    if np.count_nonzero(below) >= 0.6 * sample.size + 2:
        return 0.0
    return percentile(sample, 60.0)


def label_type(mask: Grey) -> int:
    """The smallest type that can name all components of a mask: at most one in 2 x 2 pixels."""
    return cv2.CV_16U if mask.size < 4 * 60000 else cv2.CV_32S


def _without_rules(mask: Grey) -> Grey:
    """The mask without straight lines that run through most of the crop.

    Vertical ones go only where they reach from edge to edge: a tight crop's 1 looks the same.
    """
    h, w = mask.shape
    limit = max(5, int(0.09 * h))
    long = max(24, int(0.45 * w))
    strokes = mask
    rules = (
        _lines(cv2.dilate(mask, np.ones((3, 1), np.uint8)), long, 1, limit) if long < w else None
    )
    if rules is not None:
        strokes = np.asarray(cv2.subtract(strokes, rules), np.uint8)
    bars = _lines(cv2.dilate(mask, np.ones((1, 3), np.uint8)), int(0.9 * h), 0, limit)
    if bars is not None:
        strokes = np.asarray(cv2.subtract(strokes, bars), np.uint8)
    if rules is None:
        return strokes
    # Strokes that go on beyond a rule that crosses them are whole again.
    across = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((limit + 4, 1), np.uint8))
    return np.asarray(cv2.bitwise_or(strokes, cv2.bitwise_and(across, rules)), np.uint8)


def _lines(mask: cv2.typing.MatLike, long: int, axis: int, limit: int) -> Grey | None:
    """Lines along ``axis`` of at least ``long`` pixels, thicker ones than ``limit`` left out.

    None where there are none. Beyond the edges a line goes on as far as anybody knows, so that
    half of it is enough there. Only rows (or columns) are looked at in which so many of every
    few pixels follow each other.
    """
    step = max(1, long // 16)
    need = np.ones((1, long // 2 // step) if axis == 1 else (long // 2 // step, 1), np.uint8)
    few = np.ascontiguousarray(mask[:, ::step] if axis == 1 else mask[::step])
    follow = cv2.erode(few, need, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rows = np.flatnonzero(follow.any(axis=axis))
    if not len(rows):
        return None
    found = np.zeros_like(mask)
    if axis == 1:
        found[rows] = _open(mask[rows], 1, long)
        thick = _open(found, limit + 1, 1)
    else:
        found[:, rows] = _open(np.ascontiguousarray(mask[:, rows]), long, 1)
        thick = _open(found, 1, limit + 1)
    # What is thicker than the limit is a stroke or a margin, no rule.
    lines = np.asarray(cv2.subtract(found, thick), np.uint8)
    return lines if lines.any() else None


def _open(mask: cv2.typing.MatLike, height: int, width: int) -> Grey:
    kernel = np.ones((height, width), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8)


def _closed(mask: Grey) -> Grey:
    """Gaps of a pixel or two bridged: broken strokes and what a rule's removal cut."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8)), np.uint8)
