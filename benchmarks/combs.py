"""Comb fields of 3 to 8 digits with printed borders: by either net alone, by both, by the crop.

    handsum bench combs             (python benchmarks/combs.py --help: options)

Digits of two writers who trained nothing, printed borders and a camera at half the synthesis'
strength, up to three cells before and behind the number empty or filled with a mark. Twice: the
digits as those people wrote them (as_written), and written anew by the synthesis in one slant and
one pen of up to a fifth of their height (rewritten: the set swiss2_combs of numbers_items). Each
is read

number reader   as a crop like any other, told that there are only digits, not of cells
whole           by its columns in each cell, after the print is taken away
digit           by the digit reader, each cell alone
both            by the product of the two, `CombReader`, told how many cells there are
cells found     the same, not told

--fit composes combs of other unseen hands (fonts of the "val" side, the val part of MNIST) and
prints the weights of the product that are most probable on them; nothing is recorded then.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from comb_items import CombItem, compose_combs, font_hands, swiss2_hands, unseen_hands
from record import describe_machine, parse_options, record, run, share_json

from handsum.decode.constraint import Constraint
from handsum.decode.windows import floored
from handsum.evaluate.metrics import coverage_at_risk
from handsum.imaging.load import Picture
from handsum.reader.combs import FLOOR, CombReader, PreparedComb
from handsum.readings import Reading

COUNT, SEED, STRENGTH = 600, 13, 0.5
FIT_COUNT, FIT_SEED, FIT_STRENGTH = 600, 201, 0.6

Floats = npt.NDArray[np.float64]


def measure(reader: CombReader, items: Sequence[CombItem]) -> dict[str, Any]:
    """Exact matches of every way, and how good the confidence of `CombReader` is."""
    texts = [item.text for item in items]
    started = time.process_time()
    known = [reader.prepare(Picture(item.grey, "comb"), item.cells) for item in items]
    readings = reader.read_prepared(known)
    seconds = time.process_time() - started
    found = [reader.prepare(Picture(item.grey, "comb")) for item in items]
    by_digit, by_line = reader.experts(known)
    digits = reader.numbers.compile(Constraint(pattern="9{1,12}"))
    crops = [reader.numbers.prepare(Picture(item.grey, "comb")) for item in items]
    whole = reader.numbers.read_prepared(crops, reader.numbers.options(constraint=digits))
    right = np.array([r.text == text for r, text in zip(readings, texts, strict=True)])
    confidence = np.array([r.confidence for r in readings])
    return {
        "items": len(items),
        "number_reader": _share([r.text for r in whole], texts),
        "whole": _share([_greedy(rows) for rows in by_line], texts),
        "digit": _share([_greedy(rows) for rows in by_digit], texts),
        "both": _share([r.text for r in readings], texts),
        "cells_found": _share([r.text for r in reader.read_prepared(found)], texts),
        "cells_counted_right": share_json(
            np.array([_cells(p) == i.cells for p, i in zip(found, items, strict=True)])
        ),
        "coverage_at_1_percent_error": round(coverage_at_risk(confidence, right, 0.01), 4),
        "mean_confidence": round(float(confidence.mean()), 4),
        "cpu_ms_a_comb": round(1000 * seconds / len(items), 2),
        "by_hand": _by_hand(items, readings),
        "misses": [
            {"item": index, "text": text, "read": r.text, "confidence": round(r.confidence, 4)}
            for index, (text, r) in enumerate(zip(texts, readings, strict=True))
            if r.text != text
        ],
    }


def fit(reader: CombReader, items: Sequence[CombItem]) -> dict[str, Any]:
    """Weights of the product, by maximum likelihood of what the cells hold (Newton's method).

    Cells that hold a mark instead of a digit are left out.
    """
    prepared = [reader.prepare(Picture(item.grey, "comb"), item.cells) for item in items]
    pairs = [
        (comb, item) for comb, item in zip(prepared, items, strict=True) if comb.comb is not None
    ]
    experts = reader.experts([comb for comb, _ in pairs])
    logs = np.stack([np.log(floored(np.concatenate(rows), FLOOR)) for rows in experts])
    truth = np.concatenate([_cell_labels(item) for _, item in pairs])
    # A slash in an empty cell is a 1 to anybody: no weight could tell, and all would suffer.
    told = (truth > 0) | (np.concatenate(experts[0])[:, 0] > 0.999)
    logs, truth = logs[:, told], truth[told]
    weights = np.full(len(logs), 1.0 / len(logs))
    best = _nll(weights, logs, truth)
    for _ in range(50):
        p = _product(weights, logs)
        mean = np.einsum("fnk,nk->fn", logs, p)
        gradient = (mean - logs[:, np.arange(len(truth)), truth]).mean(axis=1)
        hessian = (np.einsum("fnk,gnk,nk->fg", logs, logs, p) - mean @ mean.T) / len(truth)
        step = np.linalg.solve(hessian + 1e-6 * np.eye(len(logs)), gradient)
        while (nll := _nll(weights - step, logs, truth)) > best and np.abs(step).max() > 1e-6:
            step = step / 2  # where nearly all are sure, a whole step goes far beyond
        weights, best = weights - step, min(nll, best)
    return {
        "combs": len(pairs),
        "nll": round(best, 5),
        "weights": [round(float(w), 3) for w in weights],
    }


def _product(weights: Floats, logs: Floats) -> Floats:
    z = np.einsum("f,fnk->nk", weights, logs)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _nll(weights: Floats, logs: Floats, truth: npt.NDArray[np.intp]) -> float:
    likely = _product(weights, logs)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(likely, 1e-300)).mean())


def _cell_labels(item: CombItem) -> npt.NDArray[np.intp]:
    """0 for an empty or crossed cell, digit + 1 for others."""
    labels = np.zeros(item.cells, np.intp)
    labels[item.before : item.before + len(item.text)] = [int(c) + 1 for c in item.text]
    return labels


def _share(read: Sequence[str], texts: Sequence[str]) -> dict[str, float | int]:
    return share_json(np.array([a == b for a, b in zip(read, texts, strict=True)]))


def _greedy(rows: Floats) -> str:
    return "".join(str(k - 1) for k in rows.argmax(axis=1) if k)


def _cells(prepared: PreparedComb) -> int:
    return 0 if prepared.comb is None else len(prepared.comb)


def _by_hand(items: Sequence[CombItem], readings: Sequence[Reading]) -> dict[str, Any]:
    hands = sorted({item.hand for item in items})
    pairs = list(zip(items, readings, strict=True))
    return {
        hand.split("/")[-1]: share_json(
            np.array([r.text == i.text for i, r in pairs if i.hand == hand])
        )
        for hand in hands
    }


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fit", action="store_true", help="print the weights that fit best")
    parser.add_argument("--dev", action="store_true", help="measure on the hands of --fit instead")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    reader = CombReader(threads=1)
    if options.fit or options.dev:
        count = options.limit or FIT_COUNT
        items = compose_combs(unseen_hands()[:1], count // 2, FIT_SEED, FIT_STRENGTH)
        items += compose_combs(font_hands(), count // 2, FIT_SEED, FIT_STRENGTH)
        print(fit(reader, items) if options.fit else measure(reader, items))
        return
    hands, count = swiss2_hands(), options.limit or COUNT
    record(
        "combs",
        "Comb fields of two unseen writers: whole texts right, by each net and by both.",
        {
            name: measure(reader, compose_combs(hands, count, SEED, STRENGTH, as_found=as_found))
            for name, as_found in (("as_written", True), ("rewritten", False))
        },
        options=options,
        machine=machine,
        seeds=[SEED],
        bundles=[reader.numbers.bundle, reader.digits.bundle],
    )


if __name__ == "__main__":
    run(main)
