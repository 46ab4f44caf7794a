"""Where a form lies in a picture, from its own printed lines and text, with no marks at all.

Local features first (SIFT: Lowe, IJCV 60, 2004), which find a sheet at any angle and size; then,
for forms of bare boxes that look alike everywhere, the sheet's own outline in four turns, brought
into place by its darkness as a whole (ECC: Evangelidis and Psarakis, PAMI 30, 2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.paper import Grey, ink_of
from handsum.forms.reference import COARSE, Reference, thumbnail
from handsum.forms.transform import PageTransform, Points, upright_matrix

_SIDE = 1400  # pixels of the longer side in which features are sought
_FEATURES = 2500
_RATIO = 0.85  # Lowe's test: the best match against the next best
_LEAST = 12  # matches that agree
_ECC = 1.0  # pixels a millimetre of the rough alignment
_SHEET = 0.25  # of the picture: the least that a sheet covers

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Features:
    """Places (N, 2) in pixels and descriptors (N, 128)."""

    places: Points
    descriptors: Floats


def find_features(ink: Grey) -> Features:
    """SIFT features of a picture of darkness."""
    keys, descriptors = cv2.SIFT.create(
        nfeatures=_FEATURES, contrastThreshold=0.03
    ).detectAndCompute(np.asarray(cv2.GaussianBlur(ink, (3, 3), 0)), np.empty(0, np.uint8))
    if descriptors is None:
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    # The square root makes Euclid's distance Hellinger's (Arandjelovic and Zisserman, CVPR 2012).
    scaled = descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6)
    places = np.array([key.pt for key in keys], np.float64)
    return Features(places, np.asarray(np.sqrt(scaled), np.float32))


class LineMatcher:
    """A page's features, matched with those of one blank after another."""

    def __init__(self, grey: Grey) -> None:
        self.shape = grey.shape
        self.small = thumbnail(grey, _SIDE)
        self.factor = self.small.shape[1] / grey.shape[1]
        self.features = find_features(ink_of(self.small))

    def by_features(
        self, reference: Reference, blank: Features, outside: PageTransform | None = None
    ) -> PageTransform | None:
        """A rough transform, or None; ``outside``: only what lies beside that page is looked at."""
        places, descriptors = self.features.places, self.features.descriptors
        if outside is not None:
            free = ~self._inside(places, outside)
            places, descriptors = places[free], descriptors[free]
        if min(len(places), len(blank.places)) < _LEAST:
            return None
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(blank.descriptors, descriptors, k=2)
        good = [a for a, b in (p for p in pairs if len(p) == 2) if a.distance < _RATIO * b.distance]
        if len(good) < _LEAST:
            return None
        source = (blank.places[[m.queryIdx for m in good]] + 0.5) / COARSE
        target = (places[[m.trainIdx for m in good]] + 0.5) / self.factor - 0.5
        rough_scale = max(self.shape) / max(reference.template.width, reference.template.height)
        matrix, mask = cv2.findHomography(
            source, target, cv2.USAC_MAGSAC, 1.5 * rough_scale, maxIters=3000
        )
        if matrix is None or int(mask.sum()) < _LEAST:
            return None
        template = reference.template
        found = PageTransform.from_array(np.asarray(matrix), (template.width, template.height))
        return found if is_sound(found, self.shape) else None

    def _inside(self, places: Points, transform: PageTransform) -> npt.NDArray[np.bool_]:
        at = transform.to_mm((places + 0.5) / self.factor - 0.5)
        width, height = transform.size
        margin = 2.0
        return np.asarray(
            (at > -margin).all(axis=1) & (at[:, 0] < width + margin) & (at[:, 1] < height + margin)
        )

    def by_outline(self, reference: Reference) -> Iterator[PageTransform]:
        """Rough transforms from the sheet's edges, or the picture's, in four turns each."""
        size = (reference.template.width, reference.template.height)
        blank = cv2.GaussianBlur(reference.at(_ECC), (0, 0), 2.0)
        for corners in self._sheets():
            for turn in range(4):
                rough = _from_corners(np.roll(corners, turn, axis=0), size)
                sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
                tall = sides[1] + sides[3] > sides[0] + sides[2]
                if (tall ^ (turn % 2 == 1)) != (size[1] >= size[0]):
                    continue  # a tall sheet is no broad one
                better = self._aligned(rough, blank)
                if better is not None and is_sound(better, self.shape):
                    yield better

    def _sheets(self) -> Iterator[Points]:
        """Corners (4, 2) clockwise from the upper left: of the brightest large patch, the frame."""
        small = cv2.GaussianBlur(thumbnail(self.small, 500), (5, 5), 0)
        factor = small.shape[1] / self.shape[1]
        _, mask = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        largest = max(outlines, key=cv2.contourArea, default=None)
        if largest is not None and cv2.contourArea(largest) > _SHEET * small.size:
            hull = cv2.convexHull(largest)
            for slack in (0.01, 0.02, 0.04):
                shape = cv2.approxPolyDP(hull, slack * cv2.arcLength(hull, True), True)
                if len(shape) == 4:
                    yield (_clockwise(shape.reshape(4, 2).astype(np.float64)) + 0.5) / factor - 0.5
                    break
        h, w = self.shape
        yield np.array([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]) - 0.5

    def _aligned(self, rough: PageTransform, blank: cv2.typing.MatLike) -> PageTransform | None:
        base = np.diag([self.factor, self.factor, 1.0]) @ rough.array
        back = base @ np.linalg.inv(upright_matrix(_ECC))
        size = (blank.shape[1], blank.shape[0])
        flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(self.small, back, size, flags=flags, borderValue=255)
        ink = cv2.GaussianBlur(ink_of(np.asarray(seen, np.uint8)), (0, 0), 2.0)
        warp = np.eye(3, dtype=np.float32)
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
        try:
            score, found = cv2.findTransformECC(blank, ink, warp, cv2.MOTION_HOMOGRAPHY, stop)
        except cv2.error:  # it did not converge
            return None
        if score < 0.2:
            return None
        small = upright_matrix(_ECC)
        moved = rough.array @ np.linalg.inv(small) @ np.asarray(found, np.float64) @ small
        return PageTransform.from_array(moved, rough.size)


def is_sound(transform: PageTransform, shape: tuple[int, ...] | None = None) -> bool:
    """Whether a sheet can lie so: not mirrored, folded or tiny; nor far outside ``shape``."""
    width, height = transform.size
    corners = transform.outline((0.0, 0.0, width, height))
    sides = np.roll(corners, -1, axis=0) - corners
    turns = sides[:, 0] * np.roll(sides, -1, axis=0)[:, 1]
    turns -= sides[:, 1] * np.roll(sides, -1, axis=0)[:, 0]
    if not np.isfinite(corners).all() or not (turns > 0).all():
        return False
    lengths = np.hypot(*sides.T)
    stretch = lengths / np.array([width, height, width, height])
    if stretch.max() > 2.0 * stretch.min() or stretch.min() < 1.0:
        return False
    if shape is None:
        return True
    picture = np.array([shape[1], shape[0]])
    return bool((corners > -0.3 * picture).all() and (corners < 1.3 * picture).all())


def _from_corners(corners: Points, size: tuple[float, float]) -> PageTransform:
    width, height = size
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(sheet, corners.astype(np.float32))
    return PageTransform.from_array(np.asarray(matrix, np.float64), size)


def _clockwise(corners: Points) -> Points:
    """Four corners clockwise (y down) from the one nearest the picture's upper left."""
    middle = corners.mean(axis=0)
    order = np.argsort(np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0]))
    corners = corners[order]
    return np.roll(corners, -int(corners.sum(axis=1).argmin()), axis=0)
