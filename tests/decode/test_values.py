from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsum.decode.values import Separators, canonical_value
from handsum.errors import DecodeError

GERMAN = Separators(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("text", "separators", "value"),
    [
        ("1.234,50", GERMAN, "1234.50"),
        ("1234,50", GERMAN, "1234.50"),
        ("1.234.567", GERMAN, "1234567"),
        ("12.34", GERMAN, None),
        ("1234.567", GERMAN, None),
        ("1.23,4", GERMAN, None),
        ("0.123", GERMAN, None),
        ("0123", Separators(), "123"),
        ("000", Separators(), "0"),
        ("00.50", Separators(), "0.50"),
        (".5", Separators(), "0.5"),
        ("5.", Separators(), None),
        ("-12.5", Separators(), "-12.5"),
        ("-0", Separators(), "0"),
        ("-0.00", Separators(), "0.00"),
        ("--1", Separators(), None),
        ("1-2", Separators(), None),
        ("-", Separators(), None),
        (".", Separators(), None),
        ("", Separators(), None),
        ("31/12/2026", Separators(), None),
        ("12,5", Separators(), None),
        ("12.5", Separators(decimal=""), None),
        ("1,234", Separators(decimal="", thousands=","), "1234"),
        ("12,5", None, "12.5"),
        ("12.5", None, "12.5"),
        ("1.234", None, None),
        ("0.123", None, "0.123"),
        ("1234.567", None, "1234.567"),
        ("1.234,5", None, "1234.5"),
        ("1,234.5", None, "1234.5"),
        ("1.234.567", None, "1234567"),
        ("12", None, "12"),
        ("1/2", None, None),
    ],
)
def test_values(text, separators, value):
    assert canonical_value(text, separators) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12)))
def test_formatted_numbers_come_back(number):
    german = f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
    value = canonical_value(german, GERMAN)
    assert value is not None
    assert Decimal(value) == number
    assert value.endswith(german[-2:])


@given(st.text("0123456789", min_size=1, max_size=40))
def test_no_digit_is_lost(text):
    assert canonical_value("0" + text + "." + text) == f"{int(text)}.{text}"


@pytest.mark.parametrize("marks", [(".", "."), ("-", ""), ("5", ""), ("..", ""), (".", "9")])
def test_separators_that_cannot_be(marks):
    with pytest.raises(DecodeError):
        Separators(*marks)
