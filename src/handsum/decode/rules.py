"""Relations across the fields of a form, as frozen types with exact arithmetic.

Sums, differences, products with a printed factor, comparisons and equal entries are all one thing:
a linear relation with rational factors. Dates are the other. handsum.decode.rule_text reads them
from a template's strings, handsum.decode.totals finds the values that satisfy them.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Relation = Literal["=", "<=", "<"]
DateOrder = Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True)
class Term:
    """A field times a factor."""

    field: str
    factor: Fraction


@dataclass(frozen=True)
class LinearRule:
    """``sum of factor * field + constant`` stands in ``relation`` to 0, up to ``within``.

    ``terms[0]`` is what the writer worked out or copied (the side that is a single field), with
    factor 1 or, in comparisons, any. ``within`` allows for rounding: |sum| <= within counts as
    equal, and a comparison may be missed by so much. ``text`` is the rule as a person reads it.
    """

    text: str
    terms: tuple[Term, ...]
    constant: Fraction
    relation: Relation
    within: Fraction = Fraction(0)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that the rule binds."""
        return tuple(term.field for term in self.terms)

    @property
    def copies(self) -> bool:
        """Whether the rule says that two fields state the same."""
        factors = [term.factor for term in self.terms]
        return self.relation == "=" and factors == [1, -1] and self.constant == 0

    def residual(self, values: Mapping[str, Fraction]) -> Fraction:
        """What the left side leaves: 0 if an equality holds to the last digit."""
        return sum((term.factor * values[term.field] for term in self.terms), self.constant)

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether the values satisfy the rule."""
        residual = self.residual(values)
        if self.relation == "=":
            return abs(residual) <= self.within
        return residual <= self.within if self.relation == "<=" else residual < self.within


@dataclass(frozen=True)
class DateRule:
    """A field holds a date that the calendar knows, its parts in ``order``.

    Years have four digits, or two if ``century`` (1900, 2000) says what they add to.
    """

    text: str
    field: str
    order: DateOrder
    century: int | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field."""
        return (self.field,)


Rule = LinearRule | DateRule


@dataclass(frozen=True)
class FieldDomain:
    """What a field can hold by its own format: least and greatest value, None where unknown."""

    least: Fraction | None = None
    most: Fraction | None = None


@dataclass(frozen=True)
class RuleSet:
    """Rules that were checked together; no two of them the same."""

    rules: tuple[Rule, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all bound fields, in the order of their first mention."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.fields))

    def components(self) -> tuple[tuple[Rule, ...], ...]:
        """The rules in groups that share no field, in the order of their first rule."""
        groups: list[list[int]] = []
        names: list[set[str]] = []
        for i, rule in enumerate(self.rules):
            joined, bound = [i], set(rule.fields)
            for g in reversed(range(len(groups))):
                if names[g] & bound:
                    joined += groups.pop(g)
                    bound |= names.pop(g)
            groups.append(sorted(joined))
            names.append(bound)
        return tuple(tuple(self.rules[i] for i in group) for group in sorted(groups))


def find_domains(names: Iterable[str]) -> dict[str, FieldDomain]:
    """Domains for fields of which only the names are known."""
    return dict.fromkeys(names, FieldDomain())


def read_date(text: str, rule: DateRule) -> datetime.date | None:
    """The date that a text states in the rule's order, or None if it states none.

    Parts are separated by one and the same mark (``/``, ``-`` or ``.``), or are whole pairs of
    digits without marks.
    """
    year = "[0-9]{4}" if rule.century is None else "[0-9]{2}|[0-9]{4}"
    marked = {"d": "(?P<d>[0-9]{1,2})", "m": "(?P<m>[0-9]{1,2})", "y": f"(?P<y>{year})"}
    bare = {key: part.replace("{1,2}", "{2}") for key, part in marked.items()}
    first, second, third = rule.order
    match = re.fullmatch(
        f"{marked[first]}(?P<mark>[-/.]){marked[second]}(?P=mark){marked[third]}", text
    ) or re.fullmatch(bare[first] + bare[second] + bare[third], text)
    if match is None:
        return None
    number = int(match["y"])
    if len(match["y"]) == 2 and rule.century is not None:
        number += rule.century
    try:
        return datetime.date(number, int(match["m"]), int(match["d"]))
    except ValueError:
        return None
