"""Openly available handwriting beside MNIST, from the folder that HANDSUM_DATA names.

Each set is one file there: ``train/NAME.npz`` or ``val/NAME.npz`` (``images`` uint8 (N, H, W),
``labels``, for some ``writer``), or a zip of pictures with a ``labels.csv``. Nothing that lies in
``val`` may train a net that ships or that a figure is given for.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset, Ink
from handsum.data.npz import as_pictures, load_columns, load_npz
from handsum.data.strokes import draw_strokes, sound_strokes
from handsum.errors import DataError, InputError
from handsum.imaging.load import load_pictures

ENV_DATA = "HANDSUM_DATA"
STROKES_SEED = 1


@dataclass(frozen=True)
class PublicSet:
    """One set: what it is, the file within the data folder, and where a user gets it.

    ``one_hand`` says that all of it came from a single writer; ``part`` selects rows of a zip by
    its column ``split``; ``strokes`` says that it holds pen strokes, to be drawn.
    """

    name: str
    about: str
    file: str
    ink: Ink
    source: str
    licence: str
    use: Literal["train", "val"]
    one_hand: bool = False
    part: str | None = None
    strokes: bool = False

    @property
    def origin(self) -> str:
        """Short name of the source: sets of the same origin share their writers' names."""
        return self.source.removeprefix(_GITHUB)


_UCI = "https://archive.ics.uci.edu/dataset/"
_GITHUB = "https://github.com/"
_BHMSDS, _SWISS = f"{_GITHUB}wblachowski/bhmsds", f"{_GITHUB}kensanata/numbers"
_REGISTER, _CARDS = "coastalcph/mgr-birthdates", "Lelekhoa1812/Golf-Scorecard-Scanner"
_BOOKS, _NOT_STATED = "numbers in tall cells of a church register", "not stated"

PUBLIC_SETS: dict[str, PublicSet] = {
    s.name: s
    for s in (
        PublicSet("swiss8", "digits of eight Swiss writers, colour scans, loose frames",
                  "train/swiss8.npz", "dark", _SWISS, "public domain", "train"),
        PublicSet("bhmsds_digits", "digits from phone photos, cut tight",
                  "train/bhmsds_digits.npz", "dark", _BHMSDS, "MIT", "train"),
        PublicSet("bhmsds_symbols", "dot, minus, slash, x, y, z by the same hands",
                  "train/bhmsds_symbols.npz", "dark", _BHMSDS, "MIT", "train"),
        PublicSet("semeion", "digits of about 80 people, binary 16x16",
                  "train/semeion.npz", "light", f"{_UCI}178/semeion+handwritten+digit",
                  "CC BY 4.0", "train"),
        PublicSet("optdigits", "digits of 30 people, binary, squeezed to a square",
                  "train/optdigits.npz", "light",
                  f"{_UCI}80/optical+recognition+of+handwritten+digits", "CC BY 4.0", "train"),
        PublicSet("pendigits", "digits of 44 people drawn from pen strokes, 5 and 7 left out",
                  "train/pendigits.npz", "dark",
                  f"{_UCI}81/pen+based+recognition+of+handwritten+digits", "CC BY 4.0", "train",
                  strokes=True),
        PublicSet("hwd1000", "digits drawn on a computer by one hand",
                  "train/hwd1000.npz", "dark", f"{_GITHUB}niklashenning/hwd-1000-dataset",
                  "MIT", "train", one_hand=True),
        PublicSet("swiss2", "digits of two more Swiss writers, never trained on",
                  "val/swiss2.npz", "dark", _SWISS, "public domain", "val"),
        PublicSet("bhmsds_symbols_w_plus", "the symbols w and plus, never trained on",
                  "val/bhmsds_symbols_w_plus.npz", "dark", _BHMSDS, "MIT", "val"),
        PublicSet("register_numbers:dev", f"{_BOOKS}, three books to look at",
                  "val/register_numbers.zip", "dark", _GITHUB + _REGISTER, _NOT_STATED, "val",
                  part="dev"),
        PublicSet("register_numbers:report", f"{_BOOKS}, two books for the written figure",
                  "val/register_numbers.zip", "dark", _GITHUB + _REGISTER, _NOT_STATED, "val",
                  part="report"),
        PublicSet("score_cards", "rows and totals of photographed score cards, to look at",
                  "val/score_cards.zip", "dark", _GITHUB + _CARDS, "Apache-2.0", "val"),
    )
}  # fmt: skip


def data_root() -> Path | None:
    """The folder that ``HANDSUM_DATA`` names, or None where it is unset or empty."""
    named = os.environ.get(ENV_DATA)
    return Path(named).expanduser() if named else None


def check_public(names: Iterable[str], root: Path | None = None) -> None:
    """One DataError that lists every set of ``names`` whose file is absent, and where to get it."""
    root = root or data_root()
    missing = [s for s in map(_find, names) if root is None or not (root / s.file).is_file()]
    if missing:
        where = "\n".join(f"  {s.file}: {s.about} ({s.licence}), from {s.source}" for s in missing)
        state = f"{ENV_DATA} is not set" if root is None else f"{root} lacks files"
        raise DataError(
            f"{state}; missing:\n{where}\n",
            f"Put them in one folder (npz: images uint8 (N, H, W), labels[, writer]) "
            f"and set {ENV_DATA} to it.",
        )


def load_public(name: str, root: Path | None = None) -> Dataset:
    """The set called ``name`` (a key of ``PUBLIC_SETS``), all of it.

    Symbols have the content "not_a_number", an empty text, and their name within the id; groups
    are writers, books or cards where known. ``root`` defaults to ``HANDSUM_DATA``. DataError
    where the set is unknown, absent or damaged.
    """
    wanted = _find(name)
    root = root or data_root()
    check_public([name], root)
    assert root is not None
    path = root / wanted.file
    if path.suffix == ".zip":
        return _load_zip(wanted, path)
    return (_load_strokes if wanted.strokes else _load_npz)(wanted, path)


def _find(name: str) -> PublicSet:
    try:
        return PUBLIC_SETS[name]
    except KeyError:
        raise DataError(
            f"There is no data set called {name!r}.",
            f"Name one of: {', '.join(PUBLIC_SETS)}.",
        ) from None


def _load_npz(wanted: PublicSet, path: Path) -> Dataset:
    found = load_npz(path)
    is_digit = not any(text.isalpha() for text in found.texts)
    groups = found.groups
    if wanted.one_hand:
        groups = (wanted.origin,) * len(found)
    elif any(groups):
        groups = tuple(f"{wanted.origin}/{writer}" for writer in groups)
    return replace(
        found,
        name=wanted.name,
        texts=found.texts if is_digit else ("",) * len(found),
        contents=("number" if is_digit else "not_a_number",) * len(found),
        groups=groups,
        ids=tuple(f"{wanted.name}/{text}/{i:05d}" for i, text in enumerate(found.texts)),
        ink=wanted.ink,
        licence=wanted.licence,
        source=wanted.source,
    )


def _load_strokes(wanted: PublicSet, path: Path) -> Dataset:
    columns = load_columns(path)
    try:
        points, labels = columns["points"], columns["labels"]
        rows = np.flatnonzero(sound_strokes(points, labels))
        images = draw_strokes(points[rows], labels[rows], STROKES_SEED)
    except (KeyError, ValueError, IndexError) as error:
        raise _damaged(wanted, path, error) from error
    texts = tuple(str(label) for label in labels[rows].tolist())
    return Dataset(
        name=wanted.name,
        images=as_pictures(images),
        texts=texts,
        contents=("number",) * len(rows),
        groups=(None,) * len(rows),
        ids=tuple(
            f"{wanted.name}/{text}/{row:05d}"
            for text, row in zip(texts, rows.tolist(), strict=True)
        ),
        ink=wanted.ink,
        licence=wanted.licence,
        source=wanted.source,
    )


def _load_zip(wanted: PublicSet, path: Path) -> Dataset:
    images: list[npt.NDArray[np.uint8]] = []
    rows: list[dict[str, str]] = []
    try:
        with zipfile.ZipFile(path) as archive:
            table = io.StringIO(archive.read("labels.csv").decode("utf-8-sig"))
            for row in csv.DictReader(table):
                if wanted.part is None or row["split"] == wanted.part:
                    content = archive.read(row["file"])
                    images.append(next(load_pictures(content, name=row["file"])).grey)
                    rows.append(row)
        texts = tuple(row["label"] for row in rows)
    except (OSError, ValueError, KeyError, InputError, zipfile.BadZipFile) as error:
        raise _damaged(wanted, path, error) from error
    stems = [Path(row["file"]).stem for row in rows]
    return Dataset(
        name=wanted.name,
        images=images,
        texts=texts,
        contents=("number",) * len(rows),
        # A register's book; a score card's number, before its first underscore.
        groups=tuple(
            f"{wanted.origin}/{row.get('book') or stem.split('_')[0]}"
            for row, stem in zip(rows, stems, strict=True)
        ),
        ids=tuple(f"{wanted.name}/{stem}" for stem in stems),
        ink=wanted.ink,
        licence=wanted.licence,
        source=wanted.source,
    )


def _damaged(wanted: PublicSet, path: Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be read: {error}.", f"Get it again: {wanted.source}")
