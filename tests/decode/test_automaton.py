import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsum.decode.automaton import any_text, build_automaton, intersect
from handsum.errors import DecodeError

ids = st.lists(st.integers(1, 3), max_size=8)
EVEN = build_automaton([0], lambda n, _: 1 - n, lambda n: n == 0, 4)
NO_DOUBLE = build_automaton([0], lambda last, i: None if i == last else i, lambda _: True, 4)


@given(ids)
def test_intersection_is_both(text):
    both = intersect(EVEN, NO_DOUBLE)
    assert both.accepts(text) == (EVEN.accepts(text) and NO_DOUBLE.accepts(text))


@given(st.lists(ids, min_size=1, max_size=20))
def test_rows_are_judged_like_texts(texts):
    rows = np.zeros((len(texts), 8), np.uint8)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text
    assert NO_DOUBLE.accepts_rows(rows).tolist() == [NO_DOUBLE.accepts(text) for text in texts]


def test_it_is_the_smallest():
    # The last id is 1, remembered in a wasteful way: two states suffice.
    wasteful = build_automaton([()], lambda seen, i: (*seen, i)[-3:], lambda s: s[-1:] == (1,), 4)
    assert len(wasteful) == 2
    for text in itertools.product((1, 2, 3), repeat=4):
        assert wasteful.accepts(text) == (text[-1] == 1)


def test_dead_ends_go():
    dead = build_automaton([0], lambda n, i: n + 1 if n < 5 else None, lambda n: n == 2, 4)
    assert len(dead) == 3
    nothing = intersect(dead, EVEN, build_automaton([0], lambda *_: None, lambda _: True, 4))
    assert len(nothing) == 0
    assert not nothing.accepts(())


def test_any_text():
    assert any_text([1, 3], 4).accepts([1, 3, 3])
    assert any_text([1, 3], 4).accepts([])
    assert not any_text([1, 3], 4).accepts([1, 2])


def test_too_many_states_are_refused():
    with pytest.raises(DecodeError, match="10000 states"):
        build_automaton([0], lambda n, i: 3 * n + i, lambda _: True, 4)
