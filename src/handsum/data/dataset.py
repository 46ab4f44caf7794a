"""Labelled pictures in memory, whatever they were stored as."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Split = Literal["train", "val", "test"]
Ink = Literal["dark", "light", "auto"]


@dataclass(frozen=True)
class Dataset:
    """Pictures with what stands on them.

    ``images[i]`` is a uint8 (H, W) grey picture as it lies in the source; ``texts[i]`` what a
    person wrote there ("7", "0123"), empty where ``contents[i]`` is not "number"; ``groups[i]``
    the writer, book or form that it came from, or None where nobody knows. ``ink`` says whether
    the ink is darker or lighter than the paper.
    """

    name: str
    images: Sequence[npt.NDArray[np.uint8]]
    texts: tuple[str, ...]
    contents: tuple[str, ...]
    groups: tuple[str | None, ...]
    ids: tuple[str, ...]
    ink: Ink = "auto"
    licence: str = "not stated"
    source: str = ""

    def __post_init__(self) -> None:
        sizes = {len(self.images), len(self.texts), len(self.contents), len(self.groups)}
        if sizes != {len(self.ids)}:
            raise ValueError(f"data set {self.name!r}: columns of different lengths {sizes}")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: Sequence[int] | npt.NDArray[np.intp]) -> Dataset:
        """The rows at ``indices``, in that order."""
        rows = [int(i) for i in indices]
        return replace(
            self,
            images=[self.images[i] for i in rows],
            texts=tuple(self.texts[i] for i in rows),
            contents=tuple(self.contents[i] for i in rows),
            groups=tuple(self.groups[i] for i in rows),
            ids=tuple(self.ids[i] for i in rows),
        )

    def splits(self, val: float, test: float = 0.0) -> dict[Split, Dataset]:
        """Train, val and test parts of about the wished shares, never cutting through a group.

        A row's part follows from a hash of its group, or of its picture where no group is known,
        so it is the same in every run and stays the same when rows are added.
        """
        parts: dict[Split, list[int]] = {"train": [], "val": [], "test": []}
        for i, (image, group) in enumerate(zip(self.images, self.groups, strict=True)):
            key = group.encode() if group is not None else image.tobytes()
            u = int.from_bytes(hashlib.sha256(key).digest()[:8], "big") / 2**64
            parts["test" if u < test else "val" if u < test + val else "train"].append(i)
        return {split: self.take(rows) for split, rows in parts.items()}
