"""The recipe's data: read, normalised, split, and dealt out in epochs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset
from handsum.data.digits import DigitArrays, join_arrays, prepare_digits
from handsum.data.sources import load_dataset
from handsum.train.config import DataConfig, SourceConfig


@dataclass(frozen=True)
class Mixture:
    """Training and validation pictures, what was left out, and every source's origin."""

    train: DigitArrays
    val: DigitArrays | None
    left_out: DigitArrays | None
    sources: tuple[dict[str, str | int], ...]


def load_mixture(config: DataConfig, seed: int) -> Mixture:
    """Everything that a recipe learns from and chooses by; the test split is not among it."""
    train: list[DigitArrays] = []
    val: list[DigitArrays] = []
    left_out: list[DigitArrays] = []
    sources: list[dict[str, str | int]] = []
    for source in (*config.train, *config.reject):
        data = load_dataset(source.name)
        if config.limit is not None and len(data) > config.limit:
            chosen = np.random.default_rng([seed, 11]).permutation(len(data))[: config.limit]
            data = data.take(np.sort(chosen))
        out = np.array(
            [g is not None and g.split("/")[-1] in config.leave_out for g in data.groups]
        )
        if out.any():
            left_out.append(_prepare(data.take(np.flatnonzero(out)), source, config, 0))
            data = data.take(np.flatnonzero(~out))
        sources.append(
            {"name": data.name, "source": data.source, "licence": data.licence, "count": len(data)}
        )
        learned, kept = _split(data, config)
        train.append(_prepare(learned, source, config, config.rerender))
        if len(kept):
            val.append(_prepare(kept, source, config, 0))
    return Mixture(
        join_arrays(train),
        join_arrays(val) if val else None,
        join_arrays(left_out) if left_out else None,
        tuple(sources),
    )


def deal_epoch(repeats: npt.NDArray[np.float64], seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The order of one epoch: row i stands in it floor(repeats[i]) times, and once more by chance."""
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
    mine = np.array(
        [
            int.from_bytes(hashlib.sha256(i.encode()).digest()[:4], "big") % folds == fold
            for i in data.ids
        ]
    )
    return data.take(np.flatnonzero(~mine)), data.take(np.flatnonzero(mine))


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
