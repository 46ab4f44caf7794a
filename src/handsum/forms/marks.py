"""Corner marks and page code: their exact places and patterns, for printing and for matching.

The four marks are ArUco markers (Garrido-Jurado et al., Pattern Recognition 47, 2014), ids 0 to 3
clockwise from the top left, each upright: any one tells which way up the page is, any three its
perspective to first order, the sixteen corners of all its homography with room to spare. They
differ by at least 4 of 16 bits. The page code is a QR code that states name, version and sheet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.fields import MmBox

MARK_DICTIONARY = cv2.aruco.DICT_4X4_50
MARK_IDS = (0, 1, 2, 3)
"""Top left, top right, bottom right, bottom left."""
MARK_SIZE = 8.0  # mm a side: 6 modules of 1.33 mm, 3.8 pixels each at 72 dpi
MARK_INSET = 8.0  # mm from the sheet's edges: printers leave up to 6 mm white
MARK_QUIET = 1.5  # mm of white around a mark, more than a module
CODE_SIZE = 20.0  # mm a side, its white border of 4 modules included
CODE_QUIET = 4  # modules (ISO/IEC 18004, 6.3.8)
CODE_GAP = 4.0  # mm between the top right mark and the code's white border
CODE_FORMAT = "handsum/1"

Modules = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PageCode:
    """What a page code states."""

    name: str
    version: str
    sheet: int


def mark_squares(width: float, height: float) -> tuple[MmBox, ...]:
    """The black squares of the marks in mm on a sheet of that size, in the order of MARK_IDS."""
    near, far = MARK_INSET, MARK_INSET + MARK_SIZE
    left, right = (near, far), (width - far, width - near)
    top, bottom = (near, far), (height - far, height - near)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple((x[0], y[0], x[1], y[1]) for x, y in corners)


def mark_boxes(width: float, height: float) -> tuple[MmBox, ...]:
    """The marks with the white around them that has to stay free, in mm."""
    q = MARK_QUIET
    return tuple((x0 - q, y0 - q, x1 + q, y1 + q) for x0, y0, x1, y1 in mark_squares(width, height))


def mark_corners(width: float, height: float) -> npt.NDArray[np.float64]:
    """The corners of the squares in mm, (4, 4, 2): a mark a row, clockwise from its top left.

    The order in which OpenCV's detector gives the corners of an upright marker.
    """
    return np.array(
        [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in mark_squares(width, height)]
    )


def mark_modules(mark_id: int) -> Modules:
    """The ink of a mark, bool (6, 6), its black border included."""
    dictionary = cv2.aruco.getPredefinedDictionary(MARK_DICTIONARY)
    return np.asarray(cv2.aruco.generateImageMarker(dictionary, mark_id, 6) < 128)


def code_box(width: float, height: float) -> MmBox:
    """The page code in mm, white border included: left of the top right mark."""
    del height  # it hangs from the top
    x1 = width - MARK_INSET - MARK_SIZE - CODE_GAP
    return x1 - CODE_SIZE, MARK_INSET - MARK_QUIET, x1, MARK_INSET - MARK_QUIET + CODE_SIZE


def code_text(code: PageCode) -> str:
    """What the QR code says: ``handsum/1 name version sheet``."""
    return f"{CODE_FORMAT} {code.name} {code.version} {code.sheet}"


def parse_code(text: str) -> PageCode | None:
    """What a QR code says, None if it is not one of ours."""
    match = re.fullmatch(
        rf"{re.escape(CODE_FORMAT)} ([a-z0-9-]+) ([A-Za-z0-9.-]+) ([0-9]{{1,9}})", text
    )
    return None if match is None else PageCode(match[1], match[2], int(match[3]))


def code_modules(text: str) -> Modules:
    """The ink of a text's QR code, bool (N, N), without white border; a quarter may get lost."""
    parameters = cv2.QRCodeEncoder.Params()
    parameters.correction_level = cv2.QRCodeEncoder_CORRECT_LEVEL_Q
    parameters.mode = cv2.QRCodeEncoder_MODE_BYTE
    picture = cv2.QRCodeEncoder.create(parameters).encode(text) < 128
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return np.asarray(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], bool)
