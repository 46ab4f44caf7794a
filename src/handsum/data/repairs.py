"""Labels of public sets that are wrong beyond doubt, and what stands there instead."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from handsum.data.dataset import Dataset
from handsum.errors import DataError

REPAIRS = Path(__file__).parent / "register_labels.csv"
"""file,label,stands,sure: found by looking at every crop of the register that a reader read
otherwise than labelled, and at every page whose labels do not count upwards. On three pages all
rows had changed places."""


def repair_labels(data: Dataset, path: Path = REPAIRS) -> Dataset:
    """The same pictures with the labels put right that the list names; others stay as they are.

    A picture is known by the end of its id. DataError where its label is not the one that the
    list says is wrong: then the list was made for another edition of the set.
    """
    with path.open(newline="", encoding="utf-8") as file:
        repairs = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    texts = list(data.texts)
    for index, (row, text) in enumerate(zip(data.ids, data.texts, strict=True)):
        repair = repairs.get(row.rsplit("/", 1)[-1])
        if repair is None or repair["sure"] != "yes":
            continue
        wrong = repair["label"]
        if text != wrong:
            raise DataError(
                f"{data.name}: {row} is labelled {text!r}; {path.name} repairs {wrong!r}.",
                "Get the edition of the set that the list was made for, or leave the list out.",
            )
        texts[index] = repair["stands"]
    return replace(data, texts=tuple(texts))
