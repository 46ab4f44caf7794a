"""The cache's place on each platform."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from handsum.data.cache import cache_dir


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.cache/handsum"),
        ("linux", {"XDG_CACHE_HOME": "xdg"}, "xdg/handsum"),
        ("darwin", {}, "home/Library/Caches/handsum"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/handsum"),
        ("win32", {}, "home/AppData/Local/handsum"),
        ("linux", {"HANDSUM_CACHE": "here"}, "here"),
    ],
)
def test_place(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("HANDSUM_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    assert cache_dir() == Path(expected)
