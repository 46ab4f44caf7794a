"""The recipe's data: read, normalised, split, and dealt out in epochs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset
from handsum.data.digits import DigitArrays, join_arrays, prepare_digits
from handsum.data.sources import SOURCES, load_dataset
from handsum.errors import DataError, RecipeError
from handsum.train.config import DataConfig, SourceConfig


@dataclass(frozen=True)
class Mixture:
    """Training and validation pictures, what was left out, and every source's origin."""

    train: DigitArrays
    val: DigitArrays | None
    left_out: DigitArrays | None
    sources: tuple[dict[str, str | int], ...]


def check_test_set(name: str | None) -> None:
    """DataError, with the remedy, where a known test set is not here; it is not read yet."""
    known = SOURCES.get(name) if name is not None else None
    if known is not None and not known.is_present():
        raise DataError(f"The test set {name} is not here.", f"{known.remedy}, or set data.test.")


def load_mixture(config: DataConfig, seed: int) -> Mixture:
    """Everything that a recipe learns from and chooses by; the test split is not among it.

    RecipeError where a set may not train or belongs to no fold, or a group to leave out is in none
    of them; DataError where a set is absent or nothing is left to learn from.
    """
    train: list[DigitArrays] = []
    val: list[DigitArrays] = []
    left_out: list[DigitArrays] = []
    sources: list[dict[str, str | int]] = []
    groups: set[str] = set()
    for source in (*config.train, *config.reject):
        known = SOURCES.get(source.name)
        if known is not None and known.use != "train":
            raise RecipeError(
                f"{source.name} is there to measure by ({known.use}) and may not train.",
                "Take it out of data.train and data.reject.",
            )
        if config.fold is not None and not source.val:
            raise RecipeError(
                f"{source.name} is made of other sets' pictures, those of the fold among them.",
                "Leave it out of data.train for cross-validation.",
            )
        data = load_dataset(source.name)
        if config.limit is not None and len(data) > config.limit:
            chosen = np.random.default_rng([seed, 11]).permutation(len(data))[: config.limit]
            data = data.take(np.sort(chosen))
        names = [group and group.split("/")[-1] for group in data.groups]
        groups.update(name for name in names if name)
        out = np.array([name in config.leave_out for name in names], bool)
        if out.any():
            if source.val:  # else made of pictures that are left out already
                left_out.append(_prepare(data.take(np.flatnonzero(out)), source, config, 0))
            data = data.take(np.flatnonzero(~out))
        sources.append(
            {"name": data.name, "source": data.source, "licence": data.licence, "count": len(data)}
        )
        learned, kept = _split(data, config) if source.val else (data, data.take([]))
        train.append(_prepare(learned, source, config, config.rerender))
        if len(kept):
            val.append(_prepare(kept, source, config, 0))
    for name in config.leave_out:
        if name not in groups:
            raise RecipeError(
                f"data.leave_out names {name!r}, which no set has.",
                f"Choose from: {', '.join(sorted(groups)) or 'none, no set knows its writers'}.",
            )
    if not any(map(len, train)):
        raise DataError("Nothing is left to learn from.", "Name more sets, or raise data.limit.")
    return Mixture(
        join_arrays(train),
        join_arrays(val) if val else None,
        join_arrays(left_out) if left_out else None,
        tuple(sources),
    )


def deal_epoch(repeats: npt.NDArray[np.float64], seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The order of one epoch, rows int64: row i floor(repeats[i]) times, once more by chance."""
    rng = np.random.default_rng([seed, epoch])
    whole = np.floor(repeats)
    times = whole + (rng.random(len(repeats)) < repeats - whole)
    rows = np.repeat(np.arange(len(repeats)), times.astype(np.int64))
    return np.asarray(rng.permutation(rows), np.int64)


def _split(data: Dataset, config: DataConfig) -> tuple[Dataset, Dataset]:
    if config.fold is None:
        parts = data.splits(config.val_share)
        return parts["train"], parts["val"]
    fold, folds = config.fold
    keys = (group or row for group, row in zip(data.groups, data.ids, strict=True))
    mine = np.array([_hash(key) % folds == fold for key in keys], bool)
    return data.take(np.flatnonzero(~mine)), data.take(np.flatnonzero(mine))


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")


def _prepare(
    data: Dataset, source: SourceConfig, config: DataConfig, renderings: int
) -> DigitArrays:
    return prepare_digits(
        data,
        renderings=renderings if config.normalize else 0,
        repeat=source.repeat,
        squeezed=source.squeezed,
        normalized=config.normalize,
    )
