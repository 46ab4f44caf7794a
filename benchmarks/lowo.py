"""Hands that trained nothing: the Swiss writers of swiss8, two left out at a time, in four folds.

    handsum bench lowo

A small net (recipe lowo) is trained four times without two of the eight writers and reads their
digits, its class for "not a digit" switched on; a digit called that counts as wrong. Fixed
schedule, nothing is chosen by the result. Folds that are finished (runs/lowo/FOLD/report.json)
are not trained again. Intervals are exact, digits taken as independent; the spread between
writers says more.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from record import describe_machine, parse_options, record, run, share_json, spread_of

from handsum.errors import DataError
from handsum.evaluate.metrics import most_confused, shares_by_group
from handsum.evaluate.predictions import DigitPredictions, load_predictions
from handsum.train.config import Recipe, load_recipe
from handsum.train.loop import CHECKPOINT, REPORT, train

ROOT = Path(__file__).parent.parent
FOLDS = (("0001", "0002"), ("0003", "0004"), ("0005", "0006"), ("0007", "0008"))


def load_fold(recipe: Recipe, folder: Path) -> tuple[dict[str, Any], DigitPredictions]:
    """A fold's report and its predictions on the writers left out, trained now where need be."""
    if not (folder / REPORT).is_file():
        train(recipe, folder, resume=(folder / CHECKPOINT).is_file())
    if json.loads((folder / "recipe.json").read_text("utf-8")) != recipe.model_dump(mode="json"):
        raise DataError(f"{folder} was trained by another recipe.", "Remove it, and run again.")
    predictions = load_predictions(folder / "left_out.npz")
    assert isinstance(predictions, DigitPredictions)
    return json.loads((folder / REPORT).read_text("utf-8")), predictions


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "lowo")
    parser.add_argument("changes", nargs="*", help="key=value changes to the recipe")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    changes = [f"seed={options.seed}", *options.changes]
    if options.limit is not None:
        changes.append(f"data.limit={options.limit}")
    folds, hits = [], []
    writers: list[str | None] = []
    texts: list[str] = []
    read: list[str] = []
    for index, left_out in enumerate(FOLDS):
        recipe = load_recipe(
            ROOT / "recipes" / "lowo.toml",
            [*changes, f"data.leave_out={json.dumps(list(left_out))}"],
        )
        report, predictions = load_fold(recipe, options.runs / f"{index}-{options.seed}")
        hits.append(predictions.correct)
        writers += predictions.groups
        texts += [predictions.classes[label] for label in predictions.labels]
        read += [predictions.classes[pred] for pred in predictions.preds]
        folds.append({"left_out": left_out, "seconds": report["train/seconds"],
                      "parameters": report["parameters"],
                      "accuracy": share_json(predictions.correct)})  # fmt: skip
        print(f"fold {index}: {folds[-1]}", flush=True)
    right = np.concatenate(hits)
    shares = shares_by_group(right, writers)
    worst = next(iter(shares))
    figures = {
        "accuracy": share_json(right),
        "refused": share_json(np.array([text == "not_a_number" for text in read])),
        "worst_writer": {"writer": worst, **share_json(shares[worst])},
        "writers": {name: share_json(share) for name, share in shares.items()},
        "over_writers": spread_of([share.value for share in shares.values()]),
        "folds": folds,
        "most_confused": most_confused(texts, read),
    }
    if options.changes:
        options.limit = options.limit or 0  # a changed recipe does not replace the figure
    record(
        "lowo",
        "swiss8, two writers left out at a time: digits of hands that trained nothing.",
        figures,
        options=options,
        machine=machine,
        seeds=[options.seed],
    )


if __name__ == "__main__":
    run(main)
