"""Ordered symbols and their ids; id 0 is the CTC blank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BLANK_ID = 0


@dataclass(frozen=True)
class Charset:
    """The symbols that a net can emit, in the order of its outputs.

    ``symbols[i]`` has the id ``i + 1``; id 0 is the CTC blank, which stands for no symbol.
    """

    symbols: str

    def __post_init__(self) -> None:
        if len(set(self.symbols)) != len(self.symbols):
            raise ValueError(f"charset {self.symbols!r} names a symbol twice")

    def __len__(self) -> int:
        """Number of net outputs, the blank included."""
        return len(self.symbols) + 1

    def encode(self, text: str) -> list[int]:
        """Ids (1..len) of a text; ValueError for a symbol outside the charset."""
        ids = [self.symbols.find(symbol) + 1 for symbol in text]
        if BLANK_ID in ids:
            raise ValueError(f"{text!r} has a symbol outside the charset {self.symbols!r}")
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a sequence of ids, blanks left out (no collapsing of repeats)."""
        return "".join(self.symbols[i - 1] for i in ids if i != BLANK_ID)


DIGITS = Charset("0123456789")
NUMBERS = Charset("0123456789.,-/")
