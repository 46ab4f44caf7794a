"""What a reader says of labelled pictures of single digits, as predictions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS
from handsum.errors import DataError
from handsum.evaluate.predictions import DigitPredictions, Floats
from handsum.imaging.load import Picture
from handsum.reader.digits import DigitReader
from handsum.reader.sources import BATCH

REFUSED = "not_a_number"
"""The class of what is no digit."""

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DigitOutputs:
    """``probs`` (N, C) over ``classes`` as a reader gives them, and the ``inks`` it saw (N, H, W).

    An empty picture counts as no digit: its row has the reader's confidence in blanks there.
    """

    probs: Floats
    classes: tuple[str, ...]
    inks: Grey


def read_digits(reader: DigitReader, images: Iterable[Grey]) -> DigitOutputs:
    """Read grey pictures (H, W) as a user's are read: polarity unknown, blanks told apart.

    ``classes`` are the bundle's, and ``not_a_number`` where it lacks it and a picture was blank.
    """
    inks, blank, probs = [], [], []
    coming = iter(images)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while batch := [Picture(image, "") for image in islice(coming, BATCH)]:
            digits = [one.digit for one in pool.map(reader.prepare, batch)]
            inks.append(np.stack([digit.ink for digit in digits]))
            blank.append([digit.blank for digit in digits])
            probs.append(reader.probabilities(inks[-1]))
    if not inks:
        raise DataError("There are no pictures to read.", "Name data that holds pictures.")
    return _outputs(reader, np.concatenate(inks), np.concatenate(blank), np.concatenate(probs))


def _outputs(
    reader: DigitReader, inks: Grey, blank: npt.NDArray[np.bool_], probs: Floats
) -> DigitOutputs:
    info = reader.bundle.info
    classes = (*info.charset, *info.classes)
    if blank.any():
        probs, classes = widen(probs, classes)
        probs[blank] = _blank_row(classes, float(info.calibration["blank_confidence"]))
    return DigitOutputs(probs, classes, inks)


def label_digits(
    probs: Floats,
    classes: tuple[str, ...],
    texts: Sequence[str],
    contents: Sequence[str],
    ids: Sequence[str],
    groups: Sequence[str | None],
) -> DigitPredictions:
    """Outputs beside the truth; whatever is not "number" is a ``not_a_number``.

    Outputs without that class get it, at probability 0, where the truth needs it. DataError where
    a text is no single digit.
    """
    truth = []
    for text, content, name in zip(texts, contents, ids, strict=True):
        if content == "number" and (len(text) != 1 or text not in DIGITS.symbols):
            raise DataError(
                f"{name} says {text!r}, which is no single digit.", "Name a set of single digits."
            )
        truth.append(text if content == "number" else REFUSED)
    if REFUSED in truth:
        probs, classes = widen(probs, classes)
    numbers = {name: number for number, name in enumerate(classes)}
    return DigitPredictions(
        probs=probs,
        labels=np.array([numbers[name] for name in truth], dtype=np.intp),
        ids=tuple(ids),
        groups=tuple(group or None for group in groups),
        classes=classes,
    )


def widen(probs: Floats, classes: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """The same with ``not_a_number`` among the classes, at probability 0 if it was not."""
    if REFUSED in classes:
        return probs, classes
    return np.pad(probs, ((0, 0), (0, 1))), (*classes, REFUSED)


def _blank_row(classes: tuple[str, ...], confidence: float) -> Floats:
    row = np.full(len(classes), (1.0 - confidence) / (len(classes) - 1))
    row[classes.index(REFUSED)] = confidence
    return row
