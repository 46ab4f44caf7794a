"""The attacks of docs/service.md, one after another, and what each of them gets."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
pytest.importorskip("argon2", reason="the extra serve is not installed")

from faults.pdf import document
from faults.png import claiming, packed_bomb
from handsum.service import access
from handsum.service.limits import ServiceLimits
from handsum.service.users import Users
from served import children_of
from serving import Running, serving
from slips import make_pile, open_store

PAGE = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
PASSWORD = "correct horse battery"
SECONDS = 6.0
LIMITS = ServiceLimits(max_body=2 << 20, max_scans=3 << 20, max_files=5, seconds=SECONDS)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://elsewhere.example")'


@dataclass(frozen=True)
class Target:
    """A server with a login: its users' clients by name, and the folder of its pile ``results``."""

    server: Running
    users: Users
    folder: Path
    clients: dict[str, httpx.Client]
    opened: list[httpx.Client] = field(default_factory=list)

    @property
    def pile(self) -> str:
        """The pile's path."""
        (pile,) = self.clients["eve"].get("/api/v1/piles").json()["piles"]
        return f"/api/v1/piles/{pile['name']}"

    def client(self, token: str | None = None) -> httpx.Client:
        """One more program."""
        made = self.server.client()
        if token is not None:
            made.headers["Authorization"] = f"Bearer {token}"
        self.opened.append(made)
        return made


Attack = Callable[[Target], None]
ATTACKS: dict[str, Attack] = {}


def attack(row: str) -> Callable[[Attack], Attack]:
    """An attack, named by its row of the table in the docs."""

    def note(function: Attack) -> Attack:
        ATTACKS[row] = function
        return function

    return note


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    folder = make_pile(tmp_path_factory.mktemp("attacked"))
    store = open_store(folder)
    users = Users(store.database)
    users.put_user("ada", "reviewer", PASSWORD)
    roles = {"root": "admin", "bob": "reviewer", "cleo": "reviewer", "eve": "reader"}
    tokens = {name: users.put_token(name, role) for name, role in roles.items()}  # type: ignore[arg-type]
    settings = ServiceSettings(pile=str(folder), children=1, login=True, limits=LIMITS)
    with store, serving(settings, shelf=Shelf(open_store(folder))) as running:
        made = Target(running, users, folder, {})
        made.clients.update({name: made.client(token) for name, token in tokens.items()})
        yield made
        for client in made.opened:
            client.close()


def refused(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem that an attack got, which tells nothing of the inside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert not re.search(r'Traceback|File "|root:', answer.text)
    tree: dict[str, Any] = answer.json()
    assert code is None or tree["code"] == code
    return tree


def log_in(target: Target) -> tuple[httpx.Client, dict[str, str]]:
    """Ada's browser, and the headers that its pages send."""
    client = target.client()
    found = re.search('csrf-token" content="([0-9a-f]{64})"', client.get("/login").text)
    assert found is not None
    body = {"name": "ada", "password": PASSWORD}
    client.post("/api/v1/session", json=body, headers={"X-CSRF-Token": found[1]}).raise_for_status()
    own = {"Origin": target.server.address, "Sec-Fetch-Site": "same-origin"}
    return client, {**own, "X-CSRF-Token": client.get("/api/v1/session").json()["csrf"]}


@attack("another reviewer's item")
def take_an_item(target: Target) -> None:
    bob, cleo = target.clients["bob"], target.clients["cleo"]
    item = bob.post(f"{target.pile}/review/next").json()["item"]
    path = f"{target.pile}/review/items/{item['id']}"
    for way, body in (("answer", {"text": "1"}), ("confirm", None)):
        refused(cleo.post(f"{path}/{way}", json=body), 409, "pile_conflict")
    other = cleo.post(f"{target.pile}/review/next").json()["item"]
    assert other["id"] != item["id"]
    for client in (bob, cleo):
        client.post(f"{target.pile}/review/release").raise_for_status()
    assert cleo.get(f"{target.pile}/corrections").json()["corrections"] == []


@attack("more than one's role allows")
def rise(target: Target) -> None:
    eve, bob = target.clients["eve"], target.clients["bob"]
    refused(eve.post(f"{target.pile}/review/next"), 403, "access")
    refused(bob.post("/api/v1/forms?name=mine"), 403, "access")
    refused(bob.post(f"{target.pile}/cancel"), 403, "access")
    assert eve.get("/review").status_code == 403


@attack("a forged or old token, another user's session")
def forge(target: Target) -> None:
    old = target.users.put_token("scanner", "admin")
    new = target.users.put_token("scanner", "admin")  # in the place of the old one
    for token in (old, f"{new}x", new[:-1], "hs_", "' or 1=1 --", "\u00e9"):
        headers = {"Authorization": f"Bearer {token}".encode()}
        refused(target.client().get(target.pile, headers=headers), 401, "login")
    target.users.remove("scanner")
    refused(target.client(new).get(target.pile), 401, "login")  # out at once
    stranger = target.client()
    stranger.cookies.set("handsum_session", "A" * 32)
    refused(stranger.get(target.pile), 401, "login")


@attack("a session that was left open")
def come_back_later(target: Target) -> None:
    client, _ = log_in(target)
    assert client.get(target.pile).status_code == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "IDLE_SECONDS", -1.0)
        refused(client.get(target.pile), 401, "login")
    refused(client.get(target.pile), 401, "login")


@attack("a page from elsewhere sends a request (CSRF)")
def cross_sites(target: Target) -> None:
    client, own = log_in(target)
    path = f"{target.pile}/review/next"
    for change in (
        {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": ""}, {"Origin": "null"},
    ):  # fmt: skip
        refused(client.post(path, headers={**own, **change}), 403, "cross_site")
    assert client.post(path, headers=own).status_code == 200
    client.post(f"{target.pile}/review/release", headers=own).raise_for_status()


@attack("a name that points to this machine (DNS rebinding)")
def rebind(target: Target) -> None:
    headers = {"Host": "elsewhere.example"}
    refused(target.clients["root"].get(target.pile, headers=headers), 403, "cross_site")


@attack("a path in a file's name")
def climb(target: Target) -> None:
    root = target.clients["root"]
    names = {
        "../../../etc/passwd": "passwd", "/etc/passwd": "passwd", "..": "file", ".": "file",
        "..\\..\\Windows\\win.ini": "win.ini", "C:\\evil.png": "evil.png", "C:evil.png":
        "C_evil.png", "a.png:stream": "a.png_stream", "CON.png": "_CON.png", "a\0.png": "a.png",
        "x" * 300: "x" * 150, "\u7eb8" * 300: "\u7eb8" * 50, "...": "file",
        "%2e%2e%2f": "%2e%2e%2f",
    }  # fmt: skip
    for name, kept in names.items():
        answer = root.post("/api/v1/read", params={"name": name[:200]}, content=b"x")
        assert refused(answer, 415)["detail"].startswith(f"{kept}: "), name
    before = {path for path in target.folder.parent.rglob("*") if path.is_file()}
    for name in ("../../up.png", "..\\up.png", "..", "."):
        path = f"{target.pile}/files"
        answer = root.post(path, params={"name": name}, content=claiming(20, 20)).json()
        assert ".." not in str(answer)
    after = {path for path in target.folder.parent.rglob("*") if path.is_file()}
    assert {path.parent for path in after - before} <= {target.folder / "uploads"}
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
        refused(root.get(path), 404)
    for name in ("..", "../x", "a/b", "a\\b", "\U00010348" * 64):
        refused(root.post("/api/v1/piles", json={"name": name, "forms": ["sums"]}), 422)


@attack("a line end or a quote in a file's name (header injection)")
def inject(target: Target) -> None:
    eve = target.clients["eve"]
    name = 'a"\r\nSet-Cookie: handsum_session=stolen\r\n\r\n<b>.png'
    answer = eve.post("/api/v1/read", params={"name": name}, content=b"x")
    refused(answer, 415)
    assert "set-cookie" not in answer.headers
    for path in (target.pile, "/api/v1/forms"):
        answer = eve.get(f"{path}%22%0d%0aX-Evil:%201/results")
        refused(answer, 404)
        assert "x-evil" not in answer.headers
    answer = eve.get(f"{target.pile}/results?format=csv")
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', answer.headers["content-disposition"])


@attack("SVG, HTML, ZIP and what unpacks to gigabytes (zip bomb)")
def send_no_picture(target: Target) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", b"\0" * 50_000_000)
    eve = target.clients["eve"]
    for data in (SVG, b"<html>" + SVG, packed.getvalue(), b"\x1f\x8b" + b"\0" * 99):
        refused(eve.post("/api/v1/read?name=a.png", content=data), 415, "image_format")


@attack("a picture or page of too many pixels (pixel bomb)")
def send_pixels(target: Target) -> None:
    eve = target.clients["eve"]
    for data in (claiming(60_000, 60_000), claiming(2**31 - 1, 2**31 - 1), packed_bomb()):
        answer = eve.post("/api/v1/read", content=data)
        assert answer.status_code in (413, 422)
        refused(answer, answer.status_code)
    assert eve.post("/api/v1/read?as=digit", content=document()).status_code < 500


@attack("a file whose decoding takes for ever or all memory")
def hang(target: Target) -> None:
    eve = target.clients["eve"]
    digit = next((Path(__file__).parents[2] / "examples" / "handwriting").glob("*-7.png"))
    # Servers of other tests may have children beside.
    before = children_of(os.getpid(), "handsum.service.decode_child")
    for child in before:
        os.kill(child, signal.SIGSTOP)  # as a decoder does that never comes back
    refused(eve.post("/api/v1/read?as=digit", content=digit.read_bytes()), 422, "too_costly")
    found = eve.post("/api/v1/read?as=digit", content=digit.read_bytes())
    assert found.json()[0]["text"] == "7"  # another child answers
    after = children_of(os.getpid(), "handsum.service.decode_child")
    assert len(set(before) - set(after)) == len(set(after) - set(before)) == 1
    for child in set(before) & set(after):
        os.kill(child, signal.SIGCONT)
    assert eve.get("/healthz").status_code == 200


@attack("a body without end, or of too many files")
def flood(target: Target) -> None:
    def endless(megabytes: int) -> Iterator[bytes]:
        for _ in range(megabytes):
            yield b"\0" * (1 << 20)

    root = target.clients["root"]
    for path in ("/api/v1/read", f"{target.pile}/files", "/api/v1/forms/draft"):
        for content in (b"\0" * (4 << 20), endless(8)):
            try:
                answer = root.post(path, content=content)
            except httpx.TransportError:  # it was cut off before it was all sent
                continue
            refused(answer, 413, "request_too_large")
    many = [("file", (f"{n}.png", b"x")) for n in range(9)]
    answer = root.post("/api/v1/read", files=many)
    assert 400 <= answer.status_code < 500
    refused(answer, answer.status_code)


@attack("formula cells in tables")
def calculate(target: Target) -> None:
    bob, eve = target.clients["bob"], target.clients["eve"]
    page = eve.get(f"{target.pile}/pages").json()["pages"][0]["id"]
    body = {"text": FORMULA, "reason": "as written"}
    bob.post(f"{target.pile}/pages/{page}/fields/b", json=body).raise_for_status()
    path = f"{target.pile}/results"
    rows = csv.DictReader(io.StringIO(eve.get(path).text))
    (row,) = (row for row in rows if row["page_id"] == str(page))
    assert row["b"] == f"'{FORMULA}"
    book = openpyxl.load_workbook(io.BytesIO(eve.get(f"{path}?format=xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert FORMULA in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)
    for form in ("csv", "xlsx"):
        answer = eve.post(
            "/api/v1/tables", params={"format": form}, json=[
                {"schema": 1, "source": FORMULA,
                 "error": {"code": "input", "message": "=1+1", "remedy": "@SUM(1)"}}
            ],
        ).raise_for_status()  # fmt: skip
        if form == "csv":
            assert not re.search(r'(^|,)"?[=@+]', answer.text.partition("\n")[2])
        else:
            book = openpyxl.load_workbook(io.BytesIO(answer.content))
            assert all(c.data_type != "f" for sheet in book for row in sheet for c in row)
    bob.post(f"{target.pile}/review/undo").raise_for_status()


@attack("a script in a name, label or text")
def script(target: Target) -> None:
    root = target.clients["root"]
    tree = root.post("/api/v1/forms?name=scripted").raise_for_status().json()["tree"]
    tree["title"] = tree["field"][0]["label"] = SCRIPT
    answer = root.put("/api/v1/forms/scripted", json=tree).raise_for_status()
    assert answer.headers["content-type"] == "application/json"  # never taken for a page
    assert answer.headers["x-content-type-options"] == "nosniff"
    named = [{**tree["field"][0], "name": SCRIPT}]
    refused(root.put("/api/v1/forms/scripted", json={**tree, "field": named}), 422)
    for path in ("/forms/scripted", f"/forms/{SCRIPT}", f"/review?pile={SCRIPT}", "/forms"):
        page = root.get(path)
        assert SCRIPT not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]
    root.delete("/api/v1/forms/scripted").raise_for_status()


@attack("a template that names files or addresses elsewhere")
def reach_out(target: Target) -> None:
    root = target.clients["root"]
    tree = root.post("/api/v1/forms?name=reaching").raise_for_status().json()["tree"]
    for file in (
        "/etc/passwd", "../../pile.sqlite", "http://169.254.169.254/latest", "file:///etc",
        "\\\\elsewhere\\share\\a.png", "C:\\a.png", "https://elsewhere.example/a.pdf",
    ):  # fmt: skip
        for change in (
            {"blank": file}, {"page": {**tree["page"], "font": file}},
            {"field": [{**tree["field"][0], "list": file}]},
            {'title = "a"\nblank': file},  # a key that writes another one
        ):  # fmt: skip
            for way in (root.put, root.post):
                path = "/api/v1/forms/reaching" + ("/check" if way == root.post else "")
                answer = way(path, json={**tree, **change})
                assert answer.status_code in (200, 422)  # a check says it in its notes
                assert "root:" not in answer.text
                if way == root.put:
                    refused(answer, 422, "template_invalid")
    kept = root.get("/api/v1/forms/reaching/template").text
    assert "elsewhere" not in kept
    root.delete("/api/v1/forms/reaching").raise_for_status()


@attack("passwords tried one after another")
def guess(target: Target) -> None:
    """Last, since the door stays shut for this machine's address."""
    client = target.client()
    for _ in range(access.FREE_ATTEMPTS):
        body = {"name": "ada", "password": "wrong"}
        refused(client.post("/api/v1/session", json=body), 401, "login")
    right = {"name": "ada", "password": PASSWORD}
    answer = client.post("/api/v1/session", json=right)
    refused(answer, 429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("row", ATTACKS)
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_an_attack_gets_its_answer(target: Target, row: str) -> None:
    ATTACKS[row](target)


def test_the_table_in_the_docs_has_these_attacks_and_no_others() -> None:
    (table,) = re.findall(r"\| attack \| answer \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert re.findall(r"^\| (.*?) \|", table, re.MULTILINE) == list(ATTACKS)
