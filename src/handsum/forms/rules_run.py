"""From what the readers saw to what is given out: the rules' say, and what needs eyes.

Nothing here looks at a picture: the evidence that a page carries is enough, so the same code runs
when a page is read and when a person has corrected a field of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from handsum.charset import NUMBERS
from handsum.decode.automaton import DEAD
from handsum.decode.constraint import CompiledConstraint, Constraint, compile_constraint
from handsum.decode.rules import LinearRule
from handsum.decode.totals import JointValue, RuleOutcome, solve_totals
from handsum.decode.totals_evidence import FieldEvidence, TextEvidence, evidence_from_cells
from handsum.decode.values import canonical_value
from handsum.forms.fields import Field
from handsum.forms.page_reading import Alone, FieldReading, PageReading, RuleFinding, StoredEvidence
from handsum.forms.template import Template
from handsum.readings import Candidate, Content, Reading

_NEVER = 1e-12
_CELLS = 11


class KeyedValue(Protocol):
    """What a person says that a field holds: ``text`` where ``content`` is "number", else ""."""

    @property
    def content(self) -> Content:
        """What kind of thing stands there."""

    @property
    def text(self) -> str:
        """What stands there."""


@dataclass(frozen=True)
class Keyed:
    """A value that a person has keyed in."""

    content: Content
    text: str = ""


def run_rules(
    template: Template, fields: Sequence[FieldReading], keyed: Mapping[str, KeyedValue]
) -> tuple[tuple[FieldReading, ...], tuple[RuleFinding, ...]]:
    """The fields and rules of a page, from the fields' evidence and what was keyed in.

    ``fields`` are all of the template's, in any state: only their evidence and boxes count.
    KeyError for a keyed name that the template does not have.
    """
    unknown = sorted(set(keyed) - set(template.by_name))
    if unknown:
        raise KeyError(unknown[0])
    alone = {field.name: _alone(template.by_name[field.name], field, keyed) for field in fields}
    bound = template.rules.fields
    evidence = [_evidence(template.by_name[name], alone[name], keyed) for name in bound]
    totals = solve_totals(template.rules, evidence)
    values = {value.name: value for value in totals.values}
    outcomes = [o for o in totals.outcomes if not _idle(o, alone)]
    by_field: dict[str, list[RuleOutcome]] = defaultdict(list)
    for outcome in outcomes:
        for name in outcome.rule.fields:
            by_field[name].append(outcome)
    made = tuple(
        _decide(template, field, alone, values.get(field.name), by_field[field.name], keyed)
        for field in alone.values()
    )
    return made, tuple(_finding(outcome) for outcome in outcomes)


def apply_rules(
    template: Template, page: PageReading, keyed: Mapping[str, KeyedValue]
) -> PageReading:
    """The page as it was first read, with these fields certain and the rules run again.

    KeyError for a name that the template does not have.
    """
    fields, rules = run_rules(template, page.fields, keyed)
    return replace(page, fields=fields, rules=rules)


def _alone(one: Field, field: FieldReading, keyed: Mapping[str, KeyedValue]) -> FieldReading:
    """The field without any rule: as the reader alone had it, or as it was keyed in."""
    evidence, reading = field.evidence, field.reading
    if one.name in keyed:
        said = keyed[one.name]
        text = said.text if said.content == "number" else ""
        reading = replace(
            reading,
            content=said.content,
            text=text,
            value=canonical_value(text, one.separators) if text else None,
            confidence=1.0,
            decision="accepted",
            basis="person",
            origin="keyed",
            candidates=(),
            digits=(),
        )
        return replace(field, reading=reading, alone=None, why="", look_at=False)
    text = evidence.texts[0].text if evidence.content == "number" else ""
    reading = replace(
        reading,
        content=evidence.content,
        text=text,
        value=canonical_value(text, one.separators) if text else None,
        confidence=evidence.confidence,
        decision=evidence.decision,
        basis=evidence.basis,
        origin="read",
        candidates=tuple(c for c in evidence.texts if c.text),
        digits=reading.digits if reading.text == text else (),
    )
    return replace(field, reading=reading, alone=None, why="", look_at=False)


def _evidence(one: Field, alone: FieldReading, keyed: Mapping[str, KeyedValue]) -> FieldEvidence:
    reading = alone.reading
    zero = one.blank_is_zero
    if one.name in keyed:
        said = () if reading.content not in ("number", "blank") else ((reading.text, 1.0),)
        texts = tuple(TextEvidence(text, reading.value, p) for text, p in said)
        return FieldEvidence(one.name, texts, blank_is_zero=zero)
    stored = alone.evidence
    if stored.content not in ("number", "blank"):
        return FieldEvidence(one.name, (), blank_is_zero=zero)
    constraint = _compiled(one.constraint, len(stored.cells))
    if stored.cells and (constraint is None or constraint.entries is None):
        rows = np.full((len(stored.cells), len(NUMBERS)), _NEVER)
        rows[:, :_CELLS] = np.maximum(np.array(stored.cells), _NEVER)
        log_probs = np.log(rows / rows.sum(axis=1, keepdims=True))
        found = evidence_from_cells(one.name, log_probs, NUMBERS, constraint, blank_is_zero=zero)
        if found.texts and found.texts[0].text == reading.text:
            return found
    return FieldEvidence(one.name, _texts(one, stored.texts), blank_is_zero=zero)


def _texts(one: Field, candidates: Sequence[Candidate]) -> tuple[TextEvidence, ...]:
    """Candidates as evidence: each text once, in order, probabilities summing to 1 at most."""
    best: dict[str, float] = {}
    for candidate in candidates:
        best[candidate.text] = max(candidate.confidence, best.get(candidate.text, 0.0))
    scale = 1.0 / max(1.0, sum(best.values()))
    listed = sorted(best.items(), key=lambda pair: -pair[1])
    return tuple(
        TextEvidence(text, canonical_value(text, one.separators) if text else None, p * scale)
        for text, p in listed
    )


@lru_cache(maxsize=512)
def _compiled(constraint: Constraint | None, cells: int) -> CompiledConstraint | None:
    """What is asked of a comb's text; None if any digits will do, which is solved faster."""
    if constraint is None:
        return None
    compiled = compile_constraint(constraint, NUMBERS)
    if compiled is None or compiled.entries is not None or compiled.automaton is None:
        return compiled
    digits = NUMBERS.encode("0123456789")
    states = set(compiled.automaton.starts)
    for _ in range(cells):
        after = compiled.automaton.transitions[sorted(states)][:, digits]
        if (after == DEAD).any() or not compiled.automaton.accepting[after].all():
            return compiled
        states = set(after.ravel().tolist())
    return None


def _idle(outcome: RuleOutcome, alone: Mapping[str, FieldReading]) -> bool:
    """Whether nothing was written in any field of a rule: an empty row of a table, say."""
    return outcome.status == "unknown" and all(
        alone[name].reading.content == "blank" for name in outcome.rule.fields
    )


def _decide(
    template: Template,
    field: FieldReading,
    alone: Mapping[str, FieldReading],
    value: JointValue | None,
    outcomes: Sequence[RuleOutcome],
    keyed: Mapping[str, KeyedValue],
) -> FieldReading:
    one, reading = template.by_name[field.name], field.reading
    broken = [outcome for outcome in outcomes if outcome.status == "broken"]
    look_at = any(one.name in outcome.look_at for outcome in broken)
    if one.name in keyed:
        return replace(field, look_at=look_at)
    own = field
    confirmed = not broken and any(_confirms(outcome) for outcome in outcomes)
    if value is not None and value.text and reading.content == "number":
        field = _given(one, field, value, confirmed, bool(broken))
    why = _why(template, one, field.reading, alone)
    if not why and (look_at or any(_result(outcome) == one.name for outcome in broken)):
        why = "rule"
    risky = 1.0 - field.reading.confidence > field.reading.max_risk
    if not why and field.reading.origin == "read" and not confirmed:
        # Rules that hold but confirm nothing (a limit that is kept) change no decision; a broken
        # one may make a value doubtful, and never sure.
        why = "" if own.reading.decision == "accepted" and not (broken and risky) else "risk"
    elif not why and risky:
        why = "risk"
    decided = replace(field.reading, decision="review" if why else "accepted")
    return replace(field, reading=decided, why=why, look_at=look_at)


def _result(outcome: RuleOutcome) -> str:
    """The field that the writer worked out by a rule: if the rule is broken, it may be wrong."""
    return outcome.rule.fields[0]


def _confirms(outcome: RuleOutcome) -> bool:
    """Whether a rule that holds says what a value is, not only within which limits it lies."""
    rule = outcome.rule
    return outcome.verdict == "kept" and isinstance(rule, LinearRule) and rule.relation == "="


def _given(
    one: Field, field: FieldReading, value: JointValue, confirmed: bool, broken: bool
) -> FieldReading:
    """The field with what the rules make of it."""
    reading = field.reading
    if value.origin == "repaired":
        alone = Alone(reading.text, reading.value, reading.confidence)
        given: Reading = replace(
            reading,
            text=value.text,
            value=canonical_value(value.text, one.separators),
            confidence=value.confidence,
            basis="rule",
            origin="repaired",
            digits=(),
        )
        return replace(field, reading=given, alone=alone)
    if broken:
        doubted = min(reading.confidence, value.confidence)
        return replace(field, reading=replace(reading, confidence=doubted))
    if not confirmed:
        return field
    return replace(field, reading=replace(reading, confidence=value.confidence, basis="rule"))


def _why(
    template: Template, one: Field, reading: Reading, alone: Mapping[str, FieldReading]
) -> str:
    if reading.content in ("struck_out", "not_a_number"):
        return reading.content
    if reading.content == "blank" and one.required:
        row = [f for f in template.row_of(one) if f.name != one.name]
        filled = any(alone[f.name].reading.content != "blank" for f in row)
        if filled or not one.row_may_be_empty:
            return "required"
    return ""


def _finding(outcome: RuleOutcome) -> RuleFinding:
    return RuleFinding(
        outcome.rule.text,
        outcome.status,
        outcome.verdict,
        round(outcome.writer_erred, 6),
        outcome.rule.fields,
        outcome.look_at,
    )


def evidence_texts(evidence: StoredEvidence) -> tuple[str, ...]:
    """The texts that a reader held possible, the best first."""
    return tuple(candidate.text for candidate in evidence.texts)
