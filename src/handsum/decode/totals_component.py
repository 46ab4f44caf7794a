"""From the rules and readings of one component to integers that the search can work on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from handsum.decode.rules import DateRule, LinearRule, Rule, Term, read_date
from handsum.decode.totals_carry import CarryChain, solve_carry_chain
from handsum.decode.totals_entries import add_miswritten, find_meant
from handsum.decode.totals_evidence import FieldEvidence, TextEvidence
from handsum.decode.totals_problem import (
    BLANK,
    KNOWN,
    UNLISTED,
    Link,
    Options,
    OrderFactor,
)
from handsum.decode.totals_writer import WriterModel, equality_factor

VALUE_LIMIT = 10**15
"""Greater numbers are no number of a form; in units of the finest decimal of the component."""
DECIMAL_LIMIT = 6
LEAST_PROBABILITY = 1e-12
"""Texts less probable than that are left with the unlisted ones."""
MISREAD = 0.002
"""How often a reader of whole texts is sure and wrong beyond what it says: of 9,602 values of
generated weather logs that it read with 99.7 % or more, 18 were wrong, and it told of 10."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A text that a field may take: exact ``number`` (None if it has none) and probability.

    ``seen``: the reader itself listed or scored it; else only a rule names it, and no format has
    been asked, so that it explains a sheet but is never given out.
    """

    text: str
    value: str | None
    number: Fraction | None
    probability: float
    seen: bool = True


@dataclass(frozen=True, eq=False)
class Component:
    """Fields that rules bind together, ready to be searched.

    ``choices[i]`` are the texts of field ``names[i]``, the one that the reader prefers first;
    ``options[i]`` the same in integers, then one for all unlisted texts, then those that were
    meant otherwise (handsum.decode.totals_entries). ``links`` are the linear rules ``linear``;
    date rules ``dates`` have entered the options' weights.
    """

    names: tuple[str, ...]
    choices: tuple[tuple[Choice, ...], ...]
    options: list[Options]
    linear: tuple[LinearRule, ...]
    links: list[Link]
    dates: tuple[DateRule, ...]
    chain: CarryChain | None


def build_component(
    rules: Sequence[Rule], evidence: Mapping[str, FieldEvidence], writer: WriterModel
) -> Component:
    """Options and links of the fields that ``rules`` bind."""
    names = tuple(dict.fromkeys(name for rule in rules for name in rule.fields))
    linear = tuple(rule for rule in rules if isinstance(rule, LinearRule))
    dates = {rule.field: rule for rule in rules if isinstance(rule, DateRule)}
    fields = [evidence[name] for name in names]
    choices = [_choices(field, dates.get(field.name)) for field in fields]
    chain = None
    if len(rules) == 1 and linear:
        chain = _chain(linear[0], evidence)
    if chain is not None:
        for i, field in enumerate(fields):
            if chain.texts and choices[i]:
                place = linear[0].fields.index(field.name)
                _append(choices[i], field, chain.texts[place], None)
    for rule in linear:
        if rule.relation == "=" and not dates.keys() & set(rule.fields):
            _add_implied(rule, names, fields, choices)
    places = map(_decimals, (c for row in choices for c in row))
    decimals = min(max(places, default=0), DECIMAL_LIMIT)
    options = [
        _options(row, dates.get(name), decimals, writer)
        for name, row in zip(names, choices, strict=True)
    ]
    links = [_link(rule, names, choices, options, decimals, writer) for rule in linear]
    tops = [row[0].number if row else None for row in choices]
    for i, meant in find_meant(linear, names, tops).items():
        written = _decimals(choices[i][0])
        options[i] = add_miswritten(options[i], meant, decimals, written, writer)
    return Component(
        names, tuple(map(tuple, choices)), options, linear, links, tuple(dates.values()), chain
    )


def _choices(field: FieldEvidence, date: DateRule | None) -> list[Choice]:
    # Where the reader can say how probable any text is, cells do, nothing is beyond what it says.
    share = 1.0 - MISREAD if field.score is None and date is None else 1.0
    return [
        _choice(field, replace(text, probability=share * text.probability), date)
        for n, text in enumerate(field.texts)
        if n == 0 or text.probability >= LEAST_PROBABILITY
    ]


def _choice(field: FieldEvidence, text: TextEvidence, date: DateRule | None) -> Choice:
    if date is not None:
        day = read_date(text.text, date)
        number = None if day is None else Fraction(day.toordinal())
        iso = None if day is None else day.isoformat()
        return Choice(text.text, iso, number, text.probability)
    value = text.value
    if value is None and text.text == "" and field.blank_is_zero:
        return Choice(text.text, None, Fraction(0), text.probability)
    number = None if value is None or len(value) > 30 else Fraction(value)
    return Choice(text.text, value, number, text.probability)


def _chain(rule: LinearRule, evidence: Mapping[str, FieldEvidence]) -> CarryChain | None:
    """The carry chain of a lone sum over comb cells, where it can be set up."""
    fields = [evidence[name] for name in rule.fields]
    cells = [field.cells for field in fields]
    factors = [term.factor for term in rule.terms]
    plain = rule.relation == "=" and not rule.within and not rule.constant
    if not plain or any(f.denominator != 1 or abs(f) > 9 for f in factors):
        return None
    known = [cell for cell in cells if cell is not None]
    if len(known) < len(cells):
        return None
    zero = [field.blank_is_zero for field in fields]
    return solve_carry_chain(known, [int(f) for f in factors], zero)


def _append(row: list[Choice], field: FieldEvidence, text: str, spread: float | None) -> None:
    """List one more text, with the reader's own probability or its part of the unlisted ones."""
    if any(choice.text == text for choice in row):
        return
    probability = field.score(text) if field.score is not None else spread
    listed = math.fsum(choice.probability for choice in row)
    probability = min(probability or 0.0, max(1.0 - listed, 0.0))
    if probability < LEAST_PROBABILITY:
        return
    value = plain_value(text)
    number = Fraction(value) if value is not None else None
    if text == "" and field.blank_is_zero:
        number = Fraction(0)
    row.append(Choice(text, value, number, probability, field.score is not None))


def plain_value(text: str) -> str | None:
    """The canonical decimal of digits alone."""
    return (text.lstrip("0") or "0") if text.isdecimal() and text.isascii() else None


def _add_implied(
    rule: LinearRule,
    names: tuple[str, ...],
    fields: Sequence[FieldEvidence],
    choices: list[list[Choice]],
) -> None:
    """List what each field would have to be if all others were read right.

    The truth may be missing from the list of the one field that was misread; the rule names it,
    and the reader can say how probable it is. Where it cannot, misreadings are one digit off.
    """
    tops: dict[str, Fraction] = {}
    for name in rule.fields:
        row = choices[names.index(name)]
        if not row or row[0].number is None:
            return
        tops[name] = row[0].number
    if rule.holds(tops):
        return
    residual = rule.residual(tops)
    for term in rule.terms:
        i = names.index(term.field)
        implied = tops[term.field] - residual / term.factor
        if fields[i].score is None:
            _add_look_alikes(rule, term, implied, choices[i])
        for text in _styled(implied, choices[i][0]):
            spread = fields[i].unlisted / 10 ** max(len(text), 1)
            _append(choices[i], fields[i], text, spread)


def _add_look_alikes(rule: LinearRule, term: Term, implied: Fraction, row: list[Choice]) -> None:
    """List the texts one digit off the best one that would keep the rule.

    All that are one digit off have an even part of what is not listed, those too that would not.
    """
    best, known = row[0], {choice.text for choice in row}
    assert best.number is not None
    text, decimals = best.text, _decimals(best)
    places = [i for i, symbol in enumerate(text) if symbol in "0123456789"]
    unlisted = max(0.0, 1.0 - math.fsum(choice.probability for choice in row))
    spread = unlisted / max(9 * len(places), 1)
    for power, i in enumerate(reversed(places), -decimals):
        unit = Fraction(10) ** power * (-1 if "-" in text else 1)
        for digit in range(10):
            other = f"{text[:i]}{digit}{text[i + 1 :]}"
            number = best.number + (digit - int(text[i])) * unit
            fits = abs((number - implied) * term.factor) <= rule.within
            if fits and other not in known and spread >= LEAST_PROBABILITY:
                row.append(Choice(other, _plain(number, decimals), number, spread, seen=False))


def _plain(number: Fraction, decimals: int) -> str:
    """The canonical decimal of a number with so many decimals."""
    digits = str(int(abs(number) * 10**decimals)).zfill(decimals + 1)
    whole = digits[: len(digits) - decimals]
    minus = "-" if number < 0 else ""
    return f"{minus}{whole}.{digits[len(whole) :]}" if decimals else f"{minus}{whole}"


def _styled(number: Fraction, like: Choice) -> list[str]:
    """A whole number as digits, short and as long as the text read; nothing if it has marks."""
    if number.denominator != 1 or number < 0 or plain_value(like.text) is None:
        return []
    digits = str(int(number))
    return list(dict.fromkeys([digits, digits.zfill(len(like.text))]))


def _decimals(choice: Choice) -> int:
    return len(choice.value.partition(".")[2]) if choice.value and choice.number is not None else 0


def _options(
    row: Sequence[Choice], date: DateRule | None, decimals: int, writer: WriterModel
) -> Options:
    values, kinds, probs = [], [], []
    for choice in row:
        scaled = None if choice.number is None else choice.number * 10**decimals
        known = scaled is not None and scaled.denominator == 1 and abs(scaled) <= VALUE_LIMIT
        values.append(int(scaled) if scaled is not None and known else 0)
        kinds.append(KNOWN if known else BLANK)
        weight = 1.0
        if date is not None:  # a rule of one field weighs its texts and nothing else
            weight = 1.0 - writer.order_rate if known else writer.order_rate
        probs.append(choice.probability * weight)
    unlisted = max(0.0, 1.0 - math.fsum(choice.probability for choice in row))
    values.append(0)
    kinds.append(UNLISTED)
    probs.append(max(unlisted * (0.5 if date is not None else 1.0), 1e-15))
    return Options(np.array(values, np.int64), np.array(kinds, np.int8), np.array(probs))


def _link(
    rule: LinearRule,
    names: tuple[str, ...],
    choices: Sequence[Sequence[Choice]],
    options: Sequence[Options],
    decimals: int,
    writer: WriterModel,
) -> Link:
    """A rule in integers: all factors times ``common``, all numbers times 10^decimals."""
    parts = [rule.constant, rule.within, *(term.factor for term in rule.terms)]
    common = math.lcm(*(part.denominator for part in parts))
    scale = common * 10**decimals
    fields = tuple(names.index(name) for name in rule.fields)
    factors = tuple(int(term.factor * common) for term in rule.terms)
    constant, within = int(rule.constant * scale), int(rule.within * scale)
    if rule.relation != "=":
        most = within if rule.relation == "<=" else within - 1
        order = OrderFactor(most, writer.order_rate)
        return Link(fields, factors, constant, order, order.unknown)
    result = choices[fields[0]]
    written = _decimals(result[0]) if result else 0
    unit = common * 10 ** (decimals - min(written, decimals))
    size = max((abs(int(options[i].values[0])) for i in fields), default=0)
    digits = len(str(size // 10 ** (decimals - min(written, decimals))))
    rate = writer.copy_rate if rule.copies else writer.sum_rate
    factor = equality_factor(rate, writer, unit, digits, within)
    return Link(fields, factors, constant, factor, writer.blank_rate)
