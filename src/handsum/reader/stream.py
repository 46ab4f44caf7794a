"""Many files through one reader: what comes next is prepared while the net reads a batch."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

from handsum.errors import FileMissingError, HandsumError
from handsum.imaging.load import Picture, load_pictures
from handsum.reader.options import DEFAULTS, ReadOptions
from handsum.reader.sources import BATCH
from handsum.readings import Failure, Reading

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".pdf"}
)
"""What is taken from a folder; a file named on its own is read whatever its name."""

_CHUNK = 32
_SMALL = 1 << 16
"""Bytes of a file that is prepared in no thread of its own: in hundreds of calls of a few
microseconds each, which hand Python's lock to and fro for longer than they take."""

_HELD = 1 << 20
"""Pixels that are loaded before they are prepared. Each of the two has more code than the
processor keeps at hand: done by turns, picture by picture, they take a quarter longer."""

P = TypeVar("P")


class PictureReader(Protocol[P]):
    """A reader of digits, numbers or pages: first prepares pictures, then reads many at once.

    ``batch`` is how many prepared ones may wait.
    """

    batch: int

    def prepare(self, picture: Picture) -> P:
        """What the net will see of a picture; called from several threads."""

    def read_prepared(self, prepared: Sequence[P], options: ReadOptions) -> list[Reading]:
        """Readings of prepared pictures, in order."""


@dataclass(frozen=True)
class NamedBytes:
    """A file that came over a pipe."""

    name: str
    data: bytes


Input = Path | NamedBytes | Failure
"""What can be read, or why it cannot: a failure found early keeps its place among the readings."""


def expand_paths(paths: Iterable[Path]) -> list[Path | Failure]:
    """Files as they are, folders as the pictures in them and below, in sorted order.

    Hidden files are passed over; a folder without pictures gives a Failure.
    """
    files: list[Path | Failure] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        found = (p for p in path.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
        # Other systems leave ._scan.png and the like beside scan.png.
        inside = sorted(p for p in found if not p.name.startswith(".") and p.is_file())
        kinds = ", ".join(sorted(PICTURE_SUFFIXES))
        files += inside or [
            Failure(
                str(path),
                FileMissingError.code,
                f"{path} holds no pictures.",
                f"Name a folder with files of these kinds: {kinds}.",
            )
        ]
    return files


def read_files(
    reader: PictureReader[P],
    files: Iterable[Input],
    options: ReadOptions = DEFAULTS,
    *,
    workers: int | None = None,
) -> Iterator[Reading | Failure]:
    """Readings of every page of every file, in order; a file that fails gives a Failure.

    ``options`` come from the reader's own method, which checks them. ``workers`` threads load
    and prepare large files ahead (default: one a core).
    """
    net = ThreadPoolExecutor(1)
    ahead: deque[Future[list[Reading]] | Failure] = deque()
    try:
        for batch in _batches(reader, files, workers or os.cpu_count() or 1):
            if isinstance(batch, Failure):
                ahead.append(batch)
            else:
                ahead.append(net.submit(reader.read_prepared, batch, options))
            while len(ahead) > 1 or (ahead and _is_ready(ahead[0])):
                yield from _result(ahead.popleft())
        while ahead:
            yield from _result(ahead.popleft())
    finally:  # whoever stops early does not wait for what is no longer wanted
        net.shutdown(cancel_futures=True)


def _is_ready(item: Future[list[Reading]] | Failure) -> bool:
    return isinstance(item, Failure) or item.done()


def _result(item: Future[list[Reading]] | Failure) -> list[Reading] | list[Failure]:
    return [item] if isinstance(item, Failure) else item.result()


def _batches(
    reader: PictureReader[P], files: Iterable[Input], workers: int
) -> Iterator[list[P] | Failure]:
    """Prepared pictures, as many as the net takes at once or as come before a failure."""
    waiting: list[P] = []
    for item in _prepared(reader, files, workers):
        if not isinstance(item, Failure):
            waiting.append(item)
        if waiting and (isinstance(item, Failure) or len(waiting) >= min(BATCH, reader.batch)):
            yield waiting
            waiting = []
        if isinstance(item, Failure):
            yield item
    if waiting:
        yield waiting


def _prepared(
    reader: PictureReader[P], files: Iterable[Input], workers: int
) -> Iterator[P | Failure]:
    """Pictures in order; large files made ready ahead, but never more than a few chunks ahead."""
    pool = ThreadPoolExecutor(workers)
    ahead: deque[list[Input] | Future[list[P | Failure]]] = deque()

    def take() -> list[P | Failure]:
        first = ahead.popleft()
        return _prepare_chunk(reader, first) if isinstance(first, list) else first.result()

    coming = iter(files)
    try:
        while chunk := list(islice(coming, _CHUNK)):
            small = all(map(_is_small, chunk))
            ahead.append(chunk if small else pool.submit(_prepare_chunk, reader, chunk))
            if len(ahead) > 3 * workers:
                yield from take()
        while ahead:
            yield from take()
    finally:
        pool.shutdown(cancel_futures=True)


def _is_small(file: Input) -> bool:
    if isinstance(file, NamedBytes):
        return len(file.data) <= _SMALL
    if isinstance(file, Failure):
        return True
    try:
        return file.stat().st_size <= _SMALL
    except (OSError, ValueError):  # no such file, no such name: told when it is read
        return True


def _prepare_chunk(reader: PictureReader[P], files: list[Input]) -> list[P | Failure]:
    items: list[P | Failure] = []
    for page in chain.from_iterable(_load_together(files)):
        if isinstance(page, Failure):
            items.append(page)
            continue
        try:
            items.append(reader.prepare(page))
        except HandsumError as error:
            items.append(Failure(page.source, error.code, error.message, error.remedy))
    return items


def _load_together(files: list[Input]) -> Iterator[list[Picture | Failure]]:
    """Pages in order, as many at once as have some `_HELD` pixels."""
    pages: list[Picture | Failure] = []
    pixels = 0
    for page in _load_pages(files):
        pages.append(page)
        pixels += page.grey.size if isinstance(page, Picture) else 0
        if pixels > _HELD:
            yield pages
            pages, pixels = [], 0
    yield pages


def _load_pages(files: list[Input]) -> Iterator[Picture | Failure]:
    for file in files:
        if isinstance(file, Failure):
            yield file
            continue
        source, name = (file.data, file.name) if isinstance(file, NamedBytes) else (file, str(file))
        try:
            yield from load_pictures(source, name=name)
        except HandsumError as error:
            yield Failure(name, error.code, error.message, error.remedy)
