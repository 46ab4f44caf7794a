"""The form editor's mouse, for the tests in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def drag(page: Page, x0: float, y0: float, x1: float, y1: float) -> None:
    """Drag the mouse over a form on A4, in millimetres of its sheet."""
    page.locator("#boxes").scroll_into_view_if_needed()
    frame = page.locator("#boxes").bounding_box()
    assert frame is not None
    across = frame["width"] / 210.0
    page.mouse.move(frame["x"] + x0 * across, frame["y"] + y0 * across)
    page.mouse.down()
    page.mouse.move(frame["x"] + x1 * across, frame["y"] + y1 * across, steps=6)
    page.mouse.up()


def save(page: Page) -> None:
    """Save the form, and wait until it is."""
    page.locator("#save").click()
    page.locator("#save:disabled").wait_for()
