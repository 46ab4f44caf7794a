"""Tables of a form, drawn and changed in a real browser, and rules over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from dragging import drag, save
from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
pytest.importorskip("reportlab", reason="the extra forms is not installed")
from handsum.forms.template import Template, load_template
from handsum.piles.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where forms are kept."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def server(work: Path) -> Iterator[Running]:
    """A server of that folder."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    with serving(
        ServiceSettings(pile=str(work), children=1), shelf=Shelf(Store.open(work))
    ) as running:
        yield running


@pytest.fixture
def form(page: Page, client: httpx.Client) -> Iterator[Page]:
    """The editor of a new form, which has one field a at 60, 50 to 100, 60."""
    client.post("/api/v1/forms?name=hours").raise_for_status()
    page.set_viewport_size({"width": 1280, "height": 1500})
    page.goto("/forms/hours")
    page.locator("#boxes .box").first.wait_for()
    page.locator("#picture").evaluate("(picture) => picture.decode()")
    yield page
    page.evaluate("() => { document.getElementById('save').disabled = true }")  # leave unasked
    client.delete("/api/v1/forms/hours").raise_for_status()


def saved(page: Page, work: Path) -> Template:
    """The template as the loader of ``handsum form`` reads it."""
    save(page)
    return load_template(work / "forms" / "hours" / "template.toml")


def draw_table(page: Page) -> None:
    """Six rows of three columns, from 30, 90 to 130, 140."""
    page.get_by_role("button", name="Add a table").click()
    drag(page, 30, 90, 130, 140)
    page.get_by_label("Rows", exact=True).wait_for()


def column(page: Page, number: int) -> None:
    """Show a column's particulars."""
    details = page.locator("#inspector .column").nth(number - 1)
    if details.get_attribute("open") is None:
        details.locator("summary").first.click()


def test_a_table_is_drawn_with_rows_columns_headings_and_a_format(form: Page, work: Path) -> None:
    draw_table(form)
    form.get_by_label("Label").first.fill("Work done")
    form.get_by_label("Rows", exact=True).fill("5")
    form.get_by_label("Columns", exact=True).fill("2")
    for number, heading in enumerate(("Hours", "Überstunden"), start=1):
        column(form, number)
        form.get_by_label("Heading", exact=True).locator("visible=true").fill(heading)
    form.get_by_label("Format", exact=True).locator("visible=true").fill("9{1,2}")
    assert form.get_by_label("Rows may stay empty").is_checked()
    template = saved(form, work)
    (table,) = template.tables
    assert (table.name, table.rows, table.empty_rows) == ("work_done", 5, True)
    assert table.box == pytest.approx((30, 90, 130, 140), abs=1.0)
    assert [(c.name, c.label) for c in table.columns] == [
        ("hours", "Hours"), ("überstunden", "Überstunden")
    ]  # fmt: skip
    assert template.by_name["work_done[5].überstunden"].pattern == "9{1,2}"
    assert template.by_name["work_done[5].hours"].pattern == "9{1,4}"
    form.get_by_label("Rows may stay empty").uncheck()
    assert not saved(form, work).tables[0].empty_rows


def test_a_table_and_its_borders_are_moved_by_mouse_and_by_keyboard(form: Page, work: Path) -> None:
    draw_table(form)
    border = form.get_by_role("separator", name="Border between a and b")
    assert float(border.get_attribute("aria-valuenow") or 0) == pytest.approx(63.3, abs=0.5)
    drag(form, 63.3, 115, 50, 115)
    border.focus()
    form.keyboard.press("ArrowRight")
    columns = saved(form, work).tables[0].columns
    assert columns[0].x1 == pytest.approx(50.5, abs=0.6)
    assert columns[1].x1 == pytest.approx(96.7, abs=0.6)  # only the two beside it have changed
    drag(form, 40, 130, 50, 150)
    moved = saved(form, work).tables[0]
    assert moved.box == pytest.approx((40, 110, 140, 160), abs=1.0)
    box = form.get_by_role("button", name="Table rows, 6 rows, 3 columns")
    box.focus()
    form.keyboard.press("ArrowDown")
    form.keyboard.press("Shift+ArrowRight")
    again = saved(form, work).tables[0]
    assert again.box[1] == moved.box[1] + 0.5
    assert again.box[2] == moved.box[2] + 0.5
    drag(form, again.box[2], again.box[3], again.box[2] - 50, again.box[3] - 12)
    small = saved(form, work).tables[0]
    assert small.box[2] == pytest.approx(again.box[2] - 50, abs=1.0)
    widths = [(c.x1 - c.x0) / (t.box[2] - t.box[0]) for t in (again, small) for c in t.columns]
    assert widths[:3] == pytest.approx(widths[3:], abs=0.01)  # stretched as a whole


def test_a_table_by_keyboard_alone_and_what_is_deleted_comes_back(form: Page, work: Path) -> None:
    form.get_by_role("button", name="Add a table").focus()
    form.keyboard.press("Enter")  # put where nothing stands
    form.keyboard.type("Readings")
    form.get_by_role("button", name="Table readings, 5 rows, 3 columns").focus()
    form.keyboard.press("ArrowRight")
    (table,) = saved(form, work).tables
    form.get_by_role("button", name="Table readings").focus()
    form.keyboard.press("Delete")
    assert form.locator(".box.table").count() == 0
    assert saved(form, work).tables == ()
    form.keyboard.press("Control+z")
    form.locator(".box.table").wait_for()
    assert saved(form, work).tables == (table,)


def test_what_overlaps_is_named_while_it_is_moved(form: Page) -> None:
    draw_table(form)
    drag(form, 40, 130, 60, 95)
    form.locator("#state.wrong").wait_for()
    assert 'table "rows" and field "a"' in form.locator("#state").inner_text()
    assert form.locator(".box.wrong").count() == 2
    form.keyboard.press("Control+z")
    form.get_by_text("The form is right so far.").wait_for()


def test_every_kind_of_rule_is_put_together_from_what_is_there(form: Page, work: Path) -> None:
    draw_table(form)
    form.get_by_text("Put a rule together").click()

    def choose(kind: str, *values: str) -> None:
        form.get_by_label("What holds").select_option(kind)
        places = form.locator(".maker-fields select, .maker-fields input")
        for place, value in enumerate(values):
            at = places.nth(place)
            if at.evaluate("(one) => one.tagName") == "SELECT":
                at.select_option(value)
            else:
                at.fill(value)
        form.get_by_role("button", name="Add this rule").click()

    choose("sum", "a", "sum(rows[*].a)")
    choose("difference", "rows[i].c", "rows[i].a", "rows[i].b")
    choose("product", "rows[i].b", "2,5", "rows[i].a", "0.5")
    choose("comparison", "rows[i].a", "<=", "a")
    choose("equal", "rows[i].b", "rows[i].c")
    texts = [form.get_by_label(f"Rule {n}", exact=True).input_value() for n in range(1, 6)]
    assert texts == [
        "a = sum(rows[*].a)", "rows[i].c = rows[i].a - rows[i].b",
        "rows[i].b = 2.5 * rows[i].a within 0.5", "rows[i].a <= a", "rows[i].b = rows[i].c",
    ]  # fmt: skip
    form.get_by_text("Right: it holds 6 times").nth(3).wait_for()
    template = saved(form, work)
    assert len(template.rules.rules) == 1 + 4 * 6
    form.get_by_label("What holds").select_option("date")
    form.locator(".maker-fields select").first.select_option("a")
    assert form.locator(".maker output").inner_text() == "date(a, dmy)"


def test_rules_follow_a_name_that_changes(form: Page, work: Path) -> None:
    draw_table(form)
    form.get_by_role("button", name="Write a rule").click()
    form.keyboard.type("a = sum(rows[*].b) + rows[1].a")
    form.get_by_text("Right.", exact=True).wait_for()
    form.locator(".box.table").focus()
    form.locator("#inspector > .controls > .field [name=name]").fill("lines")
    column(form, 2)
    form.locator("#inspector .column").nth(1).locator("[name=name]").fill("late")
    rule = form.get_by_label("Rule 1", exact=True)
    assert rule.input_value() == "a = sum(lines[*].late) + lines[1].a"
    assert saved(form, work).rule_texts == ("a = sum(lines[*].late) + lines[1].a",)


def test_a_table_is_drawn_on_a_phone_in_chinese(form: Page, work: Path) -> None:
    form.set_viewport_size({"width": 360, "height": 740})
    form.goto("/forms/hours?language=zh")
    form.locator("#boxes .box").first.wait_for()
    form.locator("#picture").evaluate("(picture) => picture.decode()")
    form.locator("#add-table").click()
    drag(form, 30, 90, 130, 140)
    form.locator("#inspector [name=rows]").fill("4")
    assert form.evaluate("() => document.documentElement.scrollWidth") == 360
    assert saved(form, work).tables[0].rows == 4
