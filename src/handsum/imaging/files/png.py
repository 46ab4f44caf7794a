"""PNG (W3C PNG, third edition): chunks checked here, pixels by Pillow's zlib decoder."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from PIL import Image

from handsum.imaging.files.tiff import exif_orientation
from handsum.imaging.grey import Grey, turned
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import animated, damaged, decode_pixels, grey_of, truncated

_CHUNK = struct.Struct(">I4s")
_HEADER = struct.Struct(">IIBBBBB")
_CHECKED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # what pixels depend on

_MODES = {  # (bits, colour type): Pillow's mode and how samples lie in the file
    (1, 0): ("1", "1"),
    (2, 0): ("L", "L;2"),
    (4, 0): ("L", "L;4"),
    (8, 0): ("L", "L"),
    (16, 0): ("I;16", "I;16B"),
    (8, 2): ("RGB", "RGB"),
    (16, 2): ("RGB", "RGB;16B"),
    (1, 3): ("P", "P;1"),
    (2, 3): ("P", "P;2"),
    (4, 3): ("P", "P;4"),
    (8, 3): ("P", "P"),
    (8, 4): ("LA", "LA"),
    (16, 4): ("RGBA", "LA;16B"),
    (8, 6): ("RGBA", "RGBA"),
    (16, 6): ("RGBA", "RGBA;16B"),
}

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples a pixel, by colour type

_ADAM7 = (  # x and y of the first pixel, steps in x and y, of the seven passes (PNG, 8.2)
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


@dataclass(frozen=True)
class _Chunks:
    header: bytes
    pixels: bytes
    palette: bytes
    transparency: bytes
    exif: bytes
    frames: int


def decode_png(data: bytes, source: str, limits: Limits) -> Grey:
    """The (H, W) grey picture of a PNG, turned as its EXIF says.

    Raises ImageTooLargeError, ImageTruncatedError, ImageDamagedError, and ImageFormatError for
    an animation.
    """
    chunks = _read_chunks(data, source)
    width, height, bits, colour, _, _, interlace = _HEADER.unpack(chunks.header)
    if (bits, colour) not in _MODES or not (width and height):
        raise damaged(
            source, f"The header says {width} x {height} pixels of {bits} bits, kind {colour}"
        )
    limits.check_size(width, height, source)
    if chunks.frames > 1:
        raise animated(source, chunks.frames)
    mode, raw = _MODES[bits, colour]
    channels = _CHANNELS[colour]
    rows = _inflate(chunks.pixels, _raw_size(width, height, bits * channels, interlace), source)
    image = decode_pixels(mode, (width, height), rows, "zip", raw, interlace, source=source)
    if mode == "P":
        if not chunks.palette:
            raise damaged(source, "It has no palette")
        image.putpalette(chunks.palette)
    if chunks.transparency:
        _note_transparency(image, chunks.transparency, bits, source)
    grey = grey_of(image, source)
    return turned(grey, exif_orientation(chunks.exif)) if chunks.exif else grey


def _title(kind: bytes) -> str:  # a hostile file may call its chunk anything
    return repr(kind)[2:-1]


def _read_chunks(data: bytes, source: str) -> _Chunks:
    found: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    frames = 1
    position = 8
    while b"IEND" not in found:
        if position + 12 > len(data):
            raise truncated(source, "The closing chunk is missing")
        length, kind = _CHUNK.unpack_from(data, position)
        end = position + 12 + length
        if end > len(data):
            missing = f"{end - len(data):,} bytes of chunk {_title(kind)}"
            raise truncated(source, f"{missing} are missing")
        if not found and (kind, length) != (b"IHDR", _HEADER.size):
            raise damaged(source, "The header is not at its place")
        body = data[position + 8 : end - 4]
        if kind in _CHECKED:
            crc = zlib.crc32(body, zlib.crc32(kind))
            if crc != int.from_bytes(data[end - 4 : end], "big"):
                raise damaged(source, f"The checksum of chunk {_title(kind)} is wrong")
        if kind == b"IDAT":
            pixels.append(body)
        elif kind == b"acTL":
            frames = int.from_bytes(body[:4], "big")
        else:
            found.setdefault(kind, body)
        position = end
    return _Chunks(
        header=found[b"IHDR"],
        pixels=b"".join(pixels),
        palette=found.get(b"PLTE", b""),
        transparency=found.get(b"tRNS", b""),
        exif=found.get(b"eXIf", b""),
        frames=frames,
    )


def _raw_size(width: int, height: int, pixel_bits: int, interlace: int) -> int:
    """Bytes of all rows, each with the byte that names its filter, before compression."""
    size = 0
    for x, y, step_x, step_y in _ADAM7 if interlace else ((0, 0, 1, 1),):
        across, down = -(-(width - x) // step_x), -(-(height - y) // step_y)
        if across > 0 and down > 0:
            size += down * (1 + (across * pixel_bits + 7) // 8)
    return size


def _inflate(pixels: bytes, size: int, source: str) -> bytes:
    """The rows as a zlib stream that is known to be sound, and to hold ``size`` bytes.

    Pillow takes a stream that ends early, at the end of a row, for a whole picture whose other
    rows are black. So it is inflated here, never beyond what the header asks for, and handed on
    stored, which costs Pillow less than it cost us: together as long as Pillow alone.
    """
    try:
        rows = zlib.decompressobj().decompress(pixels, size + 1)  # one more: to reach the checksum
    except zlib.error as error:
        raise damaged(source, f"The pixel data cannot be inflated ({error})") from error
    if len(rows) < size:
        raise truncated(source, f"It holds {len(rows):,} of {size:,} bytes of pixels")
    return zlib.compress(rows, 0)


def _note_transparency(image: Image.Image, chunk: bytes, bits: int, source: str) -> None:
    """Tell Pillow which colour, or which palette entries, let the paper through."""
    if image.mode == "P":
        image.info["transparency"] = chunk
        return
    colours = 3 if image.mode == "RGB" else 1
    if "A" in image.mode or len(chunk) != 2 * colours:
        raise damaged(source, "Its see-through colour does not fit its pixels")
    values = struct.unpack(f">{colours}H", chunk)
    if image.mode == "I;16":
        image.info["transparency"] = values[0]
    elif image.mode == "RGB":
        image.info["transparency"] = tuple(v >> 8 if bits == 16 else v & 255 for v in values)
    else:  # Pillow has stretched 1, 2 and 4 bits to 8
        peak = (1 << bits) - 1
        image.info["transparency"] = (values[0] & peak) * 255 // peak
