import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.charset import NUMBERS, Charset
from handsum.decode.check_automata import compile_check
from handsum.decode.checks import CHECKS
from handsum.errors import DecodeError

WITH_X = Charset("0123456789.,-/X")
AUTOMATA = {name: compile_check(name, WITH_X) for name in CHECKS}
LENGTHS = {"isbn10": 9, "isbn13": 12, "ean8": 7, "ean13": 12}


@pytest.mark.parametrize("name", CHECKS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_automaton_and_formula_agree(name, data):
    length = LENGTHS.get(name)
    body = data.draw(
        st.text("0123456789.-", max_size=18)
        | st.text("0123456789", min_size=length or 1, max_size=length or 18)
    )
    if name == "isbn13":
        body = "978"[: len(body)] + body[3:]
    try:
        right = CHECKS[name].complete(body)
    except DecodeError:
        right = body
    ending = data.draw(st.sampled_from(["", "0", "5", "X", "-", "-7"]))
    for text in (body, right, right + ending, body + ending):
        assert AUTOMATA[name].accepts(WITH_X.encode(text)) == CHECKS[name].holds(text), text


@pytest.mark.parametrize("name", CHECKS)
def test_no_text_is_accepted_from_two_starts(name):
    """Masses are summed over starts, so each text must have one path only."""
    automaton = AUTOMATA[name]
    tables = automaton.transitions.tolist()
    pairs = {(p, q) for p in automaton.starts for q in automaton.starts if p < q}
    stack = list(pairs)
    while stack:
        p, q = stack.pop()
        assert not (automaton.accepting[p] and automaton.accepting[q])
        for a, b in zip(tables[p], tables[q], strict=True):
            if a >= 0 and b >= 0 and (a, b) not in pairs:
                pairs.add((a, b))
                stack.append((a, b))


def test_isbn10_without_x_in_the_charset():
    automaton = compile_check("isbn10", NUMBERS)
    assert automaton.accepts(NUMBERS.encode("0306406152"))
    assert not automaton.accepts(NUMBERS.encode("316148410"))


def test_unknown_checks_are_named():
    with pytest.raises(DecodeError, match=r"no check 'lun'.*damm, ean13"):
        compile_check("lun", NUMBERS)
