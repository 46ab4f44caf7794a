"""Repeated digits never collapse, whatever reads them."""

import itertools

import numpy as np
import pytest

from handsum.charset import NUMBERS
from handsum.decode.align import align
from handsum.decode.beam import beam_search
from handsum.decode.constraint import Constraint, compile_constraint
from handsum.decode.ctc import greedy_ids
from handsum.decode.texts import decode_text

REPEATS = ["11", "000", "1000000", "0011", "112233", "99.99", "100,00", "5555555555", "77/77"]


def frames(text, blank, width):
    """Log-probabilities (T, C) of a text whose symbols last ``width`` frames.

    Between equal symbols stands one frame in which the blank has the probability ``blank`` and
    the symbol most of the rest; elsewhere symbols touch.
    """
    rows, before = [], ""
    for symbol in text:
        at = NUMBERS.encode(symbol)[0]
        if symbol == before:
            between = np.full(len(NUMBERS), 1e-9)
            between[0], between[at] = blank, 1 - blank
            rows.append(between)
        row = np.full(len(NUMBERS), 1e-9)
        row[at] = 1.0
        rows += [row] * width
        before = symbol
    probs = np.array(rows)
    return np.log(probs / probs.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("text", REPEATS)
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("blank", [0.95, 0.999])
def test_every_reader_keeps_them(text, width, blank):
    rows = frames(text, blank, width)
    assert NUMBERS.decode(greedy_ids(rows)) == text
    ((ids, _),) = beam_search(rows)
    assert NUMBERS.decode(ids) == text
    assert decode_text(rows, NUMBERS).candidates[0].text == text
    spans = align(rows, NUMBERS.encode(text))
    assert len(spans) == len(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize("text", REPEATS)
def test_a_format_or_a_list_can_ask_for_them_against_the_odds(text):
    """With a blank of only 1 % between them, the constraint alone says that there are two."""
    rows = frames(text, 0.01, 2)
    pattern = "".join("9" if s.isdigit() else s for s in text)
    shorter = "".join(s for s, before in zip(text, " " + text, strict=False) if s != before)
    assert decode_text(rows, NUMBERS).candidates[0].text == shorter
    for constraint in (Constraint(pattern=pattern), Constraint(entries=(text, text + "1"))):
        compiled = compile_constraint(constraint, NUMBERS)
        decoded = decode_text(rows, NUMBERS, compiled)
        assert decoded.candidates[0].text == text
        assert decoded.left_over > 0.9
        assert [NUMBERS.symbols[s.id - 1] for s in decoded.alignment] == list(text)
