"""Promises made from one part of MNIST and held against another, for the benchmark confidence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from record import share_json

from handsum.bundle import Bundle
from handsum.confidence.acceptance import choose_threshold
from handsum.confidence.bounds import upper_bound
from handsum.confidence.calibration import softmax
from handsum.confidence.labelled import label_readings
from handsum.data.digits import NOT_A_DIGIT
from handsum.reader.views import look_from_further_sides
from handsum.train.loop import load_net, predict_logits
from handsum.train.mixture import load_mixture

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
WISHED = 0.001
"""Of MNIST's digits; of n that are too few for it, twice what n could show without an error."""
DELTA = 0.05
BLOCK = 250
"""Test digits lie in the order of their collection; halves are made of whole blocks of so many, so
that few hands can be in both. MNIST does not say who wrote a digit, so nobody can do better."""
_SETTLED = ("name", "seed", "epochs", "batch_size", "ema", "model", "optim", "augment")
_ALIKE = ("model", "optim", "augment")
"""What folds share with the bundle's recipe: they learn from MNIST alone, in fewer epochs."""


def promise(
    confidence: Floats, correct: Bools, wished: float, then: tuple[Floats, Bools], what: str
) -> dict[str, Any]:
    """The threshold that labelled readings carry, and what it does to others (``then``)."""
    choice = choose_threshold(label_readings(confidence, correct), wished, DELTA)
    figures: dict[str, Any] = {
        "calibrated_on": what,
        "n": int(confidence.size),
        "wrong": int((~correct).sum()),
        "wished": wished,
        "delta": DELTA,
    }
    row = choice.row or (choice.offer.row if choice.offer else None)
    if row is None:
        return {**figures, "promised": None}
    promised = wished if choice.row or choice.offer is None else choice.offer.max_risk
    accepted = then[0] >= row.threshold
    wrong = ~then[1][accepted]
    return {
        **figures,
        "promised": promised,
        "threshold": row.threshold,
        "accepted": row.accepted,
        "wrong_accepted": row.wrong,
        "coverage": share_json(accepted),
        "risk": share_json(wrong) if accepted.any() else None,
    }


def promise_halves(confidence: Floats, correct: Bools, wished: float) -> list[dict[str, Any]]:
    """One half of a set promises for the other, and the other way round; nothing of a small one."""
    if confidence.size < 2 * BLOCK:
        return []
    odd = np.arange(confidence.size) // BLOCK % 2 == 1
    return [
        promise(confidence[mine], correct[mine], wished, (confidence[~mine], correct[~mine]), what)
        for mine, what in ((~odd, "even blocks of the test digits"), (odd, "odd blocks"))
    ]


def promise_strings(
    read: Callable[[Sequence[int], int], tuple[Floats, Bools]], wished: float
) -> dict[str, Any]:
    """Strings of one half of MNIST's test digits promise for strings of the other half.

    ``read`` takes the rows of the digits and a seed. All train digits trained the net, so only
    test digits can calibrate. A digit stands in several strings, which are thus not independent.
    """
    odd = np.arange(10_000) // BLOCK % 2 == 1
    parts = [read(np.flatnonzero(mine).tolist(), 31 + i) for i, mine in enumerate((~odd, odd))]
    both_ways = [
        promise(*parts[i], wished, parts[1 - i], f"strings of the {name} blocks")
        for i, name in enumerate(("even", "odd"))
    ]
    found = [one["coverage"]["value"] for one in both_ways if one["promised"] == wished]
    return {
        "about": f"2 to 8 MNIST test digits, told that there are only digits; blocks of {BLOCK}",
        "both_ways": both_ways,
        "coverage": round(float(np.mean(found)), 4) if len(found) == 2 else None,
    }


def promise_digits(
    bundle: Bundle, runs: Path, confidence: Floats, correct: Bools
) -> dict[str, Any]:
    """The lowest promise that MNIST train digits carry which trained nothing, on the test digits.

    Cross-validated predictions (runs of recipes/digits-folds.toml) if there are any below
    ``runs``, else the val part of the bundle's own run. The wish follows from their number alone.
    """
    recipe = bundle.info.training["recipe"]
    own, folds = [], []
    for path in (report.parent for report in sorted(runs.glob("**/report.json"))):
        theirs = json.loads((path / "recipe.json").read_text("utf-8"))
        part, keys = (own, _SETTLED) if theirs["data"]["fold"] is None else (folds, _ALIKE)
        if all(theirs.get(key) == recipe.get(key) for key in keys):
            part.append(path)
    what = f"{len(folds)} folds of mnist:train" if folds else "the run's val part"
    found = [_calibrated(path, bundle) for path in folds or own[:1]]
    if not found:
        return {"calibrated_on": f"nothing: no predictions of this recipe below {runs}"}
    sure, right = (np.concatenate(columns) for columns in zip(*found, strict=True))
    wished = max(WISHED, round(2.0 * upper_bound(0, len(sure), DELTA), 4))
    return promise(sure, right, wished, (confidence, correct), f"{what}, MNIST's digits of it")


def _calibrated(run: Path, bundle: Bundle) -> tuple[Floats, Bools]:
    """Confidences that the bundle's reader would give with a run's net to the digits of MNIST that
    it kept for val, and which are right."""
    net, recipe = load_net(run)
    val = load_mixture(recipe.data, recipe.seed).val
    assert val is not None
    mine = np.array([row.startswith("mnist:train/") for row in val.ids])
    probs = read_as_bundle(
        lambda inks: predict_logits(net, inks, recipe.data.scale).astype(np.float64),
        val.inks[mine, 0],
        bundle.info.calibration,
    )
    return probs.max(axis=1), probs.argmax(axis=1) == val.labels[mine]


def read_as_bundle(
    net: Callable[[npt.NDArray[np.uint8]], Floats],
    inks: npt.NDArray[np.uint8],
    calibration: Mapping[str, Any],
) -> Floats:
    """Probabilities (N, C) by a net's logits of inks (N, 28, 28) and a bundle's calibration."""

    def logits(some: npt.NDArray[np.uint8]) -> Floats:
        found = net(some)
        if found.shape[1] > NOT_A_DIGIT:
            found[:, NOT_A_DIGIT] -= calibration.get("reject_offset", 0.0)
        return found

    logs = look_from_further_sides(logits, inks, calibration["views_below"])
    return softmax(logs / calibration["temperature"])
