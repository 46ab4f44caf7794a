"""PNG files made by hand, right and wrong."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int, bits: int = 8, colour: int = 0) -> bytes:
    """The chunk that says size and kind of pixels."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def assemble(first: bytes, raw: bytes, *extra: bytes) -> bytes:
    """A file of a header, other chunks, and pixels that need not fit the header."""
    pixels = chunk(b"IDAT", zlib.compress(raw, 9))
    return SIGNATURE + first + b"".join(extra) + pixels + chunk(b"IEND", b"")


def picture(
    rows: Sequence[bytes], bits: int = 8, colour: int = 0, width: int | None = None, *extra: bytes
) -> bytes:
    """A picture of packed rows without filters; ``width`` where it is not the row's bytes."""
    wide = len(rows[0]) if width is None else width
    raw = b"".join(b"\0" + row for row in rows)
    return assemble(header(wide, len(rows), bits, colour), raw, *extra)


def claiming(width: int, height: int) -> bytes:
    """A file whose header promises far more than its few bytes hold."""
    return assemble(header(width, height), bytes(100))


def packed_bomb(side: int = 12_000) -> bytes:
    """144 million real pixels in 140 kilobytes."""
    return assemble(header(side, side), bytes(side * (side + 1)))


def with_wrong_checksum() -> bytes:
    """One bit of the pixels flipped, as a bad disk does."""
    data = bytearray(picture([bytes(range(40))] * 30))
    data[data.index(b"IDAT") + 12] ^= 0x10
    return bytes(data)


def with_missing_rows() -> bytes:
    """A whole file by its chunks, whose pixels stop after half of the rows."""
    return assemble(header(40, 30), bytes(15 * 41))
