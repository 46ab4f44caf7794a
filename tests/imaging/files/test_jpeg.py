"""Channels of JPEG, and the markers that a whole file has."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from faults import drawing, encoded
from handsum.errors import ImageDamagedError, ImageFormatError, ImageTruncatedError
from handsum.imaging.files.jpeg import decode_jpeg
from handsum.imaging.limits import Limits

COLOUR = Image.merge("RGB", (drawing(), drawing().rotate(180), drawing()))


def grey(data: bytes) -> np.ndarray:
    return decode_jpeg(data, "a.jpg", Limits())


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_luma_is_the_stored_channel(options: dict[str, object]) -> None:
    data = encoded(COLOUR, "JPEG", quality=90, **options)
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    np.testing.assert_array_equal(grey(data), np.asarray(image))


def test_ink_of_four_channels_as_adobe_writes_it_and_as_others_do() -> None:
    ink = Image.merge("CMYK", [*[Image.new("L", (60, 40))] * 3, drawing()])
    adobe = encoded(ink, "JPEG", quality=98)
    assert np.abs(grey(adobe).astype(int) - (255 - np.asarray(drawing()))).max() <= 8
    at = adobe.index(b"\xff\xee")
    plain = adobe[:at] + adobe[at + 2 + int.from_bytes(adobe[at + 2 : at + 4], "big") :]
    # Without the marker the stored numbers are ink as they stand: 255 is full ink.
    assert grey(plain).max() == 0


def test_padding_and_bytes_after_the_end_do_no_harm() -> None:
    data = encoded(drawing(), "JPEG")
    padded = data[:2] + b"\xff\xff\xff" + data[2:] + b"\0\0trailing"
    np.testing.assert_array_equal(grey(padded), grey(data))


def test_a_thumbnail_does_not_hide_a_missing_end() -> None:
    thumbnail = encoded(drawing(12, 8), "JPEG")
    data = encoded(drawing(), "JPEG", exif=b"Exif\0\0" + thumbnail)
    assert grey(data).shape == (40, 60)
    with pytest.raises(ImageTruncatedError):
        grey(data[:-2])


def test_what_is_no_ordinary_jpeg_is_named() -> None:
    data = encoded(drawing(), "JPEG")
    frame = data.index(b"\xff\xc0")
    with pytest.raises(ImageFormatError, match="12 bits"):
        grey(data[: frame + 4] + b"\x0c" + data[frame + 5 :])
    with pytest.raises(ImageDamagedError, match="x 0 pixels"):
        grey(data[: frame + 5] + b"\0\0" + data[frame + 7 :])
    with pytest.raises(ImageDamagedError, match="no scan"):
        grey(b"\xff\xd8\xff\xd9")
    scan = data[data.index(b"\xff\xda") : -2]
    with pytest.raises(ImageDamagedError, match="scans"):
        grey(data[:-2] + scan * 500 + b"\xff\xd9")
