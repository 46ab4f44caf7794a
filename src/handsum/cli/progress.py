"""Progress bars on standard error, on a terminal only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")

_FEW = 200


def show_progress(items: Iterable[T], label: str, total: int, stream: TextIO) -> Iterator[T]:
    """The items, with a bar and the time left while they come, if there are many to a terminal."""
    if total < _FEW or not stream.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, label, total, console=Console(file=stream), transient=True)
