"""A second look at numbers that were read unsurely: their digits one by one, by the digit reader.

The number reader sees the whole line and knows where its digits stand; readers of single digits
have seen many more of these. Where the first is unsure, the digits in question are cut out along
the strokes and read again, those that stand alone by the reader of digits, those that had to be
parted from a neighbour by the one that was trained on such cuts. The candidates are weighed anew: a
product of experts, each with a weight (Hinton: Training Products of Experts by Minimizing
Contrastive Divergence, 2002).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS, Charset
from handsum.decode.align import SymbolSpan
from handsum.decode.decoded import Decoded, DecodedText
from handsum.decode.texts import Widening
from handsum.imaging.load import Picture
from handsum.imaging.numbers import PreparedNumber
from handsum.reader.cuts import SymbolCut, cut_symbols
from handsum.reader.digits import DigitReader

Floats = npt.NDArray[np.float64]

CANDIDATES = 8
"""Texts of a number that are weighed anew."""
FLOOR = 0.005
"""Posterior from which a text counts as a rival: others are hardly ever right."""


@dataclass(frozen=True)
class LookConfig:
    """``below`` is the posterior under which a number is looked at again.

    The logarithms of a text's posterior and of what the digit readers say are added up, with the
    weights ``trust`` and, times the ink's contrast, ``whole`` (digits that stand alone) and ``cut``
    (the others): pale ink is not what these readers learned from. ``floor`` is a probability that
    every digit has at least. ``mark`` is what a mark (point, slash, ...) loses against the digit
    that would stand in its place, ``other_length`` what texts of another length than the best one
    lose, in nats. Fitted, but for ``below`` and ``floor``, as a conditional logit (McFadden:
    Conditional logit analysis of qualitative choice behavior, 1974) by benchmarks/second_look.py.
    """

    below: float = 0.99
    trust: float = 0.7
    whole: float = 1.43
    cut: float = 0.49
    floor: float = 0.03
    mark: float = 0.82
    other_length: float = 0.76


@dataclass(frozen=True)
class Seen:
    """``probs``: of a place's 10 digits, and of what is none; ``whole`` as in `SymbolCut`."""

    probs: Floats
    whole: bool


@dataclass(frozen=True)
class Look:
    """A number to look at again: its strip, and what its texts are so far."""

    number: PreparedNumber
    decoded: Decoded


class SecondLook:
    """Weighs candidates anew by what readers of single digits see in their places.

    ``whole`` reads digits that stand alone, ``cut`` those that were cut from their neighbours; both
    prepare pictures alike.
    """

    def __init__(
        self,
        whole: DigitReader,
        cut: DigitReader,
        charset: Charset,
        stride: int,
        config: LookConfig,
    ) -> None:
        self.digits = (whole, cut)
        self.config = config
        self._charset = charset
        self._stride = stride

    def widening(self, top: int) -> Widening:
        """How many texts of an unsure number to decode, of which ``top`` are asked for anyhow."""
        return Widening(self.config.below, max(top, CANDIDATES), FLOOR)

    def wanted(self, decoded: Decoded) -> bool:
        """Whether a number is unsure enough, and has something to choose from."""
        first = decoded.candidates[0] if decoded.candidates else None
        return first is not None and first.text != "" and first.posterior < self.config.below

    def take(self, looks: Sequence[Look]) -> list[Decoded]:
        """What the numbers' texts are now; in the order given.

        Only digits in which the best text and its rivals differ are looked at.
        """
        places = [find_doubts(look.decoded) for look in looks]
        cuts = [
            cut_symbols(look.number.ink, look.decoded.alignment, self._stride, wanted)
            for look, wanted in zip(looks, places, strict=True)
        ]
        seen = iter(self.see([cut for part in cuts for cut in part]))
        return [
            weigh_anew(
                look.decoded,
                {place: next(seen) for place in wanted},
                look.number.contrast,
                self._charset,
                self.config,
            )
            for look, wanted in zip(looks, places, strict=True)
        ]

    def see(self, cuts: Sequence[SymbolCut]) -> list[Seen]:
        """What the readers say of each cut."""
        found: dict[int, Seen] = {}
        for reader, whole in zip(self.digits, (True, False), strict=True):
            rows = [i for i, cut in enumerate(cuts) if cut.whole == whole]
            if rows:
                inks = [reader.prepare(Picture(cuts[i].grey, "digit")).digit.ink for i in rows]
                # From further sides too they would choose alike, and take twice as long.
                probs = reader.probabilities(np.stack(inks), one_side=True)
                found |= {i: Seen(row, whole) for i, row in zip(rows, probs, strict=True)}
        return [found[i] for i in range(len(cuts))]


def find_doubts(decoded: Decoded) -> list[int]:
    """Places in which a text of the same length differs from the best one, and may be right."""
    best = decoded.candidates[0]
    rivals = [
        one.text
        for one in decoded.candidates[1:]
        if len(one.text) == len(best.text) and one.posterior >= FLOOR * best.posterior
    ]
    return [i for i, symbol in enumerate(best.text) if any(text[i] != symbol for text in rivals)]


def take_terms(decoded: Decoded, seen: Mapping[int, Seen], contrast: float, floor: float) -> Floats:
    """What the weights of `LookConfig` multiply, a row a candidate: (K, 5).

    In the order trust, whole, cut, mark, other_length: the logarithm of the posterior; over the
    places ``seen`` of the texts as long as the best one, those that are whole and the others, the
    sum of log(probability of its digit + floor) times the contrast of the ink (0 to 1), less that
    of the best text, where "not a digit" counts for all digits alike and a mark has the best
    digit's; minus their marks, less those of
    the best text; -1 for a text of another length.
    """
    best = decoded.candidates[0].text
    ten = len(DIGITS.symbols)
    logs = {
        place: contrast * np.log(one.probs[:ten] + float(one.probs[ten:].sum()) / ten + floor)
        for place, one in seen.items()
    }
    terms = np.zeros((len(decoded.candidates), 5))
    for row, candidate in zip(terms, decoded.candidates, strict=True):
        row[0] = math.log(max(candidate.posterior, 1e-300))
        if len(candidate.text) != len(best):
            row[4] = -1.0
            continue
        for place, log in logs.items():
            symbol = candidate.text[place]
            digit = symbol.isdigit()
            row[1 if seen[place].whole else 2] += log[int(symbol)] if digit else log.max()
            row[3] -= not digit
    terms[terms[:, 4] == 0.0, 1:4] -= terms[0, 1:4]
    return terms


def weigh_anew(
    decoded: Decoded,
    seen: Mapping[int, Seen],
    contrast: float,
    charset: Charset,
    config: LookConfig,
) -> Decoded:
    """The candidates weighed by what was ``seen`` in some places of the best one.

    A text's posterior becomes exp(weights . `take_terms`) before all are normalised; what no
    candidate has keeps its share p as p^trust. The best text can only be followed by one whose
    symbols stand in the same places.
    """
    weights = (config.trust, config.whole, config.cut, config.mark, config.other_length)
    shares = np.exp(take_terms(decoded, seen, contrast, config.floor) @ np.array(weights)).tolist()
    others = max(0.0, 1.0 - sum(one.posterior for one in decoded.candidates)) ** config.trust
    total = sum(shares) + others
    candidates = tuple(
        DecodedText(one.text, math.log(max(w / total, 1e-300)) + decoded.log_mass, w / total)
        for one, w in sorted(
            zip(decoded.candidates, shares, strict=True), key=lambda pair: -pair[1]
        )
    )
    spans = _renamed(decoded, candidates, charset)
    return replace(decoded, candidates=candidates, alignment=spans)


def _renamed(
    decoded: Decoded, candidates: Sequence[DecodedText], charset: Charset
) -> tuple[SymbolSpan, ...]:
    """The spans of the best text so far with the symbols of the one that is now.

    A symbol's confidence is at least the share of the candidates that have it in its place.
    """
    text = candidates[0].text
    alike = [one for one in candidates if len(one.text) == len(text)]
    total = sum(one.posterior for one in alike)
    return tuple(
        replace(
            span,
            id=charset.encode(symbol)[0],
            confidence=sum(o.posterior for o in alike if o.text[i] == symbol) / total
            if charset.encode(symbol)[0] != span.id
            else span.confidence,
        )
        for i, (span, symbol) in enumerate(zip(decoded.alignment, text, strict=True))
    )
