"""TIFF 6.0 and BigTIFF: directories walked here, pixels by Pillow and libtiff.

Each page is given to Pillow as a TIFF of its own, whose directory keeps only what pixels need: the
maker's notes of a scanner or camera can neither warn nor stop a page, and no page is lost because
the chain of directories breaks off.

Known limits: libtiff writes a line to stderr about damaged pixels, and takes a fax-compressed strip
that ends too soon, inside a file that is whole by its directories, for black rows.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL.TiffImagePlugin import TiffImageFile

from handsum.imaging.grey import Grey, grey_from_uint16
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import damaged, grey_of, open_pixels, truncated

_SIZES = {1: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}  # bytes of BYTE SHORT LONG RATIONAL UNDEFINED LONG8
_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _ORIENTATION, _SAMPLES, _STRIP_BYTES = 273, 274, 277, 279
_TILES, _TILE_BYTES, _JPEG_AT, _JPEG_BYTES = 324, 325, 513, 514
_SINGLE = {254, 256, 257, 259, 262, 266, 274, 277, 278, 284, 317, 322, 323, 513, 514}
_KEPT_WITH_NUMBERS = _SINGLE | {258, 273, 279, 292, 293, 320, 324, 325, 338, 339, 512, 530}
_KEPT_WITH_NUMBERS |= {515, 519, 520, 521}  # old JPEG compression
_KEPT_WITHOUT = {347, 529, 532}  # JPEG tables; fractions that say how colour was made
_NOT_A_PAGE = 0b101  # NewSubfileType: a reduced copy, or a mask, of another page
_MIN_IS_WHITE, _UNCOMPRESSED = 0, 1


@dataclass(frozen=True)
class _Layout:
    order: str
    big: bool

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    @property
    def offset(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def count(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))


@dataclass(frozen=True)
class _Directory:
    """One page's tags: whole numbers by tag, and the kept entries as bytes."""

    tags: dict[int, tuple[int, ...]]
    entries: tuple[bytes, ...]
    following: int

    def one(self, tag: int, default: int) -> int:
        return self.tags.get(tag, (default,))[0]


def count_tiff_pages(data: bytes, source: str, limits: Limits) -> int:
    """How many pages a TIFF has, without decoding any; raises what `decode_tiff` raises."""
    try:
        return len(_read_pages(data, source, limits)[1])
    except struct.error as error:
        raise truncated(source, "A page's directory is missing") from error


def decode_tiff(
    data: bytes, source: str, limits: Limits, only: int | None = None
) -> Iterator[Grey]:
    """The (H, W) grey pictures of a TIFF's pages, each turned as its orientation says.

    All directories are checked before the first page comes; with ``only``, the one page, from 0,
    that is wanted, that page's alone. Reduced copies and masks are no pages. Raises
    ImageTooLargeError, ImageTruncatedError, ImageDamagedError and ImageFormatError.
    """
    try:
        layout, pages = _read_pages(data, source, limits)
    except struct.error as error:
        raise truncated(source, "A page's directory is missing") from error
    if only is not None:
        pages = pages[only : only + 1]
    for page in pages:
        _check_page(page, data, source, limits)
    file = io.BytesIO(data)
    end = len(data) + len(data) % 2  # directories begin at even places
    for page in pages:
        file.seek(8 if layout.big else 4)
        file.write(layout.offset.pack(end))
        file.seek(end)
        file.write(layout.count.pack(len(page.entries)))
        file.write(b"".join(page.entries) + layout.offset.pack(0))
        file.truncate()
        file.seek(0)
        yield _page_to_grey(page, file, source)


def _page_to_grey(page: _Directory, file: io.BytesIO, source: str) -> Grey:
    image = open_pixels(TiffImageFile, file, source, "a TIFF")
    if image.mode.startswith("I;16"):
        peak = (1 << page.one(_BITS, 16)) - 1
        grey = grey_from_uint16(np.asarray(image), peak)
        # Pillow turns the polarity of 1 to 8 bits, and leaves that of 16.
        return 255 - grey if page.one(_PHOTOMETRIC, 1) == _MIN_IS_WHITE else grey
    return grey_of(image, source)


def _read_pages(data: bytes, source: str, limits: Limits) -> tuple[_Layout, tuple[_Directory, ...]]:
    """Follow the chain of directories; struct.error where it leaves the file."""
    layout, following = _read_header(data)
    seen: set[int] = set()
    found: list[_Directory] = []
    while following:
        if following in seen:
            raise damaged(source, "Its pages go round in a circle")
        seen.add(following)
        found.append(_read_directory(data, following, layout))
        limits.check_pages(len(found), source)
        following = found[-1].following
    pages = [page for page in found if not page.one(_SUBFILE, 0) & _NOT_A_PAGE] or found
    if not pages:
        raise damaged(source, "It holds no page")
    return layout, tuple(pages)


def _read_header(data: bytes) -> tuple[_Layout, int]:
    layout = _Layout("<" if data[:2] == b"II" else ">", b"+" in data[2:4])
    (first,) = layout.offset.unpack_from(data, 8 if layout.big else 4)
    return layout, first


def _read_directory(data: bytes, at: int, layout: _Layout) -> _Directory:
    if at > len(data):
        raise struct.error("directory outside the file")
    (count,) = layout.count.unpack_from(data, at)
    at += layout.count.size
    tags: dict[int, tuple[int, ...]] = {}
    entries: dict[int, bytes] = {}
    for _ in range(count):
        tag, kind, length, inline = layout.entry.unpack_from(data, at)
        known = _KEPT_WITH_NUMBERS if kind in _CODES else _KEPT_WITHOUT
        if tag in known and tag not in entries and kind in _SIZES and length:
            place, store = 0, inline
            if length * _SIZES[kind] > len(inline):
                (place,), store = layout.offset.unpack(inline), data
            if place + length * _SIZES[kind] > len(store):
                raise struct.error("value outside the file")
            if kind in _CODES:
                form = f"{layout.order}{length}{_CODES[kind]}"
                tags[tag] = struct.unpack_from(form, store, place)
            entries[tag] = data[at : at + layout.entry.size]
        at += layout.entry.size
    (following,) = layout.offset.unpack_from(data, at)
    return _Directory(tags, tuple(entries.values()), following)


def _check_page(page: _Directory, data: bytes, source: str, limits: Limits) -> None:
    """Sizes within the limits, and every strip or tile inside the file."""
    for tag in _SINGLE & page.tags.keys():
        if len(page.tags[tag]) != 1:
            raise damaged(source, f"Tag {tag} has {len(page.tags[tag])} values")
    width, height = page.one(_WIDTH, 0), page.one(_HEIGHT, 0)
    if not (width and height):
        raise damaged(source, "A page says no size")
    limits.check_size(width, height, source)
    if page.tags.keys().isdisjoint((_STRIPS, _TILES, _JPEG_AT)):
        raise damaged(source, "A page says no place of its pixels")
    for places, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES), (_JPEG_AT, _JPEG_BYTES)):
        starts = page.tags.get(places, ())
        lengths = page.tags.get(sizes, (1,) * len(starts))
        if any(s + n > len(data) for s, n in zip(starts, lengths, strict=False)):
            raise truncated(source, "A page's pixels reach past the end of the file")
    if page.one(_COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED and _STRIP_BYTES in page.tags:
        bits = page.one(_BITS, 1) * page.one(_SAMPLES, 1)
        needed = (width * bits + 7) // 8 * height
        if sum(page.tags[_STRIP_BYTES]) < needed:
            raise truncated(source, "A page has fewer bytes than pixels")


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that EXIF data (a small TIFF without pixels) says; 1 if none.

    Damaged EXIF counts as none: cameras and editors write much that is, beside good pixels.
    """
    try:
        layout, first = _read_header(exif)
        return _read_directory(exif, first, layout).one(_ORIENTATION, 1)
    except (struct.error, IndexError):
        return 1
