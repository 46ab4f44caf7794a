"""axe-core, got by npm for the test alone, finds nothing serious on any page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handsum.bundle import load_bundle
from reported import make_report
from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from slips import make_pile, open_store, rules_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VERSION = "4.10.2"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's source; from HANDSUM_AXE (a file), or by npm."""
    if given := os.environ.get("HANDSUM_AXE"):
        return Path(given).read_text("utf-8")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to get axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "pack", f"axe-core@{VERSION}", "--silent"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        pytest.skip("npm cannot get axe-core")
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder)
    return (folder / "package" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a pile and a reader."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    folder = make_pile(tmp_path_factory.mktemp("pile"))
    shelf = Shelf(open_store(folder), rules_of(folder))
    settings = ServiceSettings(pile=str(folder), children=1)
    with serving(settings, shelf=shelf) as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def checked(chromium: Browser, server: Running, axe: str, request: Any) -> Iterator[Page]:
    """A page in which axe runs beside the page's own policy."""
    context = chromium.new_context(
        base_url=server.address, color_scheme=request.param, bypass_csp=True, locale="en-GB"
    )
    context.set_default_timeout(20_000)
    context.add_init_script(axe)
    yield context.new_page()
    context.close()


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, in short."""
    found = page.evaluate("() => axe.run()")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_draw(checked: Page) -> None:
    checked.goto("/draw")
    assert serious(checked) == []
    checked.locator("#canvas").click()
    checked.wait_for_selector("#details:visible")
    assert serious(checked) == []


def test_read(checked: Page, digits: list[Path], tmp_path: Path) -> None:
    checked.goto("/read")
    checked.get_by_text("More that is known").click()
    assert serious(checked) == []
    other = tmp_path / "letter.txt"
    other.write_text("Dear Sir,")
    checked.set_input_files("#files", [*digits[:2], other])
    checked.locator("#rows tr.failed").wait_for()
    assert serious(checked) == []


def test_review(checked: Page) -> None:
    checked.goto("/review")
    checked.wait_for_selector("#desk:visible")
    checked.keyboard.press("i")
    assert serious(checked) == []
    checked.get_by_role("tab", name="In groups").click()
    checked.locator("#groups button").first.click()
    checked.locator("#wall button").first.click()
    assert serious(checked) == []
    checked.get_by_role("tab", name="Audit").click()
    checked.locator("#planned:text('accepted')").wait_for()
    assert serious(checked) == []


def test_forms(checked: Page, server: Running) -> None:
    checked.goto("/forms")
    checked.locator("#piles li").first.wait_for()
    assert serious(checked) == []
    with server.client() as client:
        name = f"sums-{len(client.get('/api/v1/forms').json()['forms'])}"
        client.post(f"/api/v1/forms?name={name}").raise_for_status()
    checked.goto(f"/forms/{name}")
    checked.locator("#boxes .box").first.click()
    assert serious(checked) == []
    checked.locator("#add-table").focus()
    checked.keyboard.press("Enter")
    checked.locator("#inspector .column summary").first.click()
    checked.get_by_text("Put a rule together").click()
    checked.get_by_role("button", name="Write a rule").click()
    checked.keyboard.type("a = b")
    checked.locator(".rules .wrong").wait_for()
    assert serious(checked) == []
    checked.evaluate("() => { document.getElementById('save').disabled = true }")


def test_readers(checked: Page, tmp_path: Path) -> None:
    checked.goto("/readers")
    checked.locator(".reader").first.wait_for()
    assert serious(checked) == []
    report = tmp_path / "report.json"
    report.write_text(json.dumps(make_report(load_bundle("digits").ref.sha256)))
    checked.set_input_files("#open-report", report)
    checked.get_by_text("In numbers").click()
    assert serious(checked) == []


def test_login(chromium: Browser, axe: str, tmp_path: Path) -> None:
    from handsum.piles.store import Store
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf
    from handsum.service.users import Users

    shelf = Shelf(Store.open(tmp_path))
    Users(shelf.store.database).put_user("ada", "reviewer", "correct horse battery")
    settings = ServiceSettings(pile=str(tmp_path), children=0, login=True)
    with serving(settings, warm=False, shelf=shelf) as running:
        context = chromium.new_context(base_url=running.address, bypass_csp=True, locale="en-GB")
        context.set_default_timeout(20_000)
        context.add_init_script(axe)
        page = context.new_page()
        page.goto("/draw")
        assert serious(page) == []
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("wrong")
        page.keyboard.press("Enter")
        page.get_by_text("Name and password do not fit.").wait_for()
        assert serious(page) == []
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")
        page.wait_for_url("**/review")
        assert page.locator(".visitor").inner_text() == "ada"
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        context.close()
