import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.decode.checks import CHECKS, DAMM, check_isbn10, check_isbn13
from handsum.errors import DecodeError

# Where each number is published.
PUBLISHED = {
    # Luhn's patent's successor ISO/IEC 7812-1: the standing example, and a test card of Visa.
    "luhn": ["79927398713", "4111111111111111"],
    # ISBN Users' Manual: 978-3-16-148410-0 and its old form; 0-306-40615-2 of Wikipedia, ISBN;
    # 943 476 5919 of the NHS Data Dictionary, which weighs alike.
    "isbn10": ["3-16-148410-X", "0-306-40615-2", "9434765919"],
    "isbn13": ["978-3-16-148410-0", "9780306406157"],
    # Wikipedia, EAN-8 and International Article Number.
    "ean8": ["73513537", "96385074"],
    "ean13": ["4006381333931", "5901234123457"],
    # The tax office's account, Skatteetaten.
    "mod11": ["8601.11.17947"],
    # ISO 7064:2003, MOD 97-10; and the IBAN GB82 WEST 1234 5698 7654 32 turned into digits.
    "mod97": ["79444", "3214282912345698765432161182"],
    # Wikipedia, Verhoeff algorithm.
    "verhoeff": ["2363"],
    # Wikipedia, Damm algorithm.
    "damm": ["5724"],
}
LENGTHS = {"isbn10": 10, "isbn13": 13, "ean8": 8, "ean13": 13}
# Schemes that find every swap of two unequal neighbours.
FIND_SWAPS = ("isbn10", "mod11", "mod97", "verhoeff", "damm")


@st.composite
def numbers(draw, name):
    """A number that satisfies a check, or nothing where the scheme has no digit for it."""
    length = LENGTHS.get(name)
    check = CHECKS[name]
    sizes = {"min_size": 1, "max_size": 20}
    if length is not None:
        sizes = {"min_size": length - 1, "max_size": length - 1}
    body = draw(st.text("0123456789", **sizes))
    if name == "isbn13":
        body = draw(st.sampled_from(["978", "979"])) + body[3:]
    try:
        return check.complete(body)
    except DecodeError:
        return check.complete("0" * len(body) if name == "mod11" else body)


@pytest.mark.parametrize("name", CHECKS)
def test_published_numbers(name):
    check = CHECKS[name]
    for number in PUBLISHED[name]:
        assert check.holds(number)
        body = number[: -check.check_digits]
        assert check.complete(body) == number
        for wrong in set(check.symbols) - {number[-1]}:
            assert not check.holds(number[:-1] + wrong)


@pytest.mark.parametrize("name", CHECKS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_single_wrong_digit_is_found(name, data):
    number = data.draw(numbers(name))
    assert CHECKS[name].holds(number)
    at = data.draw(st.integers(0, len(number) - 1))
    for digit in set("0123456789") - {number[at]}:
        assert not CHECKS[name].holds(number[:at] + digit + number[at + 1 :])


@pytest.mark.parametrize("name", FIND_SWAPS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_swap_of_neighbours_is_found(name, data):
    number = data.draw(numbers(name))
    for at in range(len(number) - 1):
        a, b = number[at], number[at + 1]
        if a != b:
            assert not CHECKS[name].holds(number[:at] + b + a + number[at + 2 :])


@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("luhn", lambda a, b: {a, b} == {0, 9}),
        ("ean8", lambda a, b: abs(a - b) == 5),
        ("ean13", lambda a, b: abs(a - b) == 5),
        ("isbn13", lambda a, b: abs(a - b) == 5),
    ],
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_swaps_that_mod_10_misses_are_the_known_ones(name, missed, data):
    number = data.draw(numbers(name))
    first = 3 if name == "isbn13" else 0  # the prefix is tested apart
    for at in range(first, len(number) - 1):
        a, b = number[at], number[at + 1]
        if a != b:
            swapped = number[:at] + b + a + number[at + 2 :]
            assert CHECKS[name].holds(swapped) == missed(int(a), int(b))


def test_damm_is_a_weakly_totally_antisymmetric_quasigroup():
    for c in range(10):
        assert DAMM[c][c] == 0
        assert sorted(DAMM[c]) == sorted(row[c] for row in DAMM) == list(range(10))
        for x in range(10):
            for y in range(x):
                assert DAMM[DAMM[c][x]][y] != DAMM[DAMM[c][y]][x]


@pytest.mark.parametrize("name", CHECKS)
def test_nothing_and_single_digits_satisfy_no_check(name):
    assert not any(CHECKS[name].holds(text) for text in ["", "-", *"0123456789"])


def test_limits_of_the_schemes():
    assert not check_isbn13("4006381333931")
    assert not check_isbn10("X000000000")
    assert not check_isbn10("31614841X0")
    with pytest.raises(DecodeError, match=re.escape("no check digit makes '6' a mod11 number")):
        CHECKS["mod11"].complete("6")  # weighs 12, which leaves 1 and would take a 10
    with pytest.raises(DecodeError, match="ean8"):
        CHECKS["ean8"].complete("123")
