"""A form's print taken away from a filled page, with the blank as the reference.

What is as dark on the page as the blank is there, or lies under a printed line, goes; ink beside
print stays whole, and a stroke that goes on at both sides of a printed line stays whole across it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from handsum.forms.paper import Grey, find_paper, ink_of

_OFF = 0.16  # mm by which print may lie off, more or less, where the registration is good
_BRIDGE = 0.85  # mm of print with its soft edges that a stroke is joined across
_PRINT = 50  # of 255: darkness of the blank from which it is print
_LEAST = 26  # of 255: darkness from which something is ink, on clean paper
_GRAIN = 5.0  # times the paper's grain that ink is darker than


@dataclass(frozen=True, eq=False)
class Written:
    """An upright page without its print.

    ``ink`` uint8 (H, W): darkness of what was written, 0 for paper and print; ``scale`` pixels a
    millimetre; ``least``: the darkness from which it counts as a stroke. ``expected`` and ``seen``
    (H, W), 0 or 1: where the blank has print, and where the page is as dark as print;
    ``paper``: how bright it is without either.
    """

    ink: Grey
    scale: float
    least: int
    expected: Grey
    seen: Grey
    paper: Grey

    def mask(self, box: tuple[int, int, int, int]) -> Grey:
        """Strokes, 0 or 1, in a box of pixels."""
        x0, y0, x1, y1 = box
        return np.asarray(self.ink[y0:y1, x0:x1] >= self.least, np.uint8)


def take_print_away(page: Grey, blank: Grey, scale: float, error_mm: float = 0.0) -> Written:
    """The handwriting on an upright page, uint8 (H, W), with ``scale`` pixels a millimetre.

    ``blank``: the form's darkness in the same place, uint8 (H, W). ``error_mm`` is how far print
    may lie off.
    """
    paper = find_paper(page)
    ink = ink_of(page, paper)
    least = _least(ink, blank)
    reach = max(1, round((_OFF + 0.5 * min(error_mm, 0.6)) * scale))
    side = 2 * reach + 1
    printed = cv2.dilate(blank, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    # Twice: print on paper is seldom darker than the blank, but pens and toners differ.
    left = np.asarray(cv2.subtract(ink, cv2.add(printed, printed)), np.uint8)
    strokes = cv2.threshold(left, least - 1, 1, cv2.THRESH_BINARY)[1]
    bridge = cv2.bitwise_and(
        _joined(np.asarray(strokes, np.uint8), 2 * reach + round(_BRIDGE * scale)),
        cv2.threshold(printed, _PRINT, 255, cv2.THRESH_BINARY)[1],
    )
    across = cv2.bitwise_and(ink, bridge)
    expected = np.asarray(cv2.threshold(blank, _PRINT, 1, cv2.THRESH_BINARY)[1], np.uint8)
    dark = cv2.threshold(ink, least // 2, 1, cv2.THRESH_BINARY)[1]
    seen = np.asarray(cv2.dilate(dark, np.ones((3, 3), np.uint8)), np.uint8)
    written = np.asarray(cv2.max(left, across), np.uint8)
    return Written(written, scale, least, expected, seen, paper)


def _joined(strokes: Grey, gap: int) -> Grey:
    """Strokes 0 or 1 and what lies between two ends of one, ``gap`` pixels apart: 0 or 255.

    Closed with lines in four directions: a disc would leave a waist.
    """
    side = gap | 1
    upright = np.zeros((side, side), np.uint8)
    upright[:, side // 2] = 1
    slanted = np.eye(round(side * 0.75) | 1, dtype=np.uint8)
    joined = np.zeros_like(strokes)
    for line in (upright, upright.T, slanted, slanted[::-1]):
        closed = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ascontiguousarray(line))
        cv2.max(joined, closed, dst=joined)
    return np.asarray(cv2.threshold(joined, 0, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _least(ink: Grey, blank: Grey) -> int:
    """Clear of the grain: its spread is read off the paper alone, where the blank has no print."""
    sample = ink[::7, ::7][blank[::7, ::7] == 0]
    if not sample.size:
        return _LEAST
    # Most of a page is bare paper: the lower three quarters hold no ink.
    grain = float(np.quantile(sample, 0.75)) / 2.0
    return int(np.clip(_GRAIN * grain, _LEAST, 90))
