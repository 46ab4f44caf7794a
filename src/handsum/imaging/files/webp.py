"""WebP (RFC 9649): chunks walked here, pixels by Pillow's libwebp."""

from __future__ import annotations

import io
import struct

from PIL.WebPImagePlugin import WebPImageFile

from handsum.imaging.files.tiff import exif_orientation
from handsum.imaging.grey import Grey, turned
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import animated, damaged, grey_of, open_pixels, truncated


def decode_webp(data: bytes, source: str, limits: Limits) -> Grey:
    """The (H, W) grey picture of a WebP, turned as its EXIF says.

    Raises ImageFormatError for an animation, ImageTooLargeError, ImageTruncatedError and
    ImageDamagedError.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if len(data) < max(end, 20):
        raise truncated(source, f"It holds {len(data):,} of {end:,} bytes")
    chunks: dict[bytes, bytes] = {}
    frames = 0
    position = 12
    while position + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, position)
        if position + 8 + size > end:
            raise damaged(source, f"Chunk {kind!r} reaches past the end")
        if kind == b"ANMF":
            frames += 1
        else:
            chunks.setdefault(kind, data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2  # chunks begin at even places
    if frames > 1:
        raise animated(source, frames)
    width, height = _size(chunks, source)
    limits.check_size(width, height, source)
    image = open_pixels(WebPImageFile, io.BytesIO(data), source, "a WebP")
    grey = grey_of(image, source)
    exif = chunks.get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    return turned(grey, exif_orientation(exif)) if exif else grey


def _size(chunks: dict[bytes, bytes], source: str) -> tuple[int, int]:
    """Width and height by whichever header the file has: RFC 9649, 2.7.1, 3.4 and RFC 6386, 9.1."""
    extended, lossless, lossy = (chunks.get(k, b"") for k in (b"VP8X", b"VP8L", b"VP8 "))
    if len(extended) >= 10:
        return (
            int.from_bytes(extended[4:7], "little") + 1,
            int.from_bytes(extended[7:10], "little") + 1,
        )
    if len(lossless) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(lossy) >= 10:
        width, height = struct.unpack_from("<HH", lossy, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise damaged(source, "It has no header that says its size")
