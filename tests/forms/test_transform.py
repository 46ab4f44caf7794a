import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsum.forms.transform import PageTransform, bend_terms, upright_matrix

SIZE = (210.0, 297.0)


@given(
    st.floats(-0.3, 0.3),
    st.floats(2.0, 15.0),
    st.lists(st.floats(-1e-4, 1e-4), min_size=2, max_size=2),
    st.lists(st.floats(-0.5, 0.5), min_size=20, max_size=20),
)
def test_there_and_back(angle, scale, tilt, bend):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.vstack([np.column_stack([turn, [40.0, 70.0]]), [*tilt, 1.0]])
    cubics = (tuple(bend[:10]), tuple(bend[10:]))
    for transform in (
        PageTransform.from_array(matrix, SIZE),
        PageTransform.from_array(matrix, SIZE, cubics),
    ):
        points = np.array([[0.0, 0.0], [105.0, 20.0], [200.0, 280.0]])
        assert transform.to_mm(transform.to_pixels(points)) == pytest.approx(points, abs=0.05)


@pytest.mark.parametrize("quarter", range(4))
def test_how_far_a_picture_has_to_be_turned(quarter):
    turn = np.linalg.matrix_power(np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]]), quarter)
    transform = PageTransform.from_array(turn @ np.diag([8.0, 8.0, 1.0]), SIZE)
    # The form lies turned clockwise by quarters; the rest of the circle sets it upright.
    assert transform.turned == -90 * quarter % 360
    assert transform.scale == pytest.approx(8.0)


def test_an_upright_picture_begins_at_the_sheets_corner():
    transform = PageTransform.from_array(upright_matrix(4.0), SIZE)
    # A millimetre is four pixels: the first covers 0 to 0.25 mm, with its centre at 0.
    assert transform.to_pixels(np.array([[0.125, 0.125], [1.125, 2.125]])) == pytest.approx(
        np.array([[0.0, 0.0], [4.0, 8.0]])
    )
    assert transform.pixel_box((10, 20, 30, 28), (1188, 840)) == (39, 79, 121, 113)


def test_a_bend_is_a_cubic():
    terms = bend_terms(np.array([[210.0, 0.0], [105.0, 148.5]]), SIZE)
    assert terms.tolist() == [
        [1, 1, -1, 1, -1, 1, 1, -1, 1, -1],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
