"""JPEG (ITU T.81): segments walked here, pixels by Pillow's libjpeg.

libjpeg fills what a cut file lacks with grey and calls that a success; so the end-of-image marker
is looked for first. Pixels damaged between the markers cannot be told from drawn ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from handsum.errors import ImageFormatError
from handsum.imaging.files.tiff import exif_orientation
from handsum.imaging.grey import Grey, turned
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import damaged, decode_pixels, grey_of, truncated

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # no stuffed byte, restart or filler
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF0..SOF15
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment
_END, _SCAN, _APP1, _APP14 = 0xD9, 0xDA, 0xE1, 0xEE
_MAX_SCANS = 500  # progressive files have about ten; thousands are made to keep a machine busy


@dataclass(frozen=True)
class _Frame:
    width: int
    height: int
    channels: int
    bits: int
    adobe: bool
    exif: bytes


def decode_jpeg(data: bytes, source: str, limits: Limits) -> Grey:
    """The (H, W) grey picture of a JPEG (its luma channel as stored), turned as its EXIF says.

    Raises ImageTooLargeError, ImageTruncatedError, ImageDamagedError, and ImageFormatError for
    12-bit files.
    """
    frame = _read_frame(data, source)
    limits.check_size(frame.width, frame.height, source)
    size = (frame.width, frame.height)
    if frame.channels == 4:  # Adobe writes ink inverted, 255 for none; nobody else does
        raw = "CMYK;I" if frame.adobe else "CMYK"
        image = decode_pixels("CMYK", size, data, "jpeg", raw, "", source=source)
    else:
        image = decode_pixels("L", size, data, "jpeg", "L", "", source=source)
    grey = grey_of(image, source)
    return turned(grey, exif_orientation(frame.exif)) if frame.exif else grey


def _read_frame(data: bytes, source: str) -> _Frame:
    """What the segments up to the end-of-image marker say."""
    frame: tuple[int, int, int, int] | None = None
    exif, adobe, scans = b"", False, 0
    for marker, body in _segments(data, source):
        if marker in _FRAMES and frame is None and len(body) >= 6:
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            frame = (width, height, body[5], body[0])
        elif marker == _APP1 and body.startswith(b"Exif\0"):
            exif = body[6:]
        elif marker == _APP14 and body.startswith(b"Adobe"):
            adobe = True
        elif marker == _SCAN:
            scans += 1
    if frame is None or not scans:
        raise damaged(source, "It has no frame or no scan")
    if scans > _MAX_SCANS:
        raise damaged(source, f"It has {scans:,} scans")
    return _checked(_Frame(*frame, adobe=adobe, exif=exif), source)


def _segments(data: bytes, source: str) -> Iterator[tuple[int, bytes]]:
    """Marker and body of every segment; ImageTruncatedError if no end-of-image marker comes."""
    position = 2
    while True:
        position = data.find(b"\xff", position)
        while data[position : position + 2] == b"\xff\xff":
            position += 1
        if position < 0 or position + 2 > len(data):
            raise truncated(source, "The end-of-image marker is missing")
        marker = data[position + 1]
        position += 2
        if marker == _END:
            return
        if marker in _ALONE:
            continue
        end = position + int.from_bytes(data[position : position + 2], "big")
        if max(end, position + 2) > len(data):
            raise truncated(source, f"Segment {marker:#x} is cut")
        if end < position + 2:
            raise damaged(source, f"Segment {marker:#x} has no length")
        yield marker, data[position + 2 : end]
        position = end
        if marker == _SCAN:
            following = _MARKER_IN_SCAN.search(data, position)
            if following is None:
                raise truncated(source, "The end-of-image marker is missing")
            position = following.start()


def _checked(frame: _Frame, source: str) -> _Frame:
    if not (frame.width and frame.height) or frame.channels not in (1, 3, 4):
        raise damaged(
            source,
            f"The header says {frame.width} x {frame.height} pixels of {frame.channels} channels",
        )
    if frame.bits != 8:
        raise ImageFormatError(
            f"{source}: a JPEG of {frame.bits} bits a sample is not read.",
            "Save it as an ordinary 8-bit JPEG, or as PNG.",
        )
    return frame
