"""Forms and piles by the API: what a template may not name, and what becomes of files."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from handsum.piles.store import Store
from handsum.service.cabinet import Cabinet
from handsum.service.toml_text import write_toml

FORMS = Path(__file__).parents[2] / "examples" / "forms"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of an empty folder, with one child."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    folder = tmp_path_factory.mktemp("work")
    settings = ServiceSettings(pile=str(folder), children=1)
    with serving(settings, shelf=Shelf(Store.open(folder))) as running:
        yield running


@pytest.fixture
def sums(client: httpx.Client) -> Iterator[dict[str, Any]]:
    """A form's keys."""
    client.post("/api/v1/forms?name=sums").raise_for_status()
    yield client.get("/api/v1/forms/sums").json()["tree"]
    client.delete("/api/v1/forms/sums").raise_for_status()


@pytest.mark.parametrize("file", ["/etc/passwd", "../../pile.sqlite", "..", "a/b", "C:\\a", ""])
@pytest.mark.parametrize("key", ["blank", "font", "list"])
def test_a_template_names_no_file_outside_its_folder(
    client: httpx.Client, sums: dict[str, Any], key: str, file: str
) -> None:
    if key == "list":
        sums["field"][0]["list"] = file
    elif key == "font":
        sums["page"]["font"] = file
    else:
        sums["blank"] = file
    answer = client.put("/api/v1/forms/sums", json=sums)
    assert answer.status_code == 422
    assert answer.json()["code"] == "template_invalid"
    assert "root:" not in answer.text


@pytest.mark.parametrize("name", ["..", "%2e%2e", "A", "a/b", "a%2fb", "-a", "a" * 41, "a b"])
def test_odd_names_of_forms_reach_nothing(client: httpx.Client, name: str) -> None:
    assert client.get(f"/api/v1/forms/{name}").status_code in (404, 422)
    assert client.delete(f"/api/v1/forms/{name}").status_code in (404, 405, 422)
    assert client.post(f"/api/v1/forms?name={name}").status_code == 422


@pytest.mark.parametrize("name", ["..", "../x", "a/b", ".hidden", "", "a\\b", "x..y"])
def test_odd_names_of_piles_make_no_folder(
    client: httpx.Client, sums: dict[str, Any], name: str
) -> None:
    assert sums
    answer = client.post("/api/v1/piles", json={"name": name, "forms": ["sums"]})
    assert answer.status_code == 422


def test_a_template_that_is_wrong_is_not_saved(client: httpx.Client, sums: dict[str, Any]) -> None:
    before = client.get("/api/v1/forms/sums/template").text
    for change in ({"rules": ["a = nothing"]}, {"colour": "red"}, {"name": "other"}, {"field": []}):
        assert client.put("/api/v1/forms/sums", json={**sums, **change}).status_code == 422
    assert client.get("/api/v1/forms/sums/template").text == before


def test_what_is_no_form_leaves_nothing_behind(client: httpx.Client) -> None:
    before = client.get("/api/v1/forms").json()
    for data in (b"Dear Sir,", b"%PDF-1.7 broken"):
        answer = client.post("/api/v1/forms/draft?name=../../x.pdf", content=data)
        assert answer.status_code in (415, 422)
    assert client.get("/api/v1/forms").json() == before


def test_a_blank_becomes_a_form_that_can_be_saved_again(client: httpx.Client) -> None:
    blank = (FORMS / "paying-in" / "form.pdf").read_bytes()
    made = client.post("/api/v1/forms/draft?name=Paying%20in.pdf", content=blank)
    assert made.status_code == 201
    form = made.json()
    assert form["name"] == "paying-in"
    assert len(form["fields"]) > 5
    again = client.put(f"/api/v1/forms/{form['name']}", json=form["tree"])
    assert again.json()["tree"] == form["tree"]
    assert client.get(form["picture"]).headers["content-type"] == "image/png"


def test_files_of_a_pile_are_kept_once_and_bad_ones_are_named(
    client: httpx.Client, sums: dict[str, Any], tmp_path: Path
) -> None:
    assert sums
    body = {"name": "Monday", "forms": ["sums"]}
    assert client.post("/api/v1/piles", json=body).status_code == 201
    assert client.post("/api/v1/piles", json=body).status_code == 409
    client.post("/api/v1/piles/Monday/cancel").raise_for_status()  # nothing is read meanwhile
    scan = client.get("/api/v1/forms/sums/print").content
    files = [("file", ("../../a.pdf", scan)), ("file", ("b.pdf", scan)), ("file", ("c.txt", b"x"))]
    found = client.post("/api/v1/piles/Monday/files", files=files).json()
    assert (found["pages"], found["same"]) == (1, 1)
    assert [one["error"]["code"] for one in found["failures"]] == ["image_format"]
    not_read = client.get("/api/v1/piles/Monday/not-read").json()
    assert [one["error"]["code"] for one in not_read["sources"]] == ["image_format"]
    pile = client.get("/api/v1/piles/Monday").json()
    assert (pile["state"], pile["progress"]["queued"]) == ("cancelled", 1)
    with client.stream("GET", "/api/v1/piles/Monday/events") as events:
        assert next(line for line in events.iter_lines() if line.startswith("data:"))


def test_the_cabinet_lists_only_forms(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path / "forms")
    assert cabinet.names() == []
    assert cabinet.claim_like("Réport  2024!") == "r-port-2024"
    assert cabinet.claim_like("???") == "form"
    assert cabinet.claim_like("???") == "form-2"
    assert not cabinet.claim("form")


leaves = st.booleans() | st.integers(-9, 9) | st.text(max_size=9) | st.floats(-9, 9)
keys = st.text("abc_", min_size=1, max_size=4)
plain = st.dictionaries(keys, leaves | st.lists(leaves, max_size=3), max_size=4)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine
@given(
    plain,
    st.dictionaries(keys, plain, max_size=2),
    st.dictionaries(keys, st.lists(plain, min_size=1, max_size=3), max_size=2),
)
def test_toml_says_what_the_tree_says(
    top: dict[str, Any], tables: dict[str, Any], lists: dict[str, Any]
) -> None:
    tree = {**top, **tables, **lists}
    assert tomllib.loads(write_toml(tree)) == tree


def test_forms_that_are_made_at_once_get_a_place_each(client: httpx.Client) -> None:
    form = (FORMS / "mark-sheet" / "form.pdf").read_bytes()
    names: list[str] = []

    def draft() -> None:
        answer = client.post("/api/v1/forms/draft?name=slip.pdf", content=form)
        names.append(answer.raise_for_status().json()["name"])

    threads = [threading.Thread(target=draft) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # One has the name that its page code says; the others would be mistaken for it.
    assert sorted(names)[0] == "mark-sheet"
    assert len(set(names)) == 3
    for name in names:
        assert client.get(f"/api/v1/forms/{name}/picture").status_code == 200
        client.delete(f"/api/v1/forms/{name}").raise_for_status()
    codes = [client.post("/api/v1/forms?name=once").status_code for _ in range(2)]
    assert codes == [201, 422]
    client.delete("/api/v1/forms/once").raise_for_status()


def test_a_draft_has_its_own_time_and_says_when_that_is_over(tmp_path: Path) -> None:
    from handsum.service.limits import ServiceLimits
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    form = (FORMS / "weather-log" / "form.pdf").read_bytes()
    for limits, status in (
        (ServiceLimits(seconds=0.05), 201),  # less than a draft takes
        (ServiceLimits(drafting=0.05), 422),
    ):
        settings = ServiceSettings(pile=str(tmp_path), children=1, limits=limits)
        shelf = Shelf(Store.open(tmp_path))
        with serving(settings, shelf=shelf) as running, running.client() as client:
            answer = client.post("/api/v1/forms/draft?name=log.pdf", content=form)
            forms = [one["name"] for one in client.get("/api/v1/forms").json()["forms"]]
            if status == 201:  # it can be gone on with, whatever printing it anew would say
                saved = client.put("/api/v1/forms/weather-log", json=answer.json()["tree"])
                assert saved.status_code == 200, saved.text
        assert answer.status_code == status, answer.text
        assert forms == ["weather-log"]  # of what failed nothing is left
    assert answer.json()["code"] == "too_costly"
    assert "Finding the boxes" in answer.json()["detail"]
    assert sorted(path.name for path in (tmp_path / "forms").iterdir()) == ["weather-log"]
