"""What a reader said of labelled pictures, in one npz file; all evaluation starts from it.

No net is needed any more: probabilities or texts, the truth, ids and groups. Strings are stored as
NumPy strings and nothing is ever pickled.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from handsum.errors import DataError
from handsum.files import write_atomically

PREDICTIONS_SCHEMA = 1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DigitPredictions:
    """Class probabilities of N pictures: ``probs`` float64 (N, C), ``labels`` int (N,) in 0..C-1.

    ``ids`` name the pictures, ``groups`` their writers, books or forms (None where not known).
    ``classes`` name the C classes ("0" to "9"). ``confidence`` (N,) is that of the most probable
    class unless a calibration gave another. DataError where they do not fit together.
    """

    probs: Floats
    labels: npt.NDArray[np.intp]
    ids: tuple[str, ...]
    groups: tuple[str | None, ...]
    classes: tuple[str, ...]
    calibrated: Floats | None = None
    kind: ClassVar[str] = "digits"

    def __post_init__(self) -> None:
        n = len(self.ids)
        _check_columns(
            {"probs": len(self.probs), "labels": len(self.labels), "groups": len(self.groups)}, n
        )
        if self.probs.ndim != 2 or self.probs.shape[1] != len(self.classes):
            raise _misfit(f"probs {self.probs.shape} for {len(self.classes)} classes")
        if self.labels.ndim != 1 or not np.all((self.labels >= 0) & (self.labels < self.width)):
            raise _misfit(f"labels outside 0 to {self.width - 1}")
        _check_shares("probs", self.probs)
        if not np.allclose(self.probs.sum(axis=1), 1.0, atol=1e-4):
            row = int(np.argmax(np.abs(self.probs.sum(axis=1) - 1.0)))
            raise _misfit(f"probs of {self.ids[row]!r} sum to {self.probs[row].sum():.4f}, not 1")
        if self.calibrated is not None:
            _check_columns({"calibrated": len(self.calibrated)}, n)
            _check_shares("calibrated", self.calibrated)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def width(self) -> int:
        """C, the number of classes."""
        return len(self.classes)

    @property
    def preds(self) -> npt.NDArray[np.intp]:
        """The most probable class of each picture, (N,)."""
        return np.asarray(self.probs.argmax(axis=1), dtype=np.intp)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether the most probable class is the label, (N,)."""
        return np.asarray(self.preds == self.labels)

    @property
    def confidence(self) -> Floats:
        """The probability that the reading is right, (N,)."""
        if self.calibrated is not None:
            return self.calibrated
        return np.asarray(self.probs.max(axis=1))


@dataclass(frozen=True)
class NumberPredictions:
    """What was read in N pictures of numbers, and what stands there.

    ``texts`` and ``contents`` are the truth, ``read_texts`` and ``read_contents`` the reading;
    texts are empty where the content is not "number". ``confidence`` float64 (N,) is that of the
    whole reading, ``features`` (N, F) with ``feature_names`` whatever else may predict an error.
    DataError where they do not fit together.
    """

    texts: tuple[str, ...]
    read_texts: tuple[str, ...]
    contents: tuple[str, ...]
    read_contents: tuple[str, ...]
    confidence: Floats
    ids: tuple[str, ...]
    groups: tuple[str | None, ...]
    features: Floats | None = None
    feature_names: tuple[str, ...] = ()
    kind: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        columns = {
            "texts": len(self.texts),
            "read_texts": len(self.read_texts),
            "contents": len(self.contents),
            "read_contents": len(self.read_contents),
            "confidence": len(self.confidence),
            "groups": len(self.groups),
        }
        _check_columns(columns, len(self.ids))
        _check_shares("confidence", self.confidence)
        wanted = (len(self.ids), len(self.feature_names))
        if self.features is not None and self.features.shape != wanted:
            raise _misfit(f"features {self.features.shape} for {wanted} rows and names")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether text and content are both right, (N,)."""
        rows = zip(self.texts, self.read_texts, self.contents, self.read_contents, strict=True)
        return np.array([t == r and c == d for t, r, c, d in rows], dtype=np.bool_)


Predictions = DigitPredictions | NumberPredictions


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write an npz file, whole or not at all; StorageError where that fails."""
    columns: dict[str, npt.NDArray[Any]] = {
        "schema": np.array(PREDICTIONS_SCHEMA),
        "kind": np.array(predictions.kind),
        "ids": _strings("ids", predictions.ids),
        "groups": _strings("groups", tuple(group or "" for group in predictions.groups)),
    }
    if isinstance(predictions, DigitPredictions):
        columns |= {
            "probs": predictions.probs,
            "labels": predictions.labels,
            "classes": _strings("classes", predictions.classes),
        }
        if predictions.calibrated is not None:
            columns["calibrated"] = predictions.calibrated
    else:
        columns |= {
            "texts": _strings("texts", predictions.texts),
            "read_texts": _strings("read_texts", predictions.read_texts),
            "contents": _strings("contents", predictions.contents),
            "read_contents": _strings("read_contents", predictions.read_contents),
            "confidence": predictions.confidence,
        }
        if predictions.features is not None:
            columns["features"] = predictions.features
            columns["feature_names"] = _strings("feature_names", predictions.feature_names)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **columns)
    write_atomically(path, buffer.getvalue())


def load_predictions(path: Path) -> Predictions:
    """Read what `save_predictions` wrote; DataError, naming file and column, for anything else."""
    remedy = "Evaluate the bundle again to write new predictions."
    try:
        # by its bytes: NumPy leaves a file open when it is no archive
        content = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", remedy) from error
    try:
        with np.load(content, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is no file of predictions: {error}.", remedy) from error
    try:
        if int(columns["schema"]) != PREDICTIONS_SCHEMA:
            raise DataError(
                f"{path} has schema {int(columns['schema'])}; this handsum knows "
                f"{PREDICTIONS_SCHEMA}.",
                "Use a version of handsum that fits, or evaluate again.",
            )
        kind = str(columns["kind"])
        groups = tuple(group or None for group in _tuple(columns, "groups"))
        ids = _tuple(columns, "ids")
        if kind == DigitPredictions.kind:
            calibrated = columns.get("calibrated")
            return DigitPredictions(
                probs=columns["probs"].astype(np.float64),
                labels=columns["labels"].astype(np.intp),
                ids=ids,
                groups=groups,
                classes=_tuple(columns, "classes"),
                calibrated=None if calibrated is None else calibrated.astype(np.float64),
            )
        if kind == NumberPredictions.kind:
            features = columns.get("features")
            return NumberPredictions(
                texts=_tuple(columns, "texts"),
                read_texts=_tuple(columns, "read_texts"),
                contents=_tuple(columns, "contents"),
                read_contents=_tuple(columns, "read_contents"),
                confidence=columns["confidence"].astype(np.float64),
                ids=ids,
                groups=groups,
                features=None if features is None else features.astype(np.float64),
                feature_names=() if features is None else _tuple(columns, "feature_names"),
            )
    except KeyError as error:
        raise DataError(f"{path} has no column {error.args[0]!r}.", remedy) from error
    except (TypeError, ValueError) as error:
        raise DataError(f"{path} is no file of predictions: {error}.", remedy) from error
    except DataError as error:
        raise DataError(f"{path}: {error.message}", error.remedy) from error
    raise DataError(f"{path} holds predictions of the kind {kind!r}.", remedy)


def _strings(name: str, values: tuple[str, ...]) -> npt.NDArray[np.str_]:
    array = np.array(values, dtype=np.str_)
    if tuple(array.tolist()) != values:  # NumPy drops NULs from the ends of strings
        raise _misfit(f"{name} holds a string that ends in a NUL")
    return array


def _tuple(columns: dict[str, npt.NDArray[Any]], name: str) -> tuple[str, ...]:
    column = columns[name]
    if column.ndim != 1 or column.dtype.kind != "U":
        raise ValueError(f"{name} is {column.dtype} {column.shape}, not a list of strings")
    return tuple(column.tolist())


def _check_columns(sizes: dict[str, int], n: int) -> None:
    for name, size in sizes.items():
        if size != n:
            raise _misfit(f"{size} {name} for {n} ids")


def _check_shares(name: str, values: Floats) -> None:
    if not np.all((values >= 0.0) & (values <= 1.0 + 1e-9)):  # also false for a NaN
        raise _misfit(f"{name} outside 0 to 1")


def _misfit(what: str) -> DataError:
    return DataError(f"Predictions do not fit together: {what}.", "Evaluate the bundle again.")
