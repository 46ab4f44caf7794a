"""A promise's file: the same after loading, refused once anything in it or around it differs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from handsum.errors import PromiseError
from handsum.promise.file import load_promise, save_promise
from handsum.promise.terms import fingerprint
from handsum.readings import BundleRef
from promise.cases import KEY, make


def test_a_promise_comes_back_to_the_last_digit(tmp_path: Path) -> None:
    for groups in (None, range(4000)):
        promise = make(groups=None if groups is None else list(map(str, groups)))
        save_promise(tmp_path / "p.json", promise)
        assert load_promise(tmp_path / "p.json", KEY) == promise


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (replace(KEY, bundle=BundleRef("numbers", "2", "ab" * 32)), "bundle.version is '2'"),
        (replace(KEY, bundle=BundleRef("numbers", "1", "cd" * 32)), "bundle.sha256"),
        (replace(KEY, imaging_version=2), "imaging_version is 2, promised for 1"),
        (replace(KEY, task="digit"), "task is 'digit'"),
        (replace(KEY, format=""), "format is '', promised for '9999.99'"),
        (replace(KEY, list_sha256=fingerprint(["1"])), "list_sha256"),
        (replace(KEY, rules_sha256=fingerprint({"sum": 1})), "rules_sha256"),
    ],
)
def test_use_with_anything_else_is_refused_by_name(tmp_path: Path, other, named: str) -> None:
    save_promise(tmp_path / "p.json", make())
    with pytest.raises(PromiseError, match=r"something else") as caught:
        load_promise(tmp_path / "p.json", other)
    assert named in caught.value.message


def test_a_broken_promise_can_be_read_but_not_used(tmp_path: Path) -> None:
    broken = replace(make(), status="broken", status_when="2026-11-24", status_why="april: drift")
    save_promise(tmp_path / "p.json", broken)
    loaded = load_promise(tmp_path / "p.json")
    assert not loaded.accepts(1.0)
    with pytest.raises(PromiseError, match="broken since 2026-11-24: april: drift"):
        load_promise(tmp_path / "p.json", KEY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema 2"),
        ({"threshold": None}, "Promise.threshold is None"),
        ({"threshold": float("nan")}, "do not fit together"),
        ({"n_wrong": 0}, "do not carry the bound"),
        ({"max_risk": 0.001}, "do not carry the bound"),
        ({"n": 10}, "do not fit together"),
        ({"n": True}, "Promise.n is True"),
        ({"method": "hope"}, "Promise.method is 'hope'"),
        ({"method": "groups"}, "does not go with groups = None"),
        ({"delta": 0.9}, "out of range"),
        ({"extra": 1}, "unknown key 'extra'"),
        ({"key": {}}, "'bundle' is missing"),
        ({"table": [{"threshold": 1.0}]}, "'accepted' is missing"),
    ],
)
def test_a_tampered_file_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    path = tmp_path / "p.json"
    save_promise(path, make())
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(PromiseError, match=message):
        load_promise(path)


def test_what_is_no_promise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromiseError, match="cannot be read"):
        load_promise(tmp_path / "none.json")
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(PromiseError, match="not JSON"):
        load_promise(tmp_path / "p.json")
    (tmp_path / "p.json").write_text("[]")
    with pytest.raises(PromiseError, match="not a promise"):
        load_promise(tmp_path / "p.json")
