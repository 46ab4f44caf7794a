import numpy as np
import pytest
from hypothesis import given, settings

from decode.brute_force import best, ctc_texts, log_probs, random_log_probs
from handsum.charset import DIGITS, NUMBERS
from handsum.decode.automaton import build_automaton
from handsum.decode.check_automata import compile_check
from handsum.decode.ctc import ctc_log_prob
from handsum.decode.mass import backward, constraint_log_mass, log_backward
from handsum.decode.patterns import compile_pattern

ODD_LENGTH = build_automaton([0], lambda n, _: 1 - n, lambda n: n == 1, 4)
# Two starts, told apart by the parity of the length; ends in 1 where odd, in 2 where even.
TWO_STARTS = build_automaton(
    [(0, 0), (1, 0)], lambda s, i: (1 - s[0], i), lambda s: s in ((0, 2), (1, 1)), 4
)
AUTOMATA = [ODD_LENGTH, TWO_STARTS]


@given(log_probs())
@settings(max_examples=40, deadline=None)
def test_mass_is_the_sum_over_all_texts_of_the_set(rows):
    texts = ctc_texts(rows)
    for automaton in AUTOMATA:
        inside = {ids: p for ids, p in texts.items() if automaton.accepts(ids)}
        if not inside:
            assert constraint_log_mass(rows, automaton) == -np.inf
            continue
        expected = np.log(sum(inside.values()))
        assert constraint_log_mass(rows, automaton) == pytest.approx(expected, abs=1e-9)
        log_mass, ids = log_backward(rows, automaton)
        assert log_mass == pytest.approx(expected, abs=1e-9)
        assert ids in inside


def test_mass_without_underflow():
    rows = np.full((700, len(NUMBERS)), -np.log(len(NUMBERS)))
    exactly = compile_pattern("7{30}", NUMBERS)
    ids = NUMBERS.encode("7" * 30)
    expected = ctc_log_prob(rows, ids)
    assert expected < -1000
    assert constraint_log_mass(rows, exactly) == pytest.approx(expected, rel=1e-12)
    assert log_backward(rows, exactly)[1] == tuple(ids)


def test_what_does_not_fit_has_no_mass():
    rows = random_log_probs(0, 5, len(NUMBERS), 1.0)
    assert constraint_log_mass(rows, compile_pattern("9{6}", NUMBERS)) == -np.inf
    assert log_backward(rows, compile_pattern("0{4}", NUMBERS)) == (-np.inf, None)


def test_complements_add_up_to_one():
    """Of all texts, the share with a right check digit and that with a wrong one sum to 1."""
    rows = random_log_probs(1, 12, len(DIGITS), 2.0)
    right = compile_check("damm", DIGITS)
    states = build_automaton(
        [right.starts[0]],
        lambda q, i: int(right.transitions[q, i]),
        lambda q: not right.accepting[q],
        len(DIGITS),
    )
    total = backward(np.exp(rows), right).mass + backward(np.exp(rows), states).mass
    assert total == pytest.approx(1.0, abs=1e-12)


@given(log_probs())
@settings(max_examples=20, deadline=None)
def test_the_best_path_is_found(rows):
    """With frames as independent cells the best path's text is at least a good text."""
    _, ids = log_backward(rows, TWO_STARTS)
    inside = {t: p for t, p in ctc_texts(rows).items() if TWO_STARTS.accepts(t)}
    if inside:
        # The best path has at least 1 / (number of paths of the best text) of its mass.
        assert inside[ids] >= best(inside, 1)[0][1] / 4 ** len(rows)
