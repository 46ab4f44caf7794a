import cv2
import numpy as np
import pytest

from forms.sheets import SCALE, blank_sheet, count_form, stroke
from handsum.forms.blank_away import take_print_away
from handsum.forms.crops import cut_fields
from handsum.forms.paper import find_paper, ink_of

FORM = count_form()


def written(page, off=(0.0, 0.0)):
    moved = cv2.warpAffine(
        page, np.array([[1, 0, off[0] * SCALE], [0, 1, off[1] * SCALE]]), page.shape[::-1]
    )
    return take_print_away(moved, ink_of(blank_sheet(FORM)), SCALE)


@pytest.mark.parametrize("off", [(0, 0), (0.12, -0.1)])
def test_nothing_is_left_of_an_empty_form(off):
    page = blank_sheet(FORM)
    light = np.linspace(0.6, 1.0, page.shape[1])[None] * page
    left = written(np.asarray(light, np.uint8), off)
    assert all(ink.empty for ink in cut_fields(left, FORM.fields))
    assert (left.ink[40:-40, 40:-40] >= left.least).mean() < 5e-4


def test_what_was_written_is_left_as_it_was():
    page, alone = blank_sheet(FORM), np.full_like(blank_sheet(FORM), 255)
    x0, y0, x1, y1 = FORM.by_name["registered"].box
    for sheet in (page, alone):
        stroke(sheet, (x0 + 2, y0 - 2), (x0 + 6, y1 + 2))  # across both lines
        stroke(sheet, (x0 + 9, y0 + 3), (x1 - 4, y0 + 3))  # beside them
        stroke(sheet, (x0 - 2, y0 + 5), (x0 + 3, y0 + 5))  # across the left side
    wanted = ink_of(alone) > 100
    left = written(page).ink > 60
    assert left[wanted].mean() > 0.97
    # Nothing has grown but along the strokes.
    near = cv2.dilate(wanted.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    part = left[round((y0 - 3) * SCALE) : round((y1 + 3) * SCALE)]
    assert part[~near[round((y0 - 3) * SCALE) : round((y1 + 3) * SCALE)]].mean() < 0.002


def test_paper_is_found_under_ink_and_shadow():
    light = np.tile(np.linspace(90, 230, 600), (400, 1))
    page = light.copy()
    page[100:110, 50:550] *= 0.3
    page[50:350, 300:306] *= 0.3
    paper = find_paper(page.astype(np.uint8)).astype(float)
    assert np.abs(paper - light)[30:-30, 30:-30].max() < 14
    ink = ink_of(page.astype(np.uint8))
    assert ink[104, 200] == pytest.approx(0.7 * 255, abs=15)
    assert ink[200, 150] < 15
