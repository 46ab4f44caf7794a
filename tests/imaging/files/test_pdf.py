"""PDF pages: resolution, limits, locks."""

from __future__ import annotations

import numpy as np
import pytest

from faults import pdf
from handsum.errors import ImageTooLargeError, ImageTruncatedError, PdfEncryptedError
from handsum.imaging.files.pdf import decode_pdf
from handsum.imaging.limits import Limits

RED = 76  # luma of (255, 0, 0)


def pages(data: bytes, **limits: int) -> list[np.ndarray]:
    return list(decode_pdf(data, "a.pdf", Limits(**limits)))


@pytest.mark.parametrize("dpi", [72, 144, 200])
def test_a_page_is_drawn_where_it_says_at_the_resolution_asked(dpi: int) -> None:
    (page,) = pages(pdf.document(), pdf_dpi=dpi)
    assert page.shape == (dpi // 2, dpi)
    ys, xs = np.nonzero(page < 200)
    scale = dpi / 72
    edges = np.array([xs.min(), xs.max() + 1, ys.min(), ys.max() + 1]) / scale
    assert np.abs(edges - [10, 40, 6, 26]).max() < 0.6
    assert abs(int(page[dpi // 4, dpi // 4]) - RED) <= 1
    assert page[0, 0] == 255


def test_a_turned_page_is_turned() -> None:
    (page,) = pages(pdf.document(page=b"/Rotate 90"), pdf_dpi=72)
    assert page.shape == (72, 36)


def test_pages_come_one_by_one_and_may_be_left() -> None:
    found = decode_pdf(pdf.document(pages=3), "a.pdf", Limits(max_pages=3))
    assert next(found).shape == next(found).shape
    found.close()
    with pytest.raises(ImageTooLargeError, match="3 pages"):
        pages(pdf.document(pages=3), max_pages=2)


def test_a_large_page_is_drawn_smaller_but_not_under_a_pixel_a_point() -> None:
    scan = pdf.document(box=(0, 0, 400, 300))
    assert pages(scan)[0].shape == (834, 1112)
    assert 199_000 < pages(scan, max_pixels=200_000)[0].size <= 200_000
    assert 498 <= pages(scan, max_side=500)[0].shape[1] <= 500
    for limits in ({"max_side": 399}, {"max_pixels": 119_999}):
        with pytest.raises(ImageTooLargeError, match="page 1"):
            pages(scan, **limits)


def test_only_a_lock_that_asks_for_a_password_stops() -> None:
    assert pages(pdf.document(password=b""))[0].min() <= RED + 1
    with pytest.raises(PdfEncryptedError, match="password"):
        pages(pdf.document(password=b"secret"))


def test_a_cut_web_optimised_file_is_truncated() -> None:
    # Such files say their length at the front, and have an early "%%EOF" of their own.
    data = pdf.document().replace(b"%PDF-1.4\n", b"%PDF-1.4\n%<</Linearized 1/L 9999>>\n")
    with pytest.raises(ImageTruncatedError, match="9,999"):
        pages(data)


def test_bytes_around_the_document_do_no_harm() -> None:
    assert len(pages(b"\n" + pdf.document() + bytes(3000))) == 1


def test_fields_filled_in_on_a_screen_are_drawn() -> None:
    look = b"0 g 0 0 20 20 re f"
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(7)/F 4/Rect[50 5 70 25]/AP<</N 6 0 R>>>>"
    drawn = b"<</Type/XObject/Subtype/Form/BBox[0 0 20 20]/Length %d>>stream\n%s\nendstream"
    data = pdf.document(
        page=b"/Annots[5 0 R]",
        catalog=b"/AcroForm<</Fields[5 0 R]>>",
        more=(field, drawn % (len(look), look)),
    )
    (page,) = pages(data, pdf_dpi=72)
    assert page[20, 60] == 0
