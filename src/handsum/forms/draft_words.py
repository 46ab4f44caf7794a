"""What a PDF prints beside its fields, as their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handsum.forms.draft_grid import Grid
from handsum.forms.fields import LabelAt, MmBox
from handsum.imaging.files.pdf_fields import PdfWords

_LEFT = 80.0  # mm: how far left of a field its label may end
_ABOVE = 6.0  # mm: how far above
_SPACE = 2.5  # mm: words closer than this are of one label
_LONGEST = 80  # letters


@dataclass(frozen=True)
class Label:
    """Printed words that say what a field is, their box in mm, and on which side of it they are."""

    text: str
    box: MmBox
    at: LabelAt


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


def label_of(
    box: MmBox, others: Sequence[MmBox], words: Sequence[PdfWords], *, tick: bool
) -> Label | None:
    """The words left of a box, else above it, else (of a tick box first) right of it; or None.

    No other box may stand between.
    """
    found: dict[LabelAt, list[tuple[float, PdfWords]]] = {
        "left": [(box[0] - w.box[2], w) for w in words if _level(box, w.box)],
        "above": [
            (box[1] - w.box[3], w)
            for w in words
            if w.box[0] < box[2] and w.box[2] > box[0] and abs(w.box[0] - box[0]) < 12.0
        ],
        "right": [(w.box[0] - box[2], w) for w in words if _level(box, w.box)],
    }
    limits = {"left": _LEFT, "above": _ABOVE, "right": 30.0 if tick else 0.0}
    sides: tuple[LabelAt, ...] = ("right", "left", "above") if tick else ("left", "above")
    for side in sides:
        near = [(d, w) for d, w in found[side] if -0.6 <= d <= limits[side]]
        near.sort(key=lambda pair: pair[0])
        if near and not _between(box, near[0][1].box, others):
            return _label([near[0][1]], side)
    return None


def head_of(column: MmBox, grid: Grid, words: Sequence[PdfWords]) -> Label | None:
    """What is printed right above a column of a table, line by line; None where nothing is."""
    x0, x1, top = column[0], column[2], grid.box[1]
    near = [
        w for w in words
        if x0 - 0.3 <= (w.box[0] + w.box[2]) / 2 <= x1 + 0.3 and top - 12.0 < w.box[3] <= top + 0.5
    ]  # fmt: skip
    lowest = max((w.box[3] for w in near), default=0.0)
    near = [w for w in near if lowest - 9.3 <= (w.box[1] + w.box[3]) / 2]
    return _label(sorted(near, key=lambda w: (round(w.box[1]), w.box[0])), "above")


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


def _label(words: Sequence[PdfWords], at: LabelAt) -> Label | None:
    """Words as one label, without the dots that lead to a box; None where nothing is left."""
    text = " ".join(" ".join(w.text for w in words).split()).strip(" .:_…")[:_LONGEST]
    if not text:
        return None
    sides = list(zip(*(w.box for w in words), strict=True))
    return Label(text, (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])), at)
