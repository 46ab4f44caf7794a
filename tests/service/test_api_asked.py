"""What the service is asked beside pictures, as the command line is: a list, a promise, cells."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from handsum.cli import run
from handsum.client import Client
from handsum.decode.constraint import Constraint
from handsum.errors import HandsumError
from handsum.promise.calibrate import calibrate_promise
from handsum.promise.file import save_promise
from handsum.promise.terms import DataDescription, Promise
from handsum.reader import NumberReader
from serving import Running, serving

NUMBERS = sorted((Path(__file__).parents[2] / "examples" / "numbers").glob("*.png"))
LISTED = ["0008", "0460", "61100", "1997", "2026", "374"]


def make_promise(reader: NumberReader, constraint: Constraint | None = None) -> Promise:
    """Of 400 values that were all right: at most 2 % wrong."""
    key = reader.promise_key(reader.options(constraint=constraint))
    sure = [0.9 + 0.0002 * n for n in range(400)]
    what = DataDescription("made up", "0" * 64)
    return calibrate_promise(
        sure, [True] * 400, None, max_risk=0.02, delta=0.05, key=key, description=what
    )


@pytest.fixture(scope="module")
def promises(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of promises: plain, of a format, of a list, broken, and of no promise."""
    folder = tmp_path_factory.mktemp("promises")
    reader = NumberReader(threads=1)
    plain = make_promise(reader)
    save_promise(folder / "plain.promise", plain)
    save_promise(folder / "years.promise", make_promise(reader, Constraint(pattern="9{4}")))
    save_promise(folder / "listed.promise", make_promise(reader, Constraint(entries=tuple(LISTED))))
    broken = replace(plain, status="broken", status_when="2026-11-01", status_why="9 of 20 wrong")
    save_promise(folder / "old.json", broken)
    (folder / "torn.promise").write_text("{")
    (folder / "notes.txt").write_text("no promise")
    return folder


@pytest.fixture(scope="module")
def server(promises: Path) -> Iterator[Running]:
    """A server that has them."""
    from handsum.service.settings import ServiceSettings

    with serving(ServiceSettings(children=1, promises=promises)) as running:
        yield running


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A closed list as a file."""
    path = tmp_path / "numbers.txt"
    path.write_text("\n".join(LISTED) + "\n")
    return path


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """``command("--list", path)``: what ``handsum read`` writes of the example numbers as JSON.

    Where it fails, what it says.
    """

    def call(*options: object) -> Any:
        out = tmp_path / "out.json"
        out.unlink(missing_ok=True)
        asked = ["handsum", "read", *NUMBERS, *options, "--format", "json", "--out", out]
        monkeypatch.setattr(sys, "argv", [str(one) for one in asked])
        try:
            run()
        except SystemExit as end:
            assert end.code == 0 or not out.exists()
        return json.loads(out.read_text("utf-8")) if out.exists() else capsys.readouterr().err

    return call


def pictures() -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (path.name, path.read_bytes())) for path in NUMBERS]


def same(served: list[dict[str, Any]], read: list[dict[str, Any]]) -> None:
    """Field for field the same; the net's last bits depend on what it reads together."""
    assert len(served) == len(read) == len(NUMBERS)
    for mine, theirs in zip(served, read, strict=True):
        assert list(mine) == list(theirs)
        assert Path(theirs["source"]).name == mine["source"]
        for key in mine.keys() - {"source", "confidence", "candidates", "digits"}:
            assert mine[key] == theirs[key], key
        assert mine["confidence"] == pytest.approx(theirs["confidence"], abs=1e-4)


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (["--pattern", "9{4,5}", "--max-risk", "0.2"], {"pattern": "9{4,5}", "max_risk": 0.2}),
        (["--length", "3-5", "--top", "2"], {"length": "3-5", "top": 2}),
        (["--range", "0..3000"], {"range": "0..3000"}),
        (["--check", "luhn"], {"check": "luhn"}),
        (["--as", "page"], {"as": "page"}),
        (["--cells", "4"], {"cells": 4}),
        (["--bundle", "cells"], {"bundle": "cells"}),
        (["--bundle", "numbers", "--cells", "4"], {"bundle": "numbers", "cells": 4}),
        (["--as", "digit", "--bundle", "cells"], {"as": "digit", "bundle": "cells"}),
    ],
    ids=lambda one: "" if isinstance(one, dict) else " ".join(one),
)
def test_options_mean_what_they_mean_on_the_command_line(
    client: httpx.Client, command: Callable[..., Any], options: list[str], asked: dict[str, Any]
) -> None:
    answer = client.post("/api/v1/read", params=asked, files=pictures())
    if options == ["--as", "page"]:  # as many readings as there are numbers on the pages
        assert [one["text"] for one in answer.json()] == [one["text"] for one in command(*options)]
    else:
        same(answer.json(), command(*options))


def test_a_closed_list_is_a_part_or_stands_in_the_address(
    client: httpx.Client, command: Callable[..., Any], listed: Path
) -> None:
    read = command("--list", listed)
    assert {one["text"] for one in read} <= {*LISTED, ""}
    files = [*pictures(), ("list", ("numbers.txt", listed.read_bytes()))]
    same(client.post("/api/v1/read", files=files).json(), read)
    same(client.post("/api/v1/read", params={"list": LISTED}, files=pictures()).json(), read)


def test_a_promise_decides_by_name_or_as_a_part(
    client: httpx.Client, command: Callable[..., Any], promises: Path, listed: Path
) -> None:
    plain = promises / "plain.promise"
    read = command("--promise", plain)
    assert {(one["basis"], one["max_risk"]) for one in read} == {("promise", 0.02)}
    same(client.post("/api/v1/read?promise=plain", files=pictures()).json(), read)
    files = [*pictures(), ("promise", ("plain.promise", plain.read_bytes()))]
    same(client.post("/api/v1/read", files=files).json(), read)
    files = [*pictures(), ("list", ("numbers.txt", listed.read_bytes()))]
    by_list = client.post("/api/v1/read?promise=listed", files=files).json()
    same(by_list, command("--promise", promises / "listed.promise", "--list", listed))


def test_what_a_person_typed_decides(
    client: httpx.Client, command: Callable[..., Any], tmp_path: Path
) -> None:
    plain = client.post("/api/v1/read", files=pictures()).json()
    rows = [f"{one['source']},{one['text'] + '0' * (n % 2)}" for n, one in enumerate(plain[:-1])]
    typed = tmp_path / "typed.csv"
    typed.write_text("\n".join(["file,text", *rows]))
    files = [*pictures(), ("second_key", ("typed.csv", typed.read_bytes()))]
    found = client.post("/api/v1/read", files=files).json()
    same(found, command("--second-key", typed))
    decisions = ["review" if n % 2 else "accepted" for n in range(len(plain) - 1)]
    assert [one["decision"] for one in found] == [*decisions, "review"]
    assert {one["basis"] for one in found} == {"person"}
    files.insert(1, ("file", ("torn.png", b"no picture")))
    torn = client.post("/api/v1/read", files=files).json()
    assert torn[1]["error"]["code"] == "image_format"
    assert [one for one in torn if "error" not in one] == found
    with Client(str(client.base_url)) as asked:
        assert asked.read(NUMBERS, second_key=typed) == found


@pytest.mark.parametrize("text", [b"a,b\n1,2", b"file,text\n\xff,1", b"file,text\na.png,1\na.png,2",
                                  b"file,text\na" + b"9" * 200_000 + b",1"])  # fmt: skip
def test_what_was_typed_has_to_be_a_table(client: httpx.Client, text: bytes) -> None:
    files = [*pictures()[:1], ("second_key", ("typed.csv", text))]
    answer = client.post("/api/v1/read", files=files)
    assert (answer.status_code, answer.json()["code"]) == (422, "data")
    answer = client.post("/api/v1/read?as=page", files=files)
    assert (answer.status_code, answer.json()["code"]) == (400, "usage")


@pytest.mark.parametrize("name", ["../bundles/digits", "/etc", "nothing", ""])
def test_a_bundle_is_one_that_is_listed(client: httpx.Client, name: str) -> None:
    answer = client.post("/api/v1/read", params={"bundle": name}, files=pictures()[:1])
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for wrong in ({"as": "number", "bundle": "digits"}, {"as": "digit", "bundle": "numbers"},
                  {"as": "page", "bundle": "cells"}, {"cells": 3, "bundle": "digits"}):  # fmt: skip
        answer = client.post("/api/v1/read", params=wrong, files=pictures()[:1])
        assert (answer.status_code, answer.json()["code"]) == (422, "bundle")
        assert "/" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("options", "asked", "status", "code"),
    [
        (["--promise", "old.json"], {"promise": "old"}, 409, "promise"),
        (["--promise", "years.promise"], {"promise": "years"}, 409, "promise"),
        (["--promise", "plain.promise", "--pattern", "9"],
         {"promise": "plain", "pattern": "9"}, 409, "promise"),
        (["--promise", "torn.promise"], {"promise": "torn"}, 409, "promise"),
        (["--promise", "plain.promise", "--max-risk", "0.01"],
         {"promise": "plain", "max_risk": 0.01}, 400, "usage"),
        (["--pattern", "9{"], {"pattern": "9{"}, 422, "decode"),
        (["--check", "luhm"], {"check": "luhm"}, 422, "decode"),
        (["--range", "9..1"], {"range": "9..1"}, 422, "decode"),
        (["--length", "0"], {"length": "0"}, 422, "decode"),
        (["--decimal", "12"], {"decimal": "12"}, 422, "decode"),
        (["--as", "digit", "--length", "1"], {"as": "digit", "length": "1"}, 400, "usage"),
        (["--as", "page", "--cells", "4"], {"as": "page", "cells": 4}, 400, "usage"),
    ],
    ids=lambda one: one[-1] if isinstance(one, list) else "",
)  # fmt: skip
def test_mistakes_are_answered_as_on_the_command_line(
    client: httpx.Client, command: Callable[..., Any], promises: Path,
    options: list[str], asked: dict[str, Any], status: int, code: str,
) -> None:  # fmt: skip
    named = [promises / one if one.endswith((".promise", ".json")) else one for one in options]
    told = command(*named)
    answer = client.post("/api/v1/read", params=asked, files=pictures())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["remedy"] in told
    assert problem["detail"] in told.replace(f"{promises}/", "")


def test_what_would_go_unheeded_is_refused(client: httpx.Client, listed: Path) -> None:
    unknown = client.post("/api/v1/read?promise=../plain", files=pictures())
    assert (unknown.status_code, unknown.json()["code"]) == (409, "promise")
    wrong: list[dict[str, Any]] = [
        {"data": {"pattern": "9{4}"}, "files": pictures()},
        {"files": [*pictures(), ("list", ("a", b"1")), ("list", ("b", b"2"))]},
        {"files": [*pictures(), ("list", ("a", b"1"))], "params": {"list": "2"}},
        {"files": [("list", ("numbers.txt", listed.read_bytes()))]},
    ]
    for one in wrong:
        answer = client.post("/api/v1/read", **one)
        assert (answer.status_code, answer.json()["code"]) == (422, "request")
    empty = client.post("/api/v1/read", files=[*pictures(), ("list", ("a", b"\n"))])
    assert (empty.status_code, empty.json()["code"]) == (422, "file_empty")


def test_the_client_asks_the_same(server: Running, promises: Path, listed: Path) -> None:
    with Client(server.address) as client:
        (by_list,) = client.read(NUMBERS[0], entries=LISTED)
        assert by_list["text"] in LISTED
        assert client.read(NUMBERS[0], entries=listed) == [by_list]
        for promise in ("plain", promises / "plain.promise"):
            assert client.read(NUMBERS[0].read_bytes(), promise=promise)[0]["basis"] == "promise"
        with pytest.raises(HandsumError, match="broken since") as caught:
            client.read(NUMBERS[0], promise="old")
        assert (caught.value.code, caught.value.http_status) == ("promise", 409)
        with pytest.raises(HandsumError) as caught:
            client.read(b"no picture", entries=LISTED)
        assert (caught.value.code, caught.value.http_status) == ("image_format", 415)
        assert {one["name"] for one in client.bundles()} >= {"digits", "numbers"}


def test_promises_say_what_they_say(client: httpx.Client) -> None:
    found = {one["name"]: one for one in client.get("/api/v1/promises").json()["promises"]}
    assert list(found) == ["listed", "old", "plain", "torn", "years"]
    plain = found["plain"]
    assert plain["sentence"].startswith("of the accepted values at most 2 % are wrong, with 95 %")
    assert plain["warnings"]
    assert (plain["status"], plain["fits"], plain["task"]) == ("valid", True, "number")
    assert (found["years"]["format"], found["listed"]["list"]) == ("pattern=9{4}", True)
    assert found["old"]["status_why"] == "9 of 20 wrong"
    assert found["torn"]["error"]["code"] == "promise"
