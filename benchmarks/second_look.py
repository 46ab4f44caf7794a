"""What the second look at unsure numbers gives, and the weights of it that fit best.

    handsum bench second_look       (python benchmarks/second_look.py --help: options)

On hands that trained nothing and choose freely: the register's dev books and strings of digits of
MNIST's val part, both told that there are digits and told nothing, and numbers of val hands and
unseen fonts with the recipe's defects at half strength. Every number whose posterior is below the
largest `below` that is tried is looked at once. The weights are then fitted as a conditional logit
over the candidates (McFadden 1974; numbers whose truth is no candidate say nothing), and each set
is scored with weights fitted to four fifths of all numbers, the fifth that they were not fitted to.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from comb_items import unseen_hands
from numbers_items import Item, register, spoilt_numbers, strings_of
from record import describe_machine, parse_options, record, run

from handsum.data.sources import load_dataset
from handsum.decode.constraint import Constraint
from handsum.decode.ctc import ctc_log_probs
from handsum.decode.decoded import Decoded
from handsum.decode.texts import Widening, decode_text
from handsum.imaging.load import Picture
from handsum.reader.cuts import cut_symbols
from handsum.reader.numbers import NumberReader
from handsum.reader.second_look import (
    CANDIDATES,
    FLOOR,
    TERMS,
    LookConfig,
    SecondLook,
    Seen,
    find_doubts,
    take_terms,
    weigh_anew,
)
from handsum.reader.strips import widen_strip

BELOW = (0.9, 0.97, 0.99, 0.997)
FOLDS = 5
PRIOR = 1.0
"""Precision of the prior that draws weights to what they are without a look."""
UNSEEN = 1e-3
"""The posterior of a text that is not among the candidates."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Looked:
    """A number as it was decoded, and what the digit readers say of its doubtful places."""

    text: str
    decoded: Decoded
    seen: dict[int, Seen]
    contrast: float
    again: tuple[float, ...]


@dataclass(frozen=True)
class Score:
    """Share of numbers right, and the mean negative log-posterior of what stands there."""

    right: float
    nll: float


def look_at(
    reader: NumberReader, look: SecondLook, items: Sequence[Item], told: bool
) -> list[Looked]:
    """Every item decoded, with a look at those whose posterior is below the highest of `BELOW`."""
    found = []
    constraint = reader.compile(Constraint(pattern="9{1,12}")) if told else None
    widening = Widening(max(BELOW), CANDIDATES, FLOOR)
    for item in items:
        crop = reader.prepare(Picture(item.grey, "look"))
        (rows,) = reader.log_probs([crop.number])
        decoded = decode_text(rows, reader.charset, constraint, k=1, widening=widening)
        seen: dict[int, Seen] = {}
        again: tuple[float, ...] = ()
        first = decoded.candidates[0] if decoded.candidates else None
        if first and first.text and first.posterior < max(BELOW):
            places = find_doubts(decoded)
            cuts = cut_symbols(crop.number.ink, decoded.alignment, reader.stride, places)
            seen = dict(zip(places, look.see(cuts), strict=True))
            wide = widen_strip(crop.number.ink, look.config.wider, reader.stride)
            (rows,) = reader.log_probs([replace(crop.number, ink=wide)])
            texts = [reader.charset.encode(c.text) for c in decoded.candidates]
            again = tuple(ctc_log_probs(rows, texts))
        found.append(Looked(item.text, decoded, seen, crop.number.contrast, again))
    return found


def fit(looked: Sequence[Looked], config: LookConfig) -> LookConfig:
    """The weights that make the truths most probable, by damped Newton steps: it is concave."""
    cases = []
    for one in looked:
        texts = [c.text for c in one.decoded.candidates]
        if one.text in texts and len(texts) > 1 and texts[0]:
            cases.append(
                (
                    take_terms(one.decoded, one.again, one.seen, one.contrast, config.floor),
                    texts.index(one.text),
                )
            )
    start = np.array([float(name == "trust") for name in TERMS])
    weights = start.copy()

    def likelihood(at: Floats) -> tuple[float, Floats, npt.NDArray[np.float64]]:
        value = -0.5 * PRIOR * float(((at - start) ** 2).sum())
        slope, curve = -PRIOR * (at - start), PRIOR * np.eye(len(at))
        for terms, truth in cases:
            scores = terms @ at
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            mean = shares @ terms
            value += math.log(max(float(shares[truth]), 1e-300))
            slope = slope + terms[truth] - mean
            curve = curve + (terms * shares[:, None]).T @ terms - np.outer(mean, mean)
        return value, slope, curve

    now, slope, curve = likelihood(weights)
    for _ in range(30):
        step, scale = np.linalg.solve(curve, slope), 1.0
        while (new := likelihood(weights + scale * step))[0] < now and scale > 1e-6:
            scale *= 0.5
        gain, weights = new[0] - now, weights + scale * step
        now, slope, curve = new
        if gain < 1e-6:
            break
    return replace(config, **dict(zip(TERMS, (round(float(w), 3) for w in weights), strict=True)))


def score(looked: Sequence[Looked], config: LookConfig) -> Score:
    """How many of the numbers are right with a setting, and how probable the truth is by it."""
    right, nll = 0, 0.0
    for one in looked:
        decoded = one.decoded
        first = decoded.candidates[0] if decoded.candidates else None
        if first and first.text and first.posterior < config.below:
            found = weigh_anew(decoded, one.again, one.seen, one.contrast, config)
        else:
            found = decoded.candidates
        right += bool(found) and found[0].text == one.text
        truth = sum(c.posterior for c in found if c.text == one.text)
        nll -= math.log(max(truth, UNSEEN))
    return Score(right / len(looked), nll / len(looked))


def cross_validate(looked: dict[str, list[Looked]], below: float) -> dict[str, Score]:
    """Each set scored by weights that were not fitted to the numbers scored."""
    parts: dict[str, list[Score]] = {name: [] for name in looked}
    sizes: dict[str, list[int]] = {name: [] for name in looked}
    for fold in range(FOLDS):
        rest = [one for part in looked.values() for i, one in enumerate(part) if i % FOLDS != fold]
        config = fit(rest, replace(LookConfig(), below=below))
        for name, part in looked.items():
            held = part[fold::FOLDS]
            parts[name].append(score(held, config))
            sizes[name].append(len(held))
    return {
        name: Score(
            float(np.average([one.right for one in scores], weights=sizes[name])),
            float(np.average([one.nll for one in scores], weights=sizes[name])),
        )
        for name, scores in parts.items()
    }


def build_sets(count: int) -> dict[str, tuple[list[Item], bool]]:
    """The sets by name, ``count`` of each, and whether the reader is told that there are digits."""
    mnist = load_dataset("mnist:train").splits(0.05)["val"]
    cells = register("dev", repaired=True)
    chosen = [cells[i] for i in np.linspace(0, len(cells) - 1, min(count, len(cells))).astype(int)]
    return {
        "register, digits": (chosen, True),
        "register": (chosen[::2], False),
        "strings, digits": (strings_of(mnist, count, seed=41), True),
        "strings": (strings_of(mnist, count // 2, seed=45), False),
        "spoilt": (spoilt_numbers(unseen_hands(), count, seed=42), False),
    }


def main() -> None:
    options = parse_options(__doc__, _add_options)
    cv2.setNumThreads(1)
    machine = describe_machine()
    reader = NumberReader(options.bundle, threads=1)
    whole, cut = reader.panel
    look = SecondLook(whole, cut, reader.charset, reader.stride, LookConfig())
    sets = build_sets(options.limit or 1800)
    looked = {name: look_at(reader, look, items, told) for name, (items, told) in sets.items()}

    def row(scores: dict[str, Score]) -> dict[str, Any]:
        return {
            "right": {name: round(one.right, 4) for name, one in scores.items()},
            "nll": {name: round(one.nll, 4) for name, one in scores.items()},
        }

    def scored(config: LookConfig) -> dict[str, Any]:
        return row({name: score(part, config) for name, part in looked.items()})

    everything = [one for part in looked.values() for one in part]
    figures = {
        "without": scored(replace(LookConfig(), below=0.0)),
        "as_shipped": {"config": asdict(LookConfig()), **scored(LookConfig())},
        "fitted": asdict(fit(everything, LookConfig())),
        "cross_validated": {str(b): row(cross_validate(looked, b)) for b in BELOW},
    }
    for name, figure in figures.items():
        print(name, figure)
    record(
        "second_look",
        "Numbers of unseen hands right without and with a second look at their digits.",
        figures,
        machine=machine,
        options=options,
        bundles=[reader.bundle, whole.bundle, cut.bundle],
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", default="numbers", help="a bundle of numbers")


if __name__ == "__main__":
    run(main)
