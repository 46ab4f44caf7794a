import math

import pytest

from forms.sheets import count_form
from handsum.forms.page_reading import FieldReading, StoredEvidence
from handsum.forms.rules_run import Keyed, run_rules
from handsum.readings import BundleRef, Candidate, Reading

FORM = count_form()
BUNDLE = BundleRef("numbers", "1", "")


def read(name, *texts, content="number", cells=()):
    """A field of which the reader said these texts; (text, probability), the best first."""
    confidence = texts[0][1] if texts else 0.5
    decision = "accepted" if confidence >= 0.99 else "review"
    evidence = StoredEvidence(
        tuple(Candidate(*text) for text in texts), cells, content, confidence, decision
    )
    text = texts[0][0] if content == "number" else ""
    reading = Reading(
        "a.png", 1, (0, 0, 9, 9), content, text, text or None, confidence, decision, "estimate",
        0.01, BUNDLE,
    )  # fmt: skip
    return FieldReading(name, reading, (0, 0, 9, 9), evidence=evidence)


BLANK = (("", 0.9995),)


def page(**given):
    """All fields of the form: these, and the others empty."""
    found = []
    for field in FORM.fields:
        texts = given.get(field.name, BLANK)
        content = "number" if texts and texts[0][0] else "blank"
        found.append(read(field.name, *texts, content=content))
    return found


def run(fields, **keyed):
    made, rules = run_rules(FORM, fields, keyed)
    return {field.name: field for field in made}, rules


SURE = {"a": (("12", 0.999),), "b": (("30", 0.999),), "registered": (("99", 0.999),)}


def test_a_doubtful_digit_is_repaired_and_says_what_was_read():
    fields, rules = run(page(**SURE, total=(("47", 0.6), ("42", 0.39))))
    total = fields["total"]
    assert (total.reading.text, total.reading.origin, total.reading.basis) == (
        "42",
        "repaired",
        "rule",
    )
    assert (total.alone.text, total.alone.confidence) == ("47", 0.6)
    assert total.reading.confidence > 0.99
    assert total.reading.decision == "accepted"
    assert rules[0].verdict == "kept"


def test_a_wrong_total_is_the_writers():
    fields, rules = run(page(**SURE, total=(("52", 0.9995),)))
    assert (rules[0].status, rules[0].verdict) == ("broken", "writer")
    assert {n for n, f in fields.items() if f.why == "rule"} == {"a", "b", "total"}
    assert fields["total"].reading.text == "52"
    # The limit holds, and confirms nothing.
    assert fields["registered"].reading.basis == "estimate"
    assert fields["registered"].reading.decision == "accepted"


def test_a_rule_confirms_what_a_reader_alone_would_not_dare():
    shy = {"a": (("12", 0.9),), "b": (("30", 0.95),), "total": (("42", 0.97),)}
    fields, _ = run(page(**shy, registered=(("99", 0.9),)))
    assert {fields[name].reading.decision for name in shy} == {"accepted"}
    assert {fields[name].reading.basis for name in shy} == {"rule"}
    assert (fields["registered"].reading.decision, fields["registered"].why) == ("review", "risk")


def test_empty_rows_and_missing_values():
    fields, rules = run(page(a=(("12", 0.999),)))
    assert [fields[name].why for name in ("a", "b", "total")] == ["", "required", "required"]
    assert fields["registered"].reading.decision == "accepted"
    assert all(rule.status == "unknown" for rule in rules)
    nothing, none = run(page())
    assert none == ()  # nothing to add up
    assert nothing["hours[1].from"].reading.decision == "accepted"


def test_what_cannot_be_read_is_never_repaired_into_something():
    fields = [
        read("total", content="struck_out") if field.name == "total" else field
        for field in page(**SURE)
    ]
    made, rules = run(fields)
    total = made["total"]
    assert (total.reading.content, total.reading.text, total.why) == (
        "struck_out",
        "",
        "struck_out",
    )
    assert rules[0].status == "unknown"
    keyed, rules = run(fields, total=Keyed("number", "42"))
    assert rules[0].status == "holds"
    assert keyed["total"].reading.basis == "person"
    assert keyed["a"].reading.basis == "rule"
    blank, _ = run(fields, total=Keyed("blank"))
    assert (blank["total"].reading.content, blank["total"].reading.decision) == (
        "blank",
        "accepted",
    )


def test_a_persons_word_repairs_the_others():
    doubtful = {"a": (("12", 0.7), ("17", 0.29)), "b": (("30", 0.999),), "total": (("49", 0.6),)}
    fields, rules = run(page(**doubtful), total=Keyed("number", "47"))
    assert (fields["a"].reading.text, fields["a"].reading.origin) == ("17", "repaired")
    assert rules[0].status == "holds"


def cells(text, doubt=None, share=0.4):
    """Four cells, units on the right, sure but for one place where another digit may be."""
    rows = []
    for n, symbol in enumerate(text.rjust(4)):
        row = [1e-4] * 11
        sure = 0 if symbol == " " else int(symbol) + 1
        row[sure] = 1.0
        if doubt is not None and doubt[0] == n:
            row[sure], row[doubt[1] + 1] = 1.0 - share, share
        rows.append(tuple(p / math.fsum(row) for p in row))
    return tuple(rows)


@pytest.mark.parametrize("text", ["0042", "42"])
def test_cells_are_evidence_for_texts_that_are_not_listed(text):
    fields = page(**SURE)
    n = next(n for n, field in enumerate(fields) if field.name == "total")
    # The reader lists 47 alone; that the last cell may be a 2 stands in the cells.
    read_as = text.replace("2", "7")
    fields[n] = read("total", (read_as, 0.6), cells=cells(read_as, (3, 2)))
    made, _ = run(fields)
    assert (made["total"].reading.text, made["total"].reading.origin) == (text, "repaired")
