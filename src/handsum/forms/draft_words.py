"""What a PDF prints beside its fields, as their labels."""

from __future__ import annotations

from collections.abc import Sequence

from handsum.forms.draft_grid import Grid
from handsum.forms.draft_lines import Item
from handsum.forms.fields import MmBox
from handsum.imaging.files.pdf_fields import PdfWords

_LEFT = 80.0  # mm: how far left of a field its label may end
_ABOVE = 6.0  # mm: how far above
_SPACE = 2.5  # mm: words closer than this are of one label
_LONGEST = 80  # letters


def join_words(words: Sequence[PdfWords]) -> list[PdfWords]:
    """Runs of a line that stand close together, as one."""
    joined: list[PdfWords] = []
    for word in sorted(words, key=lambda w: (round(w.box[3]), w.box[0])):
        last = joined[-1] if joined else None
        if (
            last is not None
            and abs(last.box[3] - word.box[3]) < 1.2
            and -0.5 < word.box[0] - last.box[2] < _SPACE
        ):
            box = (
                last.box[0],
                min(last.box[1], word.box[1]),
                word.box[2],
                max(last.box[3], word.box[3]),
            )
            joined[-1] = PdfWords(f"{last.text} {word.text}", box)
        else:
            joined.append(word)
    return joined


def label_of(box: MmBox, others: Sequence[MmBox], words: Sequence[PdfWords], *, tick: bool) -> str:
    """The words left of a box, else above it, else (of a tick box first) right of it; or nothing.

    No other box may stand between.
    """
    found = {
        "left": [(box[0] - w.box[2], w) for w in words if _level(box, w.box)],
        "above": [
            (box[1] - w.box[3], w)
            for w in words
            if w.box[0] < box[2] and w.box[2] > box[0] and abs(w.box[0] - box[0]) < 12.0
        ],
        "right": [(w.box[0] - box[2], w) for w in words if _level(box, w.box)],
    }
    limits = {"left": _LEFT, "above": _ABOVE, "right": 30.0 if tick else 0.0}
    for side in ("right", "left", "above") if tick else ("left", "above"):
        near = [(d, w) for d, w in found[side] if -0.6 <= d <= limits[side]]
        near.sort(key=lambda pair: pair[0])
        if near and not _between(box, near[0][1].box, others):
            return _tidy(near[0][1].text)
    return ""


def words_in(box: MmBox, words: Sequence[PdfWords]) -> str:
    """What is printed inside a box, line by line."""
    inside = [
        w for w in words
        if box[0] - 0.3 <= (w.box[0] + w.box[2]) / 2 <= box[2] + 0.3
        and box[1] - 0.3 <= (w.box[1] + w.box[3]) / 2 <= box[3] + 0.3
    ]  # fmt: skip
    inside.sort(key=lambda w: (round(w.box[1]), w.box[0]))
    return _tidy(" ".join(w.text for w in inside))


def head_of(column: Item, grid: Grid, words: Sequence[PdfWords]) -> str:
    """What is printed right above a column of a table."""
    x0, x1, top = column.box[0], column.box[2], grid.box[1]
    near = [
        w for w in words
        if x0 - 0.3 <= (w.box[0] + w.box[2]) / 2 <= x1 + 0.3 and top - 12.0 < w.box[3] <= top + 0.5
    ]  # fmt: skip
    if not near:
        return ""
    lowest = max(w.box[3] for w in near)
    band = (x0, lowest - 9.0, x1, lowest)
    return words_in(band, near)


def _level(box: MmBox, word: MmBox) -> bool:
    middle = (word[1] + word[3]) / 2
    return box[1] - 0.5 <= middle <= box[3] + 1.0


def _between(box: MmBox, word: MmBox, others: Sequence[MmBox]) -> bool:
    x0, x1 = sorted(((box[0] + box[2]) / 2, (word[0] + word[2]) / 2))
    y0, y1 = sorted(((box[1] + box[3]) / 2, (word[1] + word[3]) / 2))
    return any(
        not (other[0] < box[2] and other[2] > box[0] and other[1] < box[3] and other[3] > box[1])
        and other[0] <= x1 and other[2] >= x0 and other[1] <= y1 and other[3] >= y0
        for other in others
    )  # fmt: skip


def _tidy(text: str) -> str:
    return " ".join(text.split()).strip(" .:_…")[:_LONGEST]
