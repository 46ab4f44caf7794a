"""BMP: sizes checked here, pixels by Pillow."""

from __future__ import annotations

import io
import struct

from PIL.BmpImagePlugin import BmpImageFile

from handsum.imaging.grey import Grey
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import damaged, grey_of, open_pixels, truncated

_PLAIN = (0, 3)  # BI_RGB and BI_BITFIELDS, whose size follows from the header; others are packed


def decode_bmp(data: bytes, source: str, limits: Limits) -> Grey:
    """The (H, W) grey picture of a BMP.

    Raises ImageTooLargeError, ImageTruncatedError, ImageDamagedError, and ImageFormatError for
    kinds that Pillow does not read.
    """
    try:
        file_size, pixels_at, header = struct.unpack_from("<I4xII", data, 2)
        packing = 0
        if header == 12:
            width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        else:
            width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    except struct.error as error:
        raise truncated(source, "The header is cut") from error
    height = abs(height)  # negative for rows from the top down
    if width <= 0 or height == 0:
        raise damaged(source, f"The header says {width} x {height} pixels")
    limits.check_size(width, height, source)
    needed = file_size
    if packing in _PLAIN:
        needed = pixels_at + (width * bits + 31) // 32 * 4 * height
    if len(data) < needed:
        raise truncated(source, f"It holds {len(data):,} of {needed:,} bytes")
    return grey_of(open_pixels(BmpImageFile, io.BytesIO(data), source, "a BMP"), source)
