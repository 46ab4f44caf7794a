"""Shards by number: from the cache where they are, else made, by other processes ahead of need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2

from handsum import imaging
from handsum.data import synthesis
from handsum.data.cache import cache_dir
from handsum.data.fonts import load_fonts
from handsum.data.sources import load_dataset
from handsum.data.synthesis.drawn import draw_hands
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.data.synthesis.refuse import Words
from handsum.data.synthesis.sample import SynthesisConfig
from handsum.data.synthesis.shards import Shard, build_shard, load_shard, save_shard
from handsum.data.synthesis.words import draw_words

DRAWN = "drawn:"
_WORDS = 1500
_PREPARING = ("numbers.py", "number_line.py", "number_strokes.py", "percentile.py")
_AHEAD = 2  # shards in the making beyond the one that is waited for


@dataclass(frozen=True)
class HandSource:
    """A data set whose digits write numbers; ``weight`` is its share of all numbers.

    The name ``drawn:N`` stands for N hands made up from templates.
    """

    name: str
    weight: float = 1.0
    squeezed: bool = False
    smallest: int = 100
    """Writers with fewer digits are taken as one."""


@dataclass(frozen=True)
class PoolConfig:
    """What decides a series of shards."""

    sources: tuple[HandSource, ...]
    synthesis: SynthesisConfig
    seed: int
    shard_size: int
    fonts: bool = True
    """Whether words to refuse are drawn from handwriting fonts."""


def load_hands(sources: tuple[HandSource, ...]) -> tuple[Hand, ...]:
    """The hands of all sources, in order."""
    hands: list[Hand] = []
    for s in sources:
        if s.name.startswith(DRAWN):
            hands += draw_hands(int(s.name.removeprefix(DRAWN)), seed=1, weight=s.weight)
        else:
            data = load_dataset(s.name)
            hands += build_hands(data, s.weight, squeezed=s.squeezed, smallest=s.smallest)
    return tuple(hands)


def pool_folder(config: PoolConfig) -> Path:
    """Where the shards of ``config`` lie: another folder for other settings or other code."""
    code = hashlib.sha256()
    modules = sorted(Path(synthesis.__path__[0]).glob("*.py"))
    modules += [Path(imaging.__path__[0]) / name for name in _PREPARING]
    for path in modules:
        code.update(path.read_bytes())
    key = json.dumps([asdict(config), code.hexdigest()], sort_keys=True, default=dict)
    return cache_dir() / "shards" / hashlib.sha256(key.encode()).hexdigest()[:16]


@contextmanager
def open_pool(config: PoolConfig, workers: int = 1) -> Iterator[ShardPool]:
    """Shards on request while ``workers`` processes make the next ones."""
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (config,)) as executor:
        pool = ShardPool(config, executor)
        try:
            yield pool
        finally:
            executor.shutdown(cancel_futures=True)


class ShardPool:
    """See `open_pool`."""

    def __init__(self, config: PoolConfig, executor: ProcessPoolExecutor) -> None:
        self._config = config
        self._folder = pool_folder(config)
        self._executor = executor
        self._making: dict[int, Future[None]] = {}

    def get(self, number: int, last: int) -> Shard:
        """Shard ``number``; those after it up to ``last`` are set in the making."""
        for ahead in range(number, min(last, number + _AHEAD) + 1):
            if ahead not in self._making and not self._path(ahead).exists():
                self._making[ahead] = self._executor.submit(_make, self._path(ahead), ahead)
        if number in self._making:
            self._making.pop(number).result()
        return load_shard(self._path(number))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05d}.npz"


_worker: tuple[PoolConfig, tuple[Hand, ...], Words] | None = None  # one a process, set at its start


def _start_worker(config: PoolConfig) -> None:
    global _worker  # noqa: PLW0603 - the pool's initialiser has no other way to hand things on
    cv2.setNumThreads(1)
    words = draw_words(load_fonts("train"), _WORDS, config.seed) if config.fonts else ()
    _worker = config, load_hands(config.sources), words


def _make(path: Path, number: int) -> None:
    assert _worker is not None
    config, hands, words = _worker
    save_shard(
        path,
        build_shard(
            config.synthesis, hands, words, seed=config.seed, number=number, size=config.shard_size
        ),
    )
