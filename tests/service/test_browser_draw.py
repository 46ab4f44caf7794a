"""Draw, in a real browser: mouse, keyboard, undo, a whole number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEVEN = ((0.30, 0.25), (0.70, 0.25), (0.45, 0.80))

TWO = ((0, 0.1), (0.5, 0), (0.95, 0.2), (0.85, 0.5), (0.05, 1), (1, 0.98))
THREE = ((0, 0.05), (0.6, 0), (0.95, 0.2), (0.45, 0.45), (1, 0.65), (0.8, 0.95), (0, 1))


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """A stroke of the mouse through points of the canvas, 0 to 1."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_a_digit_drawn_with_the_mouse_is_read_while_it_is_drawn(page: Page) -> None:
    page.goto("/draw")
    stroke(page, *SEVEN)
    page.wait_for_selector('#reading:text-is("7")')
    assert "%" in page.locator("#confidence").inner_text()
    candidates = page.locator("#candidates li b").all_inner_texts()
    assert candidates[0] == "7"
    assert len(set(candidates)) == 5


def test_undo_takes_a_stroke_back_and_clear_all(page: Page) -> None:
    page.goto("/draw")
    stroke(page, *SEVEN)
    stroke(page, (0.2, 0.5), (0.8, 0.55))
    page.wait_for_selector("#details:visible")
    page.keyboard.press("Control+z")
    page.wait_for_selector('#reading:text-is("7")')
    page.keyboard.press("Escape")
    assert page.locator("#reading").inner_text() == "Nothing written yet"
    assert page.locator("#undo").is_disabled()


def test_the_keyboard_alone_can_write(page: Page) -> None:
    page.goto("/draw")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator("#canvas:focus").count():
            break
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(22):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.wait_for_selector('#reading:text-is("1")')
    assert page.locator("#canvas:focus").count() == 1


def test_a_whole_number_is_read_digit_by_digit(page: Page) -> None:
    page.goto("/draw")
    page.get_by_role("button", name="A whole number").click()
    stroke(page, *((0.30 + 0.09 * x, 0.2 + 0.6 * y) for x, y in TWO))
    stroke(page, *((0.44 + 0.09 * x, 0.2 + 0.6 * y) for x, y in THREE))
    page.wait_for_selector('#reading:text-is("23")')
    assert page.locator("#symbols b").all_inner_texts() == ["2", "3"]


@pytest.mark.parametrize("path", ["/draw", "/read"])
def test_nothing_is_wider_than_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(path)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_a_finger_writes(chromium: object, server: object) -> None:
    made = chromium.new_context(  # type: ignore[attr-defined]
        base_url=server.address,
        has_touch=True,
        viewport={"width": 360, "height": 740},  # type: ignore[attr-defined]
    )
    page = made.new_page()
    page.goto("/draw")
    page.touchscreen.tap(*_centre(page))
    page.wait_for_selector("#details:visible")
    assert page.locator("#undo").is_enabled()
    made.close()


def _centre(page: Page) -> tuple[float, float]:
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
