import cv2
import numpy as np
import pytest

from forms.sheets import SCALE, count_form, stroke
from handsum.forms.blank_away import Written
from handsum.forms.crops import cut_fields, is_dash
from handsum.forms.ticks import read_tick

FORM = count_form()
FIELD = FORM.by_name["hours[2].from"]
X0, Y0, X1, Y1 = FIELD.box


def inks(*strokes, pen=0.5):
    page = np.full((round(FORM.height * SCALE), round(FORM.width * SCALE)), 255, np.uint8)
    for points in strokes:
        stroke(page, *points, pen=pen)
    cut = cut_fields(
        Written(255 - page, SCALE, 30, *2 * [np.zeros_like(page)], page | 255), FORM.fields
    )
    return {ink.field.name: ink for ink in cut}


def test_a_stroke_that_hangs_over_belongs_to_its_field_alone():
    # From the middle of row 2 down into row 3, as the tail of a 9 does.
    found = inks([(X0 + 5, Y0 + 2), (X0 + 5, Y1 + 2.5)])
    assert found["hours[3].from"].empty
    mine = found["hours[2].from"]
    assert mine.extent == pytest.approx(Y1 + 2.5 - Y0 - 2 + 0.5, abs=0.4)
    assert not mine.empty


def test_a_stroke_through_several_fields_is_cut_and_stays_in_each():
    found = inks([(X0 + 5, Y0 - 9), (X0 + 9, Y1 + 9)])  # struck through all three rows
    for row in (1, 2, 3):
        ink = found[f"hours[{row}].from"]
        assert not ink.empty
        assert ink.extent == pytest.approx(10, abs=1.5)


def test_a_speck_is_nothing():
    found = inks([(X0 + 5, Y0 + 5), (X0 + 5.1, Y0 + 5)], pen=0.3)
    assert found["hours[2].from"].empty


@pytest.mark.parametrize(
    ("points", "dash"),
    [
        ([(X0 + 4, Y0 + 5), (X0 + 9, Y0 + 5.3)], True),
        ([(X0 + 1, Y1 - 1), (X1 - 1, Y0 + 1)], True),  # across the whole field
        ([(X0 + 5, Y0 + 1.5), (X0 + 4.6, Y1 - 1.5)], False),  # a 1
        ([(X0 + 3, Y0 + 2), (X0 + 8, Y0 + 2), (X0 + 5, Y1 - 2)], False),  # a 7
    ],
)
def test_dashes(points, dash):
    assert is_dash(inks(points)["hours[2].from"], SCALE) is dash


def test_ticks_by_their_ink():
    x0, y0, x1, y1 = FORM.by_name["recount"].box
    sure = read_tick(inks([(x0 + 1, y0 + 1), (x1 - 1, y1 - 1)])["recount"], SCALE)
    assert (sure.content, sure.confidence > 0.99) == ("number", True)
    none = read_tick(inks()["recount"], SCALE)
    assert (none.content, none.confidence > 0.99) == ("blank", True)
    dot = read_tick(inks([(x0 + 2, y0 + 2), (x0 + 2.5, y0 + 2)], pen=0.6)["recount"], SCALE)
    assert dot.confidence < 0.95
    full = inks(*[[(x0 + 0.5, y) for y in (v,)] + [(x1 - 0.5, v)] for v in np.arange(y0, y1, 0.4)])
    assert read_tick(full["recount"], SCALE).content == "struck_out"


def test_ink_of_others_is_left_out_of_the_picture():
    found = inks(
        [(X0 + 5, Y0 - 7), (X0 + 5, Y0 + 1)],  # of the row above, hanging in by a millimetre
        [(X0 + 12, Y0 + 2), (X0 + 12, Y1 - 2)],
    )["hours[2].from"]
    x, _, w, h = cv2.boundingRect((found.ink > 30).astype(np.uint8))
    assert x + w / 2 == pytest.approx(round((X0 + 12) * SCALE) - found.corner[0], abs=3)
    assert h == pytest.approx((Y1 - Y0 - 4) * SCALE, abs=6)
