"""Pillow's decoders with handsum's errors, past Pillow's own opening of files.

The rooms in ``files`` read the containers themselves: sizes are known before anything is decoded,
a missing end is seen, and no metadata reaches parsers that warn or guess. What is left to decode
comes here. OpenCV would be no faster on PNG, and both its PNG and its JPEG reader write to stderr.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from handsum.errors import (
    HandsumError,
    ImageDamagedError,
    ImageFormatError,
    ImageTooLargeError,
    ImageTruncatedError,
)
from handsum.imaging.grey import Grey, grey_from_image


def decode_pixels(
    mode: str, size: tuple[int, int], data: bytes, decoder: str, *args: Any, source: str
) -> Image.Image:
    """Pixels of ``size`` (width, height) from compressed ``data`` by a named Pillow decoder.

    Raises ImageTruncatedError where the data ends too soon, else ImageDamagedError.
    """
    try:
        return Image.frombytes(mode, size, data, decoder, *args)
    except Exception as error:  # decoders raise whatever their data makes them trip over
        raise decode_error(error, source) from error


def open_pixels(
    plugin: Callable[[io.BytesIO], Image.Image], file: io.BytesIO, source: str, kind: str
) -> Image.Image:
    """A loaded picture by one Pillow file class, without ``Image.open``'s search and warnings.

    ``kind`` ("a BMP") names the container in errors: ImageFormatError where the class refuses it,
    ImageTruncatedError or ImageDamagedError where its pixels cannot be decoded.
    """
    try:
        image = plugin(file)
    except Exception as error:  # as above
        if isinstance(error, MemoryError | Image.DecompressionBombError):
            raise decode_error(error, source) from error
        raise ImageFormatError(
            f"{source}: {kind} of a kind that is not read ({error}).",
            "Save it as PNG, or as TIFF in 8-bit grey.",
        ) from error
    try:
        image.load()
    except Exception as error:  # as above
        raise decode_error(error, source) from error
    return image


def grey_of(image: Image.Image, source: str) -> Grey:
    """``grey_from_image``, with a conversion that Pillow refuses as ImageFormatError."""
    try:
        return grey_from_image(image, source)
    except HandsumError:
        raise
    except MemoryError as error:
        raise decode_error(error, source) from error
    except Exception as error:  # as above
        raise ImageFormatError(
            f"{source}: pixels of the kind {image.mode!r} cannot be made grey ({error}).",
            "Save it as PNG in grey or RGB.",
        ) from error


def decode_error(error: Exception, source: str) -> HandsumError:
    """What an exception out of a Pillow decoder means."""
    if isinstance(error, MemoryError | Image.DecompressionBombError):
        return ImageTooLargeError(
            f"{source}: the picture does not fit in memory ({error}).",
            "Scan at a lower resolution (300 dpi is plenty), or cut the picture up.",
        )
    text = str(error)
    if isinstance(error, EOFError) or "truncated" in text or "not enough" in text:
        return truncated(source, "The pixel data ends too soon")
    return damaged(source, f"The pixel data cannot be decoded ({text})")


def truncated(source: str, what: str) -> ImageTruncatedError:
    """The error for a file that stops before its end; ``what`` says where."""
    return ImageTruncatedError(
        f"{source}: the picture breaks off. {what}.", "Copy the file again, or scan again."
    )


def damaged(source: str, what: str) -> ImageDamagedError:
    """The error for a file whose parts contradict each other; ``what`` says which."""
    return ImageDamagedError(
        f"{source}: the picture is damaged. {what}.",
        "Copy the file again from where it came from, or scan again.",
    )


def animated(source: str, frames: int) -> ImageFormatError:
    """The error for moving pictures: no frame of them is the page that somebody meant."""
    return ImageFormatError(
        f"{source}: an animation of {frames} frames is not a page.",
        "Save the frame you mean as PNG, or the frames as pages of one TIFF or PDF.",
    )
