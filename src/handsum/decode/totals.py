"""Forms that add up: the jointly most probable values of all fields under all rules.

Each field comes with texts and probabilities from a reader; each rule binds several fields, but
the writer may have broken it. Over what stands on the paper (x) and which rules the writer broke,

    P(x | pictures, rules)  ~  product over fields P(x_i | picture i) * product over rules
                               [ (1 - rate) 1(rule holds for x) + rate * slip(residual of x) ]

with the slips of handsum.decode.totals_writer (and handsum.decode.totals_mixture where one rule
follows from others, handsum.decode.totals_entries where one slip breaks several). Rules that share
fields form a component; each is solved exactly (handsum.decode.totals_search), or with a bound on
what was left out. A field is changed only where the repaired text has nearly all of the posterior
and mends its rules; where a slip of the writer explains the sheet better, nothing changes and the
rule is flagged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from handsum.decode.rules import DateRule, Rule, RuleSet
from handsum.decode.totals_component import Choice, Component, build_component
from handsum.decode.totals_evidence import FieldEvidence
from handsum.decode.totals_mixture import find_pairs, mixture_if_kept, solve_mixture
from handsum.decode.totals_search import STATE_LIMIT
from handsum.decode.totals_writer import Floats, WriterModel
from handsum.readings import Origin

REPAIR_AT = 0.99
"""Posterior from which a value is repaired; benchmarks/totals.py shows what others would do."""
EXACT = 1e-4
"""Results count as exact if at most this share of the probability was left out."""
LOOK_AT = 5
WORTH_A_LOOK = 0.01
"""Chance of being wrong, were the rule kept, from which a field is pointed at; one always is."""

Status = Literal["holds", "broken", "unknown"]
Verdict = Literal["kept", "writer", "unclear"]


@dataclass(frozen=True)
class JointValue:
    """What a field holds, all things considered.

    ``confidence`` is the posterior that ``text`` is what stands there, given the rules if any
    binds the field; ``read_text``, ``read_value`` and ``read_confidence`` are what the reader
    alone says. They differ from text and value only if ``origin`` is "repaired".
    """

    name: str
    text: str
    value: str | None
    confidence: float
    origin: Origin
    read_text: str
    read_value: str | None
    read_confidence: float


@dataclass(frozen=True)
class RuleOutcome:
    """A rule under the values as given out.

    ``status`` "unknown": a value it needs is none. ``verdict`` "kept": the values satisfy it;
    "writer": they do not, and the writer more likely erred than the reader; "unclear": somebody
    did, or a value is missing. ``writer_erred`` is the posterior of the former. ``look_at``: of a
    rule that is not kept the fields most worth a look, the likeliest misreading first.
    """

    rule: Rule
    status: Status
    verdict: Verdict
    writer_erred: float
    look_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComponentReport:
    """How a component was solved: ``missed`` bounds the share of probability that was left out.

    ``exact``: it is at most 1e-4. ``carry_chain``: the best combination that adds up was sought
    among all fillings of the cells, not among listed texts alone.
    """

    fields: tuple[str, ...]
    exact: bool
    missed: float
    carry_chain: bool


@dataclass(frozen=True)
class Totals:
    """Values in the order of the evidence, outcomes in that of the rules, and the components."""

    values: tuple[JointValue, ...]
    outcomes: tuple[RuleOutcome, ...]
    components: tuple[ComponentReport, ...]

    @property
    def flagged(self) -> tuple[RuleOutcome, ...]:
        """The rules that the values given out do not satisfy."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict != "kept")


def solve_totals(
    rules: RuleSet,
    evidence: Sequence[FieldEvidence],
    writer: WriterModel | None = None,
    repair_at: float = REPAIR_AT,
    state_limit: int = STATE_LIMIT,
) -> Totals:
    """The most probable values under all rules, with posteriors and flagged rules.

    ``repair_at``, 0.5 to 1, is the posterior that a repair needs; ``state_limit`` bounds the
    search. ValueError if a rule names a field without evidence, or two fields have one name.
    """
    fields = {field.name: field for field in evidence}
    absent = [name for name in rules.fields if name not in fields]
    if absent or len(fields) < len(evidence):
        raise ValueError(f"fields without evidence: {absent}, or names given twice")
    if not 0.5 <= repair_at <= 1.0:
        raise ValueError(f"repair_at is {repair_at}, expected 0.5 to 1")
    values = {field.name: _alone(field) for field in evidence}
    outcomes: dict[Rule, RuleOutcome] = {}
    reports = []
    for group in rules.components():
        solved = _Solved(build_component(group, fields, writer or WriterModel()), state_limit)
        for value in solved.values(values, repair_at):
            values[value.name] = value
        outcomes |= solved.outcomes(values)
        reports.append(solved.report())
    return Totals(
        tuple(values.values()), tuple(outcomes[rule] for rule in rules.rules), tuple(reports)
    )


def _alone(field: FieldEvidence) -> JointValue:
    if not field.texts:
        return JointValue(field.name, "", None, 0.0, "read", "", None, 0.0)
    best = field.texts[0]
    p = min(best.probability, 1.0)
    return JointValue(field.name, best.text, best.value, p, "read", best.text, best.value, p)


class _Solved:
    """A component with its posterior."""

    def __init__(self, component: Component, state_limit: int) -> None:
        self.component = component
        self.mixture = solve_mixture(
            component.options, component.links, find_pairs(component.linear), state_limit
        )
        self.posterior = self.mixture.posterior
        self.taken: dict[str, int] = {}
        self.missed = self.mixture.missed + self._unlisted_sums()

    def _unlisted_sums(self) -> float:
        """What the carry chain finds beyond the listed texts, as a share of what was summed."""
        chain = self.component.chain
        if chain is None:
            return 0.0
        kept = float(self.component.links[0].factor.kept_at(np.zeros(1, np.int64))[0])
        whole = math.exp(min(chain.log_mass - self.mixture.log_mass, 700.0)) * kept
        return max(whole - self.posterior.kept[0], 0.0)

    def report(self) -> ComponentReport:
        missed = self.missed / (1.0 + self.missed)
        names, chain = self.component.names, self.component.chain
        return ComponentReport(names, missed <= EXACT, missed, chain is not None)

    def values(self, read: dict[str, JointValue], repair_at: float) -> list[JointValue]:
        """The fields' values: as read, or repaired where posterior and rules agree on it."""
        best = self.posterior.best
        broken = self._broken(best)
        values = []
        for i, name in enumerate(self.component.names):
            choices, marginal = self.component.choices[i], self.posterior.marginals[i]
            option = best[i]
            # The dropped combinations may all speak against a repair.
            sure = float(marginal[option]) / (1.0 + self.missed) >= repair_at
            allowed = 0 < option < len(choices) and choices[option].seen
            repaired = allowed and sure and not self._binds(broken, i)
            self.taken[name] = option if repaired else 0
            if not choices:
                values.append(read[name])
                continue
            choice = choices[self.taken[name]]
            values.append(
                replace(
                    read[name],
                    text=choice.text,
                    value=choice.value,
                    confidence=min(float(marginal[self.taken[name]]), 1.0),
                    origin="repaired" if repaired else "read",
                    read_value=choices[0].value,
                )
            )
        return values

    def _binds(self, rules: Sequence[int], field: int) -> bool:
        return any(field in self.component.links[n].fields for n in rules)

    def _broken(self, options: Sequence[int]) -> list[int]:
        """Links that a combination does not satisfy, or leaves open."""
        return [n for n in range(len(self.component.links)) if self._holds(n, options) is not True]

    def _holds(self, n: int, options: Sequence[int]) -> bool | None:
        rule = self.component.linear[n]
        numbers: dict[str, Fraction] = {}
        for name, i in zip(rule.fields, self.component.links[n].fields, strict=True):
            number = self._choice(i, options[i])
            if number is None or number.number is None:
                return None
            numbers[name] = number.number
        return rule.holds(numbers)

    def _choice(self, field: int, option: int) -> Choice | None:
        choices = self.component.choices[field]
        return choices[option] if option < len(choices) else None

    def outcomes(self, values: dict[str, JointValue]) -> dict[Rule, RuleOutcome]:
        """What became of every rule under the values that were taken."""
        taken = [self.taken[name] for name in self.component.names]
        found: dict[Rule, RuleOutcome] = {}
        for n, rule in enumerate(self.component.linear):
            holds, erred = self._holds(n, taken), self.posterior.erred[n]
            if holds:
                found[rule] = RuleOutcome(rule, "holds", "kept", erred)
                continue
            status: Status = "unknown" if holds is None else "broken"
            verdict: Verdict = "writer" if holds is False and erred > 0.5 else "unclear"
            found[rule] = RuleOutcome(rule, status, verdict, erred, self._look_at(n, taken))
        for date in self.component.dates:
            found[date] = self._date(date, values[date.field])
        return found

    def _look_at(self, n: int, taken: Sequence[int]) -> tuple[str, ...]:
        """Fields by the probability that the value taken is wrong, were the rule kept."""
        marginals = mixture_if_kept(
            self.mixture, self.component.options, n, self.component.links[n]
        )
        marginals = marginals or self.posterior.marginals
        fields = self.component.links[n].fields
        right = {
            i: float(marginals[i][taken[i]]) if self.component.choices[i] else 0.0 for i in fields
        }
        order = sorted(fields, key=lambda i: right[i])[:LOOK_AT]
        worth = [i for n, i in enumerate(order) if n == 0 or 1.0 - right[i] >= WORTH_A_LOOK]
        return tuple(self.component.names[i] for i in worth)

    def _date(self, rule: DateRule, value: JointValue) -> RuleOutcome:
        i = self.component.names.index(rule.field)
        invalid = [c.number is None for c in self.component.choices[i]]
        marginal: Floats = self.posterior.marginals[i][: len(invalid)]
        erred = float(marginal @ np.array(invalid, float)) if invalid else 0.0
        if value.value is not None:
            return RuleOutcome(rule, "holds", "kept", erred)
        status: Status = "broken" if value.text else "unknown"
        verdict: Verdict = "writer" if value.text and erred > 0.5 else "unclear"
        return RuleOutcome(rule, status, verdict, erred, (rule.field,))
