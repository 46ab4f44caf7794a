"""Pictures in, readings out, with the nets that ship or any bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, overload

from handsum.errors import UsageError
from handsum.reader.digits import DigitReader
from handsum.reader.numbers import NumberReader

ReaderKind = Literal["digit", "number"]

__all__ = ["DigitReader", "NumberReader", "ReaderKind", "load_reader"]


@overload
def load_reader(
    kind: Literal["number"] = "number", bundle: str | Path | None = None, threads: int = 0
) -> NumberReader: ...
@overload
def load_reader(
    kind: Literal["digit"], bundle: str | Path | None = None, threads: int = 0
) -> DigitReader: ...
def load_reader(
    kind: ReaderKind = "number", bundle: str | Path | None = None, threads: int = 0
) -> NumberReader | DigitReader:
    """A reader of whole numbers or of single digits, from the shipped bundle or another one.

    ``threads`` is how many cores the net may use, 0 for all. BundleError where the bundle does
    not fit.
    """
    if kind == "number":
        return NumberReader(bundle or "numbers", threads)
    if kind == "digit":
        return DigitReader(bundle or "digits", threads)
    raise UsageError(f"There is no reader of {kind!r}.", "Choose: number, digit.")
