import cv2
import numpy as np
import numpy.typing as npt
import pytest

from handsum.imaging.comb_lines import Frame
from handsum.imaging.comb_print import remove_print
from handsum.imaging.combs import cut_cells, find_comb

PITCH, TOP, FOOT = 40, 12, 62


def _comb(
    cells: int, *, teeth: bool = False, gap: int = 0, tone: int = 120
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """A printed comb and the same with a stroke in every second cell, 10 pixels of paper around."""
    bare = np.full((FOOT + 14, cells * PITCH + 21), 235, np.uint8)
    upper = FOOT - 14 if teeth else TOP
    for k in range(cells + 1):
        for side in {-gap // 2, gap // 2}:
            x = 10 + k * PITCH + side
            if not gap or 10 < x < 10 + cells * PITCH:
                cv2.line(bare, (x, upper), (x, FOOT), tone, 1)
    for k in range(cells):
        a, b = 10 + k * PITCH + gap // 2, 10 + (k + 1) * PITCH - gap // 2
        for y in (FOOT,) if teeth else (TOP, FOOT):
            cv2.line(bare, (a, y), (b, y), tone, 1)
    written = bare.copy()
    for k in range(0, cells, 2):
        middle = 10 + k * PITCH + PITCH // 2
        cv2.ellipse(written, (middle, 38), (8, 15), 0, 0, 360, 30, 3)
    return bare, written


def _turned(grey: npt.NDArray[np.uint8], degrees: float) -> npt.NDArray[np.uint8]:
    h, w = grey.shape
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(grey, matrix, (w, h), borderValue=235), np.uint8)


@pytest.mark.parametrize("cells", [3, 5, 8])
@pytest.mark.parametrize("shape", [{}, {"teeth": True}, {"gap": 8}])
@pytest.mark.parametrize("turn", [-1.5, 0.0, 1.5])
def test_borders_are_found_whatever_the_shape(
    cells: int, shape: dict[str, int], turn: float
) -> None:
    _, written = _comb(cells, **shape)
    comb = find_comb(_turned(written, turn), cells)
    assert comb is not None
    middles = (comb.left + comb.right) / 2
    xs, _ = comb.to_crop @ np.stack([middles, np.full(cells, (TOP + FOOT) / 2), np.ones(cells)])
    assert np.abs(xs - (10 + PITCH * (np.arange(cells) + 0.5))).max() < 4


@pytest.mark.parametrize("shape", [{}, {"teeth": True}, {"gap": 8}])
def test_cells_are_counted(shape: dict[str, int]) -> None:
    for cells in (3, 6, 9):
        _, written = _comb(cells, **shape)
        comb = find_comb(written)
        assert comb is not None
        assert len(comb) == cells


@pytest.mark.parametrize("shape", [{}, {"teeth": True}, {"gap": 8}])
def test_print_goes_and_ink_stays(shape: dict[str, int]) -> None:
    bare, written = _comb(6, **shape)
    comb = find_comb(written, 6)
    assert comb is not None
    back = cv2.warpAffine(comb.ink, comb.to_crop, bare.shape[::-1])
    stroke = np.asarray(bare.astype(int) - written > 60)
    inner = cv2.erode(stroke.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    assert (back[inner] > 0.5).mean() > 0.97, "strokes were eaten"
    assert (back[bare < 200] > 0.3).mean() < 0.02, "print is still there"


def test_a_stroke_over_a_border_belongs_where_most_of_it_is() -> None:
    grey, _ = _comb(4)
    border = 10 + 2 * PITCH
    cv2.line(grey, (border - 26, 34), (border + 8, 40), 30, 4)  # mostly in the second cell
    comb = find_comb(grey, 4)
    assert comb is not None
    cells = cut_cells(comb)
    assert [cell.empty for cell in cells] == [True, False, True, True]
    columns = np.flatnonzero((cells[1].ink > 0.5).any(axis=0)) + cells[1].x0
    assert columns[-1] > border + 4, "the stroke was cut at the border"


def test_without_a_stroke_every_cell_is_empty() -> None:
    bare, _ = _comb(5)
    comb = find_comb(bare, 5)
    assert comb is not None
    assert all(cell.empty for cell in cut_cells(comb))


def test_a_border_beyond_the_crop_takes_nothing_away() -> None:
    """As found on a line of writing that is no comb, or a comb cut off in its last cell."""
    ink = np.zeros((70, 100), np.float32)
    cv2.circle(ink, (30, 40), 14, 1.0, 3)
    frame = Frame(np.array([8.0, 58.0, 108.0]), 0.0, None, None, np.eye(2, 3), ink.shape, 0.5)
    np.testing.assert_array_equal(remove_print(ink, frame), ink)


def test_no_room_no_comb() -> None:
    assert find_comb(np.full((5, 40), 200, np.uint8), 3) is None
    with pytest.raises(ValueError, match="0 cells"):
        find_comb(np.full((50, 90), 200, np.uint8), 0)
