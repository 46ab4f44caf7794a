"""Read, in a real browser: files chosen and dropped, rows, and tables taken out."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, { type: "image/png" }));
  document.querySelector("main").dispatchEvent(
    new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


def drop(page: Page, path: Path) -> None:
    """Drop a file on the page, as the browser would tell of it."""
    page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def test_a_dropped_picture_gets_its_row(page: Page, digits: list[Path]) -> None:
    page.goto("/read")
    page.get_by_text("one digit").click()
    drop(page, digits[3])
    row = page.locator("#rows tr")
    row.wait_for()
    assert row.locator(".text").inner_text().startswith("3")
    assert row.locator(".source").inner_text() == digits[3].name
    assert row.locator("img").evaluate("(crop) => crop.decode().then(() => crop.naturalWidth)") > 9


def read_all(page: Page, digits: list[Path], other: Path) -> None:
    page.goto("/read")
    page.get_by_text("one digit").click()
    page.set_input_files("#files", [*digits, other])
    page.locator("#rows tr.failed").wait_for()
    page.locator("#copy:enabled").wait_for()


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """No picture."""
    path = tmp_path / "=letter.txt"
    path.write_text("Dear Sir,")
    return path


def test_rows_keep_the_order_of_the_files_and_failures_their_place(
    page: Page, digits: list[Path], other: Path
) -> None:
    read_all(page, digits, other)
    assert page.locator("#rows .source").all_inner_texts() == [
        *(path.name for path in digits), other.name
    ]  # fmt: skip
    assert "no picture" in page.locator("#rows tr.failed").inner_text()
    assert f"of {len(digits) + 1}" in page.locator("#summary").inner_text()


def test_the_tables_hold_what_the_page_shows(
    page: Page, digits: list[Path], other: Path, tmp_path: Path
) -> None:
    read_all(page, digits, other)
    shown = [text.split("\n")[0] for text in page.locator("#rows .text").all_inner_texts()]
    files = {}
    for form in ("CSV", "XLSX", "JSON"):
        with page.expect_download() as coming:
            page.get_by_role("button", name=form, exact=True).click()
        files[form] = tmp_path / coming.value.suggested_filename
        coming.value.save_as(files[form])
    rows = list(csv.DictReader(io.StringIO(files["CSV"].read_text("utf-8"))))
    assert [row["text"] for row in rows] == [*shown, ""]
    assert rows[-1]["source"] == "'=letter.txt"  # no spreadsheet runs it
    readings = json.loads(files["JSON"].read_text("utf-8"))
    assert [reading.get("text", "") for reading in readings] == [*shown, ""]
    sheet = openpyxl.load_workbook(files["XLSX"]).active
    assert sheet is not None
    head, *lines = sheet.iter_rows()
    column = [cell.value for cell in head].index("text")
    assert [line[column].value for line in lines] == [*shown, None]
    assert {line[column].data_type for line in lines[:-1]} == {"s"}
    assert lines[-1][0].data_type == "s"


def test_copy_puts_the_table_on_the_clipboard(
    context: BrowserContext, page: Page, digits: list[Path], other: Path
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    read_all(page, digits, other)
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    lines = page.evaluate("() => navigator.clipboard.readText()").splitlines()
    assert [line.split("\t")[0] for line in lines[:-1]] == [path.name for path in digits]


def test_in_chinese(page: Page, digits: list[Path]) -> None:
    page.goto("/read?language=zh")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.goto("/read")  # it is kept
    page.set_input_files("#files", digits[:1])
    page.locator("#rows tr").wait_for()
    page.get_by_role("button", name="\u590d\u5236").wait_for()
    assert "\u6587\u4ef6" in page.locator("main").inner_text()
