"""Logging in: passwords, roles, tokens, and a door that shuts."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from handsum.errors import LoginError, ServiceError, TooManyAttemptsError, UsageError
from handsum.service.access import FREE_ATTEMPTS, IDLE_SECONDS, Access, wait_after
from handsum.service.app import build_app
from handsum.service.settings import ServiceSettings, is_loopback
from handsum.service.users import UserFile
from serving import Running, serving

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> UserFile:
    """Ada reviews, Root may do all."""
    file = UserFile(tmp_path_factory.mktemp("users") / "users.json")
    file.put_user("ada", "reviewer", PASSWORD)
    file.put_user("root", "admin", PASSWORD)
    return file


@pytest.fixture(scope="module")
def server(users: UserFile) -> Iterator[Running]:
    """A server that asks for a login."""
    settings = ServiceSettings(children=0, login=True, users=users.path)
    with serving(settings, warm=False) as running:
        yield running


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    """As the page does it."""
    found = re.search('csrf-token" content="([0-9a-f]{64})"', client.get("/login").text)
    assert found is not None
    headers = {"X-CSRF-Token": found[1]}
    return client.post(
        "/api/v1/session", json={"name": name, "password": password}, headers=headers
    )


def test_nobody_sees_more_than_the_login(client: httpx.Client) -> None:
    for page in ("/draw", "/read", "/review"):
        answer = client.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    client.cookies.clear()  # a program
    answer = client.post("/api/v1/read", content=b"x")
    assert answer.status_code == 401
    assert answer.json()["code"] == "login"


def test_who_logs_in_gets_a_new_session_and_may_leave(client: httpx.Client) -> None:
    assert log_in(client, "ada", PASSWORD).json() == {"name": "ada", "role": "reviewer"}
    assert client.get("/draw").status_code == 200
    session = client.get("/api/v1/session").json()
    assert session["name"] == "ada"
    headers = {"X-CSRF-Token": session["csrf"]}
    assert client.delete("/api/v1/session", headers=headers).status_code == 204
    assert client.get("/draw").status_code == 303


def test_a_token_is_a_reader_and_no_more(client: httpx.Client, users: UserFile) -> None:
    headers = {"Authorization": f"Bearer {users.put_token('scanner', 'reader')}"}
    assert client.post("/api/v1/tables?format=json", json=[], headers=headers).status_code == 200
    assert client.get("/review", headers=headers).status_code == 403
    users.remove("scanner")
    answer = client.post("/api/v1/tables?format=json", json=[], headers=headers)
    assert answer.status_code == 401  # out at once


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer hs_forged", "Basic cm9vdDp4", "Bearer \u00e9"]
)
def test_forged_tokens_are_refused(client: httpx.Client, token: str) -> None:
    answer = client.get("/api/v1/session", headers={"Authorization": token.encode()})
    assert answer.status_code == 401


def test_the_door_shuts_after_wrong_passwords(client: httpx.Client) -> None:
    for _ in range(FREE_ATTEMPTS):
        assert log_in(client, "root", "wrong").status_code == 401
    answer = log_in(client, "root", PASSWORD)  # the right one comes too late
    assert answer.status_code == 429
    assert "retry-after" in answer.headers


def test_the_door_opens_again_and_stays_shut_longer_each_time(tmp_path: Path) -> None:
    now = [0.0]
    file = UserFile(tmp_path / "users.json")
    file.put_user("ada", "admin", PASSWORD)
    access = Access(file, clock=lambda: now[0])
    access.attempts.clock = access.clock
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(LoginError):
            access.log_in("ada", "wrong", "10.0.0.1")
    with pytest.raises(TooManyAttemptsError):
        access.log_in("ada", PASSWORD, "10.0.0.2")  # the name is shut from everywhere
    with pytest.raises(TooManyAttemptsError):
        access.log_in("bob", PASSWORD, "10.0.0.1")  # and the address for everybody
    now[0] += wait_after(FREE_ATTEMPTS)
    assert access.log_in("ada", PASSWORD, "10.0.0.2")[0].name == "ada"
    waits = [wait_after(FREE_ATTEMPTS + n) for n in range(40)]
    assert waits == sorted(waits)
    assert waits[1] == 2 * waits[0]


def test_a_session_that_is_left_alone_ends(tmp_path: Path) -> None:
    now = [0.0]
    file = UserFile(tmp_path / "users.json")
    file.put_user("ada", "admin", PASSWORD)
    access = Access(file, clock=lambda: now[0])
    _, session = access.log_in("ada", PASSWORD, "")
    assert access.identify(session, Headers()).name == "ada"
    now[0] += IDLE_SECONDS + 1
    assert access.identify(session, Headers()).name is None


def test_who_is_taken_out_is_out_at_once(tmp_path: Path) -> None:
    file = UserFile(tmp_path / "users.json")
    file.put_user("ada", "admin", PASSWORD)
    file.put_user("bob", "admin", PASSWORD)
    access = Access(file)
    _, session = access.log_in("ada", PASSWORD, "")
    UserFile(file.path).remove("ada")  # another process
    assert access.identify(session, Headers()).name is None


def test_the_file_holds_no_secret(tmp_path: Path) -> None:
    file = UserFile(tmp_path / "users.json")
    file.put_user("ada", "admin", PASSWORD)
    token = file.put_token("scanner", "reader")
    kept = file.path.read_text()
    assert PASSWORD not in kept
    assert token not in kept
    assert json.loads(kept)["users"]["ada"]["password"].startswith("$argon2id$")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "short"), ("a b", PASSWORD), ("", PASSWORD)]
)
def test_weak_passwords_and_odd_names_are_refused(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(UsageError):
        UserFile(tmp_path / "users.json").put_user(name, "admin", password)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 9}', '{"schema": 1, "users": {"a": 1}}']
)
def test_a_spoiled_file_lets_nobody_in(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.json"
    path.write_text(text)
    with pytest.raises(ServiceError, match="no file of users"):
        UserFile(path).load()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_another_address_demands_users(host: str, tmp_path: Path) -> None:
    assert not is_loopback(host)
    with pytest.raises(ServiceError, match="holds no users"):
        build_app(ServiceSettings(host=host, users=tmp_path / "users.json", children=0))


def test_loopback_is_told_from_what_looks_like_it() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.0.0.2", "::1", "localhost", "LocalHost")))
    assert not any(map(is_loopback, ("127.0.0.1.example.org", "0.0.0.0", "localhost.example", "")))
