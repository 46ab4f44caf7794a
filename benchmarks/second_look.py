"""What the second look at unsure numbers gives, and which weights of it would give more.

    handsum bench second_look       (python benchmarks/second_look.py --help: options)

On hands that trained nothing and choose freely: the register's dev books, strings of digits of
MNIST's val part, numbers of these and of unseen fonts with the recipe's defects at half strength.
Every number whose posterior is below the largest `below` that is tried is looked at once; then
each setting of `LookConfig` is worked out from what was seen. Told that there are only digits
where there are.
"""

from __future__ import annotations

import argparse
import itertools
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

from handsum.bundle import CELLS
from handsum.data.sources import load_dataset
from handsum.decode.constraint import Constraint
from handsum.decode.decoded import Decoded
from handsum.decode.texts import decode_text
from handsum.imaging.load import Picture
from handsum.reader.digits import DigitReader
from handsum.reader.numbers import NumberReader
from handsum.reader.second_look import (
    CANDIDATES,
    LookConfig,
    cut_symbols,
    find_doubts,
    weigh_anew,
)

BELOW = (0.0, 0.9, 0.97, 0.99, 0.999)
WEIGHTS = (0.4, 0.6, 0.8, 1.0, 1.3)
FLOORS = (0.02, 0.1, 0.2, 0.4)
MARKS = (1.0, 2.0, 4.0)
UNSEEN = 1e-3
"""The posterior of a text that is not among the candidates."""


@dataclass(frozen=True)
class Looked:
    """A number as it was decoded, and what the digit reader says of its doubtful places."""

    text: str
    decoded: Decoded
    probs: dict[int, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Score:
    """Share of numbers right, and the mean negative log-posterior of what stands there."""

    right: float
    nll: float


def look_at(
    reader: NumberReader, digits: Sequence[DigitReader], items: Sequence[Item]
) -> list[Looked]:
    """Every item decoded, with a look at those whose posterior is below the highest of `BELOW`."""
    found = []
    plain = reader.compile(Constraint(pattern="9{1,12}"))
    for item in items:
        crop = reader.prepare(Picture(item.grey, "look"))
        (rows,) = reader.log_probs([crop.number])
        constraint = plain if item.text.isdigit() else None
        decoded = decode_text(rows, reader.charset, constraint, k=CANDIDATES)
        probs: dict[int, npt.NDArray[np.float64]] = {}
        first = decoded.candidates[0] if decoded.candidates else None
        if first and first.text and first.posterior < max(BELOW):
            places = find_doubts(decoded)
            cuts = cut_symbols(crop.number.ink, decoded.alignment, reader.stride, places)
            if cuts:
                inks = [digits[0].prepare(Picture(cut, "digit")).digit.ink for cut in cuts]
                seen = np.mean(
                    [one.probabilities(np.stack(inks), one_side=True) for one in digits], axis=0
                )
                probs = dict(zip(places, seen, strict=True))
        found.append(Looked(item.text, decoded, probs))
    return found


def score(reader: NumberReader, looked: Sequence[Looked], config: LookConfig) -> Score:
    """How many of the numbers are right with a setting, and how probable the truth is by it."""
    right, nll = 0, 0.0
    for one in looked:
        decoded = one.decoded
        if one.probs and decoded.candidates[0].posterior < config.below:
            decoded = weigh_anew(decoded, one.probs, reader.charset, config)
        right += bool(decoded.candidates) and decoded.candidates[0].text == one.text
        truth = sum(c.posterior for c in decoded.candidates if c.text == one.text)
        nll -= math.log(max(truth, UNSEEN))
    return Score(right / len(looked), nll / len(looked))


def main() -> None:
    options = parse_options(__doc__, _add_options)
    cv2.setNumThreads(1)
    machine = describe_machine()
    digits = [DigitReader(name, threads=1) for name in options.digits]
    reader = NumberReader(options.bundle, threads=1)
    sets = build_sets(options.limit or 600)
    looked = {name: look_at(reader, digits, items) for name, items in sets.items()}
    grid = [LookConfig(*values) for values in itertools.product(BELOW[1:], WEIGHTS, FLOORS, MARKS)]
    table = []
    for config in (replace(LookConfig(), below=0.0), LookConfig(), *grid):
        scores = {name: score(reader, part, config) for name, part in looked.items()}
        table.append(
            {
                "config": asdict(config),
                "right": {name: round(one.right, 4) for name, one in scores.items()},
                "nll": {name: round(one.nll, 4) for name, one in scores.items()},
                "mean_nll": round(float(np.mean([one.nll for one in scores.values()])), 5),
            }
        )
    best = sorted(table[2:], key=lambda row: str(row["mean_nll"]))[:12]
    for row in [*table[:2], *best]:
        print(row)
    figures: dict[str, Any] = {"without": table[0], "as_shipped": table[1], "best": best}
    record(
        "second_look",
        "Numbers of unseen hands right without and with a second look at their digits.",
        figures,
        machine=machine,
        options=options,
        bundles=[reader.bundle, *(one.bundle for one in digits)],
    )


def build_sets(count: int) -> dict[str, list[Item]]:
    """The sets by name, ``count`` of each."""
    mnist = load_dataset("mnist:train").splits(0.05)["val"]
    cells = register("dev", repaired=True)
    chosen = np.linspace(0, len(cells) - 1, min(2 * count, len(cells))).astype(int)
    return {
        "register": [cells[i] for i in chosen],
        "strings": strings_of(mnist, count, seed=41),
        "spoilt": spoilt_numbers(unseen_hands(), count, seed=42),
    }


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", default="numbers", help="a bundle of numbers")
    parser.add_argument("--digits", nargs="+", default=["digits", CELLS], help="bundles of digits")


if __name__ == "__main__":
    run(main)
