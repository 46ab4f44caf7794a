import json
import pickle

import cv2
import numpy as np
import pytest

from forms.sheets import SCALE, blank_sheet, count_form, fill_sheet, photo, scan, stroke
from handsum.forms.page_reading import PageAside, PageReading
from handsum.forms.read import FormReader, Keyed, apply_rules, crop_field, draw_page_overlay

FILLED = {
    "a": "1200",
    "b": "345",
    "total": "1545",
    "registered": "2000",
    "hours[1].from": "08",
    "hours[1].to": "12",
    "hours[3].to": "17",
}


@pytest.fixture(scope="module")
def form():
    return count_form()


@pytest.fixture(scope="module")
def reader(form):
    return FormReader([form])


def texts(page):
    return {field.name: field.reading.text for field in page.fields if field.reading.text}


@pytest.mark.parametrize(
    "look",
    [
        lambda sheet: scan(sheet, angle=1),
        lambda sheet: scan(sheet, dpi=72, turn=180),
        lambda sheet: scan(sheet, dpi=300, angle=-4, size=0.97),
        lambda sheet: photo(sheet, 2),
    ],
)
def test_a_sheet_is_read(reader, form, look):
    page = reader.read_page(look(fill_sheet(form, FILLED))[0], "a.png", 3)
    assert isinstance(page, PageReading)
    assert texts(page) == FILLED
    assert (page.source, page.page, page.template, page.sheet or 1) == ("a.png", 3, "count", 1)
    assert {rule.status for rule in page.rules} == {"holds"}
    total = page.field("total").reading
    assert (total.decision, total.basis, total.value) == ("accepted", "rule", "1545")
    empty = page.field("hours[2].from").reading
    assert (empty.content, empty.decision, empty.basis) == ("blank", "accepted", "estimate")
    assert page.field("recount").reading.content == "blank"
    again = PageReading.from_json(json.loads(json.dumps(page.to_json())))
    assert again.to_json() == page.to_json()
    assert again.transform == page.transform


def test_boxes_lie_on_the_page_as_it_was_loaded(reader, form):
    grey, truth = scan(fill_sheet(form, FILLED), turn=90)
    page = reader.read_page(grey)
    for name in ("a", "registered"):
        x0, y0, x1, y1 = form.by_name[name].box
        corners = np.array([[x0, x1], [y0, y1], [1, 1]])
        at = truth @ corners
        low, high = np.sort(at[:2] / at[2], axis=1).T
        box = page.field(name).reading.box
        assert box == pytest.approx((*low, *high), abs=3)
        for digit in page.field(name).reading.digits:
            assert digit.box[0] >= box[0] - 4 and digit.box[3] <= box[3] + 4


def test_unused_cells_dashed_or_crossed_are_empty(reader, form):
    sheet = fill_sheet(form, {**FILLED, "a": "12", "b": "3", "total": "15"})
    a, b, total = (form.by_name[name] for name in ("a", "b", "total"))
    for cell in a.cell_boxes[:2]:  # a dash
        middle = (cell[1] + cell[3]) / 2
        stroke(sheet, (cell[0] + 1.2, middle), (cell[2] - 1.2, middle - 0.3))
    for cell in b.cell_boxes[:3]:  # a cross
        stroke(sheet, (cell[0] + 0.5, cell[1] + 0.7), (cell[2] - 0.5, cell[3] - 0.7))
        stroke(sheet, (cell[0] + 0.5, cell[3] - 0.7), (cell[2] - 0.5, cell[1] + 0.7))
    for cell in total.cell_boxes[:2]:  # a stroke from corner to corner
        stroke(sheet, (cell[0] + 0.3, cell[3] - 0.3), (cell[2] - 0.3, cell[1] + 0.3))
    page = reader.read_page(scan(sheet)[0])
    assert [page.field(name).reading.text for name in ("a", "b", "total")] == ["12", "3", "15"]
    assert page.field("total").reading.decision == "accepted"


def test_ink_across_print_stays_whole(reader, form):
    sheet = blank_sheet(form)
    x0, y0, _, y1 = form.by_name["registered"].box
    # A 4 that stands on the lower line of the box, and a 7 that hangs over the upper one.
    stroke(sheet, (x0 + 6, y0 + 3), (x0 + 4, y1 - 2), (x0 + 9, y1 - 2))
    stroke(sheet, (x0 + 8, y1 - 5), (x0 + 7.5, y1 + 2))
    stroke(sheet, (x0 + 13, y0 - 1), (x0 + 18, y0 - 1), (x0 + 15, y1 - 2))
    page = reader.read_page(scan(sheet, angle=0.7)[0])
    assert page.field("registered").reading.text == "47"


def test_what_is_struck_out_or_missing_goes_to_review(reader, form):
    sheet = fill_sheet(form, {"a": "1200", "b": "345", "registered": "2000", "hours[1].to": "12"})
    x0, y0, x1, y1 = form.by_name["a"].box
    for k in range(16):  # scribbled over
        x = x0 + 1 + k * (x1 - x0 - 2) / 16
        stroke(sheet, (x, y0 + 0.8), (x + 1.4, y1 - 0.8), (x + 1.0, y0 + 0.8), pen=0.7)
    page = reader.read_page(scan(sheet)[0])
    assert page.field("a").reading.decision == "review"
    assert page.field("a").reading.content != "blank"
    missing = page.field("total")
    assert (missing.reading.content, missing.reading.decision) == ("blank", "review")
    assert missing.why == "required"
    # The others are still what they are.
    assert page.field("registered").reading.decision == "accepted"


@pytest.mark.parametrize("colour", [20, 250])
def test_a_stain_or_a_slip_of_paper_is_no_empty_field(reader, form, colour):
    sheet = fill_sheet(form, FILLED)
    x0, y0, x1, y1 = (round(side * SCALE) for side in form.by_name["registered"].box)
    cv2.rectangle(sheet, (x0 - 20, y0 - 16), (x1 + 20, y1 + 16), colour, -1)
    page = reader.read_page(scan(sheet)[0])
    covered = page.field("registered")
    assert (covered.reading.content, covered.reading.decision) == ("not_a_number", "review")
    assert page.field("total").reading.text == "1545"


def test_a_tick_and_one_taken_back(reader, form):
    x0, y0, x1, y1 = form.by_name["recount"].box
    ticked = fill_sheet(form, FILLED)
    stroke(ticked, (x0 + 1, y0 + 2), (x0 + 2, y1 - 1), (x1 + 1.5, y0 - 2))
    reading = reader.read_page(scan(ticked)[0]).field("recount").reading
    assert (reading.content, reading.text, reading.decision) == ("number", "1", "accepted")
    black = fill_sheet(form, FILLED)
    cv2.rectangle(
        black,
        (round((x0 + 0.5) * SCALE), round((y0 + 0.5) * SCALE)),
        (round((x1 - 0.5) * SCALE), round((y1 - 0.5) * SCALE)),
        50,
        -1,
    )
    reading = reader.read_page(scan(black)[0]).field("recount").reading
    assert (reading.content, reading.decision) == ("struck_out", "review")


def test_a_wrong_total_is_flagged_and_a_correction_mends_it(reader, form):
    page = reader.read_page(scan(fill_sheet(form, {**FILLED, "total": "1555"}))[0])
    rule = page.rules[0]
    assert (rule.status, rule.verdict) == ("broken", "writer")
    assert texts(page)["total"] == "1555"  # nothing is changed
    for name in ("a", "b", "total"):
        assert page.field(name).reading.decision == "review"
        assert page.field(name).why == "rule"
    assert {field.name for field in page.fields if field.look_at} == set(rule.look_at)
    mended = apply_rules(form, page, {"total": Keyed("number", "1545")})
    total = mended.field("total").reading
    assert (total.text, total.origin, total.basis) == ("1545", "keyed", "person")
    assert mended.rules[0].status == "holds"
    assert mended.field("a").reading.decision == "accepted"
    taken_back = apply_rules(form, mended, {})
    assert texts(taken_back) == texts(page)
    assert taken_back.rules == page.rules
    with pytest.raises(KeyError, match="nobody"):
        apply_rules(form, page, {"nobody": Keyed("blank")})


def test_pages_put_aside_say_why(reader):
    aside = reader.read_page(np.full((1200, 800), 240, np.uint8), "b.png", 2)
    assert isinstance(aside, PageAside)
    assert (aside.reason, aside.source, aside.page) == ("blank_page", "b.png", 2)
    assert PageAside.from_json(json.loads(json.dumps(aside.to_json()))) == aside


def test_a_reader_goes_to_another_process(reader, form):
    grey = scan(fill_sheet(form, FILLED))[0]
    twin = pickle.loads(pickle.dumps(reader))
    assert twin.read_page(grey).to_json() == reader.read_page(grey).to_json()


def test_pictures_to_look_at(reader, form):
    seen = reader.see_page(scan(fill_sheet(form, FILLED), turn=180)[0])
    overlay = draw_page_overlay(seen.upright, seen.outcome, seen.scale)
    assert overlay.shape == (*seen.upright.shape, 3)
    field = seen.outcome.field("a")
    x0, y0, x1, _ = field.crop_box
    green = overlay[y0, x0:x1].astype(int)
    assert (green[:, 1] > green[:, 2] + 40).mean() > 0.9
    crop = crop_field(seen.upright, field, seen.scale, context=2.0)
    assert crop.shape == pytest.approx((12 * seen.scale, 28 * seen.scale), abs=2)
    assert crop.min() < 120
