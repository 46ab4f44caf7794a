"""What is told of a form that is being edited: each mistake by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handsum.errors import TemplateError
from handsum.forms.template import Template, parse_template
from handsum.service.form_check import check_form
from handsum.service.toml_text import write_toml


def build(tree: dict[str, Any]) -> Template:
    try:
        return parse_template(write_toml(tree), "test", Path())
    except ValueError as error:
        raise TemplateError(f"test: {error}.", "Mend it.") from error


@pytest.fixture
def tree() -> dict[str, Any]:
    """A form of two fields and a table."""
    box = [30.0, 100.0, 90.0, 130.0]
    return {
        "schema": 1,
        "name": "test",
        "page": {"size": "A4"},
        "field": [
            {"name": "a", "box": [30.0, 40.0, 60.0, 50.0], "pattern": "9{1,3}"},
            {"name": "born", "kind": "date", "order": "dmy", "box": [30.0, 60.0, 90.0, 70.0]},
        ],
        "table": [
            {"name": "t", "box": box, "rows": 3, "column": [{"name": "x"}, {"name": "y"}]},
        ],
    }


def test_every_rule_is_told_of_by_itself(tree: dict[str, Any]) -> None:
    tree["rules"] = [
        "t[i].x <= t[i].y", "a = nothing", "a =", "a = sum(t[*].x)", "t[i].y < t[i].x",
        "date(born, dmy, 1900)", "a = sum(t[*].x)",
    ]  # fmt: skip
    notes = check_form(tree, build)
    assert notes.error is None
    assert [rule.text for rule in notes.rules] == tree["rules"]
    assert [rule.count for rule in notes.rules] == [3, 0, 0, 1, 0, 1, 0]
    wrong = [rule.error.message if rule.error else "" for rule in notes.rules]
    assert "'nothing'" in wrong[1]
    assert "position 5" in wrong[2] or "position 4" in wrong[2]
    assert "contradict" in wrong[4]
    assert "say the same" in wrong[6]
    for rule in notes.rules:  # what is called right can be saved
        if rule.error is None:
            build({**tree, "rules": [rule.text]})


def test_a_form_that_is_wrong_without_its_rules_is_told_of_as_a_whole(tree: dict[str, Any]) -> None:
    tree["rules"] = ["a = nothing"]
    tree["table"][0]["rows"] = 0
    notes = check_form(tree, build).to_json()
    assert 'table "t"' in notes["error"]["message"]
    assert notes["error"]["remedy"]
    assert notes["rules"] == []


def test_many_rules_are_told_of_in_good_time(tree: dict[str, Any]) -> None:
    tree["rules"] = [f"a <= {n}" for n in range(10, 70)]
    tree["rules"][40] = "a > 900"
    tree["rules"][50] = "a > 800"
    notes = check_form(tree, build, patience=600.0)
    assert [note.text for note in notes.rules if note.error] == ["a > 900", "a > 800"]
    assert check_form(tree, build, patience=0.0).rules == ()


@pytest.mark.parametrize("rules", ["a = 1", [1], {"a": 1}, ["a = 1"] * 600, ["a = \ud800"]])
def test_rules_that_are_no_list_of_texts_are_a_mistake_of_the_form(
    tree: dict[str, Any], rules: Any
) -> None:
    notes = check_form({**tree, "rules": rules}, build)
    assert notes.error is not None
    assert notes.rules == ()
