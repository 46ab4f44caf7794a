"""Depths, palettes and see-through colours of PNG, written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from faults import drawing, encoded, png
from handsum.errors import ImageDamagedError
from handsum.imaging.files.png import decode_png
from handsum.imaging.limits import Limits


def grey(data: bytes) -> list[list[int]]:
    return decode_png(data, "a.png", Limits()).tolist()


def test_every_depth_of_grey_is_stretched_to_eight_bits() -> None:
    assert grey(png.picture([b"\xa0"], bits=1, width=3)) == [[255, 0, 255]]
    assert grey(png.picture([b"\x1b"], bits=2, width=4)) == [[0, 85, 170, 255]]
    assert grey(png.picture([b"\x0f\x50"], bits=4, width=3)) == [[0, 255, 85]]
    assert grey(png.picture([b"\xff\xff\x80\x00\x00\x80"], bits=16, width=3)) == [[255, 128, 0]]


@pytest.mark.parametrize(
    ("bits", "row", "see_through", "wanted"),
    [
        (1, b"\x40", b"\0\0", [255, 255]),
        (2, b"\x10", b"\0\1", [0, 255]),
        (8, b"\x05\x07", b"\0\5", [255, 7]),
        (16, b"\0\5\0\0", b"\0\5", [255, 0]),
    ],
)
def test_a_see_through_grey_is_paper(
    bits: int, row: bytes, see_through: bytes, wanted: list[int]
) -> None:
    extra = png.chunk(b"tRNS", see_through)
    assert grey(png.picture([row], bits, 0, 2, extra)) == [wanted]


def test_a_see_through_colour_is_paper() -> None:
    extra = png.chunk(b"tRNS", b"\0\1\0\2\0\3")
    assert grey(png.picture([b"\1\2\3\1\2\2"], 8, 2, 2, extra)) == [[255, 2]]


def test_a_palette_with_see_through_entries() -> None:
    palette = png.chunk(b"PLTE", bytes([0, 0, 0, 100, 100, 100, 40, 40, 40]))
    extra = png.chunk(b"tRNS", b"\0\xff\x80")
    assert grey(png.picture([b"\0\1\2"], 8, 3, 3, palette, extra)) == [[255, 100, 147]]
    with pytest.raises(ImageDamagedError, match="palette"):
        grey(png.picture([b"\0\1\2"], 8, 3, 3))


def test_what_pixels_do_not_need_is_left_unread() -> None:
    odd = [png.chunk(b"zTXt", b"x\0\0" + bytes(50)), png.chunk(b"iCCP", b"x\0\0bad"),
           png.chunk(b"gAMA", bytes(4)), png.chunk(b"eXIf", b"bad")]  # fmt: skip
    assert grey(png.picture([b"\5\7"], 8, 0, 2, *odd)) == [[5, 7]]


def test_pixels_in_many_chunks_and_interlaced_come_together() -> None:
    whole = encoded(drawing(), "PNG")
    at = whole.index(b"IDAT") - 4
    size = int.from_bytes(whole[at : at + 4], "big")
    body = whole[at + 8 : at + 8 + size]
    parts = b"".join(png.chunk(b"IDAT", body[i : i + 10]) for i in range(0, size, 10))
    split = whole[:at] + parts + whole[at + 12 + size :]
    np.testing.assert_array_equal(grey(split), np.asarray(drawing()))


def test_adam7_passes_are_put_back() -> None:
    # 2 x 2: pass 1 has pixel (0, 0), pass 6 has (0, 1), pass 7 has row 1 (PNG, 8.2).
    first = png.chunk(b"IHDR", bytes([0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 1]))
    assert grey(png.assemble(first, b"\0\x0a\0\x14\0\x1e\x28")) == [[10, 20], [30, 40]]


@pytest.mark.parametrize("header", [png.header(0, 5), png.header(5, 5, 3), png.header(5, 5, 8, 7)])
def test_impossible_headers_are_damage(header: bytes) -> None:
    with pytest.raises(ImageDamagedError, match="header"):
        grey(png.assemble(header, bytes(99)))
