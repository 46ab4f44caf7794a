"""Pictures from files, bytes, arrays and Pillow images, page by page, within limits.

PNG, JPEG, TIFF, WebP, BMP, GIF and PDF are told apart by their bytes, never by their names. TIFF
and PDF give a picture a page; an animation (GIF, PNG, WebP) is refused, since no frame of it is
the page that somebody meant.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from handsum.errors import (
    FileEmptyError,
    FileMissingError,
    FileUnreadableError,
    ImageTooLargeError,
    UsageError,
)
from handsum.imaging.files.bmp import decode_bmp
from handsum.imaging.files.gif import decode_gif
from handsum.imaging.files.jpeg import decode_jpeg
from handsum.imaging.files.png import decode_png
from handsum.imaging.files.tiff import count_tiff_pages, decode_tiff
from handsum.imaging.files.webp import decode_webp
from handsum.imaging.grey import Grey, grey_from_array
from handsum.imaging.limits import Limits
from handsum.imaging.pixels import decode_error, grey_of
from handsum.imaging.sniff import Kind, sniff

__all__ = ["Limits", "Picture", "Source", "count_pages", "load_page", "load_pictures", "read_file"]

Source = Path | str | bytes | npt.NDArray[Any] | Image.Image

_DEFAULT_LIMITS = Limits()

_ONE_PAGE: dict[Kind, Callable[[bytes, str, Limits], Grey]] = {
    "png": decode_png,
    "jpeg": decode_jpeg,
    "gif": decode_gif,
    "webp": decode_webp,
    "bmp": decode_bmp,
}


@dataclass(frozen=True)
class Picture:
    """One page: ``grey`` (H, W) uint8, white 255, polarity as it lies in the file, read-only.

    ``source`` names where it came from, ``page`` counts from 1.
    """

    grey: Grey
    source: str
    page: int = 1

    def __post_init__(self) -> None:
        view = np.ascontiguousarray(self.grey).view()
        view.flags.writeable = False
        object.__setattr__(self, "grey", view)


def load_pictures(
    source: Source, *, name: str | None = None, limits: Limits = _DEFAULT_LIMITS
) -> Iterator[Picture]:
    """The pages of a file (a path), of a file's bytes, of an array or of a Pillow image, lazily.

    ``name`` stands in pictures and messages instead of the path, or of "<bytes>", "<array>",
    "<image>". Arrays: see ``grey_from_array``. A Pillow image gives its current frame, turned as
    its EXIF says. Errors come when the iterator is first advanced: FileMissingError,
    FileUnreadableError, FileEmptyError, ImageFormatError, ImageTruncatedError, ImageDamagedError,
    ImageTooLargeError, PdfEncryptedError, and UsageError for another type of source.
    """
    for page, grey in enumerate(_load(source, name, limits), start=1):
        yield Picture(grey, _name(source, name), page)


def count_pages(data: bytes, name: str, limits: Limits = _DEFAULT_LIMITS) -> int:
    """How many pages a file's bytes hold, without decoding any: 1 for all but PDF and TIFF.

    Raises what `load_pictures` raises for a file that it cannot begin with.
    """
    match _sniff(data, name):
        case "pdf":
            from handsum.imaging.files.pdf import count_pdf_pages  # noqa: PLC0415

            return count_pdf_pages(data, name, limits)
        case "tiff":
            return count_tiff_pages(data, name, limits)
        case _:
            return 1


def load_page(data: bytes, page: int, name: str, limits: Limits = _DEFAULT_LIMITS) -> Picture:
    """One page, from 1, of a file's bytes, without decoding those before it.

    Raises what `load_pictures` raises, for this page alone, and UsageError where there is no
    such page.
    """
    only = page - 1 if 1 <= page <= count_pages(data, name, limits) else None
    if only is None:
        raise UsageError(f"{name} has no page {page}.", "Count its pages first.")
    return Picture(next(_decode(data, name, limits, only)), name, page)


def _name(source: Source, name: str | None) -> str:
    if name is not None:
        return name
    if isinstance(source, str | Path):
        return str(source)
    if isinstance(source, Image.Image):
        return str(getattr(source, "filename", "") or "<image>")
    return "<array>" if isinstance(source, np.ndarray) else "<bytes>"


def _load(source: Source, name: str | None, limits: Limits) -> Iterator[Grey]:
    known_as = _name(source, name)
    match source:
        case str() | Path():
            return _decode(read_file(Path(source), known_as, limits), known_as, limits)
        case bytes():
            return _decode(source, known_as, limits)
        case np.ndarray():
            if source.ndim >= 2:
                limits.check_size(source.shape[1], source.shape[0], known_as)
            return iter((grey_from_array(source, known_as),))
        case Image.Image():
            return iter((_load_image(source, known_as, limits),))
        case _:
            raise UsageError(
                f"A picture cannot come from a {type(source).__name__}.",
                "Give a path, bytes, a NumPy array or a Pillow image.",
            )


def _sniff(data: bytes, source: str) -> Kind:
    if not data:
        raise FileEmptyError(f"{source} is empty (0 bytes).", "Copy or scan it again.")
    return sniff(data, source)


def _decode(data: bytes, source: str, limits: Limits, only: int | None = None) -> Iterator[Grey]:
    kind = _sniff(data, source)
    if kind in _ONE_PAGE:
        return iter((_ONE_PAGE[kind](data, source, limits),))
    if kind == "pdf":
        # PDFium takes longer to load than a digit to read: only a PDF waits for it.
        from handsum.imaging.files.pdf import decode_pdf  # noqa: PLC0415

        return decode_pdf(data, source, limits, only)
    return decode_tiff(data, source, limits, only)


def read_file(path: Path, source: str, limits: Limits = _DEFAULT_LIMITS) -> bytes:
    """All bytes of a file or pipe, never more than the limit; ``source`` names it in messages."""
    try:
        with path.open("rb") as file:
            # Pipes and devices say no size, or grow: read on, but not for ever.
            size = min(os.fstat(file.fileno()).st_size, limits.max_bytes)
            parts = [file.read(size + 1)]
            total = len(parts[0])
            while size < total <= limits.max_bytes and (more := file.read(1 << 20)):
                parts.append(more)
                total += len(more)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileMissingError(f"{source}: there is no such file.", "Check the path.") from error
    except OSError as error:
        what = "it is a folder" if path.is_dir() else str(error.strerror or error)
        raise FileUnreadableError(
            f"{source} cannot be read: {what}.", "Check what it is and who may read it."
        ) from error
    except ValueError as error:  # a NUL or a lone surrogate: no system has such a file
        raise FileMissingError(f"{source!r} is no path: {error}.", "Check the path.") from error
    if total > limits.max_bytes:
        raise ImageTooLargeError(
            f"{source}: more than {limits.max_bytes:,} bytes.", "Split it into several files."
        )
    return b"".join(parts)


def _load_image(image: Image.Image, source: str, limits: Limits) -> Grey:
    limits.check_size(image.width, image.height, source)
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Exception as error:  # a lazily opened file decodes only now, and may be bad
        raise decode_error(error, source) from error
    return grey_of(upright, source)
