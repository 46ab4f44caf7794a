"""Frames of GIF: where they lie, what shows through, how many there are."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from faults import animation, drawing, encoded
from handsum.errors import ImageDamagedError, ImageFormatError
from handsum.imaging.files.gif import decode_gif
from handsum.imaging.limits import Limits


def grey(data: bytes) -> np.ndarray:
    return decode_gif(data, "a.gif", Limits())


@pytest.mark.parametrize("interlace", [0, 1])
def test_rows_come_in_order(interlace: int) -> None:
    data = encoded(drawing(), "GIF", interlace=interlace)
    np.testing.assert_array_equal(grey(data), np.asarray(drawing()))


def test_a_frame_lies_on_white_where_it_says() -> None:
    data = bytearray(encoded(drawing(), "GIF"))
    data[6:10] = struct.pack("<HH", 70, 45)
    frame = data.index(b",\0\0\0\0" + struct.pack("<HH", 60, 40))
    data[frame + 1 : frame + 5] = struct.pack("<HH", 9, 3)
    wanted = np.full((45, 70), 255)
    wanted[3:43, 9:69] = np.asarray(drawing())
    np.testing.assert_array_equal(grey(bytes(data)), wanted)


def test_a_see_through_colour_is_paper() -> None:
    image = drawing().point(lambda value: value // 128).convert("P")
    image.putpalette([0, 0, 0, 90, 90, 90])
    got = grey(encoded(image, "GIF", transparency=0))
    np.testing.assert_array_equal(got, np.where(np.asarray(image) == 0, 255, 90))


def test_only_one_frame_is_a_page() -> None:
    with pytest.raises(ImageFormatError, match="animation of 3 frames"):
        grey(animation("GIF"))
    with pytest.raises(ImageDamagedError, match="no picture"):
        grey(b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0, 0, 0) + b";")
