"""What a file is by its first bytes; its name is never asked."""

from __future__ import annotations

import re
from typing import Literal

from handsum.errors import ImageFormatError, InputError
from handsum.imaging.pixels import truncated

Kind = Literal["png", "jpeg", "gif", "webp", "bmp", "tiff", "pdf"]

_READ = "PNG, JPEG, TIFF, WebP, BMP, GIF and PDF are read."

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"%PDF-", "pdf"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # sizes of the information headers in use
_PDF_HEAD = 1024  # readers accept "%PDF-" this far in (PDF 1.7, annex H, note 13)

_NOT_READ: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive, or a Word, Excel or OpenDocument file"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\1\0", "a Windows icon"),
    (b"AT&TFORM", "a DjVu document"),
    (b"%!PS", "a PostScript file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"RIFF", "a sound or a video"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def sniff(data: bytes, source: str) -> Kind:
    """The kind of picture or document that ``data`` begins.

    Raises ImageFormatError saying what the bytes look like where they are none of these, and
    ImageTruncatedError where they stop inside a known beginning.
    """
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    if b"%PDF-" in data[:_PDF_HEAD] and not _MARKUP.match(data):
        return "pdf"
    raise _refusal(data, source)


_MARKUP = re.compile(rb"[\s\xef\xbb\xbf]*<(\?xml|!doctype|html|svg|!--)", re.IGNORECASE)


def _refusal(data: bytes, source: str) -> InputError:
    if len(data) >= 2 and (
        any(magic.startswith(data) for magic, _ in _MAGIC)
        or (data[:4] == b"RIFF" and len(data) < 12)
        or (data[:2] == b"BM" and len(data) < 18)
    ):
        return truncated(source, f"It holds {len(data)} bytes")
    what, remedy = _looks_like(data)
    return ImageFormatError(f"{source}: this is {what}, not a picture that handsum reads.", remedy)


def _looks_like(data: bytes) -> tuple[str, str]:
    """What unreadable bytes seem to be, and what to do with them."""
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIC_BRANDS:
            return (
                "a HEIC photo, as iPhones make them",
                "Export it as JPEG, or set the camera to Formats > Most Compatible.",
            )
        if data[8:12] in (b"avif", b"avis"):
            return "an AVIF picture", "Export it as PNG or JPEG."
        return "a video", "Save the frame you mean as PNG."
    for magic, what in _NOT_READ:
        if data.startswith(magic):
            return what, f"Export its pages as PDF or PNG. {_READ}"
    if re.match(rb"P[1-7]\s", data):
        return "a Netpbm picture", f"Convert it to PNG. {_READ}"
    return _looks_like_text(data)


def _looks_like_text(data: bytes) -> tuple[str, str]:
    head = data[:1024]
    if markup := _MARKUP.match(head):
        if b"<svg" in head.lower():
            return "an SVG drawing", "Export it as PNG or PDF."
        if b"html" in head.lower():
            return (
                "an HTML page",
                "Fetch the picture itself; a failed download often saves such a page.",
            )
        if markup[1] == b"?xml":
            return "an XML file", _READ
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "plain text (UTF-16)", _READ
    text = head.decode("utf-8", errors="replace")
    odd = sum(not (c.isprintable() or c.isspace()) or c == "\ufffd" for c in text)
    if odd <= len(text) // 50:
        return "plain text", _READ
    return f"unknown (it begins with {data[:8].hex(' ')})", _READ
