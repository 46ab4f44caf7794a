"""Data sets in one NumPy archive: images, labels, and the writer where known."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset
from handsum.errors import DataError

_REMEDY = "An npz needs: images uint8 (N, H, W); labels (N,), numbers or texts; writer (N,) or not."


def load_columns(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All arrays of an npz, never unpickling anything; DataError names the file."""
    try:
        # Opened here, since np.load leaves the file open where it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read as npz: {error}.", _REMEDY) from error


def load_npz(path: Path) -> Dataset:
    """The data set in ``path``: ``images``, ``labels`` and perhaps ``writer``, which is the group.

    Whole numbers become their digits ("7"), texts stay as they are. DataError names the file and
    the array that is absent or of the wrong kind.
    """
    columns = load_columns(path)
    for key in ("images", "labels"):
        if key not in columns:
            raise DataError(f"{path} has no array {key!r}, only {sorted(columns)}.", _REMEDY)
    images, labels, writers = columns["images"], columns["labels"], columns.get("writer")
    if images.dtype != np.uint8 or images.ndim != 3:
        raise DataError(f"{path}: images are {images.dtype} {images.shape}.", _REMEDY)
    if labels.dtype.kind not in "iuU" or labels.shape != (len(images),):
        raise DataError(
            f"{path}: labels are {labels.dtype} {labels.shape} for {len(images)} images.", _REMEDY
        )
    if writers is not None and writers.shape != labels.shape:
        raise DataError(f"{path}: writer is {writers.shape}, not {labels.shape}.", _REMEDY)
    n = len(labels)
    return Dataset(
        name=str(path),
        images=as_pictures(images),
        texts=tuple(str(label) for label in labels.tolist()),
        contents=("number",) * n,
        groups=(None,) * n if writers is None else tuple(str(w) for w in writers.tolist()),
        ids=tuple(f"{path.stem}/{i:05d}" for i in range(n)),
        source=str(path),
    )


def as_pictures(images: npt.NDArray[np.uint8]) -> Sequence[npt.NDArray[np.uint8]]:
    """An array (N, H, W) as the sequence of pictures that it is, so that stacking is free."""
    return cast(Sequence[npt.NDArray[np.uint8]], images)
