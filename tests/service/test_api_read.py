"""The API for reading: the command line's objects, and problems with code, status and remedy."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from faults.png import claiming
from handsum.reader import load_reader

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def post(client: httpx.Client, data: bytes, **asked: Any) -> httpx.Response:
    return client.post("/api/v1/read", params=asked, content=data)


@pytest.mark.parametrize("kind", ["digit", "number"])
def test_the_objects_are_those_of_the_command_line(
    client: httpx.Client, digits: list[Path], kind: str
) -> None:
    found = post(client, digits[4].read_bytes(), **{"as": kind, "name": "a.png"}).json()
    reader = load_reader("digit") if kind == "digit" else load_reader("number")
    assert list(found[0]) == list(reader.read(digits[4])[0].to_json())
    expected = reader.read(digits[4])[0].to_json()
    for key in ("content", "text", "value", "decision", "basis", "origin", "bundle", "box"):
        assert found[0][key] == expected[key]
    assert found[0]["confidence"] == pytest.approx(expected["confidence"], abs=2e-5)
    assert found[0]["source"] == "a.png"


def test_many_files_come_back_in_order_with_failures_in_their_place(
    client: httpx.Client, digits: list[Path]
) -> None:
    files = [("file", (path.name, path.read_bytes())) for path in digits]
    files.insert(3, ("file", ("../../etc/passwd", b"root:x:0:0")))
    answer = client.post("/api/v1/read?as=digit", files=files)
    assert answer.status_code == 200
    found = answer.json()
    assert [one["source"] for one in found] == [
        *(p.name for p in digits[:3]), "passwd", *(p.name for p in digits[3:])
    ]  # fmt: skip
    assert found[3]["error"]["code"] == "image_format"
    right = sum(one.get("text") == p.stem[-1] for one, p in zip(
        found[:3] + found[4:], digits, strict=True))  # fmt: skip
    assert right >= len(digits) - 1


def test_a_format_is_kept_and_a_wrong_one_is_explained(
    client: httpx.Client, digits: list[Path]
) -> None:
    found = post(client, digits[1].read_bytes(), pattern="9{2}").json()[0]
    assert found["content"] != "number" or len(found["text"]) == 2
    problem = post(client, digits[1].read_bytes(), pattern="9{").json()
    assert problem["code"] == "decode"
    assert problem["remedy"]
    assert post(client, digits[1].read_bytes(), **{"as": "digit", "length": "3"}).status_code == 400


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_other_formats(client: httpx.Client, digits: list[Path], form: str) -> None:
    answer = post(client, digits[2].read_bytes(), **{"as": "digit", "format": form})
    assert answer.status_code == 200
    if form == "xlsx":
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    elif form == "jsonl":
        assert json.loads(answer.text)["text"] == "2"
    else:
        assert answer.text.splitlines()[1].split(",")[7] == "2"


def test_crops_come_only_when_they_are_asked_for(client: httpx.Client, digits: list[Path]) -> None:
    assert "crop" not in post(client, digits[2].read_bytes(), **{"as": "digit"}).json()[0]
    crop = post(client, digits[2].read_bytes(), **{"as": "digit", "crops": True}).json()[0]["crop"]
    assert crop.startswith("iVBORw0KGgo")  # a PNG


def zip_bomb() -> bytes:
    """Ten million zeros in a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", b"\0" * 10_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "file_empty"),
        (SVG, 415, "image_format"),
        (zip_bomb(), 415, "image_format"),
        (claiming(60_000, 60_000), 413, "image_too_large"),
        (b"\x89PNG\r\n\x1a\n\0\0", 422, "image_truncated"),
        (b"%PDF-1.7\n" + b"x" * 500, 422, None),
    ],
    ids=["empty", "svg", "zip bomb", "pixel bomb", "cut off", "broken pdf"],
)
def test_attacks_with_a_file_are_answered_with_a_problem(
    client: httpx.Client, data: bytes, status: int, code: str | None
) -> None:
    answer = post(client, data)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code or code is None
    assert problem["remedy"]
    assert "Traceback" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_a_body_over_the_limit_is_cut_off(client: httpx.Client) -> None:
    def endless() -> Any:
        for _ in range(100):
            yield b"\0" * (1 << 20)

    for content in (b"\0" * (65 << 20), endless()):
        try:
            answer = client.post("/api/v1/read", content=content)
        except httpx.TransportError:  # it was cut off before it was all sent
            continue
        assert answer.status_code == 413
        assert answer.json()["code"] == "request_too_large"
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/v1/read?as=letter", 422), ("/api/v1/read?top=99", 422), ("/api/v1/nothing", 404),
     ("/api/v1/tables", 422), ("/static/../app.py", 404), ("/static/%2e%2e/app.py", 404)],
)  # fmt: skip
def test_every_refusal_is_a_problem(client: httpx.Client, path: str, status: int) -> None:
    answer = client.post(path, content=b"x") if "static" not in path else client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"code", "remedy", "detail", "status", "title", "type"} <= answer.json().keys()


def test_a_table_is_made_only_of_readings(client: httpx.Client, digits: list[Path]) -> None:
    readings = post(client, digits[5].read_bytes(), **{"as": "digit"}).json()
    assert client.post("/api/v1/tables?format=json", json=readings).json() == readings
    readings[0]["formula"] = "=1+1"
    assert client.post("/api/v1/tables", json=readings).status_code == 422


def test_health_tells_which_bundles_are_loaded(client: httpx.Client) -> None:
    tree = client.get("/healthz").json()
    assert tree["status"] == "ok"
    assert {one["kind"] for one in tree["readers"]["bundles"]} == {"digits", "numbers"}
    assert tree["store"] == "none"


def test_the_api_describes_itself(client: httpx.Client) -> None:
    tree = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/read", "/api/v1/tables", "/healthz"} <= tree["paths"].keys()


def test_without_a_pile_it_is_said_how_to_get_one(client: httpx.Client) -> None:
    answer = client.get("/api/v1/piles")
    assert answer.status_code == 404
    assert "handsum serve" in answer.json()["remedy"]
