"""PDF pages drawn by PDFium."""

from __future__ import annotations

import ctypes
import math
import re
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pypdfium2 as pdfium

from handsum.errors import HandsumError, ImageTooLargeError, PdfEncryptedError
from handsum.imaging.grey import Grey
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import damaged, truncated

PDFIUM_LOCK = threading.RLock()
"""PDFium is not thread-safe, in any of its calls. Re-entrant, since a garbage collection inside
the lock may close an abandoned document."""

_TAIL = 1024  # readers look for "%%EOF" in this many last bytes (PDF 1.7, annex H, note 18)
_LINEARIZED = re.compile(rb"/Linearized\b[^>]*?/L\s+(\d+)")
_POINTS_PER_INCH = 72.0


def count_pdf_pages(data: bytes, source: str, limits: Limits) -> int:
    """How many pages a PDF has, without drawing any; raises what `decode_pdf` raises."""
    _check_end(data, source)
    with PDFIUM_LOCK:
        document = open_pdf(data, source)
        pages = len(document)
        document.close()
    if not pages:
        raise damaged(source, "It has no pages")
    limits.check_pages(pages, source)
    return pages


def decode_pdf(data: bytes, source: str, limits: Limits, only: int | None = None) -> Iterator[Grey]:
    """The (H, W) grey pictures of a PDF's pages, drawn at ``limits.pdf_dpi`` on white.

    A page too large for the limits is drawn smaller, down to 72 dpi. ``only`` is the one page,
    from 0, that is wanted. Raises PdfEncryptedError, ImageTooLargeError, ImageTruncatedError and
    ImageDamagedError.
    """
    _check_end(data, source)
    with PDFIUM_LOCK:
        document = open_pdf(data, source)
    try:
        with PDFIUM_LOCK:
            pages = len(document)
            if pages and document.get_formtype():
                document.init_forms()  # else fields filled in on a screen would stay blank
        if not pages:
            raise damaged(source, "It has no pages")
        limits.check_pages(pages, source)
        for index in range(pages) if only is None else (only,):
            with PDFIUM_LOCK:
                grey = _draw(document, index, source, limits)
            yield grey
    finally:
        with PDFIUM_LOCK:
            document.close()


def _check_end(data: bytes, source: str) -> None:
    """PDFium rebuilds cut files from what is left, pages and all missing; so look first."""
    tail = data[-_TAIL:]
    if b"%%EOF" not in tail and b"%%EOF" not in data.rstrip(b"\0\t\r\n ")[-_TAIL:]:
        raise truncated(source, 'The closing "%%EOF" is missing')
    linearized = _LINEARIZED.search(data[:_TAIL])
    if linearized and int(linearized[1]) > len(data):
        raise truncated(source, f"It holds {len(data):,} of {int(linearized[1]):,} bytes")


def open_pdf(data: bytes, source: str) -> Any:
    """PDFium's document; PdfEncryptedError or ImageDamagedError. Hold PDFIUM_LOCK."""
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        text = str(error)
        if "password" in text.lower() or "security" in text.lower():
            raise PdfEncryptedError(
                f"{source}: the PDF asks for a password.",
                "Open it with its password and save or print it as a PDF without one.",
            ) from error
        raise damaged(source, f"PDFium cannot open it ({text})") from error


def _draw(document: Any, index: int, source: str, limits: Limits) -> Grey:
    name = f"{source}, page {index + 1}"
    try:
        page = document[index]
        try:
            width, height = page.get_size()
            scale = _scale(width, height, name, limits)
            bitmap = page.render(scale=scale, grayscale=True)
            try:
                samples = np.array(bitmap.to_numpy(), np.uint8)  # a copy: the bitmap goes
                return samples.reshape(bitmap.height, bitmap.width)
            finally:
                bitmap.close()
        finally:
            page.close()
    except HandsumError:
        raise
    except (pdfium.PdfiumError, ctypes.ArgumentError, ValueError, OverflowError) as error:
        raise damaged(name, f"PDFium cannot draw it ({error})") from error
    except MemoryError as error:
        raise ImageTooLargeError(
            f"{name}: the page does not fit in memory.", "Draw it at fewer dots per inch."
        ) from error


def _scale(width: float, height: float, name: str, limits: Limits) -> float:
    """Pixels a point: the wished resolution, or less where the limits ask for it."""
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise damaged(name, f"The page is {width:g} x {height:g} points")
    wished = limits.pdf_dpi / _POINTS_PER_INCH
    scale = min(
        wished,
        limits.max_side / max(width, height),
        math.sqrt(limits.max_pixels / (width * height)),
    )
    while scale >= min(wished, 1.0):
        if limits.allow(math.ceil(width * scale), math.ceil(height * scale)):
            return scale
        scale *= 0.999  # PDFium rounds up to whole pixels
    raise ImageTooLargeError(
        f"{name}: {width:,.0f} x {height:,.0f} points, more than the limits of "
        f"{limits.max_pixels:,} pixels and {limits.max_side:,} a side even at 72 dpi.",
        "Print it to a smaller page, or cut it up.",
    )
