"""Printed forms: vectors at the places that the template names, a code on every sheet."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
import reportlab

from handsum.errors import PrintFormError
from handsum.forms.marks import MARK_DICTIONARY, PageCode, mark_corners, parse_code
from handsum.forms.print import draw_form, print_form
from handsum.forms.template import Template, parse_template
from handsum.imaging.load import Limits, load_pictures

TEXT = """
schema = 1
name = "slip"
version = "2"
title = "Paying-in slip"
[[field]]
name = "amount"
label = "Amount"
kind = "comb"
cells = 6
box = [60, 60, 102, 68]
[[field]]
name = "agree"
label = "I agree"
kind = "tick"
box = [60, 80, 65, 85]
[[table]]
name = "t"
box = [60, 110, 120, 142]
rows = 4
row_labels = ["one", "two", "three", "four"]
header = "Item"
[[table.column]]
name = "x"
label = "Count"
[[table.column]]
name = "y"
label = "Price"
[[text]]
text = "Größe: 12 €"
x = 20
y = 200
"""
MM = 8.0  # pixels
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def template(text: str = TEXT, folder: Path = Path()) -> Template:
    return parse_template(text, "slip.toml", folder)


def drawn(pdf: bytes) -> list[np.ndarray]:
    return [page.grey for page in load_pictures(pdf, limits=Limits(pdf_dpi=round(MM * 25.4)))]


def test_every_sheet_has_its_number_in_the_code(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "form.pdf"
    print_form(template(), path, sheets=3, first=41)
    codes = [
        parse_code(cv2.QRCodeDetector().detectAndDecode(page)[0])
        for page in drawn(path.read_bytes())
    ]
    assert codes == [PageCode("slip", "2", n) for n in (41, 42, 43)]


def test_marks_stand_where_matching_looks_for_them() -> None:
    (page,) = drawn(draw_form(template()))
    scale = page.shape[1] / 210.0
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(MARK_DICTIONARY))
    found, ids, _ = detector.detectMarkers(page)
    assert sorted(ids.ravel()) == [0, 1, 2, 3]
    for mark_id, corners in zip(ids.ravel(), found, strict=True):
        asked = mark_corners(210.0, 297.0)[mark_id] * scale - 0.5  # of pixels' middles
        assert np.abs(corners.reshape(4, 2) - asked).max() < 1.2  # pixels of 0.125 mm


def test_boxes_stand_where_the_template_says() -> None:
    (page,) = drawn(draw_form(template()))
    scale = page.shape[1] / 210.0

    def ink(x: float, y: float) -> int:
        x0, y0 = round(x * scale - 0.5), round(y * scale - 0.5)
        return 255 - int(page[y0 - 1 : y0 + 2, x0 - 1 : x0 + 2].min())

    for x, y in ((60, 64), (67, 64), (102, 64), (81, 60), (81, 68), (60, 82), (65, 82),
                 (90, 114), (75, 118), (48, 114), (75, 102)):  # fmt: skip
        assert ink(x, y) > 150, (x, y)
    for x, y in ((63.5, 64), (62.5, 82), (75, 114), (40, 64), (105, 64)):
        assert ink(x, y) < 30, (x, y)


def test_all_is_vectors_and_the_same_every_time() -> None:
    pdf = draw_form(template(), sheets=2)
    assert pdf == draw_form(template(), sheets=2)
    document = pdfium.PdfDocument(pdf)
    page = document[0]
    assert page.get_size() == pytest.approx((210 * 72 / 25.4, 297 * 72 / 25.4))
    kinds = {item.type for item in page.get_objects(max_depth=4)}
    assert pdfium_c.FPDF_PAGEOBJ_IMAGE not in kinds
    texts = page.get_textpage()
    words = texts.get_text_bounded()
    for word in ("Paying-in slip", "Amount", "I agree", "Count", "three", "Größe: 12 €", "Item"):
        assert word in words
    texts.close()
    page.close()
    document.close()


def test_a_form_without_marks_has_none() -> None:
    text = TEXT.replace("[[field]]", "[page]\nmarks = false\n[[field]]", 1)
    (page,) = drawn(draw_form(template(text)))
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(MARK_DICTIONARY))
    assert detector.detectMarkers(page)[1] is None
    assert not cv2.QRCodeDetector().detectAndDecode(page)[0]


def test_letters_beyond_the_standard_fonts_need_a_font(tmp_path: Path) -> None:
    polish = TEXT.replace('"Amount"', '"Kwota w złotych"')
    with pytest.raises(PrintFormError, match=r"U\+0142.*font ="):
        draw_form(template(polish))
    (tmp_path / "v.ttf").write_bytes(FONT.read_bytes())
    with_font = polish.replace("[[field]]", '[page]\nfont = "v.ttf"\n[[field]]', 1)
    document = pdfium.PdfDocument(draw_form(template(with_font, tmp_path)))
    page = document[0]
    texts = page.get_textpage()
    assert "złotych" in texts.get_text_bounded()
    texts.close()
    page.close()
    document.close()
    with pytest.raises(PrintFormError, match=r"v\.ttf lacks it"):
        draw_form(template(with_font.replace("Kwota", "数"), tmp_path))
    (tmp_path / "v.ttf").write_bytes(b"no font at all")
    with pytest.raises(PrintFormError, match="no TrueType font"):
        draw_form(template(with_font, tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Amount"', '"' + "An amount of money that goes on and on. " * 12 + '"',
         'field "amount", label'),
        ('"Count"', '"Donaudampfschifffahrtsgesellschaftskapitän"', 'table "t", column, label'),
        ('"three"', '"' + "w" * 60 + '"', "row_labels"),
        ('"Amount"', '"مبلغ"', "shaped"),
        ("x = 20\n", "x = 195\n", "leaves the sheet"),
        ("y = 200\n", "y = 300\n", "leaves the sheet"),
        ("box = [60, 110, 120, 142]", "box = [10, 110, 70, 142]", "headings leave the page"),
        ("box = [60, 110, 120, 142]", "box = [60, 90, 120, 122]", "headings lie on .60, 80"),
        ('"Amount"', '"two\\tcolumns"', r"\\t"),
    ],
)  # fmt: skip
def test_what_has_no_room_or_no_glyphs_is_told(old: str, new: str, said: str) -> None:
    with pytest.raises(PrintFormError, match=said):
        draw_form(template(TEXT.replace(old, new)))


def test_a_form_that_exists_is_not_printed_anew(tmp_path: Path) -> None:
    (tmp_path / "old.pdf").write_bytes(b"%PDF-")
    text = TEXT.replace('version = "2"', 'version = "2"\nblank = "old.pdf"')
    with pytest.raises(PrintFormError, match=r"old\.pdf"):
        draw_form(template(text, tmp_path))


@pytest.mark.parametrize(("sheets", "first"), [(0, 1), (1, 0), (2, 100_000)])
def test_sheets_are_numbered_from_1_to_100000(sheets: int, first: int) -> None:
    with pytest.raises(PrintFormError, match="100000"):
        draw_form(template(), sheets, first)
