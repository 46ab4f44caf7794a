"""Whatever a picture is made of to one grey channel: uint8, paper white 255.

Colour becomes ITU-R 601 luma (Pillow's fixed-point version of 0.299 R + 0.587 G + 0.114 B);
transparent becomes white, as paper under ink is.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from handsum.errors import ImageFormatError

Grey = npt.NDArray[np.uint8]

_ARRAY_REMEDY = (
    "Give uint8, uint16, bool or float from 0 to 1, of shape (H, W), (H, W, 1), (H, W, 3) or "
    "(H, W, 4), RGB."
)
_FLOAT_SLACK = 1e-6  # resizing in floating point oversteps 0 and 1 by about this


def grey_from_image(image: Image.Image, source: str) -> Grey:
    """The (H, W) grey picture of a decoded Pillow image; ImageFormatError for unknown modes."""
    mode = image.mode
    if mode.startswith("I;16"):
        values = np.asarray(image)
        grey = grey_from_uint16(values)
        see_through = image.info.get("transparency")
        return grey if see_through is None else np.where(values == see_through, _WHITE, grey)
    if mode == "F":
        return grey_from_array(np.asarray(image), source)
    if mode in ("I", "LAB"):
        raise ImageFormatError(
            f"{source}: pixels of the kind {mode!r} have no known white.",
            "Save it as an 8-bit or 16-bit grey or RGB picture.",
        )
    if image.has_transparency_data:
        return _samples(_on_paper(image))
    return _samples(image if mode == "L" else image.convert("L"))


_WHITE = np.uint8(255)


def _samples(image: Image.Image) -> Grey:
    width, height = image.size
    return np.frombuffer(image.tobytes(), np.uint8).reshape(height, width)


def _on_paper(image: Image.Image) -> Image.Image:
    """Luma laid over white by the alpha channel (or the see-through colour) of the picture."""
    straight = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)  # premultiplied kinds
    rgba = (image.convert(straight) if straight else image).convert("RGBA")
    paper = Image.new("L", image.size, 255)
    return Image.composite(rgba.convert("L"), paper, rgba.getchannel("A"))


def grey_from_ink(ink: npt.NDArray[np.float32]) -> Grey:
    """Ink (H, W), 0 paper to 1, as dark writing on white paper."""
    return np.asarray(cv2.convertScaleAbs(ink, alpha=-255.0, beta=255.0), np.uint8)


def grey_from_uint16(values: npt.NDArray[np.uint16], peak: int = 65535) -> Grey:
    """Samples of 0..``peak``, of any shape, to 0..255 with rounding."""
    # A lookup is exact and needs no wide copy of a large page.
    table = ((np.arange(peak + 1, dtype=np.uint32) * 510 + peak) // (2 * peak)).astype(np.uint8)
    return table[np.minimum(values, peak)]


def grey_from_array(array: npt.NDArray[Any], source: str) -> Grey:
    """The (H, W) grey picture of an array, white = 255 (uint8), 65535, 1.0 or True.

    Takes (H, W), (H, W, 1), (H, W, 3) RGB and (H, W, 4) RGBA; anything else, values outside 0 to
    1 in floats, and empty arrays raise ImageFormatError.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageFormatError(f"{source}: an array of shape {array.shape}.", _ARRAY_REMEDY)
    if array.size == 0:
        raise ImageFormatError(f"{source}: an empty array, {array.shape}.", _ARRAY_REMEDY)
    bytes_ = _array_to_uint8(array, source)
    if bytes_.ndim == 2:
        return bytes_
    if bytes_.shape[2] == 1:
        return bytes_[:, :, 0]
    return grey_from_image(Image.fromarray(bytes_), source)


def _array_to_uint8(array: npt.NDArray[Any], source: str) -> Grey:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * _WHITE
    if array.dtype == np.uint16:
        return grey_from_uint16(array)
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if low >= -_FLOAT_SLACK and high <= 1 + _FLOAT_SLACK:  # false for NaN too
            return np.asarray(np.rint(array.clip(0, 1) * 255), np.uint8)
        raise ImageFormatError(f"{source}: floats from {low:g} to {high:g}.", _ARRAY_REMEDY)
    raise ImageFormatError(f"{source}: an array of {array.dtype}.", _ARRAY_REMEDY)


_TURNS = {  # orientation: (swap rows and columns, then step along rows, along columns)
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, 1, -1),
    7: (True, -1, -1),
    8: (True, -1, 1),
}


def turned(grey: Grey, orientation: int) -> Grey:
    """The picture as its EXIF orientation (1 to 8; 1 and others mean none) wants it seen.

    CIPA DC-008 (EXIF 2.3), tag 0x0112: where row 0 and column 0 of the stored picture lie.
    """
    swap, down, across = _TURNS.get(orientation, (False, 1, 1))
    return (grey.T if swap else grey)[::down, ::across]
