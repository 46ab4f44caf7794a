"""Folders of pictures that say what stands on them: by labels.csv, or by a folder per class.

``labels.csv`` has the columns ``file`` and ``text``, and may have ``writer`` (or ``book``,
``form``, ``group``: whoever belongs together and must not be split) and ``content`` (number,
blank, struck_out, not_a_number; without it a row is a number). Comma, semicolon or tab divide.
"""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset
from handsum.errors import DataError, InputError
from handsum.imaging.load import load_pictures
from handsum.readings import Content

LABELS_FILE = "labels.csv"
GROUP_COLUMNS = ("writer", "book", "form", "group")
CONTENTS: tuple[str, ...] = get_args(Content)
DIGIT_CLASSES = tuple("0123456789")
_NOT_PICTURES = frozenset({"thumbs.db", "desktop.ini"})
_SHOWN = 5  # a message names this many bad rows, and counts the rest

Grey = npt.NDArray[np.uint8]


def load_labelled(folder: Path) -> Dataset:
    """The pictures that ``folder``/labels.csv lists, in its order; ids are their paths in it.

    Each must hold one page. DataError names the missing column, or the first bad rows with
    their line numbers (the header is line 1).
    """
    path = folder / LABELS_FILE
    rows = _read_table(path)
    images: list[Grey] = []
    bad: list[str] = []
    for line, row in rows:
        problem = _problem(row)
        if problem is None:
            try:
                images.append(_load_one(folder, row["file"]))
            except InputError as error:
                problem = error.message
        if problem is not None:
            bad.append(f"line {line}: {problem}")
    if bad:
        more = f"\n  and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        shown = "\n  ".join(bad[:_SHOWN])
        raise DataError(
            f"{path} has {len(bad)} bad rows:\n  {shown}{more}\n", "Mend or remove these rows."
        )
    contents = tuple(row.get("content") or "number" for _, row in rows)
    return Dataset(
        name=str(folder),
        images=images,
        texts=tuple(
            row["text"] if content == "number" else ""
            for (_, row), content in zip(rows, contents, strict=True)
        ),
        contents=contents,
        groups=tuple(_group(row) for _, row in rows),
        ids=tuple(row["file"] for _, row in rows),
        source=str(folder),
    )


def load_class_folders(folder: Path) -> Dataset:
    """A folder per class: "0" to "9" for digits, "blank", "struck_out", "not_a_number" for others.

    Ids are the paths within ``folder``, in sorted order. DataError for another folder's name, for
    a picture that cannot be read, and where there is none.
    """
    images: list[Grey] = []
    files: list[str] = []
    classes = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    for child in classes:
        if child.name not in DIGIT_CLASSES + CONTENTS[1:]:
            raise DataError(
                f"{folder} has a folder {child.name!r}, which is no class.",
                f"Name class folders 0 to 9, {', '.join(CONTENTS[1:])}; "
                f"or label the pictures in {LABELS_FILE}.",
            )
        for picture in sorted(p for p in child.iterdir() if _may_be_picture(p)):
            name = f"{child.name}/{picture.name}"
            try:
                images.append(_load_one(folder, name))
            except InputError as error:
                raise DataError(f"{folder}: {error.message}", error.remedy) from error
            files.append(name)
    if not files:
        raise DataError(f"{folder} has no pictures in class folders.", "Check the path.")
    labels = [name.split("/")[0] for name in files]
    return Dataset(
        name=str(folder),
        images=images,
        texts=tuple(label if label in DIGIT_CLASSES else "" for label in labels),
        contents=tuple("number" if label in DIGIT_CLASSES else label for label in labels),
        groups=(None,) * len(files),
        ids=tuple(files),
        source=str(folder),
    )


def is_class_folder(folder: Path) -> bool:
    """Whether at least one class has a folder of its own in ``folder``."""
    return any((folder / name).is_dir() for name in DIGIT_CLASSES + CONTENTS[1:])


def _read_table(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a labels.csv with their line numbers; column names in small letters."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Save it as UTF-8 text.") from error
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    for column in ("file", "text"):
        if column not in columns:
            raise DataError(
                f"{path} has no column {column!r}, only {', '.join(columns) or 'nothing'}.",
                "Its first line must name the columns: file,text[,writer][,content].",
            )
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise DataError(
                    f"{path} line {reader.line_num} does not have {len(columns)} columns.",
                    "Put texts that contain the dividing character in quotes.",
                )
            rows.append((reader.line_num, {key: value.strip() for key, value in row.items()}))
    except csv.Error as error:
        raise DataError(
            f"{path} line {reader.line_num} is no CSV: {error}.", "Save the table again as CSV."
        ) from error
    if not rows:
        raise DataError(f"{path} lists no pictures.", "Add a row for each picture.")
    return rows


def _problem(row: dict[str, str]) -> str | None:
    """What is wrong with a row, its picture aside; None where it is sound."""
    content = row.get("content") or "number"
    if content not in CONTENTS:
        return f"unknown content {content!r}, not one of {', '.join(CONTENTS)}"
    if not row["file"]:
        return "the file is not named"
    if content == "number" and not row["text"]:
        return f"{row['file']} has no text, and no content that says why"
    return None


def _load_one(folder: Path, name: str) -> Grey:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{name} leads out of the folder", "Keep pictures beside labels.csv.")
    pages = list(islice(load_pictures(path, name=name), 2))
    if len(pages) != 1:
        raise InputError(f"{name} has several pages", "Give every page a file of its own.")
    return pages[0].grey


def _may_be_picture(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.name.lower() in _NOT_PICTURES
    return path.is_file() and not hidden


def _group(row: dict[str, str]) -> str | None:
    return next((row[key] for key in GROUP_COLUMNS if row.get(key)), None)
