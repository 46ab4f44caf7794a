"""Pictures in rows: colours by sign on one scale a row, and a PNG that says the same."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from handsum.lab.sheet import draw_png, draw_sheet, paint_row


def test_zero_is_paper_above_is_orange_below_is_blue() -> None:
    (colors,) = paint_row([np.array([[0.0, 5.0], [-5.0, 0.0]])])
    paper, up, down = colors[0, 0].astype(int), colors[0, 1].astype(int), colors[1, 0].astype(int)
    assert paper.min() > 240
    assert up[0] > up[2] + 150
    assert down[2] > down[0] + 150


def test_a_row_has_one_scale_and_one_bright_pixel_does_not_set_it() -> None:
    pale, strong = paint_row([np.full((20, 20), 0.1), np.full((20, 20), 1.0)])
    assert pale.astype(int).sum() > strong.astype(int).sum()
    bright = np.full((20, 20), 1.0)
    bright[0, 0] = 1000.0
    (spoilt,) = paint_row([bright])
    assert np.array_equal(spoilt[5, 5], strong[5, 5])


def test_colours_are_left_alone() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(paint_row([picture])[0], picture)


def test_a_sheet_has_a_place_for_every_picture() -> None:
    rows = [("one", [np.eye(4), -np.eye(4)]), ("two", [np.eye(3)])]
    assert draw_sheet(rows).count("<image") == 3
    png = np.asarray(Image.open(io.BytesIO(draw_png(rows, zoom=1))))
    assert (np.ptp(png.astype(int), axis=2) > 100).any(), "it is in colour"
