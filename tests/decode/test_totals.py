import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.charset import DIGITS
from handsum.decode.constraint import Constraint, compile_constraint
from handsum.decode.rule_text import parse_rules
from handsum.decode.rules import DateRule, FieldDomain, find_domains
from handsum.decode.totals import REPAIR_AT, solve_totals
from handsum.decode.totals_component import MISREAD, build_component
from handsum.decode.totals_evidence import FieldEvidence, TextEvidence, evidence_from_cells
from handsum.decode.totals_mixture import find_pairs
from handsum.decode.totals_problem import BLANK, KNOWN, UNLISTED
from handsum.decode.totals_search import build_trellis
from handsum.decode.totals_writer import WriterModel

WRITER = WriterModel()


def field(name, *texts, zero=False):
    """Evidence from (text, probability); the text is the value if it is a number."""
    listed = [TextEvidence(t, t if t.replace(".", "").isdigit() else None, p) for t, p in texts]
    return FieldEvidence(name, tuple(listed), blank_is_zero=zero)


def slip(rule, steps, digits, writer):
    """P(residual) of an equality of whole numbers, written down once more, kind by kind."""
    rate = writer.copy_rate if rule.copies else writer.sum_rate
    if abs(steps) <= rule.within:
        return (1 - rate) / (2 * math.floor(rule.within) + 1)
    mass = (1 - writer.carry - writer.digit - writer.swap) / (2 * 10**digits)
    for k in range(digits):
        mass += writer.carry / digits / 2 * (abs(steps) == 10**k)
        for d in range(1, 10):
            mass += writer.digit / (9 * digits) / 2 * (abs(steps) == d * 10**k)
            if k < digits - 1:
                mass += writer.swap / (9 * (digits - 1)) / 2 * (abs(steps) == 9 * d * 10**k)
    return rate * mass


def weigh(component, combination, numbers, writer, left_out=None):
    """The weight of one combination, and which rules the writer broke in it."""
    weight = math.prod(o.probs[k] for o, k in zip(component.options, combination, strict=True))
    broken = []
    for n, rule in enumerate(component.linear):
        places = [component.names.index(name) for name in rule.fields]
        chosen = [numbers[i][combination[i]] for i in places]
        kinds = [kind for _, kind in chosen]
        known = all(kind == KNOWN for kind in kinds)
        values = {name: number for name, (number, _) in zip(rule.fields, chosen, strict=True)}
        kept = known and rule.holds(values)
        otherwise = any(combination[i] >= component.options[i].plain for i in places)
        broken.append(known and (otherwise or not kept))
        if n == left_out:
            continue
        if rule.relation != "=":
            order = 1 - writer.order_rate if kept else writer.order_rate
            weight *= order if known else 0.5
            continue
        tops = [component.choices[i][0].number or 0 for i in places]  # all whole numbers here
        digits = max(2, *(len(str(top)) for top in tops))
        if known:
            weight *= slip(rule, rule.residual(values), digits, writer)
        else:
            weight *= writer.blank_rate if BLANK in kinds else 1 / 10**digits
    return weight, broken


def enumerate_all(component, writer, left_out=(None,)):
    """Every combination of options with its weight, the marginals, and P(writer erred) a rule."""
    numbers = []
    for row, options in zip(component.choices, component.options, strict=True):
        meant = [Fraction(int(value)) for value in options.values[options.plain :]]
        of = [choice.number for choice in row] + [None] + meant
        numbers.append([*zip(of, options.kinds, strict=True)])
        assert options.kinds[options.plain - 1] == UNLISTED
    weights, erred = {}, np.zeros(len(component.linear))
    for combination in itertools.product(*(range(len(row)) for row in numbers)):
        found = [weigh(component, combination, numbers, writer, n) for n in left_out]
        weights[combination] = sum(weight for weight, _ in found)
        erred += weights[combination] * np.array(found[0][1])
    total = math.fsum(weights.values())
    marginals = [np.zeros(len(row)) for row in numbers]
    for combination, weight in weights.items():
        for i, k in enumerate(combination):
            marginals[i][component.options[i].written(k)] += weight / total
    return weights, marginals, erred / total


RULES = [
    ["t = a + b + c"],
    ["t = a + b", "t = c"],
    ["t = a + b", "c = a - b", "a <= t"],
    ["t = a + b + 3", "b < c"],
    ["t = 2.5 * a within 0.5", "a = b"],
    ["a = b + c", "t >= a + b"],
    ["t = (a + b) / 2", "c = b"],
]


@st.composite
def sheets(draw):
    fields = []
    for name in "abct":
        texts = draw(st.lists(st.integers(0, 30).map(str), min_size=1, max_size=3, unique=True))
        if draw(st.booleans()):
            texts.append("")
        raw = sorted((draw(st.floats(0.001, 1.0)) for _ in texts), reverse=True)
        rest = draw(st.sampled_from([0.0, 0.01, 0.3]))
        total = sum(raw) / (1.0 - rest)
        fields.append(field(name, *((t, p / total) for t, p in zip(texts, raw, strict=True))))
    return fields


@given(sheets(), st.sampled_from(RULES))
@settings(max_examples=30, deadline=None)
def test_posteriors_equal_those_of_all_combinations(fields, texts):
    rules = parse_rules(texts, find_domains("abct"))
    found = solve_totals(rules, fields)
    values = {value.name: value for value in found.values}
    assert all(report.exact for report in found.components)
    outcomes = {outcome.rule: outcome for outcome in found.outcomes}
    for group in rules.components():
        component = build_component(group, {f.name: f for f in fields}, WRITER)
        weights, marginals, erred = enumerate_all(component, WRITER)
        best = max(weights, key=lambda combination: weights[combination])
        for i, name in enumerate(component.names):
            texts_of = [choice.text for choice in component.choices[i]]
            value = values[name]
            assert marginals[i].sum() == pytest.approx(1.0)
            expected = marginals[i][texts_of.index(value.text)]
            assert value.confidence == pytest.approx(expected, abs=2e-5)
            if value.origin == "repaired":
                assert texts_of.index(value.text) == component.options[i].written(best[i]) != 0
                assert value.confidence >= REPAIR_AT - 2e-5
        for n, rule in enumerate(component.linear):
            assert outcomes[rule].writer_erred == pytest.approx(erred[n], abs=2e-5)


def test_a_doubtful_digit_is_repaired():
    rules = parse_rules(["total = a + b"], find_domains(["a", "b", "total"]))
    fields = [
        field("a", ("12", 0.7), ("17", 0.29)),
        field("b", ("30", 0.99)),
        field("total", ("47", 0.999)),
    ]
    found = solve_totals(rules, fields)
    a = found.values[0]
    assert (a.text, a.origin, a.read_text, a.read_confidence) == ("17", "repaired", "12", 0.7)
    assert a.confidence > 0.99
    assert found.outcomes[0].verdict == "kept"
    assert not found.flagged


def test_the_writers_slip_is_flagged_and_nothing_changes():
    rules = parse_rules(["total = a + b"], find_domains(["a", "b", "total"]))
    fields = [
        field("a", ("12", 0.9999)),
        field("b", ("39", 0.9998), ("34", 0.0001)),
        field("total", ("41", 0.9999)),  # the carry was forgotten
    ]
    found = solve_totals(rules, fields)
    assert [v.text for v in found.values] == ["12", "39", "41"]
    assert {v.origin for v in found.values} == {"read"}
    (outcome,) = found.flagged
    assert (outcome.status, outcome.verdict) == ("broken", "writer")
    assert outcome.writer_erred > 0.75  # else it is a look-alike, which no reader tells of
    assert set(outcome.look_at) == {"a", "b", "total"}


def test_either_may_have_erred():
    """A likely misreading against a likely slip: nothing is changed, the field is pointed at."""
    rules = parse_rules(["total = a + b"], find_domains(["a", "b", "total"]))
    fields = [
        field("a", ("12", 0.997), ("17", 0.003)),
        field("b", ("30", 0.9999)),
        field("total", ("47", 0.9999)),
    ]
    found = solve_totals(rules, fields)
    assert all(value.origin == "read" for value in found.values)
    assert found.values[0].confidence < 0.9
    assert found.outcomes[0].look_at[0] == "a"


def test_only_what_may_be_wrong_is_pointed_at():
    """The total is wrong on paper; where a reader is sure of an addend nobody has to look."""
    rules = parse_rules(["total = a + b + c"], find_domains(["a", "b", "c", "total"]))
    fields = [
        field("a", ("12", 1 - 1e-9)),
        field("b", ("39", 0.95), ("34", 0.04)),
        field("c", ("1", 1 - 1e-9)),
        field("total", ("46", 0.9999)),
    ]
    (outcome,) = solve_totals(rules, fields).flagged
    assert outcome.look_at[0] == "b"
    assert not {"a", "c"} & set(outcome.look_at)


def test_a_result_that_was_written_otherwise_than_meant():
    """It breaks both of its rules, by one slip: a misreading is no better explanation."""
    names = ["a", "b", "valid", "rejected", "cast"]
    rules = parse_rules(["valid = a + b", "cast = valid + rejected"], find_domains(names))
    read = {"a": "231", "b": "339", "valid": "500", "rejected": "9", "cast": "579"}
    fields = [field(name, (text, 0.994)) for name, text in read.items()]
    unlikely = {"500": 0.994, "570": 1e-5}
    fields[2] = FieldEvidence("valid", (TextEvidence("500", "500", 0.994),), unlikely.get)
    found = solve_totals(rules, fields)
    assert {value.origin for value in found.values} == {"read"}
    assert [outcome.status for outcome in found.outcomes] == ["broken", "broken"]
    assert all(0.5 < outcome.writer_erred < 1.0 for outcome in found.outcomes)
    assert all(outcome.look_at[0] == "valid" for outcome in found.outcomes)
    unlikely["570"] = 0.01  # now the reader has seen it, too
    assert solve_totals(rules, fields).values[2].origin == "repaired"


def test_what_is_meant_otherwise_weighs_as_much_as_a_slip():
    names = ["a", "b", "valid", "rejected", "cast"]
    rules = parse_rules(["valid = a + b", "cast = valid + rejected"], find_domains(names))
    read = {"a": "2.5", "b": "3.5", "valid": "5.0", "rejected": "1.0", "cast": "7.0"}
    fields = [field(name, (text, 0.9)) for name, text in read.items()]
    component = build_component(rules.rules, {f.name: f for f in fields}, WRITER)
    valid = component.options[component.names.index("valid")]
    # Listed, 6.0 as what it may have been misread from, unlisted, and 6.0 as what was meant.
    assert valid.values.tolist() == [50, 60, 0, 60]
    assert valid.written(3) == 0
    assert valid.probs[1] == pytest.approx((1 - 0.9 * (1 - MISREAD)) / 18)
    # One unit of a digit place of two: a carry, or one of nine other digits; half of them upwards.
    mass = WRITER.carry / 2 / 2 + WRITER.digit / 18 / 2
    mass += (1 - WRITER.carry - WRITER.digit - WRITER.swap) / 200
    assert valid.probs[3] == pytest.approx(0.9 * (1 - MISREAD) * WRITER.copy_rate * mass)
    assert [len(o.miswritten) for o in component.options] == [
        1 if name == "valid" else 0 for name in component.names
    ]


def cents(value, places):
    """A whole number as a decimal with ``places`` decimals: 1250 -> 12.50."""
    digits = value.zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}"


@given(sheets(), st.sampled_from(["t = a + b", "t = a - b", "t <= a"]), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_the_unit_does_not_matter(fields, text, places):
    """Amounts in cents or in euros: the same posteriors."""
    rules = parse_rules([text], find_domains("abct"))

    def in_unit(write):
        return [
            FieldEvidence(
                f.name,
                tuple(
                    TextEvidence(t.text, t.value and write(t.value), t.probability) for t in f.texts
                ),
                score=lambda text: 0.0,
            )
            for f in fields
        ]

    whole = solve_totals(rules, in_unit(str))
    decimal = solve_totals(rules, in_unit(lambda value: cents(value, places)))
    for one, other in zip(whole.values, decimal.values, strict=True):
        assert (one.text, one.origin) == (other.text, other.origin)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-9)


@given(sheets(), sheets())
@settings(max_examples=12, deadline=None)
def test_a_rule_changes_nothing_that_it_does_not_touch(fields, others):
    others = [FieldEvidence(f.name.upper(), f.texts) for f in others]
    names = find_domains("abctABCT")
    alone = solve_totals(parse_rules(["t = a + b + c"], names), [*fields, *others])
    both = solve_totals(parse_rules(["t = a + b + c", "T = A + B"], names), [*fields, *others])
    assert alone.values[:4] == both.values[:4]
    assert alone.outcomes[0] == both.outcomes[0]
    assert [v.confidence for v in alone.values[4:]] == [f.texts[0].probability for f in others]


def test_a_table_with_row_and_column_totals():
    """Two doubtful cells that one rule alone could not tell apart."""
    names = [f"g[{i},{j}]" for i in (1, 2, 3) for j in (1, 2, 3)]
    names += [f"r[{i}]" for i in (1, 2, 3)] + [f"c[{j}]" for j in (1, 2, 3)] + ["all"]
    rules = parse_rules(
        ["r[i] = g[i,*]", "c[j] = g[*,j]", "all = r[*]", "all = c[*]"], find_domains(names)
    )
    grid = np.array([[11, 25, 3], [40, 7, 18], [9, 33, 21]])
    truth = {f"g[{i + 1},{j + 1}]": grid[i, j] for i in range(3) for j in range(3)}
    truth |= {f"r[{i + 1}]": grid[i].sum() for i in range(3)}
    truth |= {f"c[{j + 1}]": grid[:, j].sum() for j in range(3)} | {"all": grid.sum()}
    fields = [field(name, (str(truth[name]), 0.995), ("99", 0.002)) for name in names]
    fields[0] = field(names[0], ("17", 0.6), ("11", 0.39))
    fields[1] = field(names[1], ("25", 0.6), ("19", 0.39))  # 17 + 19 = 11 + 25
    found = solve_totals(rules, fields)
    assert {v.name: v.text for v in found.values} == {k: str(v) for k, v in truth.items()}
    assert [v.name for v in found.values if v.origin == "repaired"] == ["g[1,1]"]
    assert found.components[0].exact
    assert len(found.components) == 1


SMALL = ["r[i] = g[i,*]", "c[j] = g[*,j]", "all = r[*]", "all = c[*]"]
SMALL_NAMES = [f"g[{i},{j}]" for i in (1, 2) for j in (1, 2)]
SMALL_NAMES += ["r[1]", "r[2]", "c[1]", "c[2]", "all"]


def small_table(all_text, r1, doubt):
    """11 + 25 = 36 and 40 + 7 = 47, so 83 in all; two fields in doubt."""
    read = ["11", "25", "40", "7", r1, "47", "51", "32", all_text]
    fields = [field(n, (t, 1.0)) for n, t in zip(SMALL_NAMES, read, strict=True)]
    others = {"46": "36", "36": "46", "93": "83", "83": "93"}
    for n, text in ((4, r1), (8, all_text)):
        fields[n] = field(SMALL_NAMES[n], (text, 1.0 - doubt), (others[text], doubt * 0.9))
    return fields


def test_a_slip_that_went_on_into_the_grand_total():
    """The row's slip breaks a second rule; it is one slip, and nothing is changed for it."""
    rules = parse_rules(SMALL, find_domains(SMALL_NAMES))
    assert len(find_pairs(rules.rules)) == 1
    found = solve_totals(rules, small_table("93", "46", 1e-4))
    assert {value.origin for value in found.values} == {"read"}
    assert [o.rule.text for o in found.flagged] == ["r[1] = g[1,*]", "all = c[*]"]
    assert found.outcomes[0].verdict == "writer"
    assert found.outcomes[0].writer_erred > 0.9


@pytest.mark.parametrize("all_text", ["83", "93"])
@pytest.mark.parametrize("r1", ["36", "46"])
def test_the_mixture_equals_all_combinations(all_text, r1):
    rules = parse_rules(SMALL, find_domains(SMALL_NAMES))
    fields = small_table(all_text, r1, 0.01)
    found = solve_totals(rules, fields)
    component = build_component(rules.rules, {f.name: f for f in fields}, WRITER)
    _, marginals, erred = enumerate_all(component, WRITER, left_out=(4, 5))
    places = {name: i for i, name in enumerate(component.names)}
    for value in found.values:
        row = [choice.text for choice in component.choices[places[value.name]]]
        expected = marginals[places[value.name]][row.index(value.text)]
        assert value.confidence == pytest.approx(expected, abs=2e-5)
    assert [o.writer_erred for o in found.outcomes] == pytest.approx(erred.tolist(), abs=2e-5)


def test_what_is_bounded_is_said():
    names = [f"v[{i}]" for i in range(1, 13)]
    rules = parse_rules(["t = v[*]"], find_domains([*names, "t"]))
    flat = [
        field(name, *((str(k * 13**i % 997), 0.1) for k in range(1, 9)))
        for i, name in enumerate(names)
    ]
    found = solve_totals(rules, [*flat, field("t", ("3000", 0.9))], state_limit=50)
    assert not found.components[0].exact
    assert 0.0 < found.components[0].missed < 1.0


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_what_was_left_out_is_bounded(seed, limit):
    """A search cut short misses no more than it says; left alone it misses nothing."""
    rng = np.random.default_rng(seed)
    texts = ["r[i] = g[i,*]", "c[j] = g[*,j]", "c[1] <= r[1]"]
    names = [*(f"g[{i},{j}]" for i in (1, 2) for j in (1, 2)), "r[1]", "r[2]", "c[1]", "c[2]"]
    fields = {}
    for name in names:
        values = rng.choice(20, 4, replace=False)
        probs = np.sort(rng.dirichlet(np.full(5, 0.3)))[:0:-1]
        fields[name] = field(name, *((str(v), p) for v, p in zip(values, probs, strict=True)))
    group = parse_rules(texts, find_domains(names)).components()[0]
    component = build_component(group, fields, WRITER)
    whole = build_trellis(component.options, component.links)
    cut = build_trellis(component.options, component.links, limit)
    missed = math.exp(whole.log_mass - cut.log_mass) - 1.0
    assert missed <= cut.missed + 2e-5
    assert whole.missed < 1e-4


def test_cells_list_their_best_texts():
    rng = np.random.default_rng(0)
    logits = rng.normal(0.0, 2.0, (3, 11))
    rows = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
    probs = np.exp(rows)
    texts = {"": probs[:, 0].prod()}
    for first in range(3):
        for digits in itertools.product(range(10), repeat=3 - first):
            p = probs[:first, 0].prod() * probs[range(first, 3), [d + 1 for d in digits]].prod()
            texts["".join(map(str, digits))] = p
    whole = sum(texts.values())
    even = compile_constraint(Constraint(pattern="[9][9](0|2|4|6|8)"), DIGITS)
    for constraint in (None, even):
        fits = {t: p for t, p in texts.items() if constraint is None or constraint.accepts(t)}
        mass = sum(fits.values())
        found = evidence_from_cells("a", rows, DIGITS, constraint, k=8)
        best = sorted(fits, key=fits.get, reverse=True)[:8]
        assert [t.text for t in found.texts] == best
        for t in found.texts:
            assert t.probability == pytest.approx(fits[t.text] / mass)
            assert found.score(t.text) == pytest.approx(t.probability)
        assert found.score("1234") == 0.0
    assert whole < 1.0


def test_dates_are_valid_or_looked_at():
    names = find_domains(["from_day", "to_day"])
    rules = parse_rules(["date(from_day, dmy)", "date(to_day, dmy)", "from_day <= to_day"], names)
    fields = [
        field("from_day", ("31/11/2026", 0.6), ("21/11/2026", 0.39)),
        field("to_day", ("24/11/2026", 0.99)),
    ]
    found = solve_totals(rules, fields, repair_at=0.9)
    assert (found.values[0].text, found.values[0].value) == ("21/11/2026", "2026-11-21")
    assert found.values[0].origin == "repaired"
    assert not found.flagged
    found = solve_totals(rules, [field("from_day", ("31/11/2026", 0.999)), fields[1]])
    assert found.values[0].origin == "read"
    assert {o.verdict for o in found.flagged} == {"writer", "unclear"}
    assert isinstance(found.flagged[0].rule, DateRule)


def test_blank_addends_count_as_nothing_if_so_declared():
    rules = parse_rules(["t = a + b"], find_domains("abt"))
    filled = [field("a", ("12", 0.99)), field("t", ("12", 0.99))]
    kept = solve_totals(rules, [*filled, field("b", ("", 0.99), zero=True)])
    assert kept.outcomes[0].verdict == "kept"
    unknown = solve_totals(rules, [*filled, field("b", ("", 0.99))])
    assert unknown.outcomes[0].status == "unknown"
    assert all(v.origin == "read" for v in unknown.values)


def sharp_cells(number, width, doubts=()):
    """Log-probabilities (width, 11) of cells that say ``number``, ``doubts``: (cell, digit, p)."""
    probs = np.full((width, 11), 1e-6)
    for cell, symbol in enumerate(str(number).rjust(width)):
        probs[cell, 0 if symbol == " " else int(symbol) + 1] = 1.0
    for cell, digit, p in doubts:
        probs[cell] *= 1.0 - p
        probs[cell, digit + 1] += p
    return np.log(probs / probs.sum(axis=1, keepdims=True))


def test_an_election_sheet():
    names = [f"votes[{i}]" for i in range(1, 6)] + ["valid", "rejected", "cast", "registered"]
    rules = parse_rules(
        ["valid = votes[*]", "valid + rejected = cast <= registered"],
        find_domains(names),
    )
    truth = [412, 97, 8, 1033, 260, 1810, 15, 1825, 2400]
    cells = [sharp_cells(n, 4) for n in truth]
    cells[3] = sharp_cells(1033, 4, [(2, 8, 0.6)])  # reads 1083
    fields = [evidence_from_cells(n, c, DIGITS) for n, c in zip(names, cells, strict=True)]
    found = solve_totals(rules, fields)
    assert [v.value for v in found.values] == [str(n) for n in truth]
    assert found.values[3].origin == "repaired"
    assert found.values[3].read_text == "1083"
    assert not found.flagged


def test_a_mark_sheet_with_halves():
    names = [f"q[{i}]" for i in range(1, 5)] + ["total"]
    domains = find_domains(names) | {"q[1]": FieldDomain(Fraction(0), Fraction(10))}
    rules = parse_rules(["total = q[*]", "q[1] <= 10"], domains)
    fields = [
        field("q[1]", ("7.5", 0.99)),
        field("q[2]", ("4", 0.55), ("9", 0.44)),
        field("q[3]", ("0.5", 0.99)),
        field("q[4]", ("6", 0.99)),
        field("total", ("23.0", 0.99)),
    ]
    found = solve_totals(rules, fields)
    assert found.values[1].value == "9"
    assert found.values[1].origin == "repaired"


def test_the_truth_may_be_missing_from_the_list():
    """A column of amounts: the rule names the value, the reader's cells score it."""
    rules = parse_rules(["t = a + b"], find_domains("abt"))
    doubts = [(1, 7, 0.2), (2, 6, 0.1), (2, 2, 0.1), (3, 3, 0.1), (0, 2, 0.1)]
    doubtful = sharp_cells(3158, 4, doubts)
    a = evidence_from_cells("a", doubtful, DIGITS, k=2)
    assert "3753" not in [text.text for text in a.texts]
    assert a.score is not None
    fields = [
        a,
        evidence_from_cells("b", sharp_cells(10, 4), DIGITS),
        evidence_from_cells("t", sharp_cells(3763, 4), DIGITS),
    ]
    found = solve_totals(rules, fields)
    assert (found.values[0].text, found.values[0].origin) == ("3753", "repaired")
    assert found.components[0].carry_chain


def test_a_loose_rule_is_kept_by_misreadings_that_nobody_told_of():
    """A mean of ten, rounded: a digit of any entry may be what is wrong, so nothing is repaired."""
    names = [f"e[{i}]" for i in range(10)]
    rules = parse_rules(
        [f"m = ({' + '.join(names)}) / 10 within 0.05"], find_domains([*names, "m"])
    )
    entries = [TextEvidence(f"{i}.5", f"{i}.5", 0.999) for i in range(10)]
    mean = (TextEvidence("4.7", "4.7", 0.97), TextEvidence("5.0", "5.0", 0.012))
    sheet = [FieldEvidence(n, (e,)) for n, e in zip(names, entries, strict=True)]
    values = solve_totals(rules, [*sheet, FieldEvidence("m", mean)]).values
    assert values[-1].text == "4.7"
    # Were the rule a sum to the last digit, few misreadings would fit it.
    rules = parse_rules([f"m = {' + '.join(names)}"], find_domains([*names, "m"]))
    total = (TextEvidence("60.0", "60.0", 0.5), TextEvidence("50.0", "50.0", 0.45))
    values = solve_totals(rules, [*sheet, FieldEvidence("m", total)]).values
    assert (values[-1].text, values[-1].origin) == ("50.0", "repaired")


def test_what_no_reader_has_seen_is_not_given_out():
    """The rule alone names 42 for a; without a score nobody knows whether its format allows it."""
    rules = parse_rules(["t = a + b"], find_domains("abt"))
    sure = [field("b", ("10", 1.0)), field("t", ("52", 1.0))]
    found = solve_totals(rules, [field("a", ("17", 0.5)), *sure], repair_at=0.5)
    assert (found.values[0].text, found.values[0].origin) == ("17", "read")
    assert found.values[0].confidence < 0.1
    assert found.outcomes[0].look_at[0] == "a"


def test_wrong_calls():
    rules = parse_rules(["t = a"], find_domains("at"))
    with pytest.raises(ValueError, match="without evidence"):
        solve_totals(rules, [field("a", ("1", 0.9))])
    with pytest.raises(ValueError, match="repair_at"):
        solve_totals(rules, [field("a", ("1", 0.9)), field("t", ("1", 0.9))], repair_at=0.3)
    with pytest.raises(ValueError, match="twice"):
        field("a", ("1", 0.5), ("1", 0.5))
    with pytest.raises(ValueError, match="rates"):
        WriterModel(sum_rate=0.0)


@pytest.mark.parametrize("nothing", [(), (("", 1.0),)])
def test_a_field_without_a_number_leaves_its_rules_open(nothing):
    names = ("total", "a", "b", "c")
    rules = parse_rules(["total = a + b + c"], find_domains(names))
    for gone in names:
        texts = {"total": (("30", 0.9),), "a": (("5", 0.9), ("6", 0.1)), "b": (("12", 0.9),)}
        texts = {"c": (("13", 0.9),)} | texts | {gone: nothing}
        solved = solve_totals(rules, [field(name, *texts[name]) for name in names])
        assert [value.origin for value in solved.values] == ["read"] * 4
        assert solved.outcomes[0].status == "unknown"
    solved = solve_totals(rules, [field(name, *nothing) for name in names])
    assert solved.outcomes[0].status == "unknown"
