"""Where requests come from: other sites, other names, and what goes out with every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from serving import Running, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server without a child: nothing is read here."""
    from handsum.service.settings import ServiceSettings

    with serving(ServiceSettings(children=0, names=("scans.example",)), warm=False) as running:
        yield running


@pytest.fixture
def token(client: httpx.Client) -> str:
    """The token of this client's page; the client keeps the page's cookie."""
    found = re.search('csrf-token" content="([0-9a-f]{64})"', client.get("/draw").text)
    assert found is not None
    return found[1]


def change(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    """Something that changes nothing but would be let through or not."""
    return client.post("/api/v1/tables?format=json", json=[], headers=headers)


def test_a_program_needs_neither_origin_nor_token(client: httpx.Client) -> None:
    assert change(client, {}).status_code == 200


def test_our_own_page_sends_its_token(client: httpx.Client, token: str, server: Running) -> None:
    headers = {"Origin": server.address, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
    assert change(client, headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "\u00e9"},
    ],
    ids=str,
)
def test_forged_requests_are_refused(
    client: httpx.Client, token: str, server: Running, headers: dict[str, str]
) -> None:
    own = {"Origin": server.address, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
    raw = {key: value.encode() for key, value in {**own, **headers}.items()}
    answer = client.post("/api/v1/tables?format=json", json=[], headers=raw)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site"


def test_a_cookie_alone_is_a_browser(client: httpx.Client, token: str) -> None:
    assert token
    assert change(client, {}).status_code == 403


def test_the_token_of_another_session_is_none_of_ours(
    client: httpx.Client, token: str, server: Running
) -> None:
    with server.client() as other:
        other.get("/draw")
        assert change(other, {"X-CSRF-Token": token}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:80"])
def test_a_name_that_points_here_is_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("/draw", headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "csrf" not in answer.text


@pytest.mark.parametrize("host", ["localhost:80", "LOCALHOST", "[::1]:8", "scans.example"])
def test_our_own_names_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/draw", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/draw", "/static/draw.js", "/api/v1/session", "/nothing"])
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy  # no outside address
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_pages_have_neither_inline_scripts_nor_outside_addresses(client: httpx.Client) -> None:
    for path in ("/draw", "/read", "/review"):
        html = client.get(path).text
        assert not re.findall(r"<script(?![^>]*(src=|application/json))", html)
        assert not re.findall(r"\son\w+=|\sstyle=", html)
        assert not re.findall(r"(?:src|href)=\"(?!/|#|\?)", html)


def test_the_cookie_is_out_of_reach(client: httpx.Client) -> None:
    cookie = client.get("/draw").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_person_gets_a_page_where_a_program_gets_a_problem(client: httpx.Client) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh"}
    for path, status in (("/nothing", 404), ("/forms/../../etc", 404), ("/api/v1/piles", 404)):
        told = client.get(path, headers=browser)
        assert (told.status_code, told.headers["content-type"][:9]) == (status, "text/html")
        assert 'lang="zh-Hans"' in told.text
        assert told.headers["content-security-policy"]
        program = client.get(path)
        assert program.headers["content-type"] == "application/problem+json"
    refused = client.get("/draw", headers={**browser, "Host": "elsewhere.example"})
    assert (refused.status_code, refused.headers["content-type"][:9]) == (403, "text/html")
