"""What is wrong with a form that is being edited: the form as a whole, and each rule by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handsum.errors import HandsumError, TemplateError
from handsum.forms.template import Template

MOST_RULES = 500
PATIENCE = 5.0
"""Seconds that are given to one check: somebody waits, who types on."""

Build = Callable[[dict[str, Any]], Template]
"""A checked template of a tree of keys; TemplateError where there is none."""


@dataclass(frozen=True)
class RuleNote:
    """A rule's text, how many single rules it stands for, and what is wrong with it."""

    text: str
    count: int
    error: HandsumError | None = None


@dataclass(frozen=True)
class FormNotes:
    """``error`` is of the form without its rules (or of all of it, where ``rules`` say nothing)."""

    error: HandsumError | None
    rules: tuple[RuleNote, ...]

    def to_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "error": _tree(self.error),
            "rules": [
                {"text": rule.text, "count": rule.count, "error": _tree(rule.error)}
                for rule in self.rules
            ],
        }


def check_form(tree: dict[str, Any], build: Build, patience: float = PATIENCE) -> FormNotes:
    """What is wrong with each rule by itself, and with it together with those before it.

    Of two rules that contradict each other or say the same, the later one is named. After
    ``patience`` seconds the rules that are left have no note.
    """
    given = tree.get("rules", [])
    if not _are_texts(given) or len(given) > MOST_RULES:
        return FormNotes(_fault(build, tree), ())
    try:
        bare = len(build({**tree, "rules": []}).rules.rules)
    except TemplateError as error:
        return FormNotes(error, ())
    until = time.monotonic() + patience
    notes: list[RuleNote] = []
    for text in given:
        if time.monotonic() > until:
            return FormNotes(None, tuple(notes))
        try:
            count = len(build({**tree, "rules": [text]}).rules.rules) - bare
        except TemplateError as error:
            notes.append(RuleNote(text, 0, error))
            continue
        # A date that is stated takes the place of the field's own.
        notes.append(RuleNote(text, max(1, count)))
    while time.monotonic() < until:
        clash = _first_clash(notes, tree, build)
        if clash is None:
            break
        at, fault = clash
        notes[at] = RuleNote(notes[at].text, 0, fault)
    return FormNotes(None, tuple(notes))


def _first_clash(
    notes: list[RuleNote], tree: dict[str, Any], build: Build
) -> tuple[int, TemplateError] | None:
    """The first rule that cannot stand with those before it, found by halving; None without one.

    Rules are only ever added, and what contradicts itself still does with more of them.
    """
    kept = [at for at, note in enumerate(notes) if note.error is None]

    def fault(count: int) -> TemplateError | None:
        return _fault(build, {**tree, "rules": [notes[at].text for at in kept[:count]]})

    last = fault(len(kept))
    if last is None:
        return None
    right, wrong = 0, len(kept)
    while wrong - right > 1:
        half = (right + wrong) // 2
        found = fault(half)
        if found is None:
            right = half
        else:
            wrong, last = half, found
    return kept[wrong - 1], last


def _are_texts(given: Any) -> bool:
    """Whether these are rules as TOML can hold them."""
    if not isinstance(given, list) or not all(isinstance(rule, str) for rule in given):
        return False
    try:
        "".join(given).encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault(build: Build, tree: dict[str, Any]) -> TemplateError | None:
    try:
        build(tree)
    except TemplateError as error:
        return error
    return None


def _tree(error: HandsumError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"code": error.code, "message": error.message, "remedy": error.remedy}
