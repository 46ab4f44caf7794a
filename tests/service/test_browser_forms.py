"""From an empty folder to a corrected table, all of it in a real browser."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import httpx
import numpy as np
import pytest

from dragging import drag, save
from handsum.imaging.load import load_page
from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
pytest.importorskip("reportlab", reason="the extra forms is not installed")
from handsum.piles.store import Store
from slips import HANDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

TRUTH = {"a": "32", "b": "57", "total": "89"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server of an empty folder, which reads what it is given."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    folder = tmp_path / "work"
    settings = ServiceSettings(pile=str(folder), children=1)
    with serving(settings, shelf=Shelf(Store.open(folder))) as running:
        yield running


def fill_in(pdf: bytes, boxes: dict[str, list[float]], texts: dict[str, str]) -> bytes:
    """A scan of the printed form with digits of a hand in its boxes."""
    grey = np.array(load_page(pdf, 1, "form").grey)
    dots = grey.shape[1] / 210.0
    for name, text in texts.items():
        x0, y0, _, y1 = (dots * side for side in boxes[name])
        height = round(0.7 * (y1 - y0))
        for place, digit in enumerate(text):
            ink = cv2.imread(str(HANDS / f"writer-0009-{digit}.png"), cv2.IMREAD_GRAYSCALE)
            assert ink is not None
            cell = cv2.resize(ink, (round(height * ink.shape[1] / ink.shape[0]), height))
            y, x = round(y0 + 0.15 * (y1 - y0)), round(x0 + (3 + 9 * place) * dots)
            part = grey[y : y + height, x : x + cell.shape[1]]
            np.minimum(part, cell, out=part)
    return cv2.imencode(".png", grey)[1].tobytes()


def make_form(page: Page) -> None:
    """Draw a form of three boxes and a rule with the mouse."""
    page.set_viewport_size({"width": 1200, "height": 1500})
    page.goto("/forms")
    page.get_by_label("Name of a new form").fill("sums")
    page.get_by_role("button", name="Draw one").click()
    page.locator("#boxes .box").first.wait_for()
    page.locator("#picture").evaluate("(picture) => picture.decode()")
    page.locator("#boxes .box").first.click()
    page.get_by_label("Format", exact=True).fill("9{1,3}")
    for name, y in (("b", 70), ("total", 90)):
        page.get_by_role("button", name="Add a field").click()
        drag(page, 60, y, 100, y + 10)
        page.locator("#inspector [name=name]").fill(name)
        page.locator("#inspector [name=label]").fill(f"<i>{name}</i>")
        page.get_by_label("Format", exact=True).fill("9{1,3}")
    write_rule(page, "total = a + b")
    save(page)


def write_rule(page: Page, rule: str) -> None:
    """Write one more rule."""
    page.get_by_role("button", name="Write a rule").click()
    page.keyboard.type(rule)


def test_blank_to_template_to_pile_to_review_to_csv(
    page: Page, client: httpx.Client, tmp_path: Path
) -> None:
    make_form(page)
    form = client.get("/api/v1/forms/sums").json()
    boxes = {field["name"]: field["box"] for field in form["fields"]}
    assert list(boxes) == ["a", "b", "total"]
    assert boxes["b"] == pytest.approx([60, 70, 100, 80], abs=1.0)
    assert page.locator("#boxes i:not(.grip)").count() == 0  # labels are text, whatever they hold
    pdf = client.get("/api/v1/forms/sums/print?sheets=2").content
    scans = []
    for number, texts in enumerate((TRUTH, {**TRUTH, "total": "99"}), start=1):
        path = tmp_path / f"scan-{number}.png"
        path.write_bytes(fill_in(pdf, boxes, texts))
        scans.append(path)
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir,")

    page.goto("/forms")
    page.locator("#new-pile [name=name]").fill("Monday")
    page.locator("#new-pile [name=file]").set_input_files([*scans, letter])
    page.get_by_role("button", name="Read", exact=True).click()
    page.get_by_text("2 of 2 pages").wait_for(timeout=120_000)
    page.get_by_text("What was not read, and why").click()
    page.locator(".aside li").wait_for()
    assert "no picture" in page.locator(".aside").inner_text()

    page.get_by_role("link", name=re.compile(r"Review \d")).click()
    page.locator("#desk:visible, #finished:visible").first.wait_for()
    for _ in range(8):
        if page.locator("#finished:visible").count():
            break
        field = {"A": "a", "<i>b</i>": "b", "<i>total</i>": "total"}[
            page.locator("#label").inner_text()
        ]
        wrong = "scan-2" in page.locator("#place").inner_text() and field == "total"
        page.locator("#text").fill("99" if wrong else TRUTH[field])
        page.keyboard.press("Enter")
        page.locator('#panel-one[aria-busy="false"]').wait_for()
    assert page.locator("#finished:visible").count() == 1
    rows = list(csv.DictReader(io.StringIO(
        client.get("/api/v1/piles/Monday/results").content.decode("utf-8-sig"))))  # fmt: skip
    assert [(row["a"], row["b"], row["total"]) for row in rows] == [
        ("32", "57", "89"), ("32", "57", "99")
    ]  # fmt: skip
    assert rows[1]["rules"]  # the writer's wrong sum stays visible
    assert {row["review"] for row in rows} == {""}

    page.goto("/forms")
    page.get_by_text("Pages with their values").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="scan-1.png, page 1").click()
    assert opened.value.locator("img").evaluate("(picture) => picture.naturalWidth") > 500


def test_a_box_is_moved_by_mouse_and_keyboard_and_a_wrong_rule_is_named(page: Page) -> None:
    make_form(page)
    drag(page, 80, 55, 90, 60)
    left, top = page.get_by_label("Left", exact=True), page.get_by_label("Top")
    assert (left.input_value(), top.input_value()) == ("70", "55")
    page.keyboard.press("ArrowLeft")
    assert left.input_value() == "69.5"
    rule = page.get_by_label("Rule 1", exact=True)
    rule.fill("total = a + c")
    page.get_by_text("At character 13: there is no field 'c'").wait_for()
    assert rule.get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Save").click()
    page.locator("#trouble:visible").wait_for()
    assert "c" in page.locator("#trouble").inner_text()
    rule.fill("total = a + b")
    page.get_by_text("Right.", exact=True).wait_for()
    save(page)
    assert page.locator("#trouble:visible").count() == 0


def test_forms_fit_a_phone(page: Page, client: httpx.Client) -> None:
    client.post("/api/v1/forms?name=sums").raise_for_status()
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/forms?language=zh", "/forms/sums", "/readers"):
        page.goto(path)
        page.locator("#forms li, #boxes .box, .reader").first.wait_for()
        assert page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_mistakes_are_told_in_chinese_with_the_exact_words_beside(
    page: Page, client: httpx.Client
) -> None:
    tree = client.post("/api/v1/forms?name=sums").raise_for_status().json()["tree"]
    tree["field"].append({"name": "b", "box": [60.0, 70.0, 100.0, 80.0]})
    client.put("/api/v1/forms/sums", json=tree).raise_for_status()
    page.goto("/forms/sums?language=zh")
    page.get_by_role("button", name="书写规则").click()
    page.locator("#rules input").fill("a = nothing")
    told = page.locator("#rules .told")
    told.get_by_text("没有名为“nothing”的字段").wait_for()
    assert "there is no field 'nothing'" in told.inner_text()
    page.locator("#rules input").fill("a >= b")
    page.locator("#boxes .box").nth(1).focus()
    for _ in range(25):  # half a millimetre each
        page.keyboard.press("ArrowUp")
    state = page.locator("#state.wrong")
    state.get_by_text("字段“a”与字段“b”的方框重叠了").wait_for()
    assert "they overlap by" in state.inner_text()
    page.evaluate("() => { document.getElementById('save').disabled = true }")  # leave unasked
