"""A second look at numbers that were read unsurely: their digits one by one, by the digit reader.

The number reader sees the whole line and knows where its digits stand; the digit reader has seen
many more single digits. Where the first is unsure, each digit is cut out along the strokes and
shown to the second, and the candidates are weighed anew: a product of experts (Hinton: Training
Products of Experts by Minimizing Contrastive Divergence, 2002), in which the digit reader's word
counts as much as it said that it saw a digit at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS, Charset
from handsum.decode.align import SymbolSpan
from handsum.decode.decoded import Decoded, DecodedText
from handsum.decode.texts import Widening
from handsum.imaging.grey import grey_from_ink
from handsum.imaging.load import Picture
from handsum.reader.digits import DigitReader
from handsum.reader.places import part_symbols

CANDIDATES = 8
"""Texts of a number that are weighed anew."""
_RIVAL = 0.02
"""Of the best text's posterior: from there on another is a rival, whose digits are looked at."""
_FLOOR = 0.005
"""Posterior from which a text is looked for to be a rival: such are hardly ever right."""
_STROKE = 0.3  # ink from which a pixel of the strip is stroke
_WHOLE = 0.75  # share of a stroke in one digit's columns, from which it is that digit's whole
_PAD = 6  # columns of paper around a digit that is cut out


@dataclass(frozen=True)
class LookConfig:
    """``below`` is the posterior under which a number is looked at again.

    ``weight`` is the digit reader's part, ``floor`` a probability that it gives every digit beside
    its own, ``mark`` what a mark (point, slash, ...) loses against the digit that would stand in
    its place, in nats. Fitted on register dev books, strings of digits of MNIST's val part and
    numbers of unseen fonts (benchmarks/second_look.py).
    """

    below: float = 0.97
    weight: float = 1.0
    floor: float = 0.4
    mark: float = 1.0


@dataclass(frozen=True)
class Look:
    """A number to look at again: its strip (H, W), and what its texts are so far."""

    ink: npt.NDArray[np.float32]
    decoded: Decoded


class SecondLook:
    """Weighs candidates anew by what readers of single digits see in their places, on average.

    All of them prepare pictures alike.
    """

    def __init__(
        self, digits: Sequence[DigitReader], charset: Charset, stride: int, config: LookConfig
    ) -> None:
        self.digits = tuple(digits)
        self.config = config
        self._charset = charset
        self._stride = stride

    def widening(self, top: int) -> Widening:
        """How many texts of an unsure number to decode, of which ``top`` are asked for anyhow."""
        return Widening(self.config.below, max(top, CANDIDATES), _FLOOR)

    def wanted(self, decoded: Decoded) -> bool:
        """Whether a number is unsure enough, and has something to choose from."""
        first = decoded.candidates[0] if decoded.candidates else None
        return first is not None and first.text != "" and first.posterior < self.config.below

    def take(self, looks: Sequence[Look]) -> list[Decoded]:
        """What the numbers' texts are now; in the order given.

        Only digits in which the best text and its rivals differ are looked at.
        """
        inks, places = [], []
        for look in looks:
            wanted = find_doubts(look.decoded)
            cut = cut_symbols(look.ink, look.decoded.alignment, self._stride, wanted)
            inks += [self.digits[0].prepare(Picture(one, "digit")).digit.ink for one in cut]
            places.append(wanted)
        if not inks:
            return [look.decoded for look in looks]
        stacked = np.stack(inks)
        # From further sides too they would choose alike, and take twice as long.
        probs = np.mean(
            [reader.probabilities(stacked, one_side=True) for reader in self.digits], axis=0
        )
        seen = np.split(probs, np.cumsum([len(wanted) for wanted in places])[:-1])
        return [
            weigh_anew(
                look.decoded, dict(zip(wanted, rows, strict=True)), self._charset, self.config
            )
            for look, wanted, rows in zip(looks, places, seen, strict=True)
        ]


def find_doubts(decoded: Decoded) -> list[int]:
    """Places in which a text of the same length differs from the best one, and may be right."""
    best = decoded.candidates[0]
    rivals = [
        one.text
        for one in decoded.candidates[1:]
        if len(one.text) == len(best.text) and one.posterior >= _RIVAL * best.posterior
    ]
    return [i for i, symbol in enumerate(best.text) if any(text[i] != symbol for text in rivals)]


def weigh_anew(
    decoded: Decoded,
    probs: Mapping[int, npt.NDArray[np.float64]],
    charset: Charset,
    config: LookConfig,
) -> Decoded:
    """Texts of as many symbols as the best one weighed by ``probs`` of some of its places.

    ``probs`` of a place is (10 digits and more,). A text's posterior p becomes p exp(w (s - s0))
    before all are normalised, with s the sum of log(probability of its digit + floor / 10) over
    those places, s0 that of the best text; what is beyond the ten digits ("not a digit") counts
    for all digits alike. Texts of another length, and all that are not among the candidates, keep
    their weight. The best text can thus only be followed by one whose symbols stand in the same
    places.
    """
    best = decoded.candidates[0].text
    ten = len(DIGITS.symbols)
    logs = {
        place: np.log(row[:ten] + (float(row[ten:].sum()) + config.floor) / ten)
        for place, row in probs.items()
    }

    def score(text: str) -> float:
        return sum(
            float(row[int(text[place])] if text[place].isdigit() else row.max() - config.mark)
            for place, row in logs.items()
        )

    base = score(best)
    weights = [
        one.posterior * math.exp(config.weight * (score(one.text) - base))
        if len(one.text) == len(best)
        else one.posterior
        for one in decoded.candidates
    ]
    others = max(0.0, 1.0 - sum(one.posterior for one in decoded.candidates))
    total = sum(weights) + others
    candidates = sorted(
        (
            DecodedText(one.text, math.log(max(w / total, 1e-300)) + decoded.log_mass, w / total)
            for one, w in zip(decoded.candidates, weights, strict=True)
        ),
        key=lambda one: -one.posterior,
    )
    spans = _renamed(decoded, candidates, charset)
    return replace(decoded, candidates=tuple(candidates), alignment=spans)


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


def cut_symbols(
    ink: npt.NDArray[np.float32], spans: Sequence[SymbolSpan], stride: int, wanted: Sequence[int]
) -> list[npt.NDArray[np.uint8]]:
    """A grey picture (H, w) of each wanted symbol of a strip (H, W), dark on white.

    A stroke that lies mostly in one symbol's columns is that symbol's as a whole; others are cut
    where their neighbours are parted.
    """
    if not wanted:
        return []
    cuts = np.array(part_symbols(ink, spans, stride))
    mask = (ink > _STROKE).astype(np.uint8)
    count, found_labels = cv2.connectedComponents(mask, connectivity=8)
    labels = np.asarray(found_labels, np.intp)
    place = np.searchsorted(cuts, np.arange(ink.shape[1]), side="right")  # 0 before the first
    flat = labels * (len(cuts) + 1) + place  # np.add.at would take many times as long
    shares = np.bincount(flat.ravel(), minlength=count * (len(cuts) + 1))
    inside = shares.reshape(count, -1)[:, 1 : len(cuts)]
    owner = np.where(
        inside.max(axis=1) >= _WHOLE * np.maximum(inside.sum(axis=1), 1), inside.argmax(axis=1), -1
    )
    owner[0] = -1
    found = []
    for i in wanted:
        owned = owner[labels] == i
        shared = (owner[labels] == -1) & (place == i + 1)[None]
        keep = cv2.dilate(
            (owned | (shared & (mask > 0))).astype(np.uint8), np.ones((3, 3), np.uint8)
        )
        alone = ink * keep
        filled = np.flatnonzero((alone > _STROKE).any(axis=0))
        left, right = (filled[0], filled[-1] + 1) if len(filled) else (cuts[i], cuts[i + 1])
        part = alone[:, max(0, left - _PAD) : right + _PAD]
        found.append(grey_from_ink(part))
    return found
