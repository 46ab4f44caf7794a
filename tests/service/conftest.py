"""A server with warm readers, shared by the tests, and a real browser where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from serving import Running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytest.importorskip("fastapi", reason="the extra serve is not installed")
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """A server without a pile, on loopback, without a login."""
    from handsum.service.settings import ServiceSettings

    with serving(ServiceSettings(children=1)) as running:
        yield running


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    """A program that talks to that server."""
    with server.client() as made:
        yield made


@pytest.fixture(scope="session")
def digits() -> list[Path]:
    """Pictures of one digit each; the digit is the last sign of the name."""
    return sorted((EXAMPLES / "handwriting").glob("writer-0009-*.png"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; tests skip where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    sync_api = pytest.importorskip("playwright.sync_api")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # whose Chromium has no sandbox
    arguments = ["--no-proxy-server", *(["--no-sandbox"] if root else [])]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, server: Running) -> Iterator[BrowserContext]:
    """One person's browser, in English, without anything kept."""
    made = chromium.new_context(
        base_url=server.address, locale="en-GB", viewport={"width": 1200, "height": 800}
    )
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of that browser; an error in a script, or what the policy stops, fails the test."""
    faults: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield made
    expected = ("Failed to load resource",)  # an answer that the page shows in its own words
    assert not [fault for fault in faults if not fault.startswith(expected)]
