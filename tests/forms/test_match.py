from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from forms.sheets import SCALE, blank_sheet, count_form, fill_sheet, off_mm, photo, scan, stroke
from handsum.errors import TemplateError
from handsum.forms.match import Aside, Match, PageMatcher, match_page
from handsum.forms.template import load_template

EXAMPLES = Path(__file__).parents[2] / "examples" / "forms"
FILLED = {"a": "1200", "b": "345", "total": "1545", "registered": "2000"}


@pytest.fixture(scope="module")
def form():
    return count_form()


@pytest.fixture(scope="module")
def matcher(form):
    return PageMatcher([form])


@pytest.fixture(scope="module")
def sheet(form):
    return fill_sheet(form, FILLED, sheet=7)


@pytest.fixture(scope="module")
def unmarked(tmp_path_factory):
    """A form that existed before: its picture is all that is known, and it has no marks."""
    drawn = blank_sheet(count_form(page="marks = false\ncode = false"))
    path = tmp_path_factory.mktemp("blank") / "blank.png"
    cv2.imwrite(str(path), drawn)
    return replace(count_form(page="marks = false\ncode = false"), blank=path)


def corners(grey, *gone, side=26):
    """The picture with a smear over some of the sheet's corners, clockwise from the upper left."""
    page = grey.copy()
    h, w = page.shape
    edge = round(side / 25.4 * 200)
    rng = np.random.default_rng(3)
    for corner in gone:
        rows = slice(0, edge) if corner in (0, 1) else slice(h - edge, h)
        columns = slice(0, edge) if corner in (0, 3) else slice(w - edge, w)
        page[rows, columns] = rng.normal(140, 12, (edge, edge)).clip(0, 255)
    return page


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dpi": 400, "angle": 1.5},
        {"dpi": 150, "angle": -4, "size": 0.97},
        {"turn": 90, "angle": 2},
        {"turn": 180},
        {"turn": 270, "angle": -1},
        {"dpi": 72, "angle": 1},
    ],
)
def test_scans_match_within_a_quarter_of_a_millimetre(matcher, sheet, options):
    page, truth = scan(sheet, **options)
    found = matcher.match(page)
    assert isinstance(found, Match)
    # At 72 dpi a module of the code is little more than a pixel: it may be read or not.
    if options.get("dpi") != 72:
        assert (found.how, found.sheet) == ("code", 7)
    assert found.turned == -options.get("turn", 0) % 360
    assert off_mm(found.transform, truth) < 0.25
    assert found.error_mm < 0.25


@pytest.mark.parametrize("angle", [0, 1, 2])
def test_a_blurred_code_is_read_where_the_marks_say_it_is(matcher, sheet, angle):
    page, _ = scan(sheet, angle=angle)
    blurred = cv2.GaussianBlur(page, (0, 0), 2.0)  # half a module of the code
    found = matcher.match(blurred)
    assert isinstance(found, Match)
    assert (found.how, found.sheet) == ("code", 7)


def test_a_flawless_code_that_opencv_does_not_find_is_read():
    form = load_template(EXAMPLES / "paying-in" / "template.toml")
    found = match_page(scan(blank_sheet(form, 146))[0], [form])
    assert isinstance(found, Match)
    assert (found.how, found.sheet) == ("code", 146)


def test_strokes_beside_the_teeth_of_a_comb_are_no_misfit():
    """Along a comb's line a 1 in a cell looks like the next tooth, a little off."""
    form = load_template(EXAMPLES / "paying-in" / "template.toml")
    sheet = blank_sheet(form)
    for field in (form.by_name["account"], form.by_name["date"]):
        for n, cell in enumerate(field.cell_boxes[1:]):
            x = cell[0] + (1.25 if n % 2 else -1.25)
            stroke(sheet, (x, field.box[1] + 0.2), (x, field.box[3] - 0.2))
    page, truth = scan(sheet)
    found = match_page(page, [form])
    assert isinstance(found, Match)
    assert found.error_mm < 0.25
    assert off_mm(found.transform, truth) < 0.25


def test_a_crease_is_a_misfit(matcher, sheet):
    """The lower part of the sheet lies 2 mm to the right of the upper one."""
    creased = sheet.copy()
    below = creased[100 * round(SCALE) :]
    below[:] = np.roll(below, round(2 * SCALE), axis=1)
    found = matcher.match(scan(creased)[0])
    assert isinstance(found, Aside)
    assert found.reason == "bad_fit"


def test_photos_match(matcher, sheet):
    for seed in range(3):
        page, truth = photo(sheet, seed)
        found = matcher.match(page)
        assert isinstance(found, Match)
        assert off_mm(found.transform, truth) < 0.25


def test_paper_that_is_not_flat_is_bent_back(matcher, form, sheet):
    h, w = sheet.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    curled = cv2.remap(sheet, x + 1.5 * SCALE * np.sin(y / h * 3), y, cv2.INTER_LINEAR)
    found = matcher.match(scan(curled)[0])
    assert isinstance(found, Match)
    assert found.transform.bend is not None
    # A point of the form lies where the curl has put it.
    form_point = np.array([[70.0, 100.0]])
    seen = found.transform.to_pixels(form_point)[0] / (200 / 25.4)
    expected = 70.0 - 1.5 * np.sin(100 / form.height * 3)
    assert abs(seen[0] - expected) < 0.2
    assert found.transform.to_mm(found.transform.to_pixels(form_point)) == pytest.approx(
        form_point, abs=0.01
    )


@pytest.mark.parametrize("gone", [(0,), (1,), (3,), (0, 2), (0, 1, 2)])
def test_torn_corners_and_coffee(matcher, sheet, gone):
    page, truth = scan(sheet, angle=1.5)
    found = matcher.match(corners(page, *gone, side=18))
    assert isinstance(found, Match)
    assert off_mm(found.transform, truth) < 0.3


def test_print_alone_is_enough(matcher, sheet):
    page, truth = scan(sheet, angle=-2)
    page = corners(page, 0, 1, 2, 3, side=18)
    page[:240, 550:950] = 245  # the code
    found = matcher.match(page)
    assert isinstance(found, Match)
    assert found.how == "lines"
    assert off_mm(found.transform, truth) < 0.3


def test_a_form_without_marks_is_known_by_its_lines(unmarked):
    matcher = PageMatcher([unmarked])
    sheet = blank_sheet(count_form(page="marks = false\ncode = false"))
    for page, truth in (scan(sheet, angle=2, turn=180), photo(sheet, 1)):
        found = matcher.match(page)
        assert isinstance(found, Match)
        assert found.how == "lines"
        assert off_mm(found.transform, truth) < 0.3
    two = np.hstack([scan(sheet)[0], scan(sheet, angle=1)[0]])
    assert matcher.match(two).reason == "two_pages"


def test_what_does_not_match_is_put_aside(matcher, form, sheet):
    page, _ = scan(sheet)
    rng = np.random.default_rng(0)
    empty = rng.normal(240, 4, page.shape).clip(0, 255).astype(np.uint8)
    noise = rng.integers(0, 256, page.shape).astype(np.uint8)
    asides = {
        "blank_page": empty,
        "no_marks": noise,
        "two_pages": np.hstack([page, scan(sheet, angle=1)[0]]),
        "other_version": scan(blank_sheet(count_form(version="2")))[0],
        "wrong_form": scan(blank_sheet(count_form(name="census")))[0],
        "unreadable": scan(sheet, dpi=50)[0],
        "cut_off": page[: len(page) // 2],
    }
    for reason, picture in asides.items():
        found = matcher.match(picture)
        assert isinstance(found, Aside), reason
        assert found.reason == reason
        assert found.message and found.remedy


def test_another_form_with_the_same_marks_is_not_taken_for_ours(form):
    bare = count_form(page="code = false")
    other = count_form(page="code = false", row=88)
    page, _ = scan(fill_sheet(bare, FILLED))
    found = match_page(page, [other, bare])
    assert isinstance(found, Match)
    assert found.template is bare
    twin = replace(bare, version="2", sha256="f" * 64)
    found = match_page(page, [bare, twin])
    assert isinstance(found, Aside)  # nothing on the page tells which of the two it is
    assert found.reason == "other_version"


def test_a_blank_that_cannot_be_used(tmp_path, unmarked):
    gone = replace(unmarked, blank=tmp_path / "gone.png")
    with pytest.raises(TemplateError, match=r"gone\.png"):
        PageMatcher([gone])
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.full((700, 500), 255, np.uint8))
    with pytest.raises(TemplateError, match="too little print"):
        PageMatcher([replace(unmarked, blank=empty)])


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 900), (5, 5000), (20, 20)])
def test_pictures_that_hold_no_page(matcher, shape):
    noise = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    assert isinstance(matcher.match(noise), Aside)
