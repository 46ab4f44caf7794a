"""A second look at numbers that were read unsurely: their digits one by one, by the digit reader.

The number reader sees the whole line and knows where its digits stand; readers of single digits
have seen many more of these. Where the first is unsure, it reads the line stretched once more, and
the digits in question are cut out along the strokes and read again, those that stand alone by the
reader of digits, those that had to be parted from a neighbour by the one that was trained on such
cuts. The candidates are weighed anew: a product of experts, each with a weight (Hinton: Training
Products of Experts by Minimizing Contrastive Divergence, 2002).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS, Charset
from handsum.decode.align import SymbolSpan, align
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

LEAST = -40.0
"""Log-probability of a text that counts as that of any less probable one."""
TERMS = ("trust", "again", "whole", "cut", "mark", "other_length")
"""The weights of `LookConfig`, in the order in which `take_terms` gives what they multiply."""


@dataclass(frozen=True)
class LookConfig:
    """``below`` is the posterior under which a number is looked at again.

    The logarithms of a text's posterior, of its probability in the strip stretched ``wider`` times
    and of what the digit readers say are added up, with the weights ``trust``, ``again`` and, times
    the ink's contrast, ``whole`` (digits that stand alone) and ``cut`` (the others): pale ink is
    not what these readers learned from. ``floor`` is a probability that every digit has at least.
    ``mark`` is what a mark (point, slash, ...) loses against the digit that would stand in its
    place, ``other_length`` what texts of another length than the best one lose, in nats. Fitted,
    but for ``below``, ``wider`` and ``floor``, as a conditional logit (McFadden: Conditional logit
    analysis of qualitative choice behavior, 1974) by benchmarks/second_look.py.
    """

    below: float = 0.99
    wider: float = 1.25
    floor: float = 0.03
    trust: float = 0.35
    again: float = 0.35
    whole: float = 1.43
    cut: float = 0.46
    mark: float = 0.44
    other_length: float = 0.88


@dataclass(frozen=True)
class Seen:
    """``probs``: of a place's 10 digits, and of what is none; ``whole`` as in `SymbolCut`."""

    probs: Floats
    whole: bool


@dataclass(frozen=True)
class Look:
    """A number to look at again: its strip, and what its texts are so far.

    ``log_probs`` (T, C) is what the net says of the strip, ``again`` are log P(text | the strip
    stretched) of the candidates.
    """

    number: PreparedNumber
    log_probs: Floats
    decoded: Decoded
    again: tuple[float, ...]


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
            self._weigh(look, {place: next(seen) for place in wanted})
            for look, wanted in zip(looks, places, strict=True)
        ]

    def _weigh(self, look: Look, seen: Mapping[int, Seen]) -> Decoded:
        decoded = look.decoded
        found = weigh_anew(decoded, look.again, seen, look.number.contrast, self.config)
        text, best = found[0].text, decoded.candidates[0].text
        if text == best:
            spans = decoded.alignment
        elif len(text) == len(best):
            spans = _renamed(decoded, found, self._charset)
        else:
            spans = align(look.log_probs, self._charset.encode(text))
        return replace(decoded, candidates=found, alignment=spans)

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


def take_terms(
    decoded: Decoded,
    again: Sequence[float],
    seen: Mapping[int, Seen],
    contrast: float,
    floor: float,
) -> Floats:
    """What the weights of `LookConfig` multiply, a row a candidate: (K, 6).

    In the order of `TERMS`: the logarithm of the posterior; ``again``, less that of the best text
    and no less than `LEAST`; over the places ``seen`` of the texts as long as the best one, those
    that are whole and the others, the sum of log(probability of its digit + floor) times the
    contrast of the ink (0 to 1), less that of the best text, where "not a digit" counts for all
    digits alike and a mark has the best digit's; minus their marks, less those of the best text;
    -1 for a text of another length.
    """
    best = decoded.candidates[0].text
    ten = len(DIGITS.symbols)
    logs = {
        place: contrast * np.log(one.probs[:ten] + float(one.probs[ten:].sum()) / ten + floor)
        for place, one in seen.items()
    }
    terms = np.zeros((len(decoded.candidates), len(TERMS)))
    for row, candidate, log in zip(terms, decoded.candidates, again, strict=True):
        row[0] = math.log(max(candidate.posterior, 1e-300))
        row[1] = max(log, LEAST) - max(again[0], LEAST)
        if len(candidate.text) != len(best):
            row[5] = -1.0
            continue
        for place, digits in logs.items():
            symbol = candidate.text[place]
            digit = symbol.isdigit()
            row[2 if seen[place].whole else 3] += digits[int(symbol)] if digit else digits.max()
            row[4] -= not digit
    terms[terms[:, 5] == 0.0, 2:5] -= terms[0, 2:5]
    return terms


def weigh_anew(
    decoded: Decoded,
    again: Sequence[float],
    seen: Mapping[int, Seen],
    contrast: float,
    config: LookConfig,
) -> tuple[DecodedText, ...]:
    """The candidates weighed by what was seen ``again``, and ``seen`` in some places of the best.

    A text's posterior becomes exp(weights . `take_terms`) before all are normalised; what no
    candidate has keeps its share p as p^(trust + again).
    """
    weights = np.array([getattr(config, name) for name in TERMS])
    terms = take_terms(decoded, again, seen, contrast, config.floor)
    shares = np.exp(terms @ weights).tolist()
    left = max(0.0, 1.0 - sum(one.posterior for one in decoded.candidates))
    total = sum(shares) + left ** (config.trust + config.again)
    return tuple(
        DecodedText(one.text, math.log(max(w / total, 1e-300)) + decoded.log_mass, w / total)
        for one, w in sorted(
            zip(decoded.candidates, shares, strict=True), key=lambda pair: -pair[1]
        )
    )


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
