"""What a data set holds, in numbers: for ``data list`` and for whoever chooses what to train on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from handsum.data.dataset import Dataset

Size = tuple[int, int]
"""(width, height) in pixels."""


@dataclass(frozen=True)
class DatasetSummary:
    """Counts of a data set.

    ``classes``: how many pictures show each single symbol, where every text is one symbol; else
    empty. ``lengths``: pictures by length of text. ``contents``: pictures by content. ``groups``:
    pictures by writer, book or form; ``ungrouped`` have none. Sizes are the least and greatest
    width and height.
    """

    name: str
    pictures: int
    contents: dict[str, int]
    classes: dict[str, int]
    lengths: dict[int, int]
    groups: dict[str, int]
    ungrouped: int
    smallest: Size
    largest: Size
    ink: str
    licence: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """The object that ``data list --format json`` writes for a set that is here."""
        return {
            "name": self.name,
            "pictures": self.pictures,
            "contents": self.contents,
            "classes": self.classes,
            "lengths": {str(length): count for length, count in self.lengths.items()},
            "groups": self.groups,
            "ungrouped": self.ungrouped,
            "smallest": list(self.smallest),
            "largest": list(self.largest),
            "ink": self.ink,
            "licence": self.licence,
            "source": self.source,
        }


def summarize(data: Dataset) -> DatasetSummary:
    """Count what ``data`` holds; texts count only where the content is "number"."""
    texts = [t for t, c in zip(data.texts, data.contents, strict=True) if c == "number"]
    lengths = Counter(map(len, texts))
    groups = Counter(group for group in data.groups if group is not None)
    heights, widths = {im.shape[0] for im in data.images}, {im.shape[1] for im in data.images}
    return DatasetSummary(
        name=data.name,
        pictures=len(data),
        contents=dict(sorted(Counter(data.contents).items())),
        classes=dict(sorted(Counter(texts).items())) if set(lengths) == {1} else {},
        lengths=dict(sorted(lengths.items())),
        groups=dict(sorted(groups.items())),
        ungrouped=len(data) - groups.total(),
        smallest=(min(widths, default=0), min(heights, default=0)),
        largest=(max(widths, default=0), max(heights, default=0)),
        ink=data.ink,
        licence=data.licence,
        source=data.source,
    )
