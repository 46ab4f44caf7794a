"""The two languages hold the same texts with the same gaps, and the pages ask for no others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import handsum.service
from handsum.service.wording import choose_language, load_wording

ROOM = Path(handsum.service.__file__).parent
ENGLISH, CHINESE = (
    json.loads((ROOM / "texts" / f"{n}.json").read_text("utf-8")) for n in ("en", "zh")
)


def test_both_languages_hold_the_same_texts() -> None:
    assert list(ENGLISH) == list(CHINESE)
    for key, text in ENGLISH.items():
        gaps = sorted(re.findall(r"\{(\w+)\}", text))
        assert gaps == sorted(re.findall(r"\{(\w+)\}", CHINESE[key])), key


def test_what_pages_and_scripts_ask_for_is_there() -> None:
    for path in [*ROOM.glob("templates/*.html"), *ROOM.glob("static/*.js")]:
        source = path.read_text("utf-8")
        for key in re.findall(r"\b(?:t|text)\(\s*[\"']([a-z_]+\.[a-z_]+)[\"']", source):
            # A key that ends in _ is the beginning of several.
            known = key in ENGLISH or (key[-1] == "_" and any(k.startswith(key) for k in ENGLISH))
            assert known, f"{path.name} asks for {key}"


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "expected"),
    [
        (None, None, "", "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "de-DE,de;q=0.9,en;q=0.7,zh;q=0.6", "en"),
        (None, None, "zh;q=0.2, en;q=0.9", "en"),
        (None, "zh", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("xx", "../zh", "tlh;q=what", "en"),
    ],
)
def test_the_language_is_what_was_asked_for_first(
    asked: str | None, cookie: str | None, accepted: str, expected: str
) -> None:
    assert choose_language(asked, cookie, accepted) == expected


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(Exception, match="no text"):
        load_wording("en")("draw.nothing_such")
