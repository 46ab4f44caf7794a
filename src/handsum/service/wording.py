"""The pages' texts in English and Chinese, from the catalogues in texts/."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

from handsum.errors import ServiceError

LANGUAGES = {"en": "English", "zh": "中文"}
LANGUAGE_COOKIE = "handsum_language"
_HTML_NAMES = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Wording:
    """All texts of one language by key; calling it gives one, with its {gaps} filled."""

    language: str
    texts: Mapping[str, str]
    reasons: tuple[tuple[str, str], ...] = ()
    """A regular expression of a message in English, and what it says, with {1} for its groups:
    for the errors that share one code, such as all mistakes in a form's keys."""

    def __call__(self, key: str, **gaps: Any) -> str:
        """The text of a key; ServiceError for a key that no catalogue has."""
        if key not in self.texts:
            raise ServiceError(f"There is no text {key!r}.", "Add it to the catalogues.")
        return self.texts[key].format(**gaps) if gaps else self.texts[key]

    def describe(self, code: str, message: str, remedy: str) -> str:
        """An error in words, as pages put it (static/api.js)."""
        if f"error.{code}" in self.texts:
            return self.texts[f"error.{code}"]
        exact = f"{message} {remedy}".strip()
        meant = self.meaning(message)
        return self("common.exact", meant=meant, exact=exact) if meant else exact

    def meaning(self, message: str) -> str:
        """What a message says, where this language knows it; else ""."""
        for pattern, told in self.reasons:
            found = re.search(pattern, message, re.DOTALL)
            if found is not None:
                groups = ("", *(group or "" for group in found.groups()))
                return re.sub(r"\{(\d)\}", partial(_gap, groups), told)
        return ""

    @property
    def html_name(self) -> str:
        """What stands in the page's lang attribute."""
        return _HTML_NAMES[self.language]

    def part(self, *rooms: str) -> dict[str, str]:
        """The texts whose key begins with one of these words, for the page's scripts."""
        return {key: text for key, text in self.texts.items() if key.partition(".")[0] in rooms}


@cache
def load_wording(language: str) -> Wording:
    """The catalogue of a language; what it lacks is in English."""
    texts = {**_read("en"), **(_read(language) if language != "en" else {})}
    return Wording(language, texts, _read_reasons(language))


def _gap(groups: Sequence[str], gap: re.Match[str]) -> str:
    return groups[int(gap[1])]


def choose_language(asked: str | None, cookie: str | None, accepted: str) -> str:
    """The first of these that we speak: what was clicked, the cookie, the browser's list."""
    for wish in (asked, cookie):
        if wish in LANGUAGES:
            return str(wish)
    wishes = []
    for part in accepted[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    for _, name in sorted(wishes, key=lambda wish: wish[0]):
        if name in LANGUAGES:
            return name
    return "en"


def _read(language: str) -> dict[str, str]:
    text = files("handsum.service").joinpath("texts", f"{language}.json").read_text("utf-8")
    tree: dict[str, str] = json.loads(text)
    return tree


def _read_reasons(language: str) -> tuple[tuple[str, str], ...]:
    file = files("handsum.service").joinpath("texts", f"reasons_{language}.json")
    if not file.is_file():  # English is what the messages are in
        return ()
    return tuple((pattern, text) for pattern, text in json.loads(file.read_text("utf-8")))
