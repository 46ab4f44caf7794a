"""How well a numbers bundle reads: exact match, character errors, refusals, coverage, latency.

    python benchmarks/numbers_measure.py [BUNDLE] [--sets ...] [--out FILE]

Crops are read one by one on one thread, as they come, by the bundle's net and the decoder. In
sets of digits only the decoder is told so. "refused" is the share of what is no number that is
refused by the threshold that keeps 99.5 % of the numbers of unseen hands. The register's books are
given twice: with their labels as they are, and "_repaired", with those put right that are wrong
beyond doubt (src/handsum/data/register_labels.csv). Coverage is by falling confidence.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numbers_items import DIGITS_ONLY, SETS, Item, register

from handsum.decode.constraint import Constraint
from handsum.imaging.load import Picture
from handsum.reader.numbers import NumberReader

KEPT = 0.995
MAX_ERROR = 0.01


@dataclass(frozen=True)
class Answer:
    """What was read, the confidence in it, P(number), and seconds."""

    text: str
    confidence: float
    is_number: float
    seconds: float


class NumberBench:
    """The reader of a bundle, one crop at a time on one thread."""

    def __init__(self, bundle: str | Path) -> None:
        self.reader = NumberReader(bundle, threads=1)
        self._digits = self.reader.compile(Constraint(pattern="9{1,12}"))

    def answer(self, grey: npt.NDArray[np.uint8], digits_only: bool) -> Answer:
        """Read one crop, whether or not it is taken for a number."""
        started = time.perf_counter()
        crop = self.reader.prepare(Picture(grey, "benchmark"))
        constraint = self._digits if digits_only else None
        output = self.reader.outputs([crop], constraint, threshold=0.0)[0]
        confidence = self.reader.confidence(output)
        seconds = time.perf_counter() - started
        text = output.decoded.candidates[0].text if output.decoded else ""
        is_number = 0.0 if crop.blank else self.reader.number_shares([crop])[0]
        return Answer(text, confidence if text else 0.0, is_number, seconds)


def edit_distance(a: str, b: str) -> int:
    """Insertions, deletions and replacements from one text to the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def coverage(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """Largest share, by falling score, with at most `MAX_ERROR` wrong."""
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~right[order])
    fits = np.flatnonzero(wrong <= MAX_ERROR * np.arange(1, len(right) + 1))
    return float(fits[-1] + 1) / len(right) if len(fits) else 0.0


def summarise(items: list[Item], answers: list[Answer]) -> dict[str, Any]:
    """Figures of one set of numbers, as a whole and by part."""
    right = np.array([a.text == i.text for a, i in zip(answers, items, strict=True)])
    scores = np.array([a.confidence for a in answers])
    parts = np.array([i.part for i in items])
    errors = sum(edit_distance(a.text, i.text) for a, i in zip(answers, items, strict=True))
    return {
        "items": len(items),
        "exact_match": float(right.mean()),
        "cer": errors / max(1, sum(len(i.text) for i in items)),
        "coverage_at_1_percent_error": coverage(scores, right),
        "median_ms": float(np.median([a.seconds for a in answers])) * 1000,
        "parts": {str(p): float(right[parts == p].mean()) for p in sorted(set(parts.tolist()))},
    }


def refusal(numbers: list[Answer], items: list[Item], others: list[Answer]) -> dict[str, Any]:
    """The share refused of each kind of non-number, at `KEPT` of the numbers kept."""
    threshold = float(np.quantile([a.is_number for a in numbers], 1 - KEPT))
    refused = np.array([a.is_number < threshold for a in others])
    kinds = np.array([i.content for i in items])
    return {
        "items": len(items),
        "numbers_kept": KEPT,
        "threshold": threshold,
        "refused": float(refused.mean()),
        "parts": {str(k): float(refused[kinds == k].mean()) for k in sorted(set(kinds.tolist()))},
    }


def measure(bundle: str | Path, names: list[str]) -> dict[str, Any]:
    """All figures of a bundle on the named sets."""
    bench = NumberBench(bundle)
    answers: dict[str, list[Answer]] = {}
    items = {name: SETS[name]() for name in names}
    figures: dict[str, Any] = {}
    for name, crops in items.items():
        answers[name] = [bench.answer(item.grey, name in DIGITS_ONLY) for item in crops]
        if name != "refusals":
            figures[name] = summarise(crops, answers[name])
        if name.startswith("register_"):
            repaired = register(name.removeprefix("register_"), repaired=True)
            figures[f"{name}_repaired"] = summarise(repaired, answers[name])
    if {"refusals", "unseen_numbers"} <= set(names):
        figures["refusals"] = refusal(
            answers["unseen_numbers"], items["refusals"], answers["refusals"]
        )
    return {
        "command": f"python benchmarks/numbers_measure.py {bundle}"
        + (f" --sets {' '.join(names)}" if list(names) != list(SETS) else ""),
        "bundle": bench.reader.bundle.ref.name,
        "version": bench.reader.bundle.ref.version,
        "sha256": bench.reader.bundle.ref.sha256,
        "machine": platform.processor() or platform.machine(),
        "threads": 1,
        "figures": figures,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", nargs="?", default="numbers", help="a name or a folder")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.bundle, arguments.sets), indent=2)
    if arguments.out:
        arguments.out.write_text(text + "\n", "utf-8")
    print(text)
