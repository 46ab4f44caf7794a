import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decode.brute_force import log_probs, random_log_probs
from handsum.decode.align import align
from handsum.decode.ctc import collapse, ctc_log_prob


def path_probability(rows, path):
    return sum(rows[t, i] for t, i in enumerate(path))


@given(log_probs())
@settings(max_examples=40, deadline=None)
def test_spans_are_those_of_the_most_probable_path(rows):
    by_text: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(4), repeat=len(rows)):
        ids = collapse(path)
        by_text[ids] = max(by_text.get(ids, -np.inf), path_probability(rows, path))
    for ids, expected in by_text.items():
        spans = align(rows, ids)
        assert tuple(span.id for span in spans) == ids
        path = [0] * len(rows)
        for span in spans:
            path[span.start : span.end] = [span.id] * (span.end - span.start)
        assert collapse(path) == ids
        assert path_probability(rows, path) == pytest.approx(expected, abs=1e-9)


@given(log_probs())
@settings(max_examples=40, deadline=None)
def test_confidence_of_a_lone_symbol_is_its_share_among_lone_symbols(rows):
    scores = np.exp([ctc_log_prob(rows, (i,)) for i in (1, 2, 3)])
    (span,) = align(rows, (2,))
    assert span.confidence == pytest.approx(scores[1] / scores.sum(), rel=1e-9)


@given(log_probs(most_frames=9), st.lists(st.integers(1, 3), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_confidence_of_a_symbol_is_its_share_between_its_neighbours(rows, ids):
    spans = align(rows, ids)
    starts = [0, *(span.end for span in spans[:-1])]
    ends = [*(span.start for span in spans[1:]), len(rows)]
    for span, start, end in zip(spans, starts, ends, strict=False):
        scores = np.exp([ctc_log_prob(rows[start:end], (i,)) for i in (1, 2, 3)])
        expected = scores[span.id - 1] / scores.sum()
        assert span.confidence == pytest.approx(expected, rel=1e-9)


def test_the_doubtful_symbol_is_the_least_confident():
    rows = np.log(np.full((9, 4), 0.01))
    for t, probs in {
        1: {1: 0.97},
        3: {2: 0.55, 3: 0.43},
        4: {0: 0.97},
        6: {2: 0.97},
    }.items():
        for i, p in probs.items():
            rows[t, i] = np.log(p)
    for t in (0, 2, 5, 7, 8):
        rows[t, 0] = np.log(0.97)
    rows -= np.logaddexp.reduce(rows, axis=1)[:, None]
    spans = align(rows, (1, 2, 2))
    assert [(s.start, s.end) for s in spans] == [(1, 2), (3, 4), (6, 7)]
    assert spans[1].confidence < 0.6
    assert min(spans[0].confidence, spans[2].confidence) > 0.9


def test_nothing_to_align():
    rows = random_log_probs(0, 2, 4, 1.0)
    assert align(rows, ()) == ()
    assert align(rows, (1, 1)) == ()  # needs three frames
