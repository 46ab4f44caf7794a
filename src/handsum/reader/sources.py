"""Sources of one call, loaded and prepared in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from handsum.imaging.load import Picture, Source, load_pictures

BATCH = 256
"""Pictures that wait for the net together."""

P = TypeVar("P")


def prepare_all(
    prepare: Callable[[Picture], P], source: Source | Sequence[Source]
) -> Iterator[list[P]]:
    """Every page of one source, or of each of a list or tuple of them, prepared, in batches."""
    # str and bytes are sequences as well, so it is a list or a tuple or one source.
    many: Any = source if isinstance(source, list | tuple) else [source]
    waiting = (prepare(picture) for one in many for picture in load_pictures(one))
    while batch := list(islice(waiting, BATCH)):
        yield batch
