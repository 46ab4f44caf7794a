"""TIFF made by hand: depths, polarity, chains of pages, metadata that must not matter."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest

from faults import drawing, encoded
from handsum.errors import (
    ImageDamagedError,
    ImageFormatError,
    ImageTooLargeError,
    ImageTruncatedError,
)
from handsum.imaging.files.tiff import decode_tiff
from handsum.imaging.limits import Limits

SHORT, LONG = 3, 4


def pages(data: bytes, limits: Limits | None = None) -> list[list[list[int]]]:
    return [page.tolist() for page in decode_tiff(data, "a.tif", limits or Limits())]


def directory(
    order: str, at: int, pixels: bytes, tags: Sequence[tuple[int, int, int, int]], following: int
) -> bytes:
    """A page at ``at``: its directory, then its pixels. Tags are (tag, type, count, value)."""
    start = at + 2 + 12 * (len(tags) + 2) + 4
    full = sorted([*tags, (273, LONG, 1, start), (279, LONG, 1, len(pixels))])
    out = struct.pack(order + "H", len(full))
    for tag, kind, count, value in full:
        form = "HHIHxx" if kind == SHORT else "HHII"
        out += struct.pack(order + form, tag, kind, count, value)
    return out + struct.pack(order + "I", following) + pixels


def tiff(
    pixels: bytes,
    size: tuple[int, int],
    bits: int = 8,
    *,
    photometric: int = 1,
    order: str = "<",
    extra: Sequence[tuple[int, int, int, int]] = (),
    following: int = 0,
) -> bytes:
    """A file of one uncompressed page; ``following`` where the next one is said to be."""
    tags = [(256, SHORT, 1, size[0]), (257, SHORT, 1, size[1]), (258, SHORT, 1, bits),
            (259, SHORT, 1, 1), (262, SHORT, 1, photometric), *extra]  # fmt: skip
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + directory(order, 8, pixels, tags, following)


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_are_scaled_and_polarity_kept(order: str) -> None:
    pixels = struct.pack(order + "3H", 0, 32768, 65535)
    assert pages(tiff(pixels, (3, 1), 16, order=order)) == [[[0, 128, 255]]]
    if order == "<":  # Pillow has no name for this kind in the other order
        assert pages(tiff(pixels, (3, 1), 16, photometric=0)) == [[[255, 127, 0]]]


@pytest.mark.parametrize("order", ["<", ">"])
def test_white_may_be_zero(order: str) -> None:
    assert pages(tiff(b"\0\7\xff", (3, 1), photometric=0, order=order)) == [[[255, 248, 0]]]
    assert pages(tiff(b"\xa0", (3, 1), 1, photometric=0, order=order)) == [[[0, 255, 0]]]


def test_twelve_bits_reach_white() -> None:
    assert pages(tiff(bytes.fromhex("fff000"), (2, 1), 12)) == [[[255, 0]]]


def test_pages_come_in_order_and_lazily() -> None:
    turns = [drawing().rotate(180 * i) for i in range(3)]
    data = encoded(turns[0], "TIFF", save_all=True, append_images=turns[1:])
    for page, image in zip(decode_tiff(data, "a", Limits()), turns, strict=True):
        np.testing.assert_array_equal(page, np.asarray(image))
    with pytest.raises(ImageTooLargeError, match="pages"):
        next(decode_tiff(data, "a", Limits(max_pages=2)))


def test_previews_and_masks_are_no_pages() -> None:
    first = tiff(b"\1", (1, 1), extra=[(254, LONG, 1, 1)])
    second = [(256, SHORT, 1, 1), (257, SHORT, 1, 1), (258, SHORT, 1, 8), (262, SHORT, 1, 1)]
    at = len(first) + len(first) % 2
    first = tiff(b"\1", (1, 1), extra=[(254, LONG, 1, 1)], following=at)
    data = first.ljust(at, b"\0") + directory("<", at, b"\2", second, 0)
    assert pages(data) == [[[2]]]


def test_a_broken_chain_loses_no_page_in_silence() -> None:
    with pytest.raises(ImageTruncatedError):
        pages(tiff(b"\1", (1, 1), following=5000))
    with pytest.raises(ImageDamagedError, match="circle"):
        pages(tiff(b"\1", (1, 1), following=8))


def test_makers_notes_neither_warn_nor_stop() -> None:
    # A date of text that lies outside the file, a tag of no known type, two of a kind.
    notes = [(306, 2, 20, 9999), (40000, 99, 1, 0), (256, SHORT, 1, 7)]
    assert pages(tiff(b"\1\2", (2, 1), extra=notes)) == [[[1, 2]]]


def test_contradictions_are_named() -> None:
    with pytest.raises(ImageTruncatedError, match="fewer bytes"):
        pages(tiff(b"\1\2", (2, 2)))
    with pytest.raises(ImageDamagedError, match="size"):
        pages(tiff(b"\1\2", (0, 2)))
    with pytest.raises(ImageDamagedError, match="Tag 262 has 2"):
        pages(tiff(b"\1", (1, 1))[:8] + tiff(b"\1", (1, 1))[8:].replace(
            struct.pack("<HHI", 262, SHORT, 1), struct.pack("<HHI", 262, SHORT, 2)))  # fmt: skip
    whole, short = tiff(b"\1", (1, 1)), struct.Struct("<HH")
    for tag, kind, word in ((256, 7, "size"), (273, 12, "place")):  # a number as something else
        swapped = whole.replace(short.pack(tag, SHORT), short.pack(tag, kind))
        swapped = swapped.replace(short.pack(tag, LONG), short.pack(tag, kind))
        with pytest.raises(ImageDamagedError, match=word):
            pages(swapped)
    with pytest.raises(ImageFormatError, match="not read"):
        pages(tiff(b"\1", (1, 1), photometric=32803))
    with pytest.raises(ImageTooLargeError, match="40,000 x 40,000"):
        pages(tiff(b"\1", (40_000, 40_000)))
