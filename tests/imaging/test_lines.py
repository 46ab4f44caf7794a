import cv2
import numpy as np
import numpy.typing as npt
import pytest

from handsum.imaging.lines import find_rules, remove_rules, split_cells


def _comb(cells: int, pitch: int = 40, height: int = 60) -> npt.NDArray[np.uint8]:
    """A box row with 5 pixels of paper around it."""
    grey = np.full((height, cells * pitch + 11), 235, np.uint8)
    for k in range(cells + 1):
        cv2.line(grey, (5 + k * pitch, 5), (5 + k * pitch, height - 6), 90, 1)
    for y in (5, height - 6):
        cv2.line(grey, (5, y), (5 + cells * pitch, y), 90, 1)
    return grey


def test_rules_go_and_ink_that_crosses_them_stays() -> None:
    clean = np.full((60, 200), 235, np.uint8)
    cv2.line(clean, (60, 15), (80, 55), 40, 4)
    cv2.ellipse(clean, (130, 35), (14, 20), 0, 0, 360, 40, 4)
    ruled = clean.copy()
    ruled[44:46] = np.minimum(ruled[44:46], 120)
    removed = remove_rules(ruled).astype(int)
    on, off = clean < 100, clean > 200
    assert (removed[on] < 140).mean() > 0.95, "strokes were eaten"
    assert (removed[44:46][off[44:46]] > 200).mean() > 0.9, "the rule is still there"


def test_handwriting_alone_is_left_alone() -> None:
    grey = np.full((60, 120), 230, np.uint8)
    cv2.ellipse(grey, (40, 30), (12, 18), 0, 0, 360, 50, 3)
    cv2.line(grey, (80, 14), (76, 46), 50, 3)
    assert not find_rules(grey).printed.any()
    assert np.array_equal(remove_rules(grey), grey)


@pytest.mark.parametrize("count", [3, 5, 8])
@pytest.mark.parametrize("turn", [-1.5, 0.0, 1.5])
def test_cells_lie_between_the_borders(count: int, turn: float) -> None:
    grey = _comb(count)
    rng = np.random.default_rng(count)
    for k in range(count):  # a stroke in each cell, that a tooth might be taken for
        x = 5 + 40 * k + int(rng.integers(12, 30))
        cv2.line(grey, (x + 2, 16), (x, 46), 40, 3)
    h, w = grey.shape
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), turn, 1.0)
    turned = cv2.warpAffine(grey, matrix, (w, h), borderValue=235)
    boxes = split_cells(np.asarray(turned, np.uint8), count)
    assert len(boxes) == count
    for k, (x0, _, x1, _) in enumerate(boxes):
        assert x0 == pytest.approx(5 + 40 * k, abs=5)
        assert x1 == pytest.approx(45 + 40 * k, abs=5)


def test_an_even_division_where_no_line_is_seen() -> None:
    boxes = split_cells(np.full((40, 121), 240, np.uint8), 4)
    assert [b[0] for b in boxes] == pytest.approx([0, 30, 60, 90], abs=2)


def test_a_comb_needs_cells() -> None:
    with pytest.raises(ValueError, match="0 cells"):
        split_cells(np.full((40, 40), 240, np.uint8), 0)
