"""How many digits the shipped reader reads right, its class for "not a digit" switched on.

    handsum bench digits_accuracy
    python benchmarks/digits_accuracy.py --seeds build/digits-1 build/digits-2

Pictures go in as they lie in their sets, and the reader is not told whether ink is dark or light:
what is measured is the whole way of `handsum read`, with loading, normalisation and refusing. A
digit that is refused, or called blank, counts as wrong. MNIST's test digits, and the digits of
the two writers of swiss2 of whom nothing was ever trained on; intervals are exact (95 %,
Clopper-Pearson, digits taken as independent). --seeds are bundles that `handsum export` made of the
recipe's runs with other seeds: their mean and spread are those of the recipe, of which one ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from record import (
    describe_bundle,
    describe_machine,
    parse_options,
    record,
    run,
    share_json,
    spread_of,
    take_part,
)

from handsum.data.dataset import Dataset
from handsum.data.sources import load_dataset
from handsum.evaluate.metrics import coverage_at_risk, most_confused, shares_by_group
from handsum.reader import DigitReader
from handsum.readings import Reading

SETS = ("mnist:test", "swiss2")


def measure(data: Dataset, readings: list[Reading]) -> dict[str, Any]:
    """Figures of one set of digits."""
    right = np.array([r.text == t for r, t in zip(readings, data.texts, strict=True)])
    confidence = np.array([r.confidence for r in readings])
    accepted = np.array([r.decision == "accepted" for r in readings])
    is_number = np.array([r.content == "number" for r in readings])
    heard = [r.text or r.content for r in readings]
    figures: dict[str, Any] = {
        "accuracy": share_json(right),
        "refused": share_json(~is_number),
        "accepted_at_1_percent_risk": share_json(accepted),
        "wrong_among_accepted": share_json(~right[accepted]),
        "coverage_at_1_percent_error": round(coverage_at_risk(confidence, right, 0.01), 6),
        "classes": {
            name: share_json(share)
            for name, share in sorted(shares_by_group(right, list(data.texts)).items())
        },
        "most_confused": most_confused(data.texts, heard),
    }
    writers = shares_by_group(right, list(data.groups))
    if writers:
        figures["writers"] = {name: share_json(share) for name, share in writers.items()}
        worst = next(iter(writers))
        figures["worst_writer"] = {"writer": worst, **share_json(writers[worst])}
    return figures


def summarize(seeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and spread over the seeds of what each reader reached, set by set."""
    return {
        "mnist:test": spread_of([one["mnist:test"]["accuracy"]["value"] for one in seeds]),
        "swiss2, worse writer": spread_of(
            [one["swiss2"]["worst_writer"]["value"] for one in seeds]
        ),
    }


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=Path, nargs="*", default=[], help="bundles of other seeds")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    readers = [DigitReader(), *map(DigitReader, options.seeds)]
    sets = {name: take_part(load_dataset(name), options.limit) for name in SETS}
    found = [
        {name: measure(data, reader.read(list(data.images))) for name, data in sets.items()}
        for reader in readers
    ]
    figures: dict[str, Any] = dict(found[0])
    if len(readers) > 1:
        figures["seeds"] = {
            **summarize(found),
            "bundles": [describe_bundle(reader.bundle) for reader in readers],
            "seeds": [reader.bundle.info.training["recipe"]["seed"] for reader in readers],
        }
    record(
        "digits_accuracy",
        "Accuracy of the shipped digit reader, not-a-digit on; of other seeds of its recipe.",
        figures,
        options=options,
        machine=machine,
        bundles=[readers[0].bundle],
        command="python benchmarks/digits_accuracy.py --seeds ..." if options.seeds else None,
    )


if __name__ == "__main__":
    run(main)
