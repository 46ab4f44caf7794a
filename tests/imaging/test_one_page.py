"""One page of many equals the page that comes when all are read."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from faults import drawing, encoded
from handsum.errors import FileEmptyError, ImageTruncatedError, UsageError
from handsum.imaging.load import Limits, count_pages, load_page, load_pictures


def scanned_tiff() -> bytes:
    pages = [Image.fromarray(np.full((30, 20 + n), 40 * n, np.uint8)) for n in range(4)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    return file.getvalue()


def printed_pdf() -> bytes:
    pages = [Image.fromarray(np.full((30, 20 + n), 40 * n, np.uint8)) for n in range(3)]
    file = io.BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:])
    return file.getvalue()


@pytest.mark.parametrize("build", [scanned_tiff, printed_pdf], ids=["tiff", "pdf"])
def test_any_page_alone_is_the_page_among_all(build: Callable[[], bytes]) -> None:
    data = build()
    every = list(load_pictures(data, name="a"))
    assert count_pages(data, "a") == len(every) >= 3
    for picture in reversed(every):
        alone = load_page(data, picture.page, "a")
        assert (alone.source, alone.page) == ("a", picture.page)
        np.testing.assert_array_equal(alone.grey, picture.grey)


def test_a_picture_has_one_page() -> None:
    data = encoded(drawing(), "PNG")
    assert count_pages(data, "a") == 1
    np.testing.assert_array_equal(
        load_page(data, 1, "a").grey, next(load_pictures(data, name="a")).grey
    )
    for page in (0, 2, -1):
        with pytest.raises(UsageError, match=f"no page {page}"):
            load_page(data, page, "a")


def test_a_broken_page_costs_no_other() -> None:
    data = scanned_tiff()
    cut = data[:-300]  # a few rows of the last page, which lie at the end
    assert count_pages(cut, "a") == 4
    assert load_page(cut, 3, "a").grey.shape == (30, 22)
    with pytest.raises(ImageTruncatedError):
        load_page(cut, 4, "a")
    with pytest.raises(ImageTruncatedError):
        next(load_pictures(cut, name="a"))


def test_what_cannot_be_opened_cannot_be_counted() -> None:
    with pytest.raises(FileEmptyError):
        count_pages(b"", "a")
    with pytest.raises(ImageTruncatedError):
        count_pages(printed_pdf()[:-20], "a")
    assert count_pages(printed_pdf(), "a", Limits(max_pages=3)) == 3
