"""Many files through one reader: loading and preparing on all cores, the net in batches."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from handsum.errors import FileMissingError, HandsumError
from handsum.imaging.load import Picture, load_pictures
from handsum.imaging.normalize import NormalizedDigit
from handsum.reader.digits import BATCH, DigitReader
from handsum.readings import Failure, Reading

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".pdf"}
)
"""What is taken from a folder; a file named on its own is read whatever its name."""

_CHUNK = 32


@dataclass(frozen=True)
class NamedBytes:
    """A file that came over a pipe."""

    name: str
    data: bytes


_Item = tuple[Picture, NormalizedDigit] | Failure


def expand_paths(paths: Iterable[Path]) -> list[Path]:
    """Files as they are, folders as the pictures in them and below, in sorted order."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = (p for p in path.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
            inside = sorted(p for p in found if p.is_file())
            if not inside:
                raise FileMissingError(
                    f"{path} holds no pictures.",
                    f"Name a folder with files of these kinds: {', '.join(sorted(PICTURE_SUFFIXES))}.",
                )
            files += inside
        else:
            files.append(path)
    return files


def read_files(
    reader: DigitReader,
    files: Iterable[Path | NamedBytes],
    *,
    max_risk: float = 0.01,
    top: int = 3,
    workers: int | None = None,
) -> Iterator[Reading | Failure]:
    """Readings of every page of every file, in order; a file that fails gives a Failure.

    ``workers`` threads load and prepare ahead (default: one a core).
    """
    waiting: list[tuple[Picture, NormalizedDigit]] = []

    def flush() -> Iterator[Reading]:
        if waiting:
            pictures, prepared = zip(*waiting, strict=True)
            waiting.clear()
            yield from reader.read_prepared(pictures, prepared, max_risk=max_risk, top=top)

    for item in _prepared(reader, files, workers or os.cpu_count() or 1):
        if isinstance(item, Failure):
            yield from flush()
            yield item
        else:
            waiting.append(item)
            if len(waiting) == BATCH:
                yield from flush()
    yield from flush()


def _prepared(
    reader: DigitReader, files: Iterable[Path | NamedBytes], workers: int
) -> Iterator[_Item]:
    """Pictures in order, made ready ahead of need, but never more than a few chunks ahead."""
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[list[_Item]]] = deque()
        chunk: list[Path | NamedBytes] = []
        for file in files:
            chunk.append(file)
            if len(chunk) == _CHUNK:
                ahead.append(pool.submit(_prepare_chunk, reader, chunk))
                chunk = []
            if len(ahead) > 3 * workers:
                yield from ahead.popleft().result()
        if chunk:
            ahead.append(pool.submit(_prepare_chunk, reader, chunk))
        while ahead:
            yield from ahead.popleft().result()


def _prepare_chunk(reader: DigitReader, files: list[Path | NamedBytes]) -> list[_Item]:
    items: list[_Item] = []
    for file in files:
        source, name = (file.data, file.name) if isinstance(file, NamedBytes) else (file, str(file))
        try:
            for picture in load_pictures(source, name=name):
                items.append((picture, reader.prepare(picture)))
        except HandsumError as error:
            items.append(Failure(name, error.code, error.message, error.remedy))
    return items
