import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decode.brute_force import (
    TINY_CHARSET,
    best,
    cell_texts,
    ctc_texts,
    log_probs,
    random_log_probs,
)
from handsum.charset import DIGITS, NUMBERS, Charset
from handsum.decode.constraint import Constraint, compile_constraint
from handsum.decode.ctc import ctc_log_prob
from handsum.decode.texts import decode_cells, decode_text

FULL = Charset("0123456789-")


def digits_as(texts, charset):
    return {charset.decode(ids): p for ids, p in texts.items()}


def check_against(texts, decoded, mass):
    """Candidates, posteriors, mass and left over are those of the enumerated texts."""
    expected = best(texts, len(decoded.candidates))
    for candidate, (_, probability) in zip(decoded.candidates, expected, strict=True):
        assert candidate.log_prob == pytest.approx(math.log(probability), abs=1e-9)
        assert texts[candidate.text] == pytest.approx(probability, rel=1e-9)
        assert candidate.posterior == pytest.approx(probability / mass, rel=1e-9)
    assert decoded.mass == pytest.approx(mass, rel=1e-9)
    assert decoded.left_over == pytest.approx(1 - mass, abs=1e-9)


@given(log_probs(symbols=len(TINY_CHARSET), most_frames=5), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_without_a_constraint_it_is_exact(rows, k):
    texts = digits_as(ctc_texts(rows), TINY_CHARSET)
    decoded = decode_text(rows, TINY_CHARSET, None, k, floor=0.0)
    assert len(decoded.candidates) == min(k, len(texts))
    assert decoded.exact
    check_against(texts, decoded, 1.0)


PATTERNS = ["9{2}", "9{1,2}", "9[-9]", "(1|22)3", "9{1,}", "[-]9{0,2}"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_answer_is_the_best_text_of_the_pattern(pattern):
    constraint = compile_constraint(Constraint(pattern=pattern), FULL)
    for seed in range(3):
        rows = random_log_probs(seed, 4, len(FULL), 2.0)
        texts = digits_as(ctc_texts(rows), FULL)
        inside = {text: p for text, p in texts.items() if constraint.accepts(text)}
        decoded = decode_text(rows, FULL, constraint, 4, floor=0.0)
        assert len(decoded.candidates) == min(4, len(inside))
        check_against(inside, decoded, sum(inside.values()))


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint(check="luhn"),
        Constraint(check="verhoeff"),
        Constraint(check="mod11", pattern="9{2,3}"),
        Constraint(range="13..210"),
        Constraint(range="-5..7", pattern="[-]9{1,2}"),
        Constraint(length="2"),
        Constraint(check="damm", length="2-3", range="0..50"),
    ],
)
def test_checks_ranges_and_lengths_are_obeyed_exactly(constraint):
    for seed in range(3):
        rows = random_log_probs(seed, 4, len(FULL), 2.0)
        compiled = compile_constraint(constraint, FULL)
        texts = digits_as(ctc_texts(rows), FULL)
        inside = {text: p for text, p in texts.items() if compiled.accepts(text)}
        check_against(inside, decode_text(rows, FULL, compiled, 3), sum(inside.values()))


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_lists_give_the_posterior_over_the_list(seed, k):
    rng = np.random.default_rng(seed)
    rows = random_log_probs(seed, 4, len(FULL), 2.0)
    texts = digits_as(ctc_texts(rows), FULL)
    names = sorted(texts)[1:]
    entries = tuple(names[i] for i in rng.choice(len(names), 30, replace=False))
    compiled = compile_constraint(Constraint(entries=entries), FULL)
    decoded = decode_text(rows, FULL, compiled, k)
    inside = {text: texts[text] for text in entries}
    expected = best(inside, k)
    assert [c.text for c in decoded.candidates] == [text for text, _ in expected]
    total = sum(inside.values())
    for candidate, (_, probability) in zip(decoded.candidates, expected, strict=True):
        assert candidate.log_prob == pytest.approx(math.log(probability), abs=1e-9)
        exact = probability / total
        assert exact * (1 - decoded.missed) - 1e-12 <= candidate.posterior <= exact + 1e-12
    assert total * (1 - 2e-4) <= decoded.mass <= total * (1 + 1e-9)
    assert decoded.missed <= 1e-4


def test_prior_weights_move_the_posterior_and_nothing_else():
    rows = random_log_probs(5, 4, len(FULL), 1.0)
    texts = digits_as(ctc_texts(rows), FULL)
    entries, weights = ("12", "3-4", "777", "0"), (1.0, 8.0, 0.0, 3.0)
    compiled = compile_constraint(Constraint(entries=entries, weights=weights), FULL)
    decoded = decode_text(rows, FULL, compiled, 4)
    scores = {e: texts[e] * w for e, w in zip(entries, weights, strict=True) if w}
    assert {c.text for c in decoded.candidates} == set(scores)
    for c in decoded.candidates:
        assert c.posterior == pytest.approx(scores[c.text] / sum(scores.values()), rel=2e-4)
        assert c.log_prob == pytest.approx(math.log(texts[c.text]), abs=1e-9)


def test_an_entry_that_is_far_off_is_still_found():
    """A closed list answers with the most probable entry, not with an equal one or nothing."""
    rows = np.log(np.full((24, len(DIGITS)), 1e-6))
    for t, i in zip(range(0, 24, 3), DIGITS.encode("20419833"), strict=True):
        rows[t, i] = 0.0
        rows[t + 1 : t + 3, 0] = 0.0
    rows -= np.logaddexp.reduce(rows, axis=1)[:, None]
    entries = tuple(f"{n:08d}" for n in range(0, 10**8, 99_991) if n != 20419833)
    near = "20416832"  # two digits away
    compiled = compile_constraint(Constraint(entries=(*entries, near)), DIGITS)
    decoded = decode_text(rows, DIGITS, compiled)
    assert decoded.candidates[0].text == near
    assert decoded.candidates[0].posterior > 0.99
    assert decoded.left_over > 0.999
    assert decoded.missed < 1e-3


@pytest.mark.parametrize("gaps", ["none", "ends", "anywhere"])
@pytest.mark.parametrize("pattern", [None, "9{2}", "9{0,3}", "[-]9{1,}", "9-9"])
def test_cells_are_exact(gaps, pattern):
    for seed in range(3):
        rows = random_log_probs(seed, 4, len(FULL), 2.0)
        compiled = None if pattern is None else compile_constraint(Constraint(pattern), FULL)
        texts = digits_as(cell_texts(rows, gaps), FULL)
        inside = {t: p for t, p in texts.items() if compiled is None or compiled.accepts(t)}
        decoded = decode_cells(rows, FULL, compiled, 4, 0.0, gaps=gaps)
        if not inside:
            assert decoded.candidates == ()
            assert decoded.left_over == 1.0
            continue
        assert decoded.exact
        check_against(inside, decoded, sum(inside.values()))
        spans = decoded.alignment
        assert FULL.decode(span.id for span in spans) == decoded.candidates[0].text
        cells = [span.start for span in spans]
        assert cells == sorted(set(cells))
        if gaps != "anywhere" and cells:
            assert cells == list(range(cells[0], cells[0] + len(cells)))


def test_cells_with_a_list():
    rows = random_log_probs(2, 4, len(FULL), 2.0)
    entries = ("1234", "-55", "8", "0123", "12")
    compiled = compile_constraint(Constraint(entries=entries), FULL)
    texts = digits_as(cell_texts(rows, "ends"), FULL)
    decoded = decode_cells(rows, FULL, compiled, 5)
    total = sum(texts[e] for e in entries)
    assert [c.text for c in decoded.candidates] == sorted(entries, key=lambda e: -texts[e])
    for c in decoded.candidates:
        assert c.posterior == pytest.approx(texts[c.text] / total, rel=2e-4)


def test_equal_neighbours_in_cells_stay():
    rows = np.log(np.full((5, len(DIGITS)), 0.01 / 10))
    for c, i in enumerate([0, *DIGITS.encode("1100")]):
        rows[c, i] = np.log(0.99)
    decoded = decode_cells(rows, DIGITS)
    assert decoded.candidates[0].text == "1100"
    assert [(s.start, s.end) for s in decoded.alignment] == [(1, 2), (2, 3), (3, 4), (4, 5)]


def test_flat_pictures_end_in_time_and_say_that_nothing_stands_out():
    rows = np.full((60, len(NUMBERS)), -math.log(len(NUMBERS)))
    for constraint in (None, Constraint(pattern="9{4,8}"), Constraint(check="luhn", length="6")):
        compiled = None if constraint is None else compile_constraint(constraint, NUMBERS)
        decoded = decode_text(rows, NUMBERS, compiled, 3)
        assert not decoded.exact
        assert len(decoded.candidates) == 3
        assert decoded.candidates[0].posterior < 0.01
        for candidate in decoded.candidates:
            score = ctc_log_prob(rows, NUMBERS.encode(candidate.text))
            assert candidate.log_prob == pytest.approx(score, abs=1e-9)
            assert compiled is None or compiled.accepts(candidate.text)


def test_far_beyond_the_range_of_floats():
    rows = np.full((900, len(NUMBERS)), -math.log(len(NUMBERS)))
    compiled = compile_constraint(Constraint(pattern="9{3}"), NUMBERS)
    decoded = decode_text(rows, NUMBERS, compiled)
    assert not decoded.exact
    assert decoded.log_mass < -1000
    assert decoded.candidates[0].posterior == pytest.approx(1e-3, rel=1.0)
    assert decode_text(rows, NUMBERS).candidates[0].log_prob > -math.inf


def test_a_text_that_does_not_fit_is_no_text():
    rows = random_log_probs(0, 3, len(NUMBERS), 1.0)
    for constraint in (Constraint(length="6"), Constraint(entries=("123456", "0001"))):
        compiled = compile_constraint(constraint, NUMBERS)
        decoded = decode_text(rows, NUMBERS, compiled)
        assert decoded.candidates == ()
        assert decoded.left_over == 1.0
    assert decode_cells(rows, NUMBERS, compile_constraint(Constraint(length="6"), NUMBERS))


def test_arguments_are_checked():
    rows = random_log_probs(0, 3, len(NUMBERS), 1.0)
    with pytest.raises(ValueError, match="k is 0"):
        decode_text(rows, NUMBERS, k=0)
    with pytest.raises(ValueError, match="another charset"):
        decode_text(rows, NUMBERS, compile_constraint(Constraint(length="2"), DIGITS))
