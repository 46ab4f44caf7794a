"""docs/service.md names every route, option of reading and key of review that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from handsum.piles.store import Store

PAGE = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with all routes."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    folder = tmp_path_factory.mktemp("work")
    settings = ServiceSettings(pile=str(folder), children=0)
    with serving(settings, warm=False, shelf=Shelf(Store.open(folder))) as running:
        yield running


def test_every_route_stands_in_the_docs(client: httpx.Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    named = set(re.findall(r"(/(?:api/v1/|healthz)[\w{}/.-]*)", PAGE))
    assert set(paths) <= named, set(paths) - named
    assert {path for path in named if path.startswith("/api/v1/") and path != "/api/v1/openapi.json"
            and "?" not in path} <= set(paths) | {"/api/v1/read"}  # fmt: skip


def test_every_option_of_reading_stands_in_the_docs(client: httpx.Client) -> None:
    parameters = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/read"]["post"]
    for one in parameters["parameters"]:
        assert f"`{one['name']}`" in PAGE


def test_health_tells_of_readers_that_are_not_there(client: httpx.Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    tree = answer.json()
    assert (tree["status"], tree["store"]) == ("starting", "writable")
