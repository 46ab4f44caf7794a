"""GIF (89a): blocks walked here, pixels by Pillow's LZW decoder. More than one frame is refused."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL import Image

from handsum.imaging.grey import Grey
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import animated, damaged, decode_pixels, grey_of, truncated

_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL = 0xF9


@dataclass(frozen=True)
class _Frame:
    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    transparency: int | None
    code_bits: int
    start: int
    end: int


def decode_gif(data: bytes, source: str, limits: Limits) -> Grey:
    """The (H, W) grey picture of a GIF of one frame, on white where the frame does not reach.

    Raises ImageFormatError for an animation, ImageTooLargeError, ImageTruncatedError and
    ImageDamagedError.
    """
    try:
        width, height = struct.unpack_from("<HH", data, 6)
        frames = _read_frames(data)
    except (IndexError, struct.error) as error:
        raise truncated(source, "The closing byte is missing") from error
    if not frames:
        raise damaged(source, "It holds no picture")
    if len(frames) > 1:
        raise animated(source, len(frames))
    frame = frames[0]
    width, height = max(width, frame.left + frame.width), max(height, frame.top + frame.height)
    if not (frame.width and frame.height):
        raise damaged(source, f"Its frame is {frame.width} x {frame.height} pixels")
    limits.check_size(width, height, source)
    image = decode_pixels(
        "P" if frame.palette else "L",
        (frame.width, frame.height),
        data[frame.start : frame.end],
        "gif",
        frame.code_bits,
        int(frame.interlaced),
        -1,
        source=source,
    )
    if frame.palette:
        image.putpalette(frame.palette)
    if frame.transparency is not None:
        image.info["transparency"] = frame.transparency
    grey = grey_of(image, source)
    if grey.shape == (height, width):
        return grey
    canvas = Image.new("L", (width, height), 255)
    canvas.paste(Image.fromarray(grey), (frame.left, frame.top))
    return grey_of(canvas, source)


def _read_frames(data: bytes) -> list[_Frame]:
    """Every frame up to the trailer; IndexError or struct.error where the data stops before it."""
    flags = data[10]
    position = 13
    shared = b""
    if flags & 0x80:
        shared = data[position : position + (6 << (flags & 7))]
        position += 6 << (flags & 7)
    transparency: int | None = None
    frames: list[_Frame] = []
    while (block := data[position]) != _TRAILER:
        if block == _EXTENSION:
            if data[position + 1] == _GRAPHIC_CONTROL and data[position + 2] >= 4:
                transparency = data[position + 6] if data[position + 3] & 1 else None
            position = _after_sub_blocks(data, position + 2)
        elif block == _FRAME:
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, position + 1)
            position += 10
            palette = shared
            if flags & 0x80:
                palette = data[position : position + (6 << (flags & 7))]
                position += 6 << (flags & 7)
            code_bits, start = data[position], position + 1
            position = _after_sub_blocks(data, start)
            frames.append(
                _Frame(
                    *(left, top, width, height),
                    interlaced=bool(flags & 0x40),
                    palette=palette,
                    transparency=transparency,
                    code_bits=code_bits,
                    start=start,
                    end=position,
                )
            )
        else:  # no such block: padding, or bytes lost
            position += 1
    return frames


def _after_sub_blocks(data: bytes, position: int) -> int:
    while size := data[position]:
        position += size + 1
    return position + 1
