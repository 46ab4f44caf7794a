"""What is wrong with a form that is being edited: the form as a whole, and each rule by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handsum.errors import HandsumError, TemplateError
from handsum.forms.template import Template

MOST_RULES = 500

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


def check_form(tree: dict[str, Any], build: Build) -> FormNotes:
    """Every rule on top of those before it that are right, so that each mistake stands alone.

    Of two rules that contradict each other or say the same, the later one is named.
    """
    given = tree.get("rules", [])
    listed = isinstance(given, list) and all(isinstance(rule, str) for rule in given)
    if not listed or len(given) > MOST_RULES:
        return FormNotes(_fault(build, tree), ())
    try:
        bare = build({**tree, "rules": []})
    except TemplateError as error:
        return FormNotes(error, ())
    notes: list[RuleNote] = []
    kept: list[str] = []
    before = len(bare.rules.rules)
    for text in given:
        try:
            after = len(build({**tree, "rules": [*kept, text]}).rules.rules)
        except TemplateError as error:
            notes.append(RuleNote(text, 0, error))
            continue
        # A date that is stated takes the place of the field's own.
        notes.append(RuleNote(text, max(1, after - before)))
        kept.append(text)
        before = after
    return FormNotes(None, tuple(notes))


def _fault(build: Build, tree: dict[str, Any]) -> HandsumError | None:
    try:
        build(tree)
    except TemplateError as error:
        return error
    return None


def _tree(error: HandsumError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"code": error.code, "message": error.message, "remedy": error.remedy}
