"""BMP made by hand: rows upside down or not, headers old and new, packed rows."""

from __future__ import annotations

import struct

import pytest

from handsum.errors import ImageDamagedError, ImageFormatError, ImageTruncatedError
from handsum.imaging.files.bmp import decode_bmp
from handsum.imaging.limits import Limits

RAMP = b"".join(bytes([i, i, i, 0]) for i in range(256))


def bmp(pixels: bytes, width: int, height: int, bits: int = 8, packing: int = 0) -> bytes:
    palette = RAMP if bits == 8 else b""
    at = 54 + len(palette)
    head = struct.pack("<2sI4xI", b"BM", at + len(pixels), at)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, 0, 0, 0, 0, 0)
    return head + info + palette + pixels


def grey(data: bytes) -> list[list[int]]:
    return decode_bmp(data, "a.bmp", Limits()).tolist()


def test_rows_run_up_or_down() -> None:
    rows = b"\1\2\0\0\3\4\0\0"  # each padded to four bytes
    assert grey(bmp(rows, 2, 2)) == [[3, 4], [1, 2]]
    assert grey(bmp(rows, 2, -2)) == [[1, 2], [3, 4]]


def test_the_oldest_header_is_read() -> None:
    head = struct.pack("<2sI4xI", b"BM", 30, 26) + struct.pack("<IHHHH", 12, 1, 1, 1, 24)
    assert grey(head + b"\7\7\7\0") == [[7]]


def test_colours_without_alpha_are_not_see_through() -> None:
    assert grey(bmp(b"\7\7\7\0", 1, 1, 32)) == [[7]]


def test_packed_rows_are_unpacked_and_must_be_whole() -> None:
    # RLE8: three times 5, end of row; one 6, two plain bytes 7 and 8, end of picture.
    rows = b"\3\5\0\0\1\6\1\7\1\x08\0\1"
    assert grey(bmp(rows, 3, 2, packing=1)) == [[6, 7, 8], [5, 5, 5]]
    with pytest.raises(ImageTruncatedError):
        grey(bmp(b"\3\5\0\0\1\6\0\1", 3, 2, packing=1))


def test_other_kinds_and_sizes_are_named() -> None:
    with pytest.raises(ImageFormatError, match="BMP of a kind"):
        grey(bmp(b"\0" * 8, 2, 2, packing=5))
    with pytest.raises(ImageDamagedError, match="0 x 2"):
        grey(bmp(b"\0" * 8, 0, 2))
