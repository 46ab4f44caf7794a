"""High cells without lines across: columns in which amounts stand one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from handsum.forms.draft_cells import SAME, Cell
from handsum.forms.draft_grid import HIGHEST, Grid
from handsum.forms.draft_lines import Item

_WIDEST = 70.0  # mm: a wider high cell is for sentences
_NARROW = 1.2  # a column is so many times higher than wide, at least
_ALIKE = 0.7  # mm by which the rows beside it may differ


def find_free_columns(cells: Sequence[Cell]) -> tuple[list[Item], list[Grid]]:
    """Columns alone, and tables of columns whose rows are those of the labels left of them."""
    high = [
        cell for cell in cells
        if cell.printed is None and cell.height > HIGHEST and cell.width <= _WIDEST
    ]  # fmt: skip
    items: list[Item] = []
    grids: list[Grid] = []
    taken: set[Cell] = set()
    for cell in sorted(high, key=lambda c: c.box[0]):
        if cell in taken:
            continue
        group = [cell]
        for other in sorted(high, key=lambda c: c.box[0]):
            if _beside(group[-1], other):
                group.append(other)
        rows = _rows_left_of(cell, cells)
        taken.update(group)
        if rows < 2:
            items += [Item(c.box, "column") for c in group if c.height >= _NARROW * c.width]
            continue
        box = (cell.box[0], cell.box[1], group[-1].box[2], cell.box[3])
        grids.append(Grid(box, rows, tuple(Item(c.box, "column") for c in group)))
    return items, grids


def _beside(left: Cell, right: Cell) -> bool:
    return (
        abs(left.box[2] - right.box[0]) < SAME
        and abs(left.box[1] - right.box[1]) < SAME
        and abs(left.box[3] - right.box[3]) < SAME
    )


def _rows_left_of(cell: Cell, cells: Sequence[Cell]) -> int:
    """Into how many equal rows the cells left of a high one part it; 0 if they do not."""
    x, top, _, bottom = cell.box
    beside = sorted(
        (
            c for c in cells
            if abs(c.box[2] - x) < SAME and c.box[1] > top - SAME and c.box[3] < bottom + SAME
        ),
        key=lambda c: c.box[1],
    )  # fmt: skip
    if len(beside) < 2:
        return 0
    pitch = (bottom - top) / len(beside)
    even = all(
        abs(c.box[1] - top - n * pitch) < _ALIKE and abs(c.box[3] - top - (n + 1) * pitch) < _ALIKE
        for n, c in enumerate(beside)
    )
    return len(beside) if even else 0
