"""Fields and words of PDF pages lie where the page shows them, turned and cropped ones too."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from handsum.errors import ImageDamagedError
from handsum.imaging.files.pdf_fields import PdfPage, read_pdf_page
from handsum.imaging.load import Limits, load_pictures

MM = 72 / 25.4


def page_with(turn: int = 0, crop: bool = False) -> bytes:
    """200 x 100 mm: a filled black square with a word and a field right on it."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(200 * MM, 100 * MM))
    canvas.rect(30 * MM, 60 * MM, 40 * MM, 20 * MM, stroke=0, fill=1)
    canvas.acroForm.textfield(name="under", maxlen=5, fieldFlags="comb required",
                              x=30 * MM, y=60 * MM, width=40 * MM, height=20 * MM,
                              fillColor=None, borderColor=None, borderWidth=0)  # fmt: skip
    canvas.drawString(30 * MM, 20 * MM, "Word")
    canvas.showPage()
    canvas.save()
    document = pdfium.PdfDocument(target.getvalue())
    page = document[0]
    page.set_rotation(turn)
    if crop:
        page.set_cropbox(20 * MM, 10 * MM, 180 * MM, 90 * MM)
    page.close()
    saved = io.BytesIO()
    document.save(saved)
    document.close()
    return saved.getvalue()


def black_box(pdf: bytes) -> tuple[float, ...]:
    (page,) = load_pictures(pdf, limits=Limits(pdf_dpi=254))
    rows = np.flatnonzero((page.grey < 40).sum(axis=1) > 150) / 10
    columns = np.flatnonzero((page.grey < 40).sum(axis=0) > 150) / 10
    return columns[0], rows[0], columns[-1] + 0.1, rows[-1] + 0.1


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_field_lies_where_the_page_shows_it(turn: int, crop: bool) -> None:
    pdf = page_with(turn, crop)
    found: PdfPage = read_pdf_page(pdf, "a.pdf", 1)
    wide = (160.0, 80.0) if crop else (200.0, 100.0)
    shown = wide if turn % 180 == 0 else wide[::-1]
    assert (found.width, found.height) == pytest.approx(shown, abs=0.1)
    (field,) = found.fields
    assert field.box == pytest.approx(black_box(pdf), abs=0.25)
    assert (field.name, field.kind, field.cells, field.required) == ("under", "text", 5, True)
    (words,) = found.words
    assert words.text == "Word"
    if (turn, crop) == (0, False):
        assert words.box[0] == pytest.approx(30, abs=0.3)
        assert words.box[3] == pytest.approx(80, abs=0.5)


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        read_pdf_page(page_with(), "a.pdf", 2)
    with pytest.raises(ImageDamagedError):
        read_pdf_page(b"%PDF-1.4 nothing", "a.pdf", 1)
