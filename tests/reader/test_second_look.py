import math
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from handsum.charset import NUMBERS
from handsum.decode.align import SymbolSpan
from handsum.decode.decoded import Decoded, DecodedText
from handsum.imaging.numbers import PreparedNumber
from handsum.reader.cuts import cut_symbols
from handsum.reader.digits import DigitReader
from handsum.reader.second_look import (
    LEAST,
    Look,
    LookConfig,
    SecondLook,
    Seen,
    find_doubts,
    weigh_anew,
)

CONFIG = LookConfig(
    below=1.0, trust=1.0, again=0.0, whole=1.0, cut=0.5, floor=0.0, mark=2.0, other_length=1.0
)
ONCE = (0.0, 0.0, 0.0)  # nothing is seen again


def _decoded(**posteriors: float) -> Decoded:
    texts = {name.lstrip("n").replace("_", "."): p for name, p in posteriors.items()}
    best = next(iter(texts))
    spans = tuple(
        SymbolSpan(NUMBERS.encode(s)[0], 4 * i, 4 * i + 2, 0.5) for i, s in enumerate(best)
    )
    return Decoded(
        tuple(DecodedText(t, math.log(p), p) for t, p in texts.items()), 0.0, spans, True
    )


def _sees(*digits: str, share: float = 0.9, whole: bool = True) -> dict[int, Seen]:
    rows = np.full((len(digits), 11), (1 - share) / 10)
    for row, digit in zip(rows, digits, strict=True):
        row[int(digit)] = share
    return {place: Seen(row, whole) for place, row in enumerate(rows)}


def test_with_full_weight_and_no_floor_it_is_bayes_rule() -> None:
    # The prior 0.6 : 0.4 of 17 and 11 times what the digit reader sees in the second place.
    rows = _sees("1", "1")
    found = weigh_anew(_decoded(n17=0.6, n11=0.4), ONCE[:2], rows, 1.0, CONFIG)
    p7, p1 = (rows[1].probs[d] + rows[1].probs[10] / 10 for d in (7, 1))
    odds = 0.4 * p1 / (0.6 * p7)
    assert found[0].text == "11"
    assert found[0].posterior == pytest.approx(odds / (1 + odds))


def test_what_is_no_digit_to_it_changes_nothing() -> None:
    nothing = Seen(np.array([0.0] * 10 + [1.0]), whole=True)
    decoded = _decoded(n17=0.6, n11=0.3, n16=0.05)
    found = weigh_anew(decoded, ONCE, {0: nothing, 1: nothing}, 1.0, CONFIG)
    assert [c.text for c in found] == ["17", "11", "16"]
    for old, new in zip(decoded.candidates, found, strict=True):
        assert new.posterior == pytest.approx(old.posterior)


def test_a_digit_that_was_cut_from_its_neighbour_counts_by_its_own_weight() -> None:
    decoded = _decoded(n17=0.6, n11=0.4)
    whole, cut = (
        weigh_anew(decoded, ONCE[:2], _sees("1", "1", whole=alone), 1.0, CONFIG)
        for alone in (True, False)
    )
    prior = math.log(0.4 / 0.6)
    gain, less = (math.log(c[0].posterior / c[1].posterior) - prior for c in (whole, cut))
    assert less == pytest.approx(gain * CONFIG.cut / CONFIG.whole)


def test_what_is_seen_in_pale_ink_counts_less() -> None:
    decoded = _decoded(n17=0.6, n11=0.4)
    dark, pale = (
        weigh_anew(decoded, ONCE[:2], _sees("1", "1"), contrast, CONFIG) for contrast in (0.8, 0.4)
    )
    prior = math.log(0.4 / 0.6)
    gain, less = (math.log(c[0].posterior / c[1].posterior) - prior for c in (dark, pale))
    assert less == pytest.approx(gain / 2)


def test_posteriors_count_by_their_trust() -> None:
    config = replace(CONFIG, trust=0.5)
    nothing = Seen(np.array([0.0] * 10 + [1.0]), whole=True)
    found = weigh_anew(_decoded(n17=0.64, n11=0.36), ONCE[:2], {1: nothing}, 1.0, config)
    assert [c.posterior for c in found] == pytest.approx([0.8 / 1.4, 0.6 / 1.4])


def test_what_the_line_says_when_read_again_counts_down_to_a_floor() -> None:
    config = replace(CONFIG, again=0.5)
    decoded = _decoded(n17=0.5, n1=0.3, n11=0.2)
    found = weigh_anew(decoded, (-2.0, -1.0, -math.inf), {}, 1.0, config)
    shares = {c.text: c.posterior for c in found}
    assert shares["1"] / shares["17"] == pytest.approx(0.6 * math.exp(0.5 * 1.0 - 1.0))
    assert shares["11"] / shares["17"] == pytest.approx(0.4 * math.exp(0.5 * (LEAST + 2.0)))


def test_symbols_of_another_text_get_their_places() -> None:
    rows = np.log(np.full((20, len(NUMBERS)), 0.01 / (len(NUMBERS) - 1)))
    rows[:, 0] = math.log(0.99)
    for frame, symbol in ((4, "1"), (12, "7")):
        rows[frame] = math.log(0.3 / (len(NUMBERS) - 2))
        rows[frame, [0, NUMBERS.encode(symbol)[0]]] = math.log(0.2), math.log(0.5)
    number = PreparedNumber(np.zeros((48, 80), np.float32), 1.0, 0.0, 0.0, 1.0)
    reader = cast(DigitReader, None)  # no digits are in doubt
    look = SecondLook(reader, reader, NUMBERS, 4, replace(CONFIG, again=1.0))
    (found,) = look.take([Look(number, rows, _decoded(n7=0.6, n17=0.3), (-9.0, -1.0))])
    assert found.candidates[0].text == "17"
    assert [NUMBERS.decode([span.id]) for span in found.alignment] == ["1", "7"]
    assert [span.start for span in found.alignment] == [4, 12]


def test_only_places_in_which_rivals_differ_are_looked_at() -> None:
    assert find_doubts(_decoded(n1749=0.6, n1149=0.2, n174=0.1, n1748=0.001)) == [1]
    assert find_doubts(_decoded(n17=0.6, n1=0.3)) == []


def test_each_digit_is_cut_out_with_all_of_its_own_strokes() -> None:
    ink = np.zeros((48, 96), np.float32)
    ink[10:38, 20:24] = 1  # a digit
    ink[10:14, 20:45] = 1  # whose arm reaches over the next one
    ink[20:38, 42:46] = 1
    spans = [SymbolSpan(1, 5, 7, 1.0), SymbolSpan(2, 10, 12, 1.0)]
    first, second = cut_symbols(ink, spans, 4, [0, 1])
    assert (first.grey < 128).sum() == 28 * 4 + 4 * 21
    assert (second.grey < 128).sum() == 18 * 4
    assert second.whole
    assert not first.whole  # some of its arm may be the other's


def test_touching_digits_are_parted_and_do_not_count_as_whole() -> None:
    ink = np.zeros((48, 128), np.float32)
    ink[10:38, 20:24] = ink[10:38, 44:48] = ink[10:38, 84:88] = 1
    ink[24:28, 20:48] = 1  # the first two hang together
    spans = [SymbolSpan(1, 5, 6, 1.0), SymbolSpan(1, 11, 12, 1.0), SymbolSpan(1, 21, 22, 1.0)]
    cuts = cut_symbols(ink, spans, 4, [0, 1, 2])
    assert [cut.whole for cut in cuts] == [False, False, True]
    total = sum(int((cut.grey < 128).sum()) for cut in cuts)
    assert total == int(ink.sum()) + 2 * 4  # a pixel of the bridge beyond the cut, on both sides
