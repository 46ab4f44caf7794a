"""Messages between the server and its children: a JSON head and blobs, never a pickle.

A child has seen hostile bytes, so the server takes nothing from it but lengths, JSON and bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

LENGTHS = struct.Struct(">II")
"""Bytes of the head, number of blobs; then a length a blob."""

_LENGTH = struct.Struct(">I")
MOST_HEAD, MOST_BLOBS, MOST_BYTES = 16 << 20, 10_000, 1 << 30


class BrokenFrameError(Exception):
    """What came over the pipe is no message."""


def pack(head: dict[str, Any], blobs: Sequence[bytes] = ()) -> list[bytes]:
    """A message as parts to be written one after the other."""
    text = json.dumps(head, ensure_ascii=False).encode(errors="surrogatepass")
    lengths = b"".join(_LENGTH.pack(len(blob)) for blob in blobs)
    return [LENGTHS.pack(len(text), len(blobs)), lengths, text, *blobs]


def check_lengths(prefix: bytes) -> tuple[int, int]:
    """Bytes of the head and number of blobs; BrokenFrameError if absurd."""
    head, blobs = LENGTHS.unpack(prefix)
    if head > MOST_HEAD or blobs > MOST_BLOBS:
        raise BrokenFrameError
    return head, blobs


def split_lengths(data: bytes) -> list[int]:
    """The length of every blob; BrokenFrameError if they are too much together."""
    sizes = [size for (size,) in _LENGTH.iter_unpack(data)]
    if sum(sizes) > MOST_BYTES:
        raise BrokenFrameError
    return sizes


def parse_head(text: bytes) -> dict[str, Any]:
    """The head of a message; BrokenFrameError if it is no JSON object."""
    try:
        head = json.loads(text.decode(errors="surrogatepass"))
    except ValueError as error:
        raise BrokenFrameError from error
    if not isinstance(head, dict):
        raise BrokenFrameError
    return head
