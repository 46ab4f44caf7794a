import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.charset import NUMBERS, Charset
from handsum.decode.patterns import compile_length, compile_pattern, parse_length
from handsum.errors import DecodeError


def accepts(pattern: str, text: str) -> bool:
    return compile_pattern(pattern, NUMBERS).accepts(NUMBERS.encode(text))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("9999", ["0000", "1234"], ["123", "12345", "12.4", ""]),
        ("9{4,6}", ["1234", "12345", "123456"], ["123", "1234567"]),
        ("99.9", ["12.5"], ["125", "1.25", "12,5"]),
        ("[-]9{1,3},99", ["1,50", "-123,00"], ["1234,00", "--1,00", "1,5", "-,50"]),
        ("99/99/9999", ["31/12/2026"], ["31-12-2026", "1/1/2026"]),
        ("(9|1/2)9", ["34", "1/27"], ["1/2", "3"]),
        (r"20\99|19{2}", ["2095", "155"], ["2085", "1999"]),
        ("(99.){2,}9", ["12.34.5", "12.34.56.7"], ["12.3"]),
        ("9[.9[9]]", ["1", "1.2", "1.23"], ["1.", "1.234"]),
        ("0[0]{3}", ["0", "00", "0000"], ["00000", ""]),
        ("9{0}7", ["7"], ["17"]),
    ],
)
def test_patterns(pattern, yes, no):
    assert [text for text in yes if not accepts(pattern, text)] == []
    assert [text for text in no if accepts(pattern, text)] == []


def parts() -> st.SearchStrategy[tuple[str, str]]:
    """A pattern and the regular expression that means the same."""
    atoms = st.sampled_from(
        [("9", "[0-9]"), ("0", "0"), (r"\9", "9"), (".", r"\."), (",", ","), ("-", "-")]
    )

    def deeper(inner: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[tuple[str, str]]:
        some = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            some.map(lambda ps: ("".join(p for p, _ in ps), "".join(r for _, r in ps))),
            some.map(lambda ps: (f"({'|'.join(p for p, _ in ps)})", _either(ps))),
            inner.map(lambda p: (f"[{p[0]}]", f"(?:{p[1]})?")),
            st.tuples(inner, st.integers(0, 2), st.integers(0, 2)).map(
                lambda t: (
                    f"({t[0][0]}){{{t[1]},{t[1] + t[2]}}}",
                    f"(?:{t[0][1]}){{{t[1]},{t[1] + t[2]}}}",
                )
            ),
            inner.map(lambda p: (f"({p[0]}){{1,}}", f"(?:{p[1]})+")),
        )

    return st.recursive(atoms, deeper, max_leaves=6)


def _either(ps: list[tuple[str, str]]) -> str:
    return f"(?:{'|'.join(r for _, r in ps)})"


@given(parts(), st.data())
@settings(max_examples=150, deadline=None)
def test_patterns_mean_what_regular_expressions_mean(part, data):
    pattern, regex = part
    automaton = compile_pattern(pattern, NUMBERS)
    for text in (
        data.draw(st.text("09.,-", max_size=6)),
        data.draw(st.from_regex(regex, fullmatch=True, alphabet="0123456789.,-")),
    ):
        assert automaton.accepts(NUMBERS.encode(text)) == bool(re.fullmatch(regex, text))


@pytest.mark.parametrize(
    ("pattern", "position", "says"),
    [
        ("", 1, "empty"),
        ("9|", 3, "empty"),
        ("9()", 3, "empty"),
        ("(99", 1, "never closed"),
        ("99[.9", 3, "never closed"),
        ("99)", 3, "closes nothing"),
        ("{3}", 1, "repeats nothing"),
        ("9{6,4}", 2, "counts down"),
        ("9{x}", 2, "repeat is written"),
        ("9{4", 2, "repeat is written"),
        ("9{2000}", 2, "1000 repeats"),
        ("99 99", 3, "never writes ' '"),
        ("9a", 2, "never writes 'a'"),
        ("99\\", 3, "needs a symbol"),
    ],
)
def test_errors_point_at_the_place(pattern, position, says):
    with pytest.raises(DecodeError, match=re.escape(says)) as caught:
        compile_pattern(pattern, NUMBERS)
    assert f"position {position}:" in caught.value.message
    assert caught.value.remedy
    caret = caught.value.message.splitlines()[2]
    assert caret == " " * (position + 1) + "^"


def test_a_huge_pattern_is_refused():
    with pytest.raises(DecodeError, match="Shorten"):
        compile_pattern("((9{100}){100}){100}", NUMBERS)


def test_symbols_follow_the_charset():
    assert compile_pattern("9X", Charset("0123456789X")).accepts([3, 11])
    with pytest.raises(DecodeError, match="'X'"):
        compile_pattern("9X", NUMBERS)


@pytest.mark.parametrize(
    ("length", "expected"),
    [("4", (4, 4)), ("4-6", (4, 6)), (" 4 - 6 ", (4, 6)), ("4-", (4, None)), ("-6", (1, 6))],
)
def test_length(length, expected):
    assert parse_length(length) == expected


@pytest.mark.parametrize("length", ["", "-", "x", "6-4", "0", "4..6", "5000", "4-6-8"])
def test_bad_lengths(length):
    with pytest.raises(DecodeError):
        parse_length(length)


@given(st.text("0123456789.,-/", max_size=9))
def test_length_counts_digits(text):
    digits = sum(symbol.isdigit() for symbol in text)
    ids = NUMBERS.encode(text)
    assert compile_length("3-5", NUMBERS).accepts(ids) == (3 <= digits <= 5)
    assert compile_length("3-", NUMBERS).accepts(ids) == (digits >= 3)
