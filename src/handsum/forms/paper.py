"""A page as darkness against its own paper, whatever the light it was taken in."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

_SIDE = 320  # pixels of the reduced picture in which the paper is sought
_WINDOW = 0.045  # of its longer side: wider than boldest print, narrower than most shadows
_DARKEST = 64  # grey level: darker than this no paper is


def find_paper(grey: Grey) -> Grey:
    """The paper's brightness at every pixel of a uint8 (H, W) picture, ink and print left out."""
    height, width = grey.shape
    factor = min(1.0, _SIDE / max(height, width))
    size = (max(4, round(width * factor)), max(4, round(height * factor)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    window = max(5, int(_WINDOW * max(size)) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (window, window))
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    paper = cv2.blur(paper, (window, window))
    return _grey(cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR))


def ink_of(grey: Grey, paper: Grey | None = None) -> Grey:
    """How much darker than its paper each pixel is: uint8 (H, W), 255 for all of the brightness.

    ``paper`` saves finding it again.
    """
    if paper is None:
        paper = find_paper(grey)
    darker = cv2.subtract(paper, grey)
    return _grey(cv2.divide(darker, cv2.max(paper, np.array([_DARKEST])), scale=255.0))


def reduced(grey: Grey, factor: float) -> Grey:
    """The picture at ``factor`` of its size; as it is for 1 and more."""
    if factor >= 1.0:
        return grey
    height, width = grey.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return _grey(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _grey(made: npt.ArrayLike) -> Grey:
    return np.asarray(made, np.uint8)
