"""The bounds of a field hold every value that its format lets through."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from handsum.charset import NUMBERS
from handsum.decode.constraint import compile_constraint
from handsum.decode.values import canonical_value
from handsum.forms.fields import Field
from handsum.forms.formats import check_format, find_domain

BOX = (0.0, 0.0, 30.0, 8.0)


def values(field: Field) -> list[Fraction]:
    """Of all texts of up to five symbols that the field's format lets through."""
    assert field.constraint is not None
    compiled = compile_constraint(field.constraint, NUMBERS)
    assert compiled is not None
    found = []
    for length in range(1, 6):
        for symbols in itertools.product("019.,-", repeat=length):
            text = "".join(symbols)
            value = canonical_value(text, field.separators) if compiled.accepts(text) else None
            if value is not None:
                found.append(Fraction(value))
    return found


@pytest.mark.parametrize(
    "field",
    [
        Field("a", "", "box", BOX, pattern="9{1,3}"),
        Field("a", "", "box", BOX, pattern="[-]9{1,2}.9", decimal="."),
        Field("a", "", "box", BOX, pattern="9.999", decimal=",", thousands="."),
        Field("a", "", "box", BOX, range="-5..12.5", decimal=","),
        Field("a", "", "box", BOX, pattern="[-]9{2}", range="..20"),
        Field("a", "", "comb", BOX, cells=3),
        Field("a", "", "comb", BOX, cells=4, pattern="9{1,2}.9", decimal="."),
        Field("a", "", "box", BOX, entries=("11", "1.9", "-9"), decimal="."),
    ],
)
def test_no_value_lies_outside_the_bounds(field: Field) -> None:
    check_format("t.toml", "field", field)
    domain = find_domain(field)
    found = values(field)
    assert found
    assert domain.least is None or domain.least <= min(found)
    assert domain.most is None or domain.most >= max(found)
    # They are bounds, not mere caution: no power of ten too wide.
    assert domain.most is None or domain.most <= 10 * max(found) + 10


def test_unbounded_and_very_long_formats() -> None:
    assert find_domain(Field("a", "", "box", BOX, pattern="9{1,}")).most is None
    assert find_domain(Field("a", "", "box", BOX)).least is None
    long = Field("a", "", "box", BOX, pattern="9{1,300}")
    assert find_domain(long).most == Fraction(10**300)
