"""The crops that all readers get: folders of PNG files with a labels.csv, from fixed seeds."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from drawings import draw_black_on_white
from numbers_items import Item, mnist_strings, register, swiss2_combs, swiss2_strings
from record import take_part

from handsum.data.sources import load_dataset

SIDE = 112


@dataclass(frozen=True)
class CropSet:
    """A set of crops: what it is, how many, and how to make that many or fewer."""

    about: str
    count: int
    build: Callable[[int], list[Item]]


def mnist_digits(count: int) -> list[Item]:
    """Single MNIST test digits, evenly spread over the set, black on white at 112 px."""
    data = take_part(load_dataset("mnist:test"), count)
    rng = np.random.default_rng(0)
    return [
        Item(draw_black_on_white(image, SIDE, rng), text, "number", "digit")
        for image, text in zip(data.images, data.texts, strict=True)
    ]


def _spread(items: list[Item], count: int) -> list[Item]:
    """``count`` items from all over a list."""
    return [items[i] for i in np.linspace(0, len(items) - 1, min(count, len(items))).astype(int)]


SETS: dict[str, CropSet] = {
    "mnist_digits": CropSet("single MNIST test digits, 112 px", 2000, mnist_digits),
    "mnist_strings": CropSet(
        "2 to 8 MNIST test digits in a row, tight to spaced", 1500, mnist_strings
    ),
    "swiss2_strings": CropSet(
        "2 to 8 digits of two unseen writers, with middling defects", 1000, swiss2_strings
    ),
    "swiss2_combs": CropSet("combs of 3 to 8 cells, the same two writers", 600, swiss2_combs),
    "register_dev": CropSet(
        "numbers in tall cells of a register, three books that were looked at",
        400,
        lambda count: _spread(register("dev"), count),
    ),
    "register_report": CropSet(
        "numbers in tall cells of a register, two unseen books",
        1112,
        lambda count: _spread(register("report"), count),
    ),
}
"""What is read; the last only when it is asked for, since it is there to be read once."""
ON_REQUEST = frozenset({"register_report"})


def write_crops(folder: Path, name: str, limit: int | None) -> list[dict[str, str]]:
    """Write a set to ``folder``/``name``; its rows: file, text, part."""
    crops = SETS[name]
    return write_rows(folder / name, crops.build(min(crops.count, limit or crops.count)))


def write_rows(target: Path, items: Sequence[Item]) -> list[dict[str, str]]:
    """Write crops to a folder of their own, with labels.csv; its rows."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.png"):
        old.unlink()
    rows = []
    for index, item in enumerate(items):
        rows.append({"file": f"{index:05d}.png", "text": item.text, "part": item.part})
        cv2.imwrite(str(target / rows[-1]["file"]), item.grey)
    with (target / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["file", "text", "part"])
        table.writeheader()
        table.writerows(rows)
    return rows
