"""A team's store: `handsum serve` and `handsum worker` on a real PostgreSQL, from form to table."""

from __future__ import annotations

import csv
import io
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
pytest.importorskip("reportlab", reason="the extra forms is not installed")
pytest.importorskip("argon2", reason="the extra serve is not installed")

from clusters import Cluster
from handsum.piles.store import Store
from handsum.service.users import Users
from served import Hired, Served

SHEETS = 4
FIELDS = [
    {"name": "a", "kind": "box", "box": [60.0, 50.0, 100.0, 60.0], "required": True},
    {"name": "b", "kind": "box", "box": [60.0, 70.0, 100.0, 80.0]},
]
pytestmark = pytest.mark.slow


class Team:
    """A server with a login on a database, and a client for each of its tokens."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        self.cluster = cluster
        self.url = cluster.new_url()
        self.store = Store.open(self.url)
        self.users = Users(self.store.database)
        roles = {"root": "admin", "ada": "reviewer", "bob": "reviewer", "eve": "reader"}
        self.tokens = {name: self.users.put_token(name, role) for name, role in roles.items()}  # type: ignore[arg-type]
        self.served = Served(self.url, "--login", folder=home / "files")
        self.served.client.headers["Authorization"] = f"Bearer {self.tokens['root']}"
        self.clients = {name: self._client(token) for name, token in self.tokens.items()}

    def _client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(
            base_url=self.served.address, headers=headers, trust_env=False, timeout=60
        )

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        if self.served.process.poll() is None:
            self.served.end(signal.SIGINT)
        self.store.close()


@pytest.fixture(scope="module")
def team(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A pile of four empty sheets, read by the server's own worker and a hired one."""
    made = Team(postgres, tmp_path_factory.mktemp("team"))
    hired = Hired(made.url)
    try:
        made.served.make_form("sums", FIELDS)
        scan = made.served.print_form("sums", SHEETS)
        root = made.clients["root"]
        body = {"name": "Monday", "forms": ["sums"]}
        root.post("/api/v1/piles", json=body).raise_for_status()
        files = {"file": ("a.pdf", scan)}
        added = root.post("/api/v1/piles/Monday/files", files=files).raise_for_status().json()
        assert (added["pages"], added["failures"]) == (SHEETS, [])
        made.served.wait_until_read("Monday")
        yield made
    finally:
        code, said = hired.end()
        made.close()
        assert (code, "pages read" in said) == (0, True)


def test_the_store_says_what_it_is(team: Team) -> None:
    health = team.clients["eve"].get("/healthz").json()
    assert (health["status"], health["store"]) == ("ok", "writable")
    progress = team.served.progress("Monday")
    assert (progress["done"], progress["pages"], progress["doubts"]) == (SHEETS, SHEETS, SHEETS)


def test_two_reviewers_never_hold_the_same(team: Team) -> None:
    ada, bob = (
        team.clients[name].post("/api/v1/piles/Monday/review/next").json()["item"]
        for name in ("ada", "bob")
    )
    assert ada["id"] != bob["id"]
    path = f"/api/v1/piles/Monday/review/items/{ada['id']}/answer"
    refused = team.clients["bob"].post(path, json={"text": "1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "pile_conflict")
    assert team.clients["eve"].post(path, json={"text": "1"}).status_code == 403


def test_from_doubts_to_the_table(team: Team) -> None:
    ada = team.clients["ada"]
    base = "/api/v1/piles/Monday"
    said: list[str] = []
    item: dict[str, Any] | None = ada.post(f"{base}/review/next").json()["item"]
    team.clients["bob"].post(f"{base}/review/release").raise_for_status()
    while item is not None:
        said.append(str(len(said) + 1))
        path = f"{base}/review/items/{item['id']}"
        assert ada.get(path).json()["item"]["id"] == item["id"]
        crop = ada.get(item["crop"])
        assert crop.headers["content-type"] == "image/png"
        item = ada.post(f"{path}/answer", json={"text": said[-1]}).raise_for_status().json()["item"]
    assert len(said) == SHEETS

    undone = ada.post(f"{base}/review/undo").json()
    assert len(undone["items"]) == 1
    path = f"{base}/review/items/{undone['items'][0]}/answer"
    ada.post(path, json={"content": "blank"}).raise_for_status()
    (first, *_) = ada.get(f"{base}/pages").json()["pages"]
    field = f"{base}/pages/{first['id']}/fields/b"
    ada.post(field, json={"text": "7", "reason": "looked"}).raise_for_status()

    history = ada.get(f"{base}/corrections").json()["corrections"]
    assert Counter(one["how"] for one in history) == {"review": SHEETS + 2, "undo": 1}
    assert {one["who"] for one in history} == {"ada"}
    rows = list(csv.DictReader(io.StringIO(ada.get(f"{base}/results").text)))
    assert sorted(row["a"] for row in rows) == sorted([*said[:-1], ""])
    assert [row["b"] for row in rows if row["page_id"] == str(first["id"])] == ["7"]
    book = openpyxl.load_workbook(io.BytesIO(ada.get(f"{base}/results?format=xlsx").content))
    assert book.active is not None
    assert book.active.max_row == SHEETS + 1
    assert ada.get(f"{base}/results?format=parquet").content[:4] == b"PAR1"
    assert len(ada.get(f"{base}/results?format=json").json()) == SHEETS


def test_an_audit_of_accepted_values(team: Team) -> None:
    bob, base = team.clients["bob"], "/api/v1/piles/Monday"
    plan = bob.get(f"{base}/audits/plan?bound=0.9").json()
    assert plan["pile_size"] >= 1
    audit = bob.post(f"{base}/audits", json={"n": 1}).raise_for_status().json()
    item = bob.post(f"{base}/review/next?audit={audit['id']}").json()["item"]
    path = f"{base}/review/items/{item['id']}/confirm?audit={audit['id']}"
    bob.post(path).raise_for_status()
    (found,) = bob.get(f"{base}/audits").json()["audits"]
    assert (found["checked"], found["wrong"]) == (1, 0)
    assert found["report"]["sentence"]


def test_groups_and_pictures(team: Team) -> None:
    ada, base = team.clients["ada"], "/api/v1/piles/Monday"
    assert ada.get(f"{base}/review/groups").json()["groups"] == []
    for page in ada.get(f"{base}/pages").json()["pages"]:
        for picture in ("picture", "overlay"):
            assert ada.get(page[picture]).headers["content-type"] == "image/jpeg"
    assert ada.get(f"{base}/not-read").json() == {"pages": [], "sources": []}
    with ada.stream("GET", f"{base}/events") as events:
        assert next(line for line in events.iter_lines() if line.startswith("data:"))


def test_who_is_taken_out_is_out_at_once(team: Team) -> None:
    team.users.remove("bob")
    assert team.clients["bob"].get("/api/v1/piles").status_code == 401


def test_while_the_database_is_away_the_service_says_so_and_comes_back(team: Team) -> None:
    """Last, since it takes the database down."""
    client = team.clients["ada"]
    team.cluster.kill()
    time.sleep(1.1)  # an answer of /healthz holds for a second
    try:
        health = client.get("/healthz")
        assert (health.status_code, health.json()["store"]) == (503, "not writable")
        away = client.get("/api/v1/piles")
        assert (away.status_code, away.json()["code"]) == (503, "store_away")
        assert "retry-after" in away.headers
        assert str(team.cluster.port) not in away.text  # nor who and where the database is
        assert client.get("/static/style.css").status_code == 200  # it still answers
        assert client.get("/draw").json()["code"] == "store_away"  # who asks cannot be known
    finally:
        team.cluster.start()
    time.sleep(1.1)
    assert client.get("/healthz").json()["store"] == "writable"
    assert team.served.progress("Monday")["done"] == SHEETS
