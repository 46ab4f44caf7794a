"""Broken, hostile and unread inputs, made when asked for: name, bytes, and the error to expect.

``faults()`` lists them for whoever reads files: imaging, the command line, the service.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw

from faults import pdf, png
from handsum import errors


@dataclass(frozen=True)
class Fault:
    """An input that must end in ``error`` and never in a picture."""

    file: str
    data: bytes
    error: type[errors.InputError]


def drawing(width: int = 60, height: int = 40) -> Image.Image:
    """A grey picture (mode L) with figures and a slanted line, different under every turn."""
    image = Image.new("L", (width, height), 230)
    draw = ImageDraw.Draw(image)
    draw.text((5, 5), "739", fill=20)
    draw.line((3, height - 10, width - 10, height - 5), fill=60, width=3)
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of that kind ("PNG", "TIFF", ...) as Pillow writes it."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def animation(kind: str, frames: int = 3) -> bytes:
    """Moving figures as GIF, PNG or WEBP."""
    turns = [drawing().rotate(90 * i) for i in range(frames)]
    return encoded(turns[0], kind, save_all=True, append_images=turns[1:])


def faults() -> tuple[Fault, ...]:
    """Every kind of input that has to be refused, one example each."""
    jpeg, tiff, webp = (encoded(drawing(), kind) for kind in ("JPEG", "TIFF", "WEBP"))
    plain = encoded(drawing(), "PNG")
    return (
        Fault("empty.png", b"", errors.FileEmptyError),
        Fault("text.png", "Zähler 0123\nStand 4567\n".encode(), errors.ImageFormatError),
        Fault("utf16.png", "Stand 4567\n".encode("utf-16"), errors.ImageFormatError),
        Fault("page.png", b"<!DOCTYPE html>\n<html><p>404</p></html>", errors.ImageFormatError),
        Fault("drawing.svg.png", b'<?xml version="1.0"?>\n<svg/>', errors.ImageFormatError),
        Fault("table.xlsx", b"PK\x03\x04" + bytes(60), errors.ImageFormatError),
        Fault("noise.png", bytes(range(7, 256, 3)), errors.ImageFormatError),
        Fault("photo.heic", b"\0\0\0\x18ftypheic" + bytes(60), errors.ImageFormatError),
        Fault("cut.png", plain[: len(plain) // 2], errors.ImageTruncatedError),
        Fault("cut.jpg", jpeg[: len(jpeg) // 2], errors.ImageTruncatedError),
        Fault("cut.tif", tiff[: len(tiff) // 2], errors.ImageTruncatedError),
        Fault("cut.webp", webp[: len(webp) // 2], errors.ImageTruncatedError),
        Fault("cut.pdf", pdf.document()[:-40], errors.ImageTruncatedError),
        Fault("flipped.png", png.with_wrong_checksum(), errors.ImageDamagedError),
        Fault("short.png", png.with_missing_rows(), errors.ImageTruncatedError),
        Fault("bomb.png", png.claiming(100_000, 100_000), errors.ImageTooLargeError),
        Fault("packed.png", png.packed_bomb(), errors.ImageTooLargeError),
        Fault("wide.png", png.picture([bytes(40_000)] * 2), errors.ImageTooLargeError),
        Fault("moving.gif", animation("GIF"), errors.ImageFormatError),
        Fault("moving.png", animation("PNG"), errors.ImageFormatError),
        Fault("moving.webp", animation("WEBP"), errors.ImageFormatError),
        Fault("locked.pdf", pdf.document(password=b"secret"), errors.PdfEncryptedError),
        Fault("broken.pdf", b"%PDF-1.4\nnothing\n%%EOF\n", errors.ImageDamagedError),
        Fault("no_pages.pdf", pdf.document(pages=0), errors.ImageDamagedError),
        Fault("many_pages.pdf", pdf.document(pages=1_001), errors.ImageTooLargeError),
        Fault("giant.pdf", pdf.document(box=(0, 0, 40_000, 40_000)), errors.ImageTooLargeError),
    )
