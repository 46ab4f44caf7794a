"""Where a form lies in a picture, from its corner marks, and what its page code says."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from handsum.forms.marks import (
    CODE_QUIET,
    MARK_DICTIONARY,
    MARK_IDS,
    PageCode,
    code_box,
    mark_corners,
    parse_code,
)
from handsum.forms.paper import Grey
from handsum.forms.reference import thumbnail
from handsum.forms.register import rectify
from handsum.forms.transform import PageTransform, Points

_SIDES = (1500, 2800)
"""Pixels of the longer side in which marks are sought: the first is quick, the second thorough."""
_CODE_SCALE = 12.0  # pixels a millimetre: its modules are half a millimetre
_CODE_MODULES = (29, 25, 33, 37, 21)  # a side: versions 3, 2, 4, 5 and 1 of QR codes
_DRAWN = 6  # pixels a module of a code that is drawn anew
_FINDER = np.ones((7, 7), bool)
_FINDER[1:-1, 1:-1] = False
_FINDER[2:-2, 2:-2] = True
_CODE_MARGIN = 4.0  # mm around the code
_OFF = 2.0  # mm by which corners of marks may lie off a flat sheet
_ALIKE = 2.0  # times the size of another mark: what differs more is none of the same picture


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks found: ``ids`` and, in pixels of the page, their ``corners`` (N, 4, 2)."""

    ids: tuple[int, ...]
    corners: Points

    @property
    def repeated(self) -> bool:
        """Whether a mark that a sheet has once is there twice: two sheets, or parts of them."""
        return any(count > 1 for count in Counter(self.ids).values())


@lru_cache(maxsize=1)
def _detector() -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    parameters.cornerRefinementWinSize = 3
    parameters.minMarkerPerimeterRate = 0.02
    parameters.maxMarkerPerimeterRate = 0.6
    parameters.adaptiveThreshWinSizeMin = 7
    parameters.adaptiveThreshWinSizeMax = 31
    parameters.adaptiveThreshWinSizeStep = 12
    dictionary = cv2.aruco.getPredefinedDictionary(MARK_DICTIONARY)
    return cv2.aruco.ArucoDetector(dictionary, parameters)


def find_marks(grey: Grey) -> Marks:
    """The corner marks in a picture, at any angle; sought again, larger, if not all are there."""
    found = Marks((), np.zeros((0, 4, 2)))
    for side in _SIDES:
        if side > _SIDES[0] and max(grey.shape) <= _SIDES[0]:
            break
        again = _find(grey, side)
        if len(again.ids) > len(found.ids):
            found = again
        if set(found.ids) == set(MARK_IDS):
            break
    return found


def _find(grey: Grey, side: int) -> Marks:
    small = thumbnail(grey, side)
    factor = small.shape[1] / grey.shape[1]
    corners, ids, _ = _detector().detectMarkers(small)
    if ids is None:
        return Marks((), np.zeros((0, 4, 2)))
    flat = [int(i) for i in np.asarray(ids).ravel()]
    at = (np.array(corners, np.float64).reshape(-1, 4, 2) + 0.5) / factor - 0.5
    sizes = np.hypot(*(np.roll(at, -1, axis=1) - at).transpose(2, 0, 1)).mean(axis=1)
    usual = float(np.median(sizes[np.isin(flat, MARK_IDS)])) if set(flat) & set(MARK_IDS) else 0.0
    kept = [
        n
        for n, i in enumerate(flat)
        if i in MARK_IDS and usual / _ALIKE <= sizes[n] <= usual * _ALIKE
    ]
    return Marks(tuple(flat[n] for n in kept), at[kept])


def place_by_marks(marks: Marks, size: tuple[float, float]) -> PageTransform | None:
    """The transform of a sheet of ``size`` mm with these marks, each once.

    Three marks or four give a homography; one or two no more than where it lies, how large and
    turned. None if they do not stand as on such a sheet.
    """
    if not marks.ids:
        return None
    source = mark_corners(*size)[list(marks.ids)].reshape(-1, 2)
    target = marks.corners.reshape(-1, 2)
    if len(marks.ids) < 3:
        similar, _ = cv2.estimateAffinePartial2D(source, target)
        if similar is None:
            return None
        matrix = np.vstack([similar, [0.0, 0.0, 1.0]])
    else:
        matrix, _ = cv2.findHomography(source, target, 0)
        if matrix is None:
            return None
    found = PageTransform.from_array(np.asarray(matrix, np.float64), size)
    off = np.hypot(*(found.to_mm(target) - source).T)
    return found if float(off.max()) <= _OFF else None


def read_code(grey: Grey, rough: PageTransform) -> PageCode | None:
    """What the page code says, None if it cannot be read where it should be."""
    x0, y0, x1, y1 = code_box(*rough.size)
    margin = _CODE_MARGIN
    shift = np.array([[1.0, 0.0, x0 - margin], [0.0, 1.0, y0 - margin], [0.0, 0.0, 1.0]])
    size = (x1 - x0 + 2 * margin, y1 - y0 + 2 * margin)
    window = PageTransform.from_array(rough.array @ shift, size)
    scale = min(_CODE_SCALE, max(6.0, 2.0 * rough.scale))
    found = _decode(rectify(grey, window, scale))
    return found or _decode_at(rectify(grey, window, _CODE_SCALE), margin * _CODE_SCALE)


def _decode_at(grey: Grey, margin: float) -> PageCode | None:
    """What the code says that fills a picture but for the ``margin`` around it, in pixels.

    Where the marks have told that, its modules can be looked up without finding it first; what
    they tell may be off by a part of a module.
    """
    side = len(grey) - 2 * margin
    for smooth in (0.8, 2.0):
        soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), smooth), np.uint8)
        for count in _CODE_MODULES:
            module = side / (count + 2 * CODE_QUIET)
            for right, down in itertools.product((0.0, -0.3, 0.3), repeat=2):
                x, y = (margin + (CODE_QUIET + off) * module for off in (right, down))
                code = _read_modules(soft, (x, y, count * module, count * module), count)
                if code is not None:
                    return code
    return None


def find_codes(grey: Grey) -> list[PageCode]:
    """Every page code in a picture, wherever: slower than `read_code`."""
    small = thumbnail(grey, 2400)
    found, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(small)
    codes = [parse_code(text) for text in texts] if found else []
    return [code for code in codes if code is not None]


def _decode(grey: Grey) -> PageCode | None:
    """What the one code in a picture, about upright in it, says.

    It is read as it is, and as OpenCV reads it more often: evened out, redrawn, at other sizes.
    """
    code = _detect(grey) or _detect(np.asarray(cv2.equalizeHist(grey), np.uint8))
    for smooth in (0.8, 1.6):
        soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), smooth), np.uint8)
        for count in _CODE_MODULES:
            code = code or _redraw(soft, count)
    for factor in (1.5, 0.7):
        how = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
        other = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=how)
        code = code or _detect(np.asarray(other, np.uint8))
    return code


def _detect(grey: Grey) -> PageCode | None:
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(grey)
    return parse_code(text) if text else None


def _redraw(grey: Grey, count: int) -> PageCode | None:
    """What a code of ``count`` modules a side says, by the middles of its modules.

    The code is what is dark and has the other dark parts next to it; blur and grain between the
    modules are left out.
    """
    _, dark = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    reach = max(3, len(grey) // 12) | 1
    joined = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    found, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    if found < 2:
        return None
    x, y, w, h = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())][:4]
    return _read_modules(grey, (x, y, w, h), count)


def _read_modules(
    grey: Grey, box: tuple[float, float, float, float], count: int
) -> PageCode | None:
    """What the ``count`` modules a side of a code in a box (left, top, width, height) say.

    They are drawn anew, and OpenCV is told where: of 300 flawless codes of a form it does not find
    one. None where the three finder patterns are not there.
    """
    x, y, w, h = box
    steps = (np.arange(count) + 0.5) / count
    xs = np.broadcast_to((x + w * steps - 0.5).astype(np.float32), (count, count))
    ys = np.broadcast_to((y + h * steps - 0.5).astype(np.float32)[:, None], (count, count))
    middles = cv2.remap(grey, np.ascontiguousarray(xs), np.ascontiguousarray(ys), cv2.INTER_LINEAR)
    level, _ = cv2.threshold(middles, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = middles <= level
    corners = (ink[:7, :7], ink[:7, -7:], ink[-7:, :7])
    if min(float((corner == _FINDER).mean()) for corner in corners) < 0.85:
        return None
    drawn = np.pad(np.where(ink, 0, 255).astype(np.uint8), CODE_QUIET, constant_values=255)
    drawn = np.kron(drawn, np.ones((_DRAWN, _DRAWN), np.uint8))
    first, last = CODE_QUIET * _DRAWN, (CODE_QUIET + count) * _DRAWN - 1
    at = np.array([[(first, first), (last, first), (last, last), (first, last)]], np.float32)
    text, _ = cv2.QRCodeDetector().decode(drawn, at)
    return parse_code(text) if text else None
