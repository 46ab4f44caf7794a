"""One field of a form: where it stands, what may be written there, and what the reader is told."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from handsum.decode.constraint import Constraint
from handsum.decode.rules import DateOrder
from handsum.decode.values import Separators, declare_separators

Kind = Literal["comb", "box", "line", "column", "date", "tick"]
LabelAt = Literal["left", "above", "right", "none"]
MmBox = tuple[float, float, float, float]
"""x0, y0, x1, y1 in millimetres from the sheet's top left corner."""


@dataclass(frozen=True)
class Place:
    """Where in a table a field stands; rows and columns count from 1."""

    table: str
    row: int
    column: int


@dataclass(frozen=True)
class Field:
    """A field as the reader, the rules and the printer need it.

    ``name`` is what rules call it (``total``, ``days[3].min``). ``box`` in mm; ``cells`` is the
    number of cells of a comb (a date may be one), else 0. ``entries``: the closed list, read from
    ``list_path`` unless it stands in the template. ``order`` and ``century`` are set for dates.
    ``required``: empty is a mistake; with ``row_may_be_empty`` only if something else stands in
    its row. ``blank_is_zero``: empty counts as 0 in sums.
    """

    name: str
    label: str
    kind: Kind
    box: MmBox
    cells: int = 0
    pattern: str | None = None
    length: str | None = None
    range: str | None = None
    check: str | None = None
    entries: tuple[str, ...] | None = None
    list_path: Path | None = None
    decimal: str | None = None
    thousands: str | None = None
    required: bool = False
    blank_is_zero: bool = False
    order: DateOrder | None = None
    century: int | None = None
    place: Place | None = None
    row_may_be_empty: bool = False
    label_at: LabelAt = "none"

    @property
    def may_be_empty(self) -> bool:
        """Whether this field alone can be left empty on a sheet that is filled in rightly."""
        return not self.required or self.row_may_be_empty

    @property
    def separators(self) -> Separators | None:
        """What the marks in it mean for its value; None where the template does not say."""
        return declare_separators(self.decimal, self.thousands)

    @cached_property
    def cell_boxes(self) -> tuple[MmBox, ...]:
        """The cells of a comb from the left, in mm; empty for what is no comb."""
        x0, y0, x1, y1 = self.box
        pitch = (x1 - x0) / max(self.cells, 1)
        edges = [x0 + i * pitch for i in range(self.cells)] + [x1]
        return tuple((a, y0, b, y1) for a, b in itertools.pairwise(edges))

    @cached_property
    def constraint(self) -> Constraint | None:
        """What the reader is told of the text before it reads; None where nothing is known.

        A date without a pattern has that of its order; a comb has no more digits than cells.
        """
        if self.kind == "tick":
            return None
        pattern, length = self.pattern, self.length
        if pattern is None and self.order is not None:
            pattern = date_pattern(self.order, self.century, self.cells)
        elif length is None and self.cells:
            length = f"1-{self.cells}"
        asked = Constraint(
            pattern=pattern,
            length=length,
            check=self.check,
            range=self.range,
            entries=self.entries,
            separators=self.separators,
        )
        return None if asked == Constraint(separators=self.separators) else asked


def date_pattern(order: DateOrder, century: int | None, cells: int = 0) -> str:
    """The pattern of all dates that handsum.decode.rules.read_date reads in this order.

    In a comb of ``cells`` cells only what fills it: 8 (or 6 with a century) digits, or as many
    with their two marks between.
    """
    years = ["9999"] if century is None else ["99", "9999"]
    forms = []
    for year in years:
        bare = {"d": "99", "m": "99", "y": year}
        digits = sum(len(bare[part]) for part in order)
        if cells in (0, digits):
            forms.append("".join(bare[part] for part in order))
        marked = bare if cells else {"d": "9{1,2}", "m": "9{1,2}", "y": year}
        if cells in (0, digits + 2):
            forms += [mark.join(marked[part] for part in order) for mark in "/-."]
    return "|".join(forms)
