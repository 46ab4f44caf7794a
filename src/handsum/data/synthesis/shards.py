"""Synthetic crops, prepared as strips and kept in shards, so that epochs can share them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.refuse import Words
from handsum.data.synthesis.sample import SynthesisConfig, build_sample
from handsum.errors import DataError
from handsum.files import write_atomically
from handsum.imaging.numbers import prepare_number


@dataclass(frozen=True)
class Shard:
    """``strips[i]`` uint8 (48, W), 255 ink; what stands there, and what it is."""

    strips: Sequence[npt.NDArray[np.uint8]]
    texts: tuple[str, ...]
    contents: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.strips)


def build_shard(
    config: SynthesisConfig,
    hands: Sequence[Hand],
    words: Words,
    *,
    seed: int,
    number: int,
    size: int,
) -> Shard:
    """Samples ``number * size`` to ``(number + 1) * size`` of the series that ``seed`` names."""
    strips, texts, contents = [], [], []
    for index in range(number * size, (number + 1) * size):
        sample = build_sample(config, hands, words, seed, index)
        ink = prepare_number(sample.grey).ink
        strips.append((ink * 255 + 0.5).astype(np.uint8))
        texts.append(sample.text)
        contents.append(sample.content)
    return Shard(strips, tuple(texts), tuple(contents))


def save_shard(path: Path, shard: Shard) -> None:
    """Write a shard as npz, whole or not at all."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        ink=np.concatenate(shard.strips, axis=1),
        widths=np.array([s.shape[1] for s in shard.strips]),
        texts=np.array(shard.texts),
        contents=np.array(shard.contents),
    )
    write_atomically(path, buffer.getvalue())


def load_shard(path: Path) -> Shard:
    """What `save_shard` wrote; DataError where it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            ink, widths = archive["ink"], archive["widths"]
            texts, contents = archive["texts"].tolist(), archive["contents"].tolist()
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Remove it; it is made again.") from (
            error
        )
    strips = np.split(ink, np.cumsum(widths)[:-1], axis=1)
    return Shard(strips, tuple(texts), tuple(contents))
