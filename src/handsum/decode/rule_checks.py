"""Rules that cannot all hold, found when a template is loaded.

Found, always: a rule that no value satisfies or that says nothing; the same rule twice; equalities
that contradict each other as linear equations (Gauss-Jordan elimination over fractions); rules that
leave nothing for one and the same sum (``a < b``, ``b <= a``); bounds
of formats and rules that leave a field no value when each rule is followed in turn (interval
propagation). Not found: contradictions that only whole numbers or written decimals bring about
(``2 * a = b`` where b is odd), and those of several comparisons and bounds taken together that no
single rule shows. Deciding these is integer programming; a sheet that meets one is flagged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from handsum.decode.rules import DateRule, FieldDomain, LinearRule, Rule, Term
from handsum.errors import DecodeError

SWEEPS = 50
"""Rounds of propagation; bounds that still creep then are left as they are."""

_Bounds = tuple[Fraction | None, Fraction | None]


def check_rules(rules: Sequence[Rule], fields: Mapping[str, FieldDomain]) -> None:
    """Raise DecodeError if the rules contradict each other, the formats, or repeat themselves."""
    seen: dict[object, Rule] = {}
    for rule in rules:
        key: object = rule.fields
        if isinstance(rule, LinearRule):
            form, by = _form(rule)
            sign = by > 0 or rule.relation == "="
            key = (form, rule.constant / by, rule.relation, sign)
        if key in seen:
            raise DecodeError(
                f"rules {seen[key].text!r} and {rule.text!r} say the same.",
                "Leave one of them out.",
            )
        seen[key] = rule
    dated = {rule.field for rule in rules if isinstance(rule, DateRule)}
    linear = [rule for rule in rules if isinstance(rule, LinearRule)]
    domains = {name: domain for name, domain in fields.items() if name not in dated}
    if (found := _contradiction(linear, domains)) is not None:
        raise _named(found, linear, domains)


class _ContradictionError(Exception):
    """Rules, by their texts, that leave nothing together, and the field that shows it."""

    def __init__(self, rules: frozenset[str], field: str | None = None) -> None:
        self.rules, self.field = rules, field


def _contradiction(
    rules: Sequence[LinearRule], fields: Mapping[str, FieldDomain]
) -> _ContradictionError | None:
    try:
        _check_equations([rule for rule in rules if rule.relation == "=" and not rule.within])
        _check_forms(rules)
        _check_bounds(rules, fields)
    except _ContradictionError as found:
        return found
    return None


def _named(
    found: _ContradictionError, rules: Sequence[LinearRule], fields: Mapping[str, FieldDomain]
) -> DecodeError:
    """The error for a contradiction, naming no rule that it does not take."""
    for text in sorted(found.rules):
        fewer = [rule for rule in rules if rule.text in found.rules - {text}]
        found = _contradiction(fewer, fields) or found
    named = " and ".join(repr(text) for text in sorted(found.rules))
    where = f" and the format of {found.field!r}" if found.field else ""
    return DecodeError(
        f"{named}{where} contradict each other: no sheet can satisfy them.",
        "Mend the rule or the range that is wrong, or leave it out.",
    )


def _check_equations(rules: Sequence[LinearRule]) -> None:
    """Eliminate field by field; a row that says 0 = c, c not 0, comes from a contradiction."""
    pivots: dict[str, tuple[dict[str, Fraction], Fraction, frozenset[str]]] = {}
    for rule in rules:
        row = {term.field: term.factor for term in rule.terms}
        constant, sources = rule.constant, frozenset([rule.text])
        while pivot := next((name for name in row if name in pivots), None):
            other, more, theirs = pivots[pivot]
            by = row[pivot]
            for name, factor in other.items():
                row[name] = row.get(name, Fraction(0)) - by * factor
            row = {name: factor for name, factor in row.items() if factor}
            constant -= by * more
            sources |= theirs
        if row:
            lead, unit = next(iter(row.items()))
            scaled = {name: factor / unit for name, factor in row.items()}
            # Back-substitution keeps pivots out of each other's rows, so that the loop ends.
            for name, (other, more, theirs) in list(pivots.items()):
                if by := other.get(lead, Fraction(0)):
                    merged = {
                        key: other.get(key, Fraction(0)) - by * scaled.get(key, Fraction(0))
                        for key in {**other, **scaled}
                    }
                    merged = {key: factor for key, factor in merged.items() if factor}
                    pivots[name] = (merged, more - by * constant / unit, theirs | sources)
            pivots[lead] = (scaled, constant / unit, sources)
        elif constant:
            raise _ContradictionError(sources)


def _form(rule: LinearRule) -> tuple[frozenset[Term], Fraction]:
    """The rule's terms, with factor 1 at the first name of the alphabet, and what that divided."""
    by = min(rule.terms, key=lambda term: term.field).factor
    return frozenset(Term(term.field, term.factor / by) for term in rule.terms), by


def _check_forms(rules: Sequence[LinearRule]) -> None:
    """Rules about the same sum bound it from both sides: a < b and b <= a leave nothing."""
    bounds: dict[frozenset[Term], list[tuple[Fraction, bool, bool, LinearRule]]] = {}
    for rule in rules:
        form, by = _form(rule)
        edge, slack = -rule.constant / by, rule.within / abs(by)
        strict = rule.relation == "<"
        sides = bounds.setdefault(form, [])
        if rule.relation == "=" or by > 0:
            sides.append((edge + slack, True, strict, rule))
        if rule.relation == "=" or by < 0:
            sides.append((edge - slack, False, strict, rule))
    for sides in bounds.values():
        for most, is_top, strict, rule in sides:
            for least, other_top, other_strict, other in sides:
                if not is_top or other_top:
                    continue
                if least > most or (least == most and (strict or other_strict)):
                    raise _ContradictionError(frozenset({rule.text, other.text}))


def _check_bounds(rules: Sequence[LinearRule], fields: Mapping[str, FieldDomain]) -> None:
    bounds: dict[str, _Bounds] = {name: (d.least, d.most) for name, d in fields.items()}
    causes: dict[str, frozenset[str]] = {}
    for _ in range(SWEEPS):
        changed = False
        for rule in rules:
            changed |= _propagate(rule, bounds, causes)
        if not changed:
            return


def _propagate(
    rule: LinearRule, bounds: dict[str, _Bounds], causes: dict[str, frozenset[str]]
) -> bool:
    """Tighten the bounds of every field of a rule by those of its others; whether any moved."""
    changed = False
    for term in rule.terms:
        others = [other for other in rule.terms if other is not term]
        low = _total([_times(o.factor, bounds.get(o.field, (None, None)))[0] for o in others])
        high = _total([_times(o.factor, bounds.get(o.field, (None, None)))[1] for o in others])
        # factor * x = -constant - others, give or take; or at most that in a comparison.
        top = None if low is None else rule.within - rule.constant - low
        bottom = None if high is None else -rule.within - rule.constant - high
        if rule.relation != "=":
            bottom = None
        least, most = _times(1 / term.factor, (bottom, top))
        old_least, old_most = bounds.get(term.field, (None, None))
        new_least = (
            old_least if least is None else max(least, least if old_least is None else old_least)
        )
        new_most = old_most if most is None else min(most, most if old_most is None else old_most)
        if (new_least, new_most) == (old_least, old_most):
            continue
        changed = True
        involved = causes.get(term.field, frozenset()) | {rule.text}
        for other in others:
            involved |= causes.get(other.field, frozenset())
        causes[term.field] = involved
        bounds[term.field] = (new_least, new_most)
        if new_least is not None and new_most is not None:
            strict = rule.relation == "<" and len(rule.terms) == 1
            if new_least > new_most or (strict and new_least == new_most):
                raise _ContradictionError(involved, term.field)
    if rule.relation == "<":
        high_side = _total(
            [_times(t.factor, bounds.get(t.field, (None, None)))[0] for t in rule.terms]
        )
        if high_side is not None and high_side + rule.constant >= rule.within:
            raise _ContradictionError(frozenset({rule.text}), rule.terms[0].field)
    return changed


def _total(parts: Sequence[Fraction | None]) -> Fraction | None:
    known = [part for part in parts if part is not None]
    return sum(known, Fraction(0)) if len(known) == len(parts) else None


def _times(factor: Fraction, bounds: _Bounds) -> _Bounds:
    low, high = (None if bound is None else factor * bound for bound in bounds)
    return (low, high) if factor > 0 else (high, low)
