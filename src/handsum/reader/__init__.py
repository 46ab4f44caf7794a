"""Pictures in, readings out, with the nets that ship or any bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from handsum.errors import UsageError
from handsum.reader.digits import DigitReader

ReaderKind = Literal["digit"]

__all__ = ["DigitReader", "ReaderKind", "load_reader"]


def load_reader(
    kind: ReaderKind = "digit", bundle: str | Path | None = None, threads: int = 0
) -> DigitReader:
    """A reader of single digits, from the shipped bundle or another one.

    ``threads`` is how many cores the net may use, 0 for all. BundleError where the bundle does
    not fit.
    """
    if kind != "digit":
        raise UsageError(f"There is no reader of {kind!r}.", "Choose: digit.")
    return DigitReader(bundle or "digits", threads)
