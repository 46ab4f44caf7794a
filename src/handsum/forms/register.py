"""A rough match made exact: landmarks of the blank sought on the page, one by one.

Each landmark is a patch of print. Where the rough transform puts it, the page is searched for the
shift at which it looks most like the blank (normalised correlation, to parts of a pixel). From the
shifts that agree follow the homography (RANSAC: Fischler and Bolles, CACM 24, 1981) and, for paper
that is not flat, a cubic bend. What the shifts leave is the error that is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.paper import Grey, ink_of
from handsum.forms.reference import COARSE, Reference
from handsum.forms.transform import (
    BEND_TERMS,
    Bend,
    PageTransform,
    Points,
    bend_terms,
    upright_matrix,
)

_PATCH = 4.0  # mm from a landmark to the edge of its patch
_ALIKE = 0.5  # correlation from which a landmark counts as found
_CLEAR = 0.75  # correlation from which it cannot be mistaken for something else
_WORTH = 0.2  # by how much more it is found elsewhere than where it belongs, if it is off
_AGREE = 0.6  # mm by which found landmarks may lie off the homography
_LEAST = 8
_FLAT = 0.12  # mm: smaller residuals need no bend
_STIFF = 0.002  # weight against bending without evidence


@dataclass(frozen=True)
class Registration:
    """``transform`` as refined; ``error_mm``: nine of ten found landmarks lie at most so far off.

    ``support``, 0 to 1: the share of landmarks on the page that were found where they belong.
    """

    transform: PageTransform
    error_mm: float
    support: float


def register(
    grey: Grey, reference: Reference, rough: PageTransform, reach: float = 3.0
) -> Registration | None:
    """Refine a transform that is right within ``reach`` mm; None where the print is not there.

    ``grey`` is the page, uint8 (H, W).
    """
    half, small = 0.5 * COARSE, _matching(grey, rough)
    first = _pass(small, reference, rough, half, reach, bends=False)
    if first is None:
        return None
    second = _pass(small, reference, first.transform, COARSE, 1.0, bends=True)
    if second is None:
        return None
    # Looked for wider than it needs to be, so that what lies off is seen.
    return _pass(small, reference, second.transform, COARSE, 1.5, bends=True)


@dataclass(frozen=True, eq=False)
class _Small:
    """The page reduced to little more than the scale at which it is matched."""

    grey: Grey
    factor: float


def _matching(grey: Grey, rough: PageTransform) -> _Small:
    factor = 1.25 * COARSE / rough.scale
    if factor >= 0.8:
        return _Small(grey, 1.0)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return _Small(np.asarray(small, np.uint8), factor)


def rectify(grey: Grey, transform: PageTransform, scale: float) -> Grey:
    """The page upright and flat, uint8, with ``scale`` pixels a millimetre; paper beyond it."""
    return _rectified(_Small(grey, 1.0), transform, scale)


def _rectified(page: _Small, transform: PageTransform, scale: float) -> Grey:
    width, height = transform.size
    size = (round(width * scale), round(height * scale))
    shrink = np.diag([page.factor, page.factor, 1.0])
    shrink[:2, 2] = 0.5 * page.factor - 0.5  # pixel centres
    matrix = shrink @ transform.array
    if transform.bend is None:
        back = matrix @ np.linalg.inv(upright_matrix(scale))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        made = cv2.warpPerspective(
            page.grey, back, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=255
        )
    else:
        made = cv2.remap(
            page.grey, *_maps(transform, matrix, scale, size), cv2.INTER_LINEAR, borderValue=255
        )
    return np.asarray(made, np.uint8)


def _maps(
    transform: PageTransform, matrix: Points, scale: float, size: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Where on the page each pixel lies: exact every few millimetres, linear between."""
    step = round(3.0 * scale)
    columns, rows = np.arange(0, size[0] + step, step), np.arange(0, size[1] + step, step)
    x, y = np.meshgrid((columns + 0.5) / scale, (rows + 0.5) / scale)
    flat = PageTransform.from_array(matrix, transform.size, transform.bend)
    at = flat.to_pixels(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(*x.shape, 2)
    grid = at.astype(np.float32)
    # A map of nodes, enlarged: node i shows pixel i * step.
    affine = np.array([[1.0 / step, 0.0, 0.0], [0.0, 1.0 / step, 0.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    full = cv2.warpAffine(grid, affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(full[..., 0]), np.ascontiguousarray(full[..., 1])


def _pass(
    page: _Small,
    reference: Reference,
    rough: PageTransform,
    scale: float,
    reach: float,
    bends: bool,
) -> Registration | None:
    seen = ink_of(_rectified(page, rough, scale))
    blank = reference.coarse if scale == COARSE else reference.at(scale)
    shifts, alike, there = _find_landmarks(seen, blank, reference.landmarks, scale, reach)
    landmarks, inside = reference.landmarks, _on_page(reference.landmarks, rough, page)
    found = (alike >= _ALIKE) & inside
    if found.sum() < _LEAST:
        return None
    source, target = landmarks[found], rough.to_pixels(landmarks[found] + shifts[found])
    # Along the line of a comb a stroke of the pen passes for the next tooth: that tells nothing.
    telling = (alike >= _CLEAR) | (alike - there >= _WORTH)
    telling = telling[found] if np.count_nonzero(telling[found]) >= _LEAST else found[found]
    fitted = _fit(source, target, rough, bends, telling)
    if fitted is None:
        return None
    transform, error, agreeing = fitted
    support = agreeing / max(int(inside.sum()), _LEAST)
    return Registration(transform, error, support)


def _on_page(landmarks: Points, rough: PageTransform, page: _Small) -> npt.NDArray[np.bool_]:
    height, width = (side / page.factor for side in page.grey.shape)
    at = rough.to_pixels(landmarks)
    return np.asarray((at > 0).all(axis=1) & (at[:, 0] < width) & (at[:, 1] < height))


def _find_landmarks(
    seen: Grey, blank: Grey, landmarks: Points, scale: float, reach: float
) -> tuple[Points, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Shift (N, 2) in mm of each landmark on the page; how alike (N,) it is there, and unmoved."""
    half, room = round(_PATCH * scale), max(2, round(reach * scale))
    wide = half + room
    seen = _framed(cv2.GaussianBlur(seen, (3, 3), 0), wide)
    blank = _framed(cv2.GaussianBlur(blank, (3, 3), 0), wide)
    shifts, alike = np.zeros((len(landmarks), 2)), np.zeros(len(landmarks))
    there = np.zeros(len(landmarks))
    for i, (x, y) in enumerate(np.rint(landmarks * scale - 0.5).astype(int) + wide):
        patch = blank[y - half : y + half + 1, x - half : x + half + 1]
        window = seen[y - wide : y + wide + 1, x - wide : x + wide + 1]
        scores = np.asarray(cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED), np.float64)
        _, best, _, (u, v) = cv2.minMaxLoc(scores)
        if not np.isfinite(best):  # a patch of nothing but paper
            continue
        alike[i] = best
        there[i] = scores[room - 1 : room + 2, room - 1 : room + 2].max()  # to a pixel
        shifts[i] = (u + _peak(scores[v], u) - room, v + _peak(scores[:, u], v) - room)
    return shifts / scale, alike, there


def _framed(picture: cv2.typing.MatLike, by: int) -> Grey:
    framed = cv2.copyMakeBorder(picture, by, by, by, by, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(framed, np.uint8)


def _peak(scores: npt.NDArray[np.float64], at: int) -> float:
    """Where between its neighbours a maximum lies, by a parabola: -0.5 to 0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    left, top, right = (float(s) for s in scores[at - 1 : at + 2])
    curve = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / curve, -0.5, 0.5)) if curve < 0 else 0.0


def _fit(
    source: Points,
    target: Points,
    rough: PageTransform,
    bends: bool,
    telling: npt.NDArray[np.bool_],
) -> tuple[PageTransform, float, int] | None:
    """The transform, its error in mm over the ``telling`` landmarks, and how many agree with it."""
    limit = _AGREE * rough.scale * (2.0 if not bends else 1.0)
    matrix, mask = cv2.findHomography(source, target, cv2.RANSAC, limit, maxIters=500)
    if matrix is None or int(mask.sum()) < _LEAST:
        return None
    kept = mask.ravel() > 0
    flat = PageTransform.from_array(np.asarray(matrix, np.float64), rough.size)
    off = flat.to_mm(target) - source
    error = _ninth(off[telling])
    if not bends or error <= _FLAT:
        return flat, error, int(kept.sum())
    bend = _fit_bend(source, off, rough.size)
    bent = PageTransform(flat.matrix, rough.size, bend)
    left = bent.to_mm(target) - source
    agree = np.hypot(*left.T) <= _AGREE
    if agree.sum() < _LEAST:
        return None
    return bent, _ninth(left[telling]), int(agree.sum())


def _ninth(off: Points) -> float:
    return float(np.quantile(np.hypot(*off.T), 0.9))


def _fit_bend(source: Points, off: Points, size: tuple[float, float]) -> Bend:
    """Ridge least squares, with weights that let no outlier pull (Huber's, thrice)."""
    terms = bend_terms(source, size)
    stiff = np.diag([0.0, *[_STIFF * len(source)] * (BEND_TERMS - 1)])
    weight = np.ones(len(source))
    found: Points = np.zeros((BEND_TERMS, 2))
    for _ in range(4):
        weighed = terms * weight[:, None]
        normal = weighed.T @ terms + stiff + 1e-9 * np.eye(BEND_TERMS)
        found = np.asarray(np.linalg.solve(normal, weighed.T @ off), np.float64)
        left = np.hypot(*(off - terms @ found).T)
        room = max(0.1, float(np.median(left)))
        weight = np.where(left > 4 * room, 0.0, np.minimum(1.0, room / np.maximum(left, 1e-9)))
    across, down = found.T.tolist()
    return tuple(across), tuple(down)
