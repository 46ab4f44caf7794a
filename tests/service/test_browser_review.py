"""Review, in real browsers: by keyboard alone, two at once, in groups, and an audit's bound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handsum.piles.corrections import CorrectionRow, history
from handsum.piles.store import Pile
from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from slips import make_pile, open_store, rules_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A results folder with eight doubtful values: three on the first page, two on the third."""
    return make_pile(tmp_path)


@pytest.fixture
def server(folder: Path) -> Iterator[Running]:
    """A server of that pile; nothing is read, so it needs no child."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    settings = ServiceSettings(pile=str(folder), children=0)
    shelf = Shelf(open_store(folder), rules_of(folder))
    with serving(settings, warm=False, shelf=shelf) as running:
        yield running


def said(folder: Path) -> list[CorrectionRow]:
    """What persons said of the pile so far, without what they took back."""
    with Pile.open(folder) as pile:
        rows = history(pile.database, pile.info.id)
    return [row for row in rows if row.how not in ("undo", "rules") and not row.undone]


def field_on(page: Page) -> tuple[str, str]:
    """The label and the place of the value that is shown."""
    return page.locator("#label").inner_text(), page.locator("#place").inner_text()


def press(page: Page, *keys: str) -> None:
    """Press keys and wait for what comes of the last one."""
    for key in keys:
        page.keyboard.press(key)
    page.locator('#panel-one[aria-busy="false"]').wait_for()


def test_the_best_guess_is_one_key_and_a_wrong_digit_two(page: Page, folder: Path) -> None:
    page.goto("/")
    page.wait_for_selector("#desk:visible")
    assert field_on(page)[0] == "Sum"  # its rule is broken, so it comes first on its page
    press(page, "Enter")  # it is right: one key
    assert field_on(page)[0] == "First"
    assert page.locator("#text").input_value() == "131"
    press(page, "7", "Enter")  # the reader was least sure of the last digit: two keys
    rows = said(folder)
    assert [(row.field, row.to_text) for row in rows] == [("total", "161"), ("a", "137")]
    with Pile.open(folder) as pile:
        page_row = pile.pages()[0]
        assert pile.reading(page_row.id).accepted


def test_the_second_guess_is_an_arrow_away(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    press(page, "s")
    assert page.locator("#text").input_value() == "131"
    press(page, "ArrowDown", "Enter")
    assert [(row.field, row.to_text) for row in said(folder)] == [("a", "137")]


def test_the_whole_pile_by_keyboard_alone(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    for _ in range(20):
        if page.locator("#finished:visible").count():
            break
        label, place = field_on(page)
        if (label, place[:7]) == ("First", "slip-01"):
            press(page, "7", "Enter")
        elif (label, place[:7]) == ("Second", "slip-06"):
            press(page, "1", "Enter")
        else:
            press(page, "Enter")
    assert page.locator("#finished:visible").count() == 1
    assert "0 open" in page.locator("#counts").inner_text()
    changed = {(row.source[-6:-4], row.field): row.to_text for row in said(folder)
               if row.from_text != row.to_text}  # fmt: skip
    assert changed == {("01", "a"): "137", ("06", "b"): "1"}


def test_undo_brings_the_value_back(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    before = field_on(page)
    press(page, "b")
    assert said(folder)[0].to_content == "blank"
    assert field_on(page) != before
    press(page, "u")
    assert field_on(page) == before
    assert said(folder) == []
    press(page, "u")
    assert "nothing to take back" in page.locator("#trouble").inner_text()


def test_illegible_needs_a_reason(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    page.keyboard.press("i")
    page.locator("#reasons:visible").wait_for()
    assert said(folder) == []
    press(page, "2")
    (row,) = said(folder)
    assert (row.to_content, row.reason) == ("not_a_number", "cut off")


def test_what_breaks_the_format_is_asked_for_twice(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    page.locator("#text").fill("12345")
    press(page, "Enter")
    assert "9{1,4}" in page.locator("#trouble").inner_text()
    assert said(folder) == []
    press(page, "Enter")
    (row,) = said(folder)
    assert (row.to_text, row.reason) == ("12345", "as written")


def test_another_field_of_a_broken_rule_is_mended_in_place(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    rule = page.locator(".rule.broken")
    assert rule.locator("th").all_inner_texts() == [
        "Sum\nworth a look", "First", "Second\nworth a look"
    ]  # fmt: skip
    rule.get_by_role("button", name="Mend: First").click()
    page.keyboard.type("137")
    press(page, "Enter")
    assert [(row.field, row.to_text) for row in said(folder)] == [("a", "137")]
    assert "1 of" not in page.locator("#counts").inner_text()  # the sum is no doubt any more
    assert not field_on(page)[1].startswith("slip-01")


def test_two_reviewers_never_get_the_same_value(
    chromium: Browser, server: Running, folder: Path
) -> None:
    pages = []
    for _ in range(2):
        context = chromium.new_context(base_url=server.address)
        context.set_default_timeout(20_000)
        pages.append(context.new_page())
    for page in pages:
        page.goto("/review")
        page.wait_for_selector("#desk:visible")
    seen: list[tuple[str, str]] = []
    for _ in range(8):
        shown = [field_on(page) for page in pages if page.locator("#desk:visible").count()]
        assert len(set(shown)) == len(shown)
        seen += shown
        for page in pages:
            if page.locator("#desk:visible").count():
                press(page, "Enter")
    assert all(page.locator("#finished:visible").count() for page in pages)
    rows = said(folder)
    assert len({(row.source, row.field) for row in rows}) == len(rows) == len(set(seen))
    assert len({row.who for row in rows}) == 2
    for page in pages:
        page.context.close()


def test_a_wall_takes_all_but_what_was_clicked(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.get_by_role("tab", name="In groups").click()
    page.get_by_role("button", name="7 crops: 3").click()
    tiles = page.locator("#wall button")
    tiles.nth(2).wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert page.locator("#wall-take").inner_text() == "Take 2, look at 1 one by one"
    page.keyboard.press("Enter")
    page.locator("#groups:visible").wait_for()
    rows = said(folder)
    assert [(row.source[-6:-4], row.how) for row in rows] == [("04", "group"), ("05", "group")]
    assert page.get_by_role("button", name="7 crops: 3").count() == 0


def test_an_audit_of_accepted_values_bounds_the_pile(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.get_by_role("tab", name="Audit").click()
    page.locator("#planned:text('accepted')").wait_for()
    page.get_by_label("Values to check").fill("6")
    page.get_by_role("button", name="Draw the sample").click()
    page.locator("#auditing:visible").wait_for()
    page.locator("#desk:visible").wait_for()
    for _ in range(6):
        press(page, "Enter")
    page.locator("#finished:visible").wait_for()
    page.get_by_role("tab", name="Audit").click()
    told = page.locator("#audits li p").inner_text()
    # With 3 wrong ones among 10, 6 drawn miss them all in C(7,6) / C(10,6) = 3.3 % of the draws.
    assert told.startswith("6 checked, 0 of them wrong: of the 10 accepted values at most 2 (")
    assert len(said(folder)) == 6
    assert {row.how for row in said(folder)} == {"audit"}


def test_review_fits_a_phone_and_speaks_chinese(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/review?language=zh")
    page.wait_for_selector("#desk:visible")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    assert (
        "\u8bc6\u522b" in page.locator("#why").inner_text()
        or "\u89c4\u5219" in page.locator("#why").inner_text()
    )
