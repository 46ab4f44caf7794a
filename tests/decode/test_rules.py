import datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.decode.rule_text import parse_rules
from handsum.decode.rules import DateRule, FieldDomain, LinearRule, find_domains, read_date
from handsum.errors import DecodeError

NAMES = [
    *("a", "b", "c", "total", "valid", "rejected", "cast", "registered", "pay", "hours", "born"),
    *(f"votes[{i}]" for i in range(1, 4)),
    *(f"grid[{i},{j}]" for i in (1, 2) for j in (1, 2, 3)),
    *(f"right[{i}]" for i in (1, 2)),
    *(f"rows[{i}].{column}" for i in (1, 2, 3) for column in ("in", "balance")),
]
FIELDS = find_domains(NAMES)


def terms(rule):
    return {term.field: term.factor for term in rule.terms}


def parse(*texts):
    return parse_rules(texts, FIELDS).rules


@pytest.mark.parametrize(
    ("text", "factors", "constant"),
    [
        ("total = a + b + c", {"total": 1, "a": -1, "b": -1, "c": -1}, 0),
        ("a + b = total", {"total": 1, "a": -1, "b": -1}, 0),
        ("total = a - (b - c)", {"total": 1, "a": -1, "b": 1, "c": -1}, 0),
        ("pay = 12.50 * hours", {"pay": 1, "hours": Fraction(-25, 2)}, 0),
        ("pay = hours × 12.50 − 3", {"pay": 1, "hours": Fraction(-25, 2)}, 3),
        ("total = votes[*]", {"total": 1, **{f"votes[{i}]": -1 for i in (1, 2, 3)}}, 0),
        (
            "total = sum(votes[*]) + a",
            {"total": 1, "a": -1, **{f"votes[{i}]": -1 for i in (1, 2, 3)}},
            0,
        ),
        ("a = mean(votes[*])", {"a": 1, **{f"votes[{i}]": Fraction(-1, 3) for i in (1, 2, 3)}}, 0),
        ("3 * a = votes[*]", {"a": 1, **{f"votes[{i}]": Fraction(-1, 3) for i in (1, 2, 3)}}, 0),
        ("total = a + b - a", {"total": 1, "b": -1}, 0),
        ("a = b", {"a": 1, "b": -1}, 0),
    ],
)
def test_equalities(text, factors, constant):
    (rule,) = parse(text)
    assert terms(rule) == factors
    assert rule.constant == constant
    assert rule.relation == "="
    assert rule.terms[0].field == next(iter(factors))


def test_comparisons_and_chains():
    total, order = parse("valid + rejected = cast <= registered")
    assert (total.text, order.text) == ("valid + rejected = cast", "cast <= registered")
    assert total.terms[0].field == "cast"
    assert order.holds({"cast": Fraction(7), "registered": Fraction(7)})
    (more,) = parse("registered > cast")
    assert not more.holds({"cast": Fraction(7), "registered": Fraction(7)})
    assert more.holds({"cast": Fraction(6), "registered": Fraction(7)})


def test_one_rule_for_every_row():
    rows = parse("right[i] = grid[i,*]")
    assert [rule.text for rule in rows] == ["right[1] = grid[1,*]", "right[2] = grid[2,*]"]
    assert terms(rows[1]) == {"right[2]": 1, **{f"grid[2,{j}]": -1 for j in (1, 2, 3)}}
    running = parse("rows[i].balance = rows[i-1].balance + rows[i].in")
    assert len(running) == 2  # the first row has none before it
    assert terms(running[0]) == {"rows[2].balance": 1, "rows[1].balance": -1, "rows[2].in": -1}


def test_rounding_is_declared():
    (rule,) = parse("pay = 12.55 * hours within 0.005")
    hours = Fraction("7.25")  # 90.9875
    assert rule.holds({"pay": Fraction("90.99"), "hours": hours})
    assert not rule.holds({"pay": Fraction("90.98"), "hours": hours})


@pytest.mark.parametrize(
    ("text", "position", "remedy"),
    [
        ("totl = a", 1, "total"),
        ("total = vots[*]", 9, "votes"),
        ("total = a *", 12, "Write it like"),
        ("total a", 7, "Write it like"),
        ("total = 12,50 * a", 11, "point"),
        ("total = a * b", 11, "printed number"),
        ("total = 3 / a", 11, "product"),
        ("total = a + b)", 14, "Write it like"),
        ("a = a + b - b", 3, "Leave the rule out"),
        ("total = votes[x1]", 15, "votes[i]"),
        ("total = votes[i-1]", 9, "without + or -"),
        ("total = votes[7]", 9, "votes["),
        ("total = a ? b", 11, "Write it like"),
        ("date(born)", 10, "dmy"),
        ("date(born, dym)", 12, "dmy"),
        ("a = b within c", 14, "Write it like"),
        ("", 1, "Write it like"),
        ("a = 1\nb = 2", 6, "Write it like"),
    ],
)
def test_what_is_no_rule(text, position, remedy):
    with pytest.raises(DecodeError) as caught:
        parse(text)
    assert f"position {position}:" in caught.value.message
    assert remedy in caught.value.remedy
    lines = caught.value.message.splitlines()
    assert lines[-1].index("^") == position + 1


RANGED = {
    **FIELDS,
    "a": FieldDomain(Fraction(0), Fraction(9)),
    "b": FieldDomain(Fraction(1), Fraction(9)),
    "total": FieldDomain(Fraction(30), None),
}


@pytest.mark.parametrize(
    "texts",
    [
        ["a = a + b"],
        ["total = a + b"],
        ["total <= a + b"],
        ["a = c + 1", "c = a + 1"],
        ["valid = cast + rejected", "rejected = valid - cast + 1"],
        ["c < pay", "pay <= c"],
        ["c = pay + 1", "c < pay"],
        ["a > 9"],
        ["a = b", "b = a"],
        ["c <= pay", "pay >= c"],
    ],
)
def test_contradictions_and_repeats_are_found(texts):
    with pytest.raises(DecodeError) as caught:
        parse_rules(texts, RANGED)
    assert repr(texts[-1]) in caught.value.message


@pytest.mark.parametrize(
    ("texts", "blamed"),
    [
        (["cast = valid + rejected", "c = cast", "pay = valid", "c = cast + 1"], [1, 3]),
        (["cast = valid + rejected", "valid + rejected <= total", "total < 30"], [2]),
        (["c <= pay", "cast = c + pay", "pay = c - 1"], [0, 2]),
    ],
)
def test_only_the_rules_that_contradict_each_other_are_named(texts, blamed):
    with pytest.raises(DecodeError, match="contradict") as caught:
        parse_rules(texts, RANGED)
    named = [n for n, text in enumerate(texts) if repr(text) in caught.value.message]
    assert named == blamed


@pytest.mark.parametrize(
    "texts",
    [
        ["right[i] = grid[i,*]", "total = right[*]", "total = grid[*,*]"],  # redundant, not wrong
        ["a = b + c", "a <= b", "c <= a"],
        ["a <= b", "b <= a"],
        ["a >= 9"],
        ["rows[i].balance = rows[i-1].balance + rows[i].in", "date(born, ymd)"],
    ],
)
def test_rules_that_can_hold_together(texts):
    assert parse_rules(texts, RANGED).rules


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=3), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_equations_with_a_solution_are_never_refused(values, weight):
    solution = dict(zip("abc", values, strict=True))
    texts = [
        f"a + b - {values[0] + values[1]} = 0".replace("- -", "+ "),
        f"{weight} * a - c = {weight * values[0] - values[2]}".replace("= -", "= 0 -"),
        f"b - c = {values[1] - values[2]}".replace("= -", "= 0 -"),
    ]
    rules = parse(*texts)
    exact = {name: Fraction(value) for name, value in solution.items()}
    assert all(isinstance(rule, LinearRule) and rule.holds(exact) for rule in rules)
    with pytest.raises(DecodeError, match="contradict"):
        parse(*texts, f"a + b + c = {sum(values) + 1}".replace("= -", "= 0 -"))


@pytest.mark.parametrize(
    ("text", "order", "century", "day"),
    [
        ("24/11/2026", "dmy", None, (2026, 11, 24)),
        ("03/04/2026", "dmy", None, (2026, 4, 3)),
        ("03/04/2026", "mdy", None, (2026, 3, 4)),
        ("2026-4-3", "ymd", None, (2026, 4, 3)),
        ("24112026", "dmy", None, (2026, 11, 24)),
        ("241126", "dmy", 2000, (2026, 11, 24)),
        ("24/11/26", "dmy", None, None),
        ("24/11/26", "dmy", 1900, (1926, 11, 24)),
        ("31/11/2026", "dmy", None, None),
        ("29/02/2028", "dmy", None, (2028, 2, 29)),
        ("29/02/2026", "dmy", None, None),
        ("24/11-2026", "dmy", None, None),
        ("11/24/2026", "dmy", None, None),
    ],
)
def test_dates(text, order, century, day):
    found = read_date(text, DateRule("", "born", order, century))
    assert found == (None if day is None else datetime.date(*day))


def test_components_share_no_field():
    rules = parse_rules(["a = b", "total = votes[*]", "c <= a", "pay = 2 * hours"], FIELDS)
    groups = [[rule.text for rule in group] for group in rules.components()]
    assert groups == [["a = b", "c <= a"], ["total = votes[*]"], ["pay = 2 * hours"]]
