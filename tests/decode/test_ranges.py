from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.charset import DIGITS, NUMBERS
from handsum.decode.ranges import compile_range, parse_range
from handsum.decode.values import Separators, canonical_value
from handsum.errors import DecodeError

SEPARATORS = [
    Separators(),
    Separators(""),
    Separators(","),
    Separators(",", "."),
    Separators(".", ","),
    Separators("", "."),
]
bounds = st.decimals(
    min_value=-2000, max_value=2000, allow_nan=False, allow_infinity=False, places=2
) | st.integers(-20, 1500).map(Decimal)


@st.composite
def texts(draw, separators):
    """Numbers near the bounds and in them, with marks, and anything at all."""
    if draw(st.booleans()):
        return draw(st.text("0129.,-/", max_size=8))
    number = draw(st.integers(0, 2100))
    grouped = f"{number:,}".replace(",", separators.thousands)
    text = draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(["", "0", "00"])) + grouped
    return text + draw(st.sampled_from(["", ".5", ",5", ",00", ".01", ",990", ".999"]))


@given(st.sampled_from(SEPARATORS), bounds, bounds, st.data())
@settings(max_examples=60, deadline=None)
def test_in_range_means_the_value_is_between_the_bounds(separators, a, b, data):
    least, most = min(a, b), max(a, b)
    if data.draw(st.integers(0, 5)) == 0:
        least = None
    elif data.draw(st.integers(0, 5)) == 0:
        most = None
    written = f"{'' if least is None else least}..{'' if most is None else most}"
    automaton = compile_range(parse_range(written), separators, NUMBERS)
    for bound in (least, most):  # the bounds themselves, as written with these marks
        if bound is not None and separators.decimal:
            text = f"{bound}".replace(".", separators.decimal)
            assert automaton.accepts(NUMBERS.encode(text))
    for _ in range(12):
        text = data.draw(texts(separators))
        value = canonical_value(text, separators)
        inside = (
            value is not None
            and (least is None or least <= Decimal(value))
            and (most is None or Decimal(value) <= most)
        )
        assert automaton.accepts(NUMBERS.encode(text)) == inside, (text, written)


def test_every_integer():
    automaton = compile_range(parse_range("7..1020"), Separators(""), DIGITS)
    for number in range(1500):
        for text in (str(number), f"{number:06d}"):
            assert automaton.accepts(DIGITS.encode(text)) == (7 <= number <= 1020)


@pytest.mark.parametrize("text", ["", "..", "5", "1..x", "1,5..2", "5..4", "1...2", "-..3"])
def test_bad_ranges(text):
    with pytest.raises(DecodeError):
        parse_range(text)


def test_a_separator_that_is_never_read():
    with pytest.raises(DecodeError, match="separator ','"):
        compile_range(parse_range("0..9"), Separators(","), DIGITS)
