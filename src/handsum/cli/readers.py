"""The reader that a command asks for, and what it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handsum.promise.terms import Promise
    from handsum.reader import CombReader, DigitReader, NumberReader, PageReader
    from handsum.reader.options import ReadOptions
    from handsum.reader.stream import Input
    from handsum.readings import Failure, Reading


def open_reader(what: str | None, bundle: str | None) -> NumberReader | DigitReader:
    """The reader of ``what`` ("digit", "number"); where nothing is said, what the bundle reads."""
    from handsum.bundle import load_bundle
    from handsum.reader import load_reader

    if what is None and bundle is not None:
        what = "digit" if load_bundle(bundle).info.kind == "digits" else "number"
    return load_reader("digit", bundle) if what == "digit" else load_reader("number", bundle)


def open_any(
    what: str | None, bundle: str | None, cells: int | None
) -> NumberReader | DigitReader | PageReader | CombReader:
    """The reader of ``what`` ("digit", "number", "page"), or of combs of so many ``cells``."""
    from handsum.reader import load_reader

    if cells is not None:
        return open_combs(what, bundle, cells)
    return load_reader("page", bundle) if what == "page" else open_reader(what, bundle)


def open_combs(what: str | None, bundle: str | None, cells: int) -> CombReader:
    """The reader of combs of so many cells; UsageError where something else was asked for."""
    from handsum.reader import CombReader
    from handsum.reader.asked import check_combs

    check_combs(what)
    return CombReader(bundle or "numbers", cells=cells)


def read_all(
    reader: NumberReader | DigitReader | PageReader | CombReader,
    files: Iterable[Input],
    options: ReadOptions,
) -> Iterator[Reading | Failure]:
    """As `read_files`, by whichever reader."""
    from handsum.reader import CombReader, DigitReader, NumberReader
    from handsum.reader.stream import read_files

    if isinstance(reader, DigitReader):
        return read_files(reader, files, options)
    if isinstance(reader, NumberReader):
        return read_files(reader, files, options)
    if isinstance(reader, CombReader):
        return read_files(reader, files, options)
    return read_files(reader, files, options)


def load_asked_promise(path: Path | None) -> Promise | None:
    """The promise in a file, not yet held against what it is used for."""
    from handsum.promise.file import load_promise

    return None if path is None else load_promise(path)
