"""Pictures in, readings out, with the nets that ship or any bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, overload

from handsum.errors import UsageError
from handsum.reader.combs import CombReader
from handsum.reader.digits import DigitReader
from handsum.reader.numbers import NumberReader
from handsum.reader.pages import PageReader

ReaderKind = Literal["digit", "number", "page"]

__all__ = ["CombReader", "DigitReader", "NumberReader", "PageReader", "ReaderKind", "load_reader"]


@overload
def load_reader(
    kind: Literal["number"] = "number", bundle: str | Path | None = None, threads: int = 0
) -> NumberReader: ...
@overload
def load_reader(
    kind: Literal["digit"], bundle: str | Path | None = None, threads: int = 0
) -> DigitReader: ...
@overload
def load_reader(
    kind: Literal["page"], bundle: str | Path | None = None, threads: int = 0
) -> PageReader: ...
def load_reader(
    kind: ReaderKind = "number", bundle: str | Path | None = None, threads: int = 0
) -> NumberReader | DigitReader | PageReader:
    """A reader of whole numbers, single digits or pages, from the shipped bundle or another one.

    ``threads`` is how many cores the net may use, 0 for all. BundleError where the bundle does
    not fit.
    """
    if kind == "number":
        return NumberReader(bundle or "numbers", threads)
    if kind == "digit":
        return DigitReader(bundle or "digits", threads)
    if kind == "page":
        return PageReader(bundle or "numbers", threads)
    raise UsageError(f"There is no reader of {kind!r}.", "Choose: number, digit, page.")
