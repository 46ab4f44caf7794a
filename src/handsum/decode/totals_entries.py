"""Entries that were written otherwise than meant: one slip that breaks several rules at once.

A result that two sums name ("valid" is the sum of the votes, and with "rejected" it makes "cast")
breaks both of them if one digit of it is written wrong. As two independent slips in adding that
would seem a thousand times too improbable, and a misreading the better explanation, however sure
the reader is. So such a field has further options: the text that was read, meant as another number.
Which one follows from the rules: what it would have to be if all others were read right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from handsum.decode.rules import LinearRule
from handsum.decode.totals_problem import KNOWN, Options
from handsum.decode.totals_writer import WriterModel, equality_factor

LIKELY = 0.01
"""Texts less probable than that are not also taken as miswritten."""


def find_meant(
    rules: Sequence[LinearRule], names: Sequence[str], tops: Sequence[Fraction | None]
) -> dict[int, list[Fraction]]:
    """By a field's place what it would have to be, if two equalities name it and one is broken.

    ``tops`` are the numbers of the fields' best texts.
    """
    equal = [rule for rule in rules if rule.relation == "="]
    count = Counter(name for rule in equal for name in rule.fields)
    found: dict[int, list[Fraction]] = {}
    for rule in equal:
        numbers = {name: tops[names.index(name)] for name in rule.fields}
        known = {name: number for name, number in numbers.items() if number is not None}
        if len(known) < len(numbers) or rule.holds(known):
            continue
        residual = rule.residual(known)
        for term in rule.terms:
            if count[term.field] > 1:
                row = found.setdefault(names.index(term.field), [])
                meant = known[term.field] - residual / term.factor
                if meant not in row:
                    row.append(meant)
    return found


def add_miswritten(
    options: Options, meant: Sequence[Fraction], decimals: int, written: int, writer: WriterModel
) -> Options:
    """The options of a field, and after them its likely texts meant as other numbers.

    Values are in units of 10^-decimals; the field is written with ``written`` decimals.
    """
    unit = 10 ** (decimals - min(written, decimals))
    values: list[int] = []
    probs: list[float] = []
    stand_for: list[int] = []
    likely = np.flatnonzero((options.kinds == KNOWN) & (options.probs >= LIKELY))
    for k in likely.tolist():
        value = int(options.values[k])
        slips = equality_factor(writer.copy_rate, writer, unit, len(str(abs(value) // unit)), 0)
        for number in meant:
            step = number * 10**decimals - value
            if step and step.denominator == 1 and step.numerator % unit == 0:
                density = slips.erred_at(np.array([step.numerator], np.int64))[0]
                values.append(value + step.numerator)
                probs.append(float(options.probs[k] * density))
                stand_for.append(k)
    if not values:
        return options
    as_meant = options.probs.copy()
    as_meant[likely] *= 1.0 - writer.copy_rate
    return Options(
        np.append(options.values, np.array(values, np.int64)),
        np.append(options.kinds, np.full(len(values), KNOWN, np.int8)),
        np.append(as_meant, probs),
        tuple(stand_for),
    )
