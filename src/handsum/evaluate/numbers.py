"""What a reader says of labelled pictures of whole numbers, and all figures of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.errors import DataError
from handsum.evaluate.calibrate import CalibrationReport, report_calibration
from handsum.evaluate.figures import ErrorBand, error_bands, share_to_json
from handsum.evaluate.metrics import Share, cer, coverage_at_risk, share_of, shares_by_group
from handsum.evaluate.predictions import NumberPredictions
from handsum.imaging.load import Picture
from handsum.reader.numbers import NumberReader
from handsum.reader.options import DEFAULTS
from handsum.reader.sources import BATCH
from handsum.readings import Reading

Grey = npt.NDArray[np.uint8]


def read_numbers(reader: NumberReader, images: Iterable[Grey]) -> list[Reading]:
    """Readings of grey pictures (H, W), read as a user's are; DataError where there are none."""
    readings: list[Reading] = []
    coming = iter(images)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while batch := [Picture(image, "") for image in islice(coming, BATCH)]:
            readings += reader.read_prepared(list(pool.map(reader.prepare, batch)), DEFAULTS)
    if not readings:
        raise DataError("There are no pictures to read.", "Name data that holds pictures.")
    return readings


def label_numbers(
    readings: Sequence[Reading],
    texts: Sequence[str],
    contents: Sequence[str],
    ids: Sequence[str],
    groups: Sequence[str | None],
) -> NumberPredictions:
    """Readings beside the truth."""
    return NumberPredictions(
        texts=tuple(texts),
        read_texts=tuple(reading.text for reading in readings),
        contents=tuple(contents),
        read_contents=tuple(reading.content for reading in readings),
        confidence=np.array([reading.confidence for reading in readings]),
        ids=tuple(ids),
        groups=tuple(group or None for group in groups),
    )


@dataclass(frozen=True)
class NumberFigures:
    """What predictions of whole numbers are worth.

    ``exact`` is the share of the true numbers whose whole text was read right, ``cer`` the
    character errors among them a symbol that stands there; ``refused`` the share of them that was
    read as something else, ``refused_others`` that of what is no number (None where there is
    none). ``lengths``, ``sets`` and ``writers`` give ``exact`` in parts, writers the worst first.
    ``accepted``, ``accepted_wrong`` and ``coverage`` as for digits.
    """

    n: int
    exact: Share
    cer: float
    refused: Share
    refused_others: Share | None
    lengths: dict[str, Share]
    sets: dict[str, Share]
    writers: dict[str, Share]
    writer_unknown: int
    max_risk: float
    accepted: Share
    accepted_wrong: Share
    coverage: float
    calibration: CalibrationReport
    bands: tuple[ErrorBand, ...]

    def to_json(self) -> dict[str, Any]:
        """The object that ``--format json`` writes; a share of nothing has the value null."""
        worst = next(iter(self.writers.items()), None)
        others = self.refused_others
        return {
            "pictures": self.n,
            "worst_writer": worst and {"writer": worst[0], **share_to_json(worst[1])},
            "exact_match": share_to_json(self.exact),
            "cer": self.cer,
            "refused": share_to_json(self.refused),
            "refused_not_numbers": others and share_to_json(others),
            "ece": self.calibration.ece,
            "brier": self.calibration.brier,
            "nll": self.calibration.nll,
            "aurc": self.calibration.aurc,
            "max_risk": self.max_risk,
            "accepted": share_to_json(self.accepted),
            "accepted_wrong": share_to_json(self.accepted_wrong),
            "coverage_at_risk": self.coverage,
            "lengths": {name: share_to_json(share) for name, share in self.lengths.items()},
            "sets": {name: share_to_json(share) for name, share in self.sets.items()},
            "writers": {name: share_to_json(share) for name, share in self.writers.items()},
            "writer_unknown": self.writer_unknown,
            "bands": [band.to_json() for band in self.bands],
        }


def measure_numbers(
    predictions: NumberPredictions, max_risk: float = 0.01, sets: Sequence[str] = ()
) -> NumberFigures:
    """All figures; ``sets`` (N,) names the data set of each picture, if anybody knows.

    DataError where there are no predictions.
    """
    if len(predictions) == 0:
        raise DataError("There are no predictions to measure.", "Name data that holds pictures.")
    is_number = np.array([content == "number" for content in predictions.contents])
    read_number = np.array([content == "number" for content in predictions.read_contents])
    rows = np.flatnonzero(is_number).tolist()
    correct = predictions.correct
    groups = [predictions.groups[row] for row in rows]
    texts = [predictions.texts[row] for row in rows]
    accepted = 1.0 - predictions.confidence <= max_risk
    lengths = shares_by_group(correct[rows], [str(len(text)) for text in texts])
    return NumberFigures(
        n=len(predictions),
        exact=share_of(correct[rows]),
        cer=cer(texts, [predictions.read_texts[row] for row in rows]) if rows else 0.0,
        refused=share_of(~read_number[rows]),
        refused_others=None if is_number.all() else share_of(~read_number[~is_number]),
        lengths={name: lengths[name] for name in sorted(lengths, key=int)},
        sets=shares_by_group(correct[rows], [sets[row] for row in rows]) if sets else {},
        writers=shares_by_group(correct[rows], groups),
        writer_unknown=groups.count(None),
        max_risk=max_risk,
        accepted=share_of(accepted),
        accepted_wrong=share_of(~correct[accepted]),
        coverage=coverage_at_risk(predictions.confidence, correct, max_risk),
        calibration=report_calibration(predictions),
        bands=error_bands(1.0 - predictions.confidence, correct),
    )
