"""``serve``, ``worker`` and ``user`` on the command line: what is refused, and what is told."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handsum.cli import extras

pytest.importorskip("fastapi", reason="the extra serve is not installed")

Handsum = Callable[..., Any]


def test_without_the_extra_the_remedy_is_named(
    handsum: Handsum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    ended = handsum("serve", "--no-open")
    assert ended.code == 9
    assert 'pip install "handsum[serve]"' in ended.err


def test_another_address_is_refused_without_users(handsum: Handsum, tmp_path: Path) -> None:
    for where in ((), (tmp_path,)):
        ended = handsum("serve", *where, "--host", "0.0.0.0", "--port", 0, "--no-open")
        assert ended.code == 12
        assert "handsum user add" in ended.err


def test_a_login_needs_somebody_who_could_log_in(handsum: Handsum, tmp_path: Path) -> None:
    assert handsum("serve", tmp_path, "--login", "--port", 0).code == 12
    assert handsum("serve", "--login", "--port", 0).code == 12


def test_a_port_that_is_taken_is_named(handsum: Handsum) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = handsum("serve", "--no-open", "--port", taken.getsockname()[1])
    assert ended.code == 12
    assert "--port" in ended.err


@pytest.mark.parametrize("made", [False, True], ids=["absent", "of something else"])
def test_no_folder_becomes_a_store_by_looking(handsum: Handsum, tmp_path: Path, made: bool) -> None:
    pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
    folder = tmp_path / "scans"
    if made:
        folder.mkdir()
        (folder / "a.png").touch()
    ended = handsum("serve", folder, "--no-open", "--port", 0)
    assert ended.code == 11
    assert "pile.sqlite" in ended.err
    assert not (folder / "pile.sqlite").exists()


def test_users_and_tokens_are_added_listed_and_removed(handsum: Handsum, tmp_path: Path) -> None:
    added = handsum("user", "add", tmp_path, "ada", "--role", "admin", stdin=b"a good password\n")
    assert (added.code, added.err) == (0, "ada has the role admin now.\n")
    token = handsum("user", "token", tmp_path, "scanner")
    assert token.out.startswith("hs_")
    listed = handsum("user", "list", tmp_path).out
    assert listed == "ada\tadmin\tuser\nscanner\treader\ttoken\n"
    assert handsum("user", "remove", tmp_path, "ada").code == 0
    assert "ada" not in handsum("user", "list", tmp_path).out
    assert handsum("user", "remove", tmp_path, "ada").code == 2


def test_a_short_password_is_refused(handsum: Handsum, tmp_path: Path) -> None:
    ended = handsum("user", "add", tmp_path, "ada", stdin=b"short\n")
    assert ended.code == 2
    assert "short" not in ended.err


def test_users_live_in_a_store_and_no_folder_becomes_one(handsum: Handsum, tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    for where in (tmp_path, tmp_path / "absent"):
        ended = handsum("user", "list", where)
        assert (ended.code, "pile.sqlite" in ended.err) == (11, True)


def test_a_worker_ends_where_there_is_nothing_to_do(handsum: Handsum, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
    from handsum.piles.store import Store

    Store.open(tmp_path).close()
    ended = handsum("worker", tmp_path, "--until-empty")
    assert (ended.code, ended.err) == (0, "handsum: 0 pages read.\n")
