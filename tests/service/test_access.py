"""Logging in: passwords, roles, tokens, and a door that shuts."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")

from handsum.errors import BusyError, LoginError, ServiceError, TooManyAttemptsError, UsageError
from handsum.piles.database import FILE
from handsum.piles.store import Store
from handsum.service.access import FREE_ATTEMPTS, IDLE_SECONDS, Access, network_of, wait_after
from handsum.service.app import build_app
from handsum.service.settings import ServiceSettings, is_loopback
from handsum.service.shelf import Shelf
from handsum.service.users import Users
from serving import Running, serving

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server's store lies."""
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Users]:
    """Ada reviews, Root may do all: as `handsum user` changes them, beside the server."""
    with Store.open(folder) as store:
        users = Users(store.database)
        users.put_user("ada", "reviewer", PASSWORD)
        users.put_user("root", "admin", PASSWORD)
        yield users


@pytest.fixture(scope="module")
def server(office: Users, folder: Path) -> Iterator[Running]:
    """A server that asks for a login."""
    settings = ServiceSettings(pile=str(folder), children=0, login=True)
    with serving(settings, warm=False, shelf=Shelf(Store.open(folder))) as running:
        yield running


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    """Ada alone."""
    with Store.open(tmp_path) as store:
        made = Users(store.database)
        made.put_user("ada", "admin", PASSWORD)
        yield made


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


def test_a_token_is_a_reader_and_no_more(client: httpx.Client, office: Users) -> None:
    headers = {"Authorization": f"Bearer {office.put_token('scanner', 'reader')}"}
    assert client.post("/api/v1/tables?format=json", json=[], headers=headers).status_code == 200
    assert client.get("/review", headers=headers).status_code == 403
    office.remove("scanner")
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


def test_the_door_opens_again_and_stays_shut_longer_each_time(users: Users) -> None:
    now = [1000.0]
    access = Access(users, clock=lambda: now[0])
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(LoginError):
            access.log_in("ada", "wrong", "10.0.0.1")
    beside = Access(users, clock=lambda: now[0])  # another server on the same store
    with pytest.raises(TooManyAttemptsError):
        beside.log_in("ADA", PASSWORD, "10.0.0.2")  # the name is shut from everywhere
    with pytest.raises(TooManyAttemptsError):
        access.log_in("bob", PASSWORD, "10.0.0.1")  # and the address for everybody
    now[0] += wait_after(FREE_ATTEMPTS)
    assert access.log_in("ada", PASSWORD, "10.0.0.2")[0].name == "ada"
    waits = [wait_after(FREE_ATTEMPTS + n) for n in range(40)]
    assert waits == sorted(waits)
    assert waits[1] == 2 * waits[0]
    assert wait_after(FREE_ATTEMPTS - 1) == 0


def test_who_has_an_ipv6_address_has_all_of_its_network() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") != network_of("2001:db9::1")
    assert network_of("10.0.0.1") != network_of("10.0.0.2")
    assert network_of("::ffff:10.0.0.1") != network_of("::ffff:10.0.0.2")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth0")
    assert network_of("") == ""


def test_a_crowd_at_the_door_is_sent_away(users: Users) -> None:
    access = Access(users)
    with contextlib.ExitStack() as crowd:
        ready = threading.Barrier(9)
        done = threading.Event()

        def stand() -> None:
            with users._line:
                ready.wait()
                done.wait()

        people = [threading.Thread(target=stand) for _ in range(8)]
        for one in people:
            one.start()
        crowd.callback(lambda: [one.join() for one in people])
        crowd.callback(done.set)
        ready.wait()
        with pytest.raises(BusyError):
            access.log_in("ada", PASSWORD, "")
    assert access.log_in("ada", PASSWORD, "")[0].name == "ada"


def test_a_session_that_is_left_alone_ends(users: Users) -> None:
    now = [0.0]
    access = Access(users, clock=lambda: now[0])
    _, session = access.log_in("ada", PASSWORD, "")
    assert access.identify(session, Headers()).name == "ada"
    now[0] += IDLE_SECONDS + 1
    assert access.identify(session, Headers()).name is None


def test_who_is_taken_out_is_out_at_once(users: Users, tmp_path: Path) -> None:
    access = Access(users)
    _, session = access.log_in("ada", PASSWORD, "")
    with Store.open(tmp_path) as beside:  # another process
        others = Users(beside.database)
        others.put_user("ada", "reader", "another password")
        assert access.identify(session, Headers()).name is None  # the old one's session
        _, session = access.log_in("ada", "another password", "")
        assert access.identify(session, Headers()).role == "reader"
        others.remove("ada")
        assert access.identify(session, Headers()).name is None
        others.put_user("ada", "admin", "another password")  # another of that name
        assert access.identify(session, Headers()).name is None


def test_the_store_holds_no_secret(users: Users, tmp_path: Path) -> None:
    token = users.put_token("scanner", "reader")
    with pytest.raises(LoginError):
        Access(users).log_in(PASSWORD, "wrong", "")  # typed where the name belongs
    users.database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if FILE in path.name)
    assert PASSWORD.encode() not in kept
    assert token.encode() not in kept
    (row,) = users.users()
    assert row.password.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "short"), ("a b", PASSWORD), ("", PASSWORD)]
)
def test_weak_passwords_and_odd_names_are_refused(users: Users, name: str, password: str) -> None:
    with pytest.raises(UsageError):
        users.put_user(name, "admin", password)


@pytest.mark.parametrize("name", ["\ud800", "a\x00b", "x" * 1000, "' OR 1=1 --"])
def test_odd_names_are_nobodys(users: Users, name: str) -> None:
    assert users.check_password(name, "\ud800") is None
    assert users.find_token(name) is None
    with pytest.raises(UsageError):
        users.remove(name)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_another_address_demands_users(host: str, tmp_path: Path) -> None:
    assert not is_loopback(host)
    with pytest.raises(ServiceError, match="no store is named"):
        build_app(ServiceSettings(host=host, children=0))
    with Store.open(tmp_path) as store, pytest.raises(ServiceError, match="holds no users"):
        build_app(ServiceSettings(host=host, children=0), Shelf(store))


def test_loopback_is_told_from_what_looks_like_it() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.0.0.2", "::1", "localhost", "LocalHost")))
    assert not any(map(is_loopback, ("127.0.0.1.example.org", "0.0.0.0", "localhost.example", "")))
