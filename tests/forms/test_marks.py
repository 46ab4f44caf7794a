"""Marks and page code: where they are said to be is where a detector finds them."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from handsum.forms.marks import (
    CODE_GAP,
    MARK_DICTIONARY,
    MARK_IDS,
    PageCode,
    code_box,
    code_modules,
    code_text,
    mark_boxes,
    mark_corners,
    mark_modules,
    mark_squares,
    parse_code,
)
from handsum.forms.match_marks import read_code
from handsum.forms.transform import PageTransform


def picture(width: float, height: float, scale: float) -> np.ndarray:
    page = np.full((round(height * scale), round(width * scale)), 255, np.uint8)
    for mark_id, (x0, y0, x1, y1) in zip(MARK_IDS, mark_squares(width, height), strict=True):
        size = (round((x1 - x0) * scale), round((y1 - y0) * scale))
        ink = np.where(mark_modules(mark_id), 0, 255).astype(np.uint8)
        square = cv2.resize(ink, size, interpolation=cv2.INTER_NEAREST)
        left, top = round(x0 * scale), round(y0 * scale)
        page[top : top + size[1], left : left + size[0]] = square
    return page


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_detector_finds_each_mark_and_its_corners(turns: int) -> None:
    scale = 6.0
    page = np.rot90(picture(210.0, 297.0, scale), turns)
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(MARK_DICTIONARY))
    found, ids, _ = detector.detectMarkers(np.ascontiguousarray(page))
    assert sorted(ids.ravel()) == list(MARK_IDS)
    corners = mark_corners(210.0, 297.0)
    for mark_id, four in zip(ids.ravel(), found, strict=True):
        x, y = (corners[mark_id] * scale - 0.5).T
        width, height = 210.0 * scale - 1, 297.0 * scale - 1
        for _ in range(turns):  # a quarter turn to the left, as rot90 has it
            x, y = y, width - x
            width, height = height, width
        # A corner pixel is named, not the corner itself: one pixel either way is exact.
        assert np.abs(four.reshape(4, 2) - np.stack([x, y], axis=1)).max() <= 1.01


def test_no_mark_looks_like_another_turned() -> None:
    ink = [mark_modules(i)[1:-1, 1:-1] for i in MARK_IDS]
    for a, b in itertools.combinations(range(4), 2):
        for turns in range(4):
            assert (ink[a] != np.rot90(ink[b], turns)).sum() >= 4


def test_marks_and_code_keep_apart() -> None:
    for size in ((210.0, 297.0), (148.0, 210.0), (105.0, 148.0), (215.9, 279.4)):
        top_right, code = mark_boxes(*size)[1], code_box(*size)
        assert code[2] <= top_right[0]
        assert code[2] == pytest.approx(mark_squares(*size)[1][0] - CODE_GAP)
        assert code[0] > mark_boxes(*size)[0][2]


@pytest.mark.parametrize(
    "code", [PageCode("polling-station", "1", 1), PageCode("a" * 40, "2026.11-b", 99_999)]
)
def test_a_page_code_is_read_back(code: PageCode) -> None:
    modules = code_modules(code_text(code))
    picture = np.pad(np.where(modules, 0, 255).astype(np.uint8), 4, constant_values=255)
    large = cv2.resize(picture, None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST)
    said, _, _ = cv2.QRCodeDetector().detectAndDecode(large)
    assert parse_code(said) == code


def test_a_blurred_page_code_is_read_where_it_hangs() -> None:
    """OpenCV's detector alone reads less than half of these."""
    scale, size = 12.0, (210.0, 297.0)
    lies = PageTransform.from_array(np.diag([scale, scale, 1.0]), size)
    x0, y0, x1, y1 = code_box(*size)
    page = picture(*size, scale)
    place = page[round(y0 * scale) : round(y1 * scale), round(x0 * scale) : round(x1 * scale)]
    for sheet in range(1, 25):
        code = PageCode("boxes", "1", sheet)
        drawn = np.pad(np.where(code_modules(code_text(code)), 30, 235).astype(np.uint8), 4,
                       constant_values=235)  # fmt: skip
        large = cv2.resize(drawn, place.shape[::-1], interpolation=cv2.INTER_LINEAR)
        place[:] = cv2.GaussianBlur(large, (0, 0), 0.3 * place.shape[0] / len(drawn))
        assert read_code(page, lies) == code


@pytest.mark.parametrize(
    "text", ["", "https://example.org", "handsum/2 a 1 1", "handsum/1 a 1", "handsum/1 a 1 x"]
)
def test_other_codes_are_not_ours(text: str) -> None:
    assert parse_code(text) is None
