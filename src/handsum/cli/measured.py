"""What ``handsum evaluate`` was asked to measure: saved predictions, a bundle, or a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS
from handsum.cli.extras import check_extra
from handsum.cli.progress import show_progress
from handsum.data.dataset import Dataset
from handsum.data.sources import load_dataset
from handsum.errors import UsageError
from handsum.evaluate.cases import CasePictures
from handsum.evaluate.digits import REFUSED, label_digits, read_digits
from handsum.evaluate.numbers import label_numbers, read_numbers
from handsum.evaluate.predictions import (
    DigitPredictions,
    Floats,
    NumberPredictions,
    Predictions,
    load_predictions,
)
from handsum.readings import Reading

RUN_WEIGHTS = "model.pt"

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Measured:
    """Predictions and where they come from.

    ``sets`` (N,) names the data set of each picture, empty where nobody knows; ``pictures`` (N,)
    go with them, None where they are not at hand. ``facts`` are names and texts for a report,
    ``notes`` warnings that belong to every figure.
    """

    name: str
    predictions: Predictions
    sets: tuple[str, ...] = ()
    pictures: tuple[CasePictures, ...] | None = None
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def measure(what: str, data: Sequence[str]) -> Measured:
    """Predictions from a file of them (.npz), by a run's net, or by a bundle's reader.

    UsageError where the last two are given no data.
    """
    if Path(what).suffix == ".npz":
        return _from_file(Path(what), data)
    if not data:
        raise UsageError(
            f"There is nothing to evaluate {what} on.",
            "Name a data set or folder, such as mnist:test; handsum data list shows the sets.",
        )
    if (Path(what) / RUN_WEIGHTS).is_file():
        return _from_run(Path(what), data)
    return _from_bundle(what, data)


def _from_file(path: Path, data: Sequence[str]) -> Measured:
    predictions = load_predictions(path)
    sets = [load_dataset(name) for name in data]
    where = {name: image for one in sets for name, image in zip(one.ids, one.images, strict=True)}
    pictures = tuple(CasePictures(where.get(name)) for name in predictions.ids)
    known = any(one.grey is not None for one in pictures)
    if data and not known:
        raise UsageError(
            f"{path} holds predictions of other pictures than {', '.join(data)}.",
            "Name the data that it was made from, or none.",
        )
    return Measured(
        str(path),
        predictions,
        pictures=pictures if known else None,
        facts=(("predictions", str(path)), *_facts(sets)),
    )


def _from_bundle(what: str, data: Sequence[str]) -> Measured:
    from handsum.cli.readers import open_reader
    from handsum.reader.digits import DigitReader

    reader = open_reader(None, what)
    sets = [load_dataset(name) for name in data]
    images = [image for one in sets for image in one.images]
    shown = show_progress(images, "reading", len(images), sys.stderr)
    predictions: Predictions
    if isinstance(reader, DigitReader):
        outputs = read_digits(reader, shown)
        predictions = _label(outputs.probs, outputs.classes, sets)
        pictures = _pair(images, outputs.inks)
    else:
        predictions = _label_numbers(read_numbers(reader, shown), sets)
        pictures = tuple(CasePictures(image) for image in images)
    bundle = reader.bundle
    learned = bundle.info.training.get("data", [])
    facts = (
        ("bundle", f"{bundle.info.name}, version {bundle.info.version}"),
        ("SHA-256", bundle.ref.sha256),
        *_facts(sets),
    )
    return Measured(
        name=f"{bundle.info.name} {bundle.info.version}",
        predictions=predictions,
        sets=_names(sets),
        pictures=pictures,
        facts=facts,
        notes=_notes({str(one.get("name")) for one in learned if isinstance(one, dict)}, sets),
    )


def _from_run(folder: Path, data: Sequence[str]) -> Measured:
    check_extra("train", "torch")
    from handsum.data.digits import join_arrays, prepare_digits
    from handsum.train.loop import load_net, predict_logits

    net, recipe = load_net(folder)
    sets = [load_dataset(name) for name in data]
    arrays = join_arrays([prepare_digits(one, normalized=recipe.data.normalize) for one in sets])
    inks = arrays.inks[:, 0]
    logits = predict_logits(net, inks, recipe.data.scale).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    exponents = np.exp(logits)
    classes = (*DIGITS.symbols, REFUSED)[: logits.shape[1]]
    probs = exponents / exponents.sum(axis=1, keepdims=True)
    images = [image for one in sets for image in one.images]
    learned = {source.name for source in (*recipe.data.train, *recipe.data.reject)}
    return Measured(
        name=f"run {folder}",
        predictions=_label(probs, classes, sets),
        sets=_names(sets),
        pictures=_pair(images, inks),
        facts=(
            ("run", str(folder)),
            ("recipe", f"{recipe.name}, seed {recipe.seed}"),
            *_facts(sets),
        ),
        notes=(
            "A run's confidence is not calibrated yet; export calibrates it.",
            *_notes(learned, sets),
        ),
    )


def _label(probs: Floats, classes: tuple[str, ...], sets: Sequence[Dataset]) -> DigitPredictions:
    return label_digits(
        probs,
        classes,
        [text for one in sets for text in one.texts],
        [content for one in sets for content in one.contents],
        [name for one in sets for name in one.ids],
        [group for one in sets for group in one.groups],
    )


def _label_numbers(readings: Sequence[Reading], sets: Sequence[Dataset]) -> NumberPredictions:
    return label_numbers(
        readings,
        [text for one in sets for text in one.texts],
        [content for one in sets for content in one.contents],
        [name for one in sets for name in one.ids],
        [group for one in sets for group in one.groups],
    )


def _pair(images: Sequence[Grey], inks: Grey) -> tuple[CasePictures, ...]:
    return tuple(CasePictures(grey, ink) for grey, ink in zip(images, inks, strict=True))


def _names(sets: Sequence[Dataset]) -> tuple[str, ...]:
    return tuple(one.name for one in sets for _ in range(len(one)))


def _facts(sets: Sequence[Dataset]) -> tuple[tuple[str, str], ...]:
    lines = []
    for one in sets:
        writers = len(set(one.groups) - {None})
        known = f"{writers:,} writers" if writers else "writers not known"
        origin = f"; {one.source}" if one.source not in ("", one.name) else ""
        licence = f"; {one.licence}" if one.licence != "not stated" else ""
        lines.append(("data", f"{one.name}, {len(one):,} pictures, {known}{origin}{licence}"))
    return tuple(lines)


def _notes(learned: set[str], sets: Sequence[Dataset]) -> tuple[str, ...]:
    """A set that taught the net, in whole or in part, says little about other hands."""
    return tuple(
        f"The net learned from {one.name} or a part of it: its figures there flatter it."
        for one in sets
        if one.name in learned
    )
