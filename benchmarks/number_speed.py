"""What one crop of a number costs, and many at once, beside RapidOCR's recogniser in the same run.

    handsum bench number_speed      (python benchmarks/number_speed.py --help: options)

300 crops: strings of MNIST digits, crops of unseen hands with middling defects (and numbers of the
register's dev books where they are here). CPU time of one thread, so that other work on the
machine counts little; both readers read the same PNG files' pixels from memory, by turns, and the
least of the rounds counts. handsum: from pixels to the reading with boxes, confidence and three
candidates, told nothing, and told that there are only digits. RapidOCR: its recogniser alone, as
it comes. It is installed by benchmarks/peers; without it (--alone) only handsum is measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from numbers_items import Item, mnist_strings, register, unseen_numbers
from peers.items import write_rows
from peers.prepare import prepare_rapidocr
from record import describe_machine, parse_options, record, run

from handsum.data.sources import SOURCES
from handsum.decode.constraint import Constraint
from handsum.imaging.load import Picture
from handsum.reader.numbers import NumberReader
from handsum.reader.options import ReadOptions

HERE = Path(__file__).parent
WORK = HERE.parent / "build" / "peers"
CROPS, ROUNDS = 300, 5

Grey = npt.NDArray[np.uint8]


def build_items(count: int) -> list[Item]:
    """A third each of strings, spoilt numbers and register cells, as far as they are here."""
    third = -(-count // 3)
    items = mnist_strings(third) + unseen_numbers(third)
    if SOURCES["register_numbers:dev"].is_present():
        cells = register("dev")
        items += [cells[i] for i in np.linspace(0, len(cells) - 1, third).astype(int)]
    return items


class Ours:
    """handsum on one thread, in steps."""

    def __init__(self, bundle: str | None) -> None:
        cv2.setNumThreads(1)
        self.reader = NumberReader(bundle or "numbers", threads=1)
        digits = self.reader.compile(Constraint(pattern="9{1,12}"))
        self.free = self.reader.options()
        self.digits = self.reader.options(constraint=digits)

    def measure(self, crops: list[Grey]) -> dict[str, float]:
        """Milliseconds of CPU time a crop."""
        pictures = [Picture(crop, "speed") for crop in crops]
        prepared = [self.reader.prepare(picture) for picture in pictures]
        return {
            "one": _ms(lambda: [self._read(p, self.free) for p in pictures], len(crops)),
            "one_digits": _ms(lambda: [self._read(p, self.digits) for p in pictures], len(crops)),
            "batch": _ms(
                lambda: self.reader.read_prepared(
                    [self.reader.prepare(p) for p in pictures], self.free
                ),
                len(crops),
            ),
            "preparing": _ms(lambda: [self.reader.prepare(p) for p in pictures], len(crops)),
            "net": _ms(
                lambda: [self.reader.log_probs([crop.number]) for crop in prepared], len(crops)
            ),
        }

    def _read(self, picture: Picture, options: ReadOptions) -> None:
        self.reader.read_prepared([self.reader.prepare(picture)], options)


def _ms(work: Callable[[], object], count: int) -> float:
    started = time.process_time()
    work()
    return 1000 * (time.process_time() - started) / count


def _least(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of every figure: what was measured with the fewest disturbances."""
    return {
        key: round(min(row[key] for row in rounds), 3) if isinstance(value, float) else value
        for key, value in rounds[0].items()
    }


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--alone", action="store_true", help="without RapidOCR")
    parser.add_argument("--bundle", help="another bundle of numbers than the one that ships")
    parser.add_argument("--rounds", type=int, default=ROUNDS)


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    items = build_items(options.limit or CROPS)
    crops = [item.grey for item in items]
    ours = Ours(options.bundle)
    ours.measure(crops[:20])
    folder = WORK / "items" / "number_speed"
    write_rows(folder, items)
    python = None if options.alone else prepare_rapidocr(WORK)
    mine: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    for _ in range(options.rounds):
        mine.append(ours.measure(crops))
        if python is not None:
            command = [str(python), str(HERE / "peers" / "speed_rapidocr.py"), str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            theirs.append(json.loads(done.stdout.splitlines()[-1]))
    figures: dict[str, Any] = {"crops": len(crops), "threads": 1, "rounds": options.rounds,
                               "cpu_ms_a_crop": {"handsum": _least(mine)}}  # fmt: skip
    if theirs:
        peer = _least(theirs)
        figures["cpu_ms_a_crop"]["RapidOCR, recogniser"] = peer
        best = figures["cpu_ms_a_crop"]["handsum"]
        figures["times_as_fast"] = {
            "one": round(peer["one"] / best["one"], 1),
            "one_digits": round(peer["one"] / best["one_digits"], 1),
            "batch": round(peer["batch"] / best["batch"], 1),
        }
    record(
        "number_speed",
        "CPU time of a crop of a number, one at a time and in a batch, beside RapidOCR's.",
        figures,
        options=options,
        machine=machine,
        seeds=[11, 15],
        bundles=[ours.reader.bundle],
    )


if __name__ == "__main__":
    run(main)
