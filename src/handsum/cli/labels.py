"""Labelled pictures, read as a user's are: what promises are made from and held against."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from handsum.promise.terms import DataDescription
    from handsum.reader import DigitReader, NumberReader
    from handsum.reader.options import ReadOptions
    from handsum.readings import Reading


@dataclass(frozen=True)
class LabelledConfidences:
    """What a promise takes of n readings: how sure each was, whether it was right, its group."""

    confidence: list[float]
    correct: list[bool]
    groups: list[str | None]
    description: DataDescription


def read_labelled(
    reader: NumberReader | DigitReader, folder: Path, options: ReadOptions
) -> LabelledConfidences:
    """Read the pictures of a LABELLED folder and compare text and content with its labels.

    DataError where the labels or pictures are not as they should be.
    """
    from handsum.cli.progress import show_progress
    from handsum.data.labelled import LABELS_FILE, load_labelled
    from handsum.promise.terms import DataDescription

    data = load_labelled(folder)
    readings = list(
        show_progress(_read(reader, data.images, options), "reading", len(data), sys.stderr)
    )
    labels = folder / LABELS_FILE
    return LabelledConfidences(
        confidence=[reading.confidence for reading in readings],
        correct=[
            (reading.content, reading.text) == (content, text)
            for reading, content, text in zip(readings, data.contents, data.texts, strict=True)
        ],
        groups=list(data.groups),
        description=DataDescription(
            name=str(folder),
            sha256=hashlib.sha256(labels.read_bytes()).hexdigest(),
            group_noun=_group_noun(labels),
        ),
    )


def _read(
    reader: NumberReader | DigitReader,
    images: Sequence[npt.NDArray[np.uint8]],
    options: ReadOptions,
) -> Iterator[Reading]:
    from handsum.imaging.load import Picture
    from handsum.reader import DigitReader
    from handsum.reader.sources import BATCH

    for start in range(0, len(images), BATCH):
        pictures = [Picture(image, "") for image in images[start : start + BATCH]]
        if isinstance(reader, DigitReader):
            yield from reader.read_prepared([reader.prepare(p) for p in pictures], options)
        else:
            yield from reader.read_prepared([reader.prepare(p) for p in pictures], options)


def _group_noun(labels: Path) -> str:
    """The column that says who belongs together; "writer" where none does."""
    from handsum.data.labelled import GROUP_COLUMNS

    head = labels.read_text("utf-8-sig").split("\n", 1)[0].lower()
    columns = {
        name.strip().strip('"') for name in head.replace(";", ",").replace("\t", ",").split(",")
    }
    return next((name for name in GROUP_COLUMNS if name in columns), "writer")
