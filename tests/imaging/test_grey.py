"""Colour, depth and transparency against Pillow and plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from faults import drawing
from handsum.errors import ImageFormatError
from handsum.imaging.grey import grey_from_array, grey_from_image, grey_from_uint16, turned

COLOURS = np.random.default_rng(3).integers(0, 256, (20, 30, 4), np.uint8)
LUMA = np.asarray(Image.fromarray(COLOURS[:, :, :3]).convert("L"))


def test_luma_is_the_weighted_sum_of_itu_601() -> None:
    exact = COLOURS[:, :, :3] @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey_from_array(COLOURS[:, :, :3], "a") - exact).max() <= 0.51


def test_transparent_is_paper() -> None:
    alpha = COLOURS[:, :, 3] / 255
    exact = LUMA * alpha + 255 * (1 - alpha)
    for got in (grey_from_array(COLOURS, "a"), grey_from_image(Image.fromarray(COLOURS), "a")):
        assert np.abs(got - exact).max() <= 0.51
    premultiplied = Image.fromarray(COLOURS).convert("RGBa")
    assert np.abs(grey_from_image(premultiplied, "a") - exact).max() <= 3
    two = Image.merge("LA", (Image.fromarray(LUMA), Image.fromarray(COLOURS[:, :, 3])))
    assert np.abs(grey_from_image(two, "a") - exact).max() <= 0.51


@pytest.mark.parametrize("peak", [255, 4095, 65535])
def test_deep_samples_are_scaled_and_rounded(peak: int) -> None:
    values = np.arange(peak + 1, dtype=np.uint16)
    assert np.abs(grey_from_uint16(values, peak) - values / peak * 255).max() <= 0.5


def test_arrays_of_every_kind_agree() -> None:
    grey = np.asarray(drawing())
    for array in (grey, grey[:, :, None], grey.astype(np.uint16) * 257, grey / 255.0,
                  (grey / 255.0).astype(np.float32), np.dstack([grey] * 3),
                  np.dstack([grey] * 3 + [np.full_like(grey, 255)]), grey[::-1][::-1]):  # fmt: skip
        np.testing.assert_array_equal(grey_from_array(array, "a"), grey)
    np.testing.assert_array_equal(grey_from_array(grey > 99, "a"), np.where(grey > 99, 255, 0))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(5, np.uint8),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((0, 7), np.uint8),
        np.zeros((4, 4), np.int64),
        np.zeros((4, 4), np.complex64),
        np.full((4, 4), 255.0),
        np.full((4, 4), np.nan),
        np.full((4, 4), "7"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ImageFormatError, match="Give uint8"):
        grey_from_array(array, "a")


@pytest.mark.parametrize("mode", ["I", "LAB"])
def test_pixels_without_a_known_white_are_refused(mode: str) -> None:
    with pytest.raises(ImageFormatError, match=mode):
        grey_from_image(Image.new(mode, (3, 3)), "a")


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 8))
def test_turns_are_those_of_exif(height: int, width: int, orientation: int) -> None:
    grey = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    image = Image.fromarray(grey)
    image.getexif()[0x0112] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(turned(grey, orientation), wanted)
