"""A blank form as an upright page of known size, whether scanned or a PDF."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from handsum.errors import BlankFormError
from handsum.forms.marks import (
    MARK_DICTIONARY,
    MARK_IDS,
    MARK_INSET,
    MARK_SIZE,
    PageCode,
    mark_corners,
)
from handsum.forms.match_marks import read_code
from handsum.forms.paper import Grey, ink_of
from handsum.forms.reference import FINE
from handsum.forms.sizes import MM_PER_INCH, known_size
from handsum.forms.transform import PageTransform
from handsum.imaging.files.pdf_fields import PdfField, PdfWords, read_pdf_page
from handsum.imaging.load import Limits, count_pages, load_page, read_file

_STEEPEST = 8.0  # degrees: a page more crooked is not straightened
_STRAIGHT = 0.03  # degrees: as crooked as this is straight: 0.1 mm over the width of A4
_LEAST_PERIMETER = 0.045  # of the longer side; a mark's is 0.1 on A4. Squared paper has thousands
_LEAST_SIDE = 400  # pixels

_LIMITS = Limits(pdf_dpi=round(FINE * MM_PER_INCH))


@dataclass(frozen=True, eq=False)
class DraftPage:
    """A blank form: ``grey`` (H, W) at `FINE` pixels a millimetre, the whole sheet, upright.

    ``tilt`` in degrees is what was taken out of it. ``marked``: our corner marks are on it, and
    took its perspective out; ``code`` is its page code. ``fields`` and ``words`` are a PDF's own.
    ``pages``: how many the file has.
    """

    grey: Grey
    width: float
    height: float
    source: Path
    page: int
    pages: int
    tilt: float = 0.0
    marked: bool = False
    code: PageCode | None = None
    fields: tuple[PdfField, ...] = ()
    words: tuple[PdfWords, ...] = ()
    guessed_size: bool = False

    @property
    def straightened(self) -> bool:
        """Whether the picture is not the file's own any more."""
        return self.tilt != 0.0 or self.marked


def load_draft_page(
    path: Path, page: int = 1, size: tuple[float, float] | None = None
) -> DraftPage:
    """The page (from 1) of a picture or PDF, straightened; ``size`` in mm where the file has none.

    Whatever loading a picture raises, and BlankFormError for a page that the file has not or a
    picture too small to find boxes in.
    """
    data = read_file(path, str(path))
    pages = count_pages(data, str(path), _LIMITS)
    if not 1 <= page <= pages:
        raise BlankFormError(
            f"{path} has {pages} page{'s' * (pages > 1)}, not a page {page}.", "Name one of them."
        )
    grey = load_page(data, page, str(path), _LIMITS).grey
    if min(grey.shape) < _LEAST_SIDE:
        raise BlankFormError(
            f"{path}: {grey.shape[1]} x {grey.shape[0]} pixels are too few for a form.",
            "Scan it at 150 dpi or more.",
        )
    fields: tuple[PdfField, ...] = ()
    words: tuple[PdfWords, ...] = ()
    guessed = False
    if data[:1024].lstrip()[:5] == b"%PDF-":
        found = read_pdf_page(data, str(path), page)
        fields, words = found.fields, found.words
        width, height = known_size(found.width, found.height)
    elif size is None:
        width, height, guessed = _guess_size(data, grey)
    else:
        width, height = size
    marks = _find_marks(grey)
    if marks is not None:
        return _by_marks(grey, marks, path, page, pages, fields, words)
    fine = _to_fine(grey, width, height)
    tilt = 0.0 if fields else find_tilt(ink_of(fine))
    if abs(tilt) > _STRAIGHT:
        fine = _turned(fine, tilt)
    else:
        tilt = 0.0
    return DraftPage(
        fine,
        width,
        height,
        path,
        page,
        pages,
        tilt,
        fields=fields,
        words=words if not tilt else (),
        guessed_size=guessed,
    )


def find_tilt(ink: Grey) -> float:
    """By how many degrees lines and rows of text go down to the right, -8 to 8; 0 if nothing tells.

    The turn at which the rows' sums of ink differ most (W. Postl, US patent 4,723,297).
    """
    small = cv2.resize(ink, None, fx=3 / FINE, fy=3 / FINE, interpolation=cv2.INTER_AREA)
    rough = _contrasts(np.asarray(small, np.uint8), 5)
    best = 0.0
    for step, reach in ((0.4, _STEEPEST), (0.1, 0.4)):
        count = round(reach / step)
        best = max((best + step * n for n in range(-count, count + 1)), key=rough)
    fine = _contrasts(ink, 11)
    best = max((best + 0.02 * n for n in range(-7, 8)), key=fine)
    return best if fine(best) > 1.001 * fine(0.0) else 0.0


def _contrasts(ink: Grey, window: int) -> Callable[[float], float]:
    """How much the sums of the sheared rows differ, as a function of degrees."""
    thin = cv2.morphologyEx(ink, cv2.MORPH_TOPHAT, np.ones((window, 1), np.uint8))
    ys, xs = np.nonzero(thin > 30)
    weights = thin[ys, xs].astype(np.float64)
    middle = ink.shape[1] / 2
    # Anywhere within their pixel, and smoothed: else angles that keep rows whole are favoured.
    within = ys + np.random.default_rng(0).uniform(0, 1, len(ys))
    bell = np.exp(-0.5 * (np.arange(-8, 9) / 3.0) ** 2)

    def contrast(degrees: float) -> float:
        if len(ys) < 200:
            return 0.0
        rows = within - (xs - middle) * math.tan(math.radians(degrees))
        sums = np.bincount(((rows - rows.min()) * 3).astype(int), weights)
        return float((np.convolve(sums, bell) ** 2).sum())

    return contrast


def _turned(fine: Grey, tilt: float) -> Grey:
    """The picture turned about its middle, of the same size, its edges drawn out."""
    height, width = fine.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    turned = cv2.warpAffine(
        fine,
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)


def _to_fine(grey: Grey, width: float, height: float) -> Grey:
    size = (round(width * FINE), round(height * FINE))
    how = cv2.INTER_AREA if size[0] < grey.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)


def _guess_size(data: bytes, grey: Grey) -> tuple[float, float, bool]:
    """A sheet's size by the picture's own resolution if that is a known sheet, else by its shape.

    Third: whether it is a guess.
    """
    height, width = grey.shape
    with Image.open(io.BytesIO(data)) as opened:
        stated = opened.info.get("dpi")
    if stated and min(stated) >= 50:
        # EXIF may have turned the picture, hence the larger resolution is no matter of order.
        across, down = (side / float(stated[0]) * MM_PER_INCH for side in (width, height))
        known = known_size(across, down, slack=0.03)
        if known != (across, down):
            return *known, False
    ratio = max(width, height) / min(width, height)
    sheets = ((210.0, 297.0), (215.9, 279.4), (215.9, 355.6))
    short, long = min(sheets, key=lambda sheet: abs(sheet[1] / sheet[0] / ratio - 1))
    if abs(long / short / ratio - 1) > 0.03:
        long = short * ratio
    return (short, long, True) if width <= height else (long, short, True)


def _find_marks(grey: Grey) -> npt.NDArray[np.float64] | None:
    """The sixteen corners of our marks, (4, 4, 2) in the order of MARK_IDS; None without all."""
    settings = cv2.aruco.DetectorParameters()
    settings.minMarkerPerimeterRate = _LEAST_PERIMETER
    dictionary = cv2.aruco.getPredefinedDictionary(MARK_DICTIONARY)
    detector = cv2.aruco.ArucoDetector(dictionary, settings)
    corners, ids, _ = detector.detectMarkers(grey)
    if ids is None:
        return None
    found = {int(i): c.reshape(4, 2) for i, c in zip(ids.ravel(), corners, strict=True)}
    if len(ids) != len(MARK_IDS) or set(found) != set(MARK_IDS):
        return None
    soft = cv2.GaussianBlur(grey, (3, 3), 0)
    side = float(np.linalg.norm(found[0][1] - found[0][0]))
    window = max(2, round(side / 10))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.01)
    refined = [
        cv2.cornerSubPix(soft, found[i].copy(), (window, window), (-1, -1), criteria)
        for i in MARK_IDS
    ]
    return np.asarray(refined, np.float64)


def _by_marks(
    grey: Grey,
    marks: npt.NDArray[np.float64],
    path: Path,
    page: int,
    pages: int,
    fields: tuple[PdfField, ...],
    words: tuple[PdfWords, ...],
) -> DraftPage:
    """The page as its marks place it; its size follows from theirs."""
    side = float(np.mean([np.linalg.norm(m - np.roll(m, 1, axis=0), axis=1) for m in marks]))
    outer = np.array([marks[n][n] for n in range(4)])  # the corner nearest to the sheet's
    across = (np.linalg.norm(outer[1] - outer[0]) + np.linalg.norm(outer[2] - outer[3])) / 2
    down = (np.linalg.norm(outer[3] - outer[0]) + np.linalg.norm(outer[2] - outer[1])) / 2
    scale = MARK_SIZE / side
    width, height = known_size(
        float(across) * scale + 2 * MARK_INSET, float(down) * scale + 2 * MARK_INSET, slack=0.03
    )
    # In OpenCV a pixel's middle is at whole numbers, on the page at halves.
    to = mark_corners(width, height).reshape(-1, 2) * FINE - 0.5
    matrix, _ = cv2.findHomography(marks.reshape(-1, 2), to, cv2.RANSAC, 3.0)
    size = (round(width * FINE), round(height * FINE))
    fine = np.asarray(
        cv2.warpPerspective(
            grey, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )
    upright = np.array([[FINE, 0.0, -0.5], [0.0, FINE, -0.5], [0.0, 0.0, 1.0]])
    return DraftPage(
        fine,
        width,
        height,
        path,
        page,
        pages,
        marked=True,
        code=read_code(fine, PageTransform.from_array(upright, (width, height))),
        fields=fields,
        words=words,
    )
