"""The readers' page in a real browser: cards, promises, and what was measured writer by writer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from handsum.bundle import load_bundle
from handsum.errors import DataError
from handsum.promise.calibrate import calibrate_promise
from handsum.promise.file import save_promise
from handsum.promise.terms import DataDescription
from handsum.reader import DigitReader
from handsum.readings import BundleRef
from handsum.service.reports import parse_report
from reported import make_report
from serving import Running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of promises and reports."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "promises").mkdir()
    (folder / "reports").mkdir()
    reader = DigitReader(threads=1)
    key = reader.promise_key(reader.options())
    sure = [0.9 + 0.0002 * n for n in range(400)]
    promise = calibrate_promise(
        sure, [True] * 400, None, max_risk=0.02, delta=0.05, key=key,
        description=DataDescription("office", "0" * 64),
    )  # fmt: skip
    other = replace(key, bundle=BundleRef("digits", "0", "0" * 64))
    for name, made in {
        "good": promise,
        "old": replace(promise, status="broken", status_when="2026-11-01", status_why="19 wrong."),
        "foreign": replace(promise, key=other),
    }.items():
        save_promise(folder / "promises" / f"{name}.promise", made)
    report = make_report(load_bundle("digits").ref.sha256)
    (folder / "reports" / "made-up.json").write_text(json.dumps(report))
    (folder / "reports" / "none.json").write_text("[]")
    return folder


@pytest.fixture(scope="module")
def server(kept: Path) -> Iterator[Running]:
    """A server that has them."""
    from handsum.service.settings import ServiceSettings

    settings = ServiceSettings(
        children=1, promises=kept / "promises", reports=kept / "reports"
    )  # fmt: skip
    with serving(settings) as running:
        yield running


def test_every_bundle_has_its_card(page: Page, client: httpx.Client) -> None:
    page.goto("/readers")
    digits = page.get_by_role("region", name=re.compile(r"^digits "))
    tree = client.get("/api/v1/bundles/digits").json()
    told = digits.inner_text()
    assert tree["calibration"]["fitted_on"] in told
    assert f"{100 * tree['metrics']['test/accuracy']:.2f}%" in told
    digits.get_by_text("with their licences").click()
    for one in tree["training"]["data"]:
        assert digits.get_by_role("cell", name=one["licence"]).count()
    numbers = page.get_by_role("region", name=re.compile(r"^numbers ")).inner_text()
    assert "logistic; from" in numbers


def test_promises_say_what_holds_and_what_does_not(page: Page) -> None:
    page.goto("/readers")
    good = page.locator(".promise.kept")
    good.wait_for()
    assert "at most 2% are wrong, with 95% confidence: from" in good.inner_text()
    assert "Broken since 2026-11-01: 19 wrong." in page.locator(".promise.broken").inner_text()
    assert "Made for digits 0" in page.locator(".promise.other").inner_text()


def test_the_worst_writer_comes_first_and_what_is_stated_beside_what_is_found(page: Page) -> None:
    page.goto("/readers")
    report = page.get_by_role("region", name=re.compile(r"^digits ")).locator(".report")
    rows = report.locator(".writers tbody tr:visible")
    rows.first.wait_for()
    assert rows.count() == 10
    assert rows.first.inner_text().split()[:2] == ["<b>writer", "13</b>"]  # text, whatever it holds
    assert "13 / 40" in rows.first.inner_text()
    report.get_by_role("button", name="Show all 14 writers").click()
    assert rows.count() == 14
    bands = len(make_report("")["bands"])
    assert report.locator("svg circle").count() == bands
    report.get_by_text("In numbers").click()
    assert report.locator("details tbody tr").count() == bands
    assert "none" in page.locator("#other-reports").inner_text()  # told, not hidden


def test_a_report_can_be_opened_from_this_machine(page: Page, tmp_path: Path) -> None:
    page.goto("/readers")
    page.locator(".report").first.wait_for()
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(make_report("f" * 64)))
    page.set_input_files("#open-report", path)
    page.get_by_role("heading", name="digits 2: theirs").wait_for()
    theirs = page.locator(".report", has_text="digits 2: theirs")
    assert theirs.locator(".writers tbody tr").count() == 14
    path.write_text('{"schema": 1, "reader": "x", "writers": {"a": 1}}')
    page.set_input_files("#open-report", path)
    page.get_by_text("This is no report").wait_for()
    assert page.locator(".report", has_text="theirs").count() == 1  # and shows nothing of it


def test_readers_fit_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/readers?language=zh")
    page.locator(".report svg").wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_a_promise_and_a_list_are_read_by_on_the_page(
    page: Page, digits: list[Path], tmp_path: Path
) -> None:
    page.goto("/read")
    page.get_by_text("one digit", exact=True).click()
    page.locator("#promise-field select").select_option("good")
    page.set_input_files("#files", digits[3])
    page.locator("#rows tr").wait_for()
    with page.expect_request("**/api/v1/read?**") as sent:
        page.set_input_files("#files", digits[4])
    assert "promise=good" in sent.value.url
    page.locator("#clear:enabled").click()
    page.get_by_text("one number", exact=True).click()
    assert page.locator("#promise-field:visible").count() == 0  # it is for digits
    page.get_by_text("More that is known").click()
    listed = tmp_path / "list.txt"
    listed.write_text("8\n9\n")
    page.get_by_label("Closed list").set_input_files(listed)
    page.set_input_files("#files", digits[3])
    page.locator("#rows tr").wait_for()
    assert page.locator("#rows td.text, #rows td.words").inner_text()[0] in "89n"


@pytest.mark.parametrize(
    ("change", "named"),
    [({"schema": 2}, "schema"), ({"writers": {"a": {"n": 1}}}, "writers"), ({"accepted": 3}, "acc"),
     ({"max_risk": 7}, "max_risk")],
)  # fmt: skip
def test_what_is_no_report_is_told(change: dict[str, Any], named: str) -> None:
    report = make_report("0" * 64, writers=2)
    assert parse_report(json.dumps(report).encode(), "a.json")["writers"]
    with pytest.raises(DataError, match=named):
        parse_report(json.dumps({**report, **change}).encode(), "a.json")
