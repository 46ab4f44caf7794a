import numpy as np
import pytest
from hypothesis import given, settings

from decode.brute_force import TINY_CHARSET, best, ctc_texts, log_probs, random_log_probs
from handsum.decode.automaton import build_automaton
from handsum.decode.beam import beam_search

ODD_LENGTH = build_automaton([0], lambda n, _: 1 - n, lambda n: n == 1, 4)


@given(log_probs())
@settings(max_examples=40, deadline=None)
def test_without_pruning_it_is_exact(rows):
    expected = best(ctc_texts(rows), 4)
    found = beam_search(rows, width=10_000, prune=0.0, k=4)
    assert [p for _, p in found] == pytest.approx([np.log(p) for _, p in expected], abs=1e-9)


@given(log_probs())
@settings(max_examples=40, deadline=None)
def test_within_an_automaton_it_is_exact_too(rows):
    texts = {ids: p for ids, p in ctc_texts(rows).items() if ODD_LENGTH.accepts(ids)}
    found = beam_search(rows, width=10_000, prune=0.0, automaton=ODD_LENGTH, k=3)
    expected = [np.log(p) for _, p in best(texts, 3)]
    assert [p for _, p in found] == pytest.approx(expected, abs=1e-9)


def test_pruned_masses_are_lower_bounds_and_long_inputs_do_not_underflow():
    rows = random_log_probs(3, 900, len(TINY_CHARSET), 0.7)
    (ids, pruned), *_ = beam_search(rows, width=8, prune=0.05)
    assert len(ids) > 100
    assert -1e4 < pruned < -300


def test_options_are_checked():
    with pytest.raises(ValueError, match="1 or more"):
        beam_search(random_log_probs(0, 2, 4, 1.0), width=0)
