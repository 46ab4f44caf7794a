"""Whether the format of a field can be satisfied, and the bounds that it sets to its value."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from handsum.charset import NUMBERS
from handsum.decode.automaton import DEAD, Automaton
from handsum.decode.constraint import CompiledConstraint, Constraint, compile_constraint
from handsum.decode.ranges import parse_range
from handsum.decode.rules import FieldDomain, LinearRule, RuleSet
from handsum.decode.values import canonical_value
from handsum.errors import DecodeError, TemplateError
from handsum.forms.fields import Field

_FORMAT_KEYS = ("pattern", "length", "range", "check", "entries")
_FILE_KEYS = {"entries": "list"}


def check_format(source: str, where: str, field: Field) -> None:
    """Raise TemplateError, naming the key at fault, where no text can stand in the field."""
    _check_kind(source, where, field)
    try:
        separators = field.separators
    except DecodeError as error:
        raise TemplateError(
            f"{source}: {where}, decimal, thousands: {error.message}", error.remedy
        ) from error
    for key in _FORMAT_KEYS:
        value = getattr(field, key)
        if value is None:
            continue
        alone = replace(Constraint(separators=separators), **{key: value})
        if key == "range":  # with nothing else, what marks mean is not asked
            alone = replace(alone, pattern=field.pattern)
        try:
            compile_constraint(alone, NUMBERS)
        except DecodeError as error:
            named = f"{where}, {_FILE_KEYS.get(key, key)}"
            raise TemplateError(f"{source}: {named}: {error.message}", error.remedy) from error
    try:
        if field.cells and field.constraint is not None:
            # Without the length that the cells set, so that the cells can be blamed.
            _refuse_long(source, where, field, replace(field.constraint, length=field.length))
        _compile(field)
    except DecodeError as error:
        raise TemplateError(f"{source}: {where}: {error.message}", error.remedy) from error


def _refuse_long(source: str, where: str, field: Field, asked: Constraint) -> None:
    """Raise TemplateError where a comb is too short for every text that may stand in it."""
    compiled = compile_constraint(asked, NUMBERS)
    shortest = 0 if compiled is None else _shortest(compiled)
    if shortest > field.cells:
        raise TemplateError(
            f"{source}: {where}, cells: the shortest text that fits needs {shortest} cells, "
            f"the comb has {field.cells}.",
            "Mend cells, or the format.",
        )


def _check_kind(source: str, where: str, field: Field) -> None:
    def fail(key: str, what: str, remedy: str) -> TemplateError:
        return TemplateError(f"{source}: {where}, {key}: {what}", remedy)

    if field.kind == "comb" and not field.cells:
        raise fail("cells", "a comb without its number of cells.", "Write cells = 6.")
    if field.cells and field.kind not in ("comb", "date"):
        raise fail(
            "cells", f"a {field.kind} has no cells.", 'Write kind = "comb", or leave it out.'
        )
    if field.kind == "date" and field.order is None:
        raise fail(
            "order",
            "the order of day, month and year is not declared.",
            'Write order = "dmy", "mdy" or "ymd": 03/04/2026 means two days otherwise.',
        )
    if field.kind != "date" and (field.order or field.century is not None):
        key = "order" if field.order else "century"
        raise fail(key, f"a {field.kind} is no date.", 'Write kind = "date", or leave it out.')
    if field.kind == "date" and field.cells:
        years = (4,) if field.century is None else (2, 4)
        if field.cells not in {4 + year + marks for year in years for marks in (0, 2)}:
            raise fail(
                "cells",
                f"no date fills {field.cells} cells.",
                "8, or 10 with marks; with a century also 6 and 8.",
            )
    if field.kind == "tick":
        for key in _FORMAT_KEYS:
            if getattr(field, key) is not None:
                name = _FILE_KEYS.get(key, key)
                raise fail(name, "a tick box holds no text.", "Leave the key out.")


def _compile(field: Field) -> CompiledConstraint | None:
    asked = field.constraint
    return None if asked is None else compile_constraint(asked, NUMBERS)


def find_domain(field: Field) -> FieldDomain:
    """The least and greatest value that a field's range, list, pattern and cells allow."""
    least: list[Fraction] = []
    most: list[Fraction] = []
    if field.kind == "date":
        return FieldDomain()
    if field.range is not None:
        bounds = parse_range(field.range)
        least += [] if bounds.least is None else [Fraction(bounds.least)]
        most += [] if bounds.most is None else [Fraction(bounds.most)]
    if field.entries is not None:
        values = [canonical_value(entry, field.separators) for entry in field.entries]
        if None not in values:
            found = [Fraction(Decimal(value)) for value in values if value is not None]
            least.append(min(found))
            most.append(max(found))
    asked = field.constraint
    if asked is not None and field.entries is None:
        compiled = compile_constraint(replace(asked, check=None), NUMBERS)
        if compiled is not None and compiled.automaton is not None:
            minus = _has(compiled.automaton, "-")
            digits = _most_whole_digits(compiled.automaton, field.decimal or "")
            if not minus:
                least.append(Fraction(0))
            if digits is not None:
                most.append(Fraction(10**digits))
                if minus:
                    least.append(Fraction(-(10**digits)))
    return FieldDomain(max(least, default=None), min(most, default=None))


def refuse_unclear_marks(source: str, rules: RuleSet, fields: dict[str, Field]) -> None:
    """Raise TemplateError where a rule needs the value of a text whose marks nobody declared."""
    for rule in rules.rules:
        if not isinstance(rule, LinearRule):
            continue
        for name in rule.fields:
            field = fields[name]
            if field.kind == "date":
                raise TemplateError(
                    f"{source}: rules: {rule.text!r} counts with the date {name!r}.",
                    "A date has no value; leave it out of sums and comparisons.",
                )
            if field.decimal is not None or field.thousands is not None:
                continue
            compiled = _compile(field)
            if compiled is None or compiled.automaton is None:
                marks = [m for m in ",." if any(m in entry for entry in field.entries or ())]
            else:
                marks = [m for m in ",." if _has(compiled.automaton, m)]
            if marks:
                raise TemplateError(
                    f'{source}: field "{name}", decimal: the rule {rule.text!r} needs its value, '
                    f"and nothing says what {marks[0]!r} means in it.",
                    f'Write decimal = "{marks[0]}" there or at the top.',
                )


def _has(automaton: Automaton, symbol: str) -> bool:
    column = automaton.transitions[:, NUMBERS.encode(symbol)[0]]
    return bool((column != DEAD).any())


def _shortest(compiled: CompiledConstraint) -> int:
    """Symbols of the shortest text that satisfies a constraint."""
    if compiled.entries is not None:
        nodes = np.flatnonzero(compiled.entries.entry >= 0)
        return int(np.searchsorted(compiled.entries.levels, nodes[0], side="right")) - 1
    automaton = compiled.automaton
    assert automaton is not None
    here, length = set(automaton.starts), 0
    while not any(automaton.accepting[state] for state in here):
        here = {int(t) for state in here for t in automaton.transitions[state] if t != DEAD}
        length += 1
    return length


def _most_whole_digits(automaton: Automaton, decimal: str) -> int | None:
    """The most digits before a decimal mark that any text of the set has; None if unbounded."""
    digits = NUMBERS.encode("0123456789")
    stop = NUMBERS.encode(decimal)[0] if decimal and decimal in NUMBERS.symbols else None
    counted = np.zeros(automaton.symbol_count, np.int64)
    counted[digits] = 1
    goes_on = automaton.transitions != DEAD
    if stop is not None:
        goes_on[:, stop] = False
    most = np.zeros(len(automaton), np.int64)
    for _ in range(len(automaton) + 1):  # longer than any path without a loop
        after = np.where(goes_on, most[automaton.transitions] + counted, 0)
        longer = after.max(axis=1, initial=0)
        if (longer == most).all():
            return int(most[list(automaton.starts)].max())
        most = longer
    return None
