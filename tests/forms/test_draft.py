"""Drafts: what was printed is found again, and what others printed is found at all."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from forms.strange import MmBox, Sheet, dense_form, strange_form
from handsum.errors import BlankFormError, FileMissingError
from handsum.forms.draft import Draft, draft_template
from handsum.forms.draft_page import find_tilt
from handsum.forms.paper import ink_of
from handsum.forms.print import draw_form
from handsum.forms.template import Template, load_template, parse_template
from handsum.imaging.load import Limits, load_pictures

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "forms").glob("*/template.toml"))
POLLING = """
schema = 1
name = "polling-station"
version = "3"
title = "Result of the polling station"
[[field]]
name = "station"
label = "Station"
kind = "comb"
cells = 5
box = [120, 40, 160, 48]
[[field]]
name = "day"
label = "Date"
kind = "date"
order = "dmy"
cells = 8
box = [120, 52, 184, 60]
[[table]]
name = "votes"
box = [120, 75, 160, 139]
rows = 8
row_labels = ["Adams", "Baker", "Clark", "Davies", "Evans", "Frank", "Green", "Hill"]
row_label_width = 70
header = "Candidate"
[[table.column]]
label = "Votes"
kind = "comb"
cells = 4
[[field]]
name = "cast"
label = "Cast"
kind = "comb"
cells = 4
box = [120, 150, 160, 158]
[[field]]
name = "counted"
label = "Counted twice"
kind = "tick"
box = [120, 170, 125, 175]
[[field]]
name = "signed"
label = "Signed"
kind = "line"
box = [120, 190, 180, 198]
"""
WEATHER = """
schema = 1
name = "weather-log"
title = "Weather of a month"
[[table]]
name = "days"
box = [40, 45, 180, 231]
rows = 31
row_labels = "numbers"
header = "Day"
header_height = 8
[[table.column]]
name = "min"
label = "Min"
[[table.column]]
name = "max"
label = "Max"
[[table.column]]
name = "rain"
label = "Rain"
width = 40
[[table.column]]
name = "wind"
label = "Wind"
kind = "comb"
cells = 4
width = 20
[[field]]
name = "mean"
label = "Mean"
box = [40, 245, 80, 253]
[[field]]
name = "station"
label = "No."
kind = "comb"
cells = 6
box = [140, 245, 182, 253]
"""
SLIP = """
schema = 1
name = "slip"
[page]
size = "A5"
landscape = true
[[field]]
name = "account"
label = "Account"
kind = "comb"
cells = 11
box = [50, 40, 127, 48]
[[field]]
name = "francs"
label_at = "above"
label = "Amounts"
kind = "column"
box = [50, 60, 90, 115]
[[field]]
name = "day"
label = "Date"
kind = "date"
order = "dmy"
box = [120, 60, 170, 69]
[[field]]
name = "total"
label = "Total"
box = [120, 80, 170, 90]
"""


def found_boxes(template: Template) -> list[tuple[str, int, MmBox]]:
    """Kind, cells and box of every field; a date in cells looks like a comb, one without a box."""
    found = []
    for field in template.fields:
        kind = field.kind
        if kind == "date":
            kind = "comb" if field.cells else "box"
        found.append((kind, field.cells, field.box))
    return found


def assert_same(
    found: list[tuple[str, int, MmBox]], asked: list[tuple[str, int, MmBox]], within: float
) -> None:
    assert len(found) == len(asked)
    for kind, cells, box in asked:
        near = min(found, key=lambda f: max(abs(a - b) for a, b in zip(f[2], box, strict=True)))
        assert max(abs(a - b) for a, b in zip(near[2], box, strict=True)) < within, (kind, box)
        assert near[:2] == (kind, cells), (kind, box)


def save(path: Path, grey: np.ndarray) -> Path:
    cv2.imwrite(str(path), grey)
    return path


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_the_examples_are_found_again(path: Path, tmp_path: Path) -> None:
    template = load_template(path)
    (page,) = load_pictures(draw_form(template), limits=Limits(pdf_dpi=200))
    draft = draft_template(save(tmp_path / "page.png", page.grey))
    assert_same(found_boxes(draft.template), found_boxes(template), within=0.25)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_what_is_drafted_from_a_print_can_be_printed(path: Path, tmp_path: Path) -> None:
    """As a PDF it has words too: none is taken for a field, and all have room where they stood."""
    # Without a heading above its row labels a table has an empty corner, which is no field.
    text = re.sub(r"^header = .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    template = parse_template(text, str(path), path.parent)
    pdf = tmp_path / "form.pdf"
    for _ in range(2):
        pdf.write_bytes(draw_form(template))
        draft = draft_template(pdf)
        assert_same(found_boxes(draft.template), found_boxes(template), within=0.25)
        template = draft.template


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("text", [POLLING, WEATHER, SLIP], ids=["polling", "weather", "slip"])
def test_print_then_draft_gives_the_same_boxes(text: str, marks: bool, tmp_path: Path) -> None:
    page_keys = text.partition("[page]\n")[2].partition("[[")[0]
    bare = text.replace(f"[page]\n{page_keys}", "")
    keys = f"[page]\n{page_keys}marks = {str(marks).lower()}\n"
    text = bare.replace("[[", keys + "[[", 1)
    template = parse_template(text, "t.toml", tmp_path)
    (page,) = load_pictures(draw_form(template), limits=Limits(pdf_dpi=200))
    size = (template.width, template.height)
    draft = draft_template(save(tmp_path / "page.png", page.grey), size=size)
    assert_same(found_boxes(draft.template), found_boxes(template), within=0.25)
    assert draft.template.marks == marks
    if marks:
        assert (draft.template.name, draft.template.version) == (template.name, template.version)


def test_a_scan_of_our_form_is_placed_by_its_marks(tmp_path: Path) -> None:
    template = parse_template(POLLING, "t.toml", tmp_path)
    (page,) = load_pictures(draw_form(template), limits=Limits(pdf_dpi=150))
    h, w = page.grey.shape
    # A photo from the side: each corner elsewhere, another size.
    to = np.array([[60, 40], [w * 0.9, 90], [w * 0.95, h * 0.93], [20, h * 0.9]], np.float32)
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, to)
    seen = cv2.warpPerspective(page.grey, matrix, (w, h), borderValue=(90,))
    draft = draft_template(save(tmp_path / "photo.png", seen))
    assert_same(found_boxes(draft.template), found_boxes(template), within=1.0)
    assert "blank" not in draft.toml


@pytest.mark.parametrize(
    ("ink", "tilt"), [(0, 0.0), (190, 0.0), (0, 0.3), (120, -1.4), (90, 4.0), (150, 0.02)]
)
def test_forms_of_others(ink: int, tilt: float, tmp_path: Path) -> None:
    sheet = strange_form(ink)
    grey = sheet.scan(tilt, noise=4.0, seed=1, quality=75)
    draft = draft_template(save(tmp_path / "old form.png", grey))
    assert_same(found_boxes(draft.template), sheet.truth, within=1.0)
    assert draft.template.name == "old-form"
    straight = "old form-straight.png" if abs(tilt) > 0.1 else "old form.png"
    assert f'blank = "{straight}"' in draft.toml
    assert (draft.blank is not None) == (abs(tilt) > 0.1)


@pytest.mark.parametrize("shadow", [0.0, 0.3])
def test_captions_panels_and_frames(shadow: float, tmp_path: Path) -> None:
    sheet = dense_form()
    grey = sheet.scan(0.5, noise=4.0, seed=1, quality=75).astype(float)
    grey *= np.linspace(1, 1 - shadow, grey.shape[1])
    draft = draft_template(save(tmp_path / "tax.png", grey.astype(np.uint8)))
    assert_same(found_boxes(draft.template), sheet.truth, within=1.0)


@pytest.mark.parametrize("dpi", [100, 150, 300])
def test_other_resolutions(dpi: int, tmp_path: Path) -> None:
    sheet = strange_form(60, dpi)
    grey = sheet.scan(0.7, noise=4.0, seed=1, quality=75)
    draft = draft_template(save(tmp_path / "a.png", grey))
    assert_same(found_boxes(draft.template), sheet.truth, within=1.0)


def test_squared_paper_is_no_form(tmp_path: Path) -> None:
    sheet = Sheet(ink=120)
    for n in range(81):
        sheet.line(10, 20 + 2.5 * n, 190, 20 + 2.5 * n, 0.15)
    for n in range(73):
        sheet.line(10 + 2.5 * n, 20, 10 + 2.5 * n, 220, 0.15)
    with pytest.raises(BlankFormError, match="squared paper"):
        draft_template(save(tmp_path / "a.png", sheet.scan()))


def test_lines_that_are_each_a_little_crooked(tmp_path: Path) -> None:
    sheet = Sheet(ink=60)
    for n in range(6):
        sheet.line(30, 100 + 9 * n, 170, 100.6 + 9 * n - 0.2 * n)
    for x in (30, 80, 125, 170):
        sheet.line(x, 100, x + 0.3, 145.5)
    draft = draft_template(save(tmp_path / "x.png", sheet.scan()))
    (table,) = draft.template.tables
    assert (table.rows, len(table.columns)) == (5, 3)
    assert np.abs(np.array(table.box) - (30.15, 100.3, 170.15, 145)).max() < 1.0


@pytest.mark.parametrize("tilt", [-3.3, -0.22, 0.1, 1.0])
def test_the_tilt_of_a_page(tilt: float) -> None:
    grey = strange_form(0).scan(tilt)
    fine = cv2.resize(grey, (1680, 2376), interpolation=cv2.INTER_AREA)
    assert find_tilt(ink_of(np.asarray(fine, np.uint8))) == pytest.approx(tilt, abs=0.05)


@pytest.fixture
def fillable(tmp_path: Path) -> Path:
    path = tmp_path / "fillable.pdf"
    mm = 72 / 25.4
    canvas = Canvas(str(path), pagesize=(210 * mm, 297 * mm))

    def place(x0: float, y0: float, x1: float, y1: float) -> dict[str, float]:
        return {"x": x0 * mm, "y": (297 - y1) * mm,
                "width": (x1 - x0) * mm, "height": (y1 - y0) * mm}  # fmt: skip

    form = canvas.acroForm
    form.textfield(name="acct.number", tooltip="Account", maxlen=8, fieldFlags="comb",
                   **place(60, 40, 116, 48))  # fmt: skip
    form.textfield(name="Total amount!", fieldFlags="required", **place(60, 60, 100, 68))
    canvas.drawString(20 * mm, (297 - 66) * mm, "Total amount")
    form.checkbox(name="agree", x=60 * mm, y=(297 - 85) * mm, size=5 * mm)
    form.choice(name="rate", options=["10", "20"], value="10", **place(60, 90, 100, 98))
    form.choice(name="other.rate", options=["low", "high"], value="low", **place(60, 100, 100, 108))
    canvas.save()
    return path


def test_the_fields_of_a_fillable_pdf_are_taken_over(fillable: Path) -> None:
    draft = draft_template(fillable)
    asked = [
        ("comb", 8, (60, 40, 116, 48)), ("box", 0, (60, 60, 100, 68)),
        ("tick", 0, (60, 80, 65, 85)), ("box", 0, (60, 90, 100, 98)),
        ("box", 0, (60, 100, 100, 108)),
    ]  # fmt: skip
    assert_same(found_boxes(draft.template), asked, within=0.05)
    names = draft.template.by_name
    assert list(names) == ["number", "total_amount", "agree", "rate", "rate_2"]
    assert names["number"].label == "Account"
    assert names["total_amount"].label == "Total amount"
    assert names["total_amount"].required
    assert names["rate"].entries == ("10", "20")
    assert names["rate_2"].entries is None  # words are not read
    assert 'blank = "fillable.pdf"' in draft.toml


def test_a_pdf_gives_its_words_as_labels(tmp_path: Path) -> None:
    template = parse_template(POLLING, "t.toml", tmp_path)
    path = tmp_path / "form.pdf"
    path.write_bytes(draw_form(template))
    draft = draft_template(path)
    labels = {f.label for f in draft.template.fields if f.place is None}
    assert labels == {"Station", "Date", "Cast", "Counted twice", "Signed"}
    (table,) = draft.template.tables
    assert table.row_labels == template.tables[0].row_labels
    assert table.header == "Candidate"
    assert [column.label for column in table.columns] == ["Votes"]


def test_the_overlay_shows_every_box_in_colour(tmp_path: Path) -> None:
    sheet = strange_form(0)
    draft: Draft = draft_template(save(tmp_path / "a.png", sheet.scan()))
    picture = draft.overlay.astype(int)
    colourful = picture.max(axis=2) - picture.min(axis=2) > 60
    scale = picture.shape[1] / 210.0
    for _, _, (x0, y0, x1, y1) in sheet.truth:
        for x, y in ((x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2), ((x0 + x1) / 2, y1)):
            px, py = round(x * scale), round(y * scale)
            assert colourful[py - 3 : py + 4, px - 3 : px + 4].any()


def test_what_is_no_form_is_refused(tmp_path: Path) -> None:
    words = Sheet()
    for n in range(40):
        words.text("Words upon words, and nothing to fill in anywhere", 20, 30 + 6 * n, 2.5)
    with pytest.raises(BlankFormError, match="no boxes"):
        draft_template(save(tmp_path / "letter.png", words.scan()))
    with pytest.raises(BlankFormError, match="too few"):
        draft_template(save(tmp_path / "icon.png", np.full((64, 64), 255, np.uint8)))
    with pytest.raises(BlankFormError, match="not a page 2"):
        draft_template(tmp_path / "letter.png", page=2)
    with pytest.raises(FileMissingError):
        draft_template(tmp_path / "none.png")
