"""Cells put together: combs of narrow ones, tables of rows that are alike, single boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handsum.forms.draft_cells import SAME, Cell, weight_at
from handsum.forms.draft_lines import WIDEST_CELL, Item, comb_of_cell, even_cells
from handsum.forms.draft_rules import PageRules
from handsum.forms.fields import Kind, MmBox
from handsum.forms.paper import Grey

HIGHEST = 30.0
"""mm: a higher cell is for sentences or stamps."""
_LEAST_HEIGHT = 2.5
_TICK = 7.0  # mm: the largest box to tick
_CAPTION_LEAVES = 4.5  # mm below a caption inside a box, at least
_THICK = 1.5  # times the thinnest line between cells: a border between combs
_GAP = 3.0  # mm, the widest between the separate boxes of a comb
_ALIKE = 0.7  # mm by which the edges of a table's rows may differ


@dataclass(frozen=True)
class Grid:
    """Rows of the same cells: ``columns`` from the left, their boxes those of the first row."""

    box: MmBox
    rows: int
    columns: tuple[Item, ...]


def group_cells(
    ink: Grey, cells: Sequence[Cell], rules: PageRules
) -> tuple[list[Item], list[Grid]]:
    """Fields and tables of the cells that can be written in."""
    rows = _rows([cell for cell in cells if cell.height <= HIGHEST])
    headed = _headed(cells)
    corners = _corners(cells)
    pieces: list[list[Item]] = []
    lone = {cell for cell in cells if not any(_touch(cell, other) for other in cells)}
    for row in rows:
        for run in _writable_runs(row, corners, lone):
            pieces.append(_combs(ink, run, rules, headed))
    pieces = _separate_boxes(pieces)
    return _stack(pieces)


def _rows(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells with the same top and bottom, each row from the left."""
    rows: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda c: (c.box[1], c.box[0])):
        for row in rows:
            first = row[0].box
            if abs(first[1] - cell.box[1]) < SAME and abs(first[3] - cell.box[3]) < SAME:
                row.append(cell)
                break
        else:
            rows.append([cell])
    return [sorted(row, key=lambda c: c.box[0]) for row in rows]


def _writable(cell: Cell, *, alone: bool) -> Cell | None:
    """What of a cell can be written in: all, what a caption leaves, or nothing.

    Words at the side leave the rest of a cell that stands ``alone``; among others they are a
    label or a heading.
    """
    x0, y0, x1, y1 = cell.box
    if cell.printed is None:
        return cell if cell.height >= _LEAST_HEIGHT else None
    left, top, right, bottom = cell.printed
    least = max(_CAPTION_LEAVES, 0.5 * cell.height)
    if y1 - bottom >= least or top - y0 >= least:
        return cell  # a caption at the top or the foot; the blank takes it away
    least = max(8.0, 0.6 * cell.width)
    if alone and x1 - right >= least:
        return Cell((right + 0.5, y0, x1, y1))  # a word before the number: CHF
    if alone and left - x0 >= least:
        return Cell((x0, y0, left - 0.5, y1))  # a unit behind it
    return None


def _same_column(a: Cell, b: Cell) -> bool:
    return abs(a.box[0] - b.box[0]) < SAME and abs(a.box[2] - b.box[2]) < SAME


def _headed(cells: Sequence[Cell]) -> set[Cell]:
    """Cells with a printed cell of the same width above them in one column."""
    columns: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda c: c.box[1]):
        for column in columns:
            if _same_column(column[-1], cell) and abs(column[-1].box[3] - cell.box[1]) < SAME:
                column.append(cell)
                break
        else:
            columns.append([cell])
    found = set()
    for column in columns:
        seen = False
        for cell in column:
            if seen:
                found.add(cell)
            seen |= cell.printed is not None
    return found


def _corners(cells: Sequence[Cell]) -> set[Cell]:
    """Empty cells above the row labels and left of the headers: nobody writes there."""
    found = set()
    for cell in cells:
        beside, below = _run(cell, cells, 0), _run(cell, cells, 1)
        empty = cell.printed is None and beside and below
        if empty and all(c.printed is not None for c in (*beside, *below)):
            found.add(cell)
    return found


def _run(cell: Cell, cells: Sequence[Cell], way: int) -> list[Cell]:
    """The cells right of one (``way`` 0) or below it (1), each touching the one before."""
    across = 1 - way
    line = [
        c for c in cells
        if all(abs(c.box[i] - cell.box[i]) < SAME for i in (across, across + 2))
    ]  # fmt: skip
    run: list[Cell] = []
    for other in sorted(line, key=lambda c: c.box[way]):
        last = run[-1] if run else cell
        if other.box[way] > cell.box[way] and abs(other.box[way] - last.box[way + 2]) < SAME:
            run.append(other)
    return run


def _touch(a: Cell, b: Cell) -> bool:
    """Whether two cells share a whole side."""
    beside = abs(a.box[1] - b.box[1]) < SAME and abs(a.box[3] - b.box[3]) < SAME
    below = abs(a.box[0] - b.box[0]) < SAME and abs(a.box[2] - b.box[2]) < SAME
    return (beside and min(abs(a.box[0] - b.box[2]), abs(a.box[2] - b.box[0])) < SAME) or (
        below and min(abs(a.box[1] - b.box[3]), abs(a.box[3] - b.box[1])) < SAME
    )


def _writable_runs(row: Sequence[Cell], corners: set[Cell], lone: set[Cell]) -> list[list[Cell]]:
    """Neighbouring cells of a row that can be written in, without gaps."""
    runs: list[list[Cell]] = []
    open_run = False
    for cell in row:
        found = None if cell in corners else _writable(cell, alone=cell in lone)
        if found is None:
            open_run = False
            continue
        if open_run and abs(runs[-1][-1].box[2] - found.box[0]) < SAME:
            runs[-1].append(found)
        else:
            runs.append([found])
        open_run = True
    return runs


def _combs(ink: Grey, run: Sequence[Cell], rules: PageRules, headed: set[Cell]) -> list[Item]:
    """The items of a run: narrow equal neighbours become one comb."""
    items: list[Item] = []
    group: list[Cell] = []

    def close() -> None:
        for part in _parted(group, rules):
            box = (part[0].box[0], part[0].box[1], part[-1].box[2], part[-1].box[3])
            edges = [cell.box[0] for cell in part] + [part[-1].box[2]]
            if len(part) > 1 and even_cells(edges):
                items.append(Item(box, "comb", len(part)))
                continue
            for cell in part:
                items.append(_single(ink, cell, alone=len(run) == 1))
        group.clear()

    for cell in run:
        narrow = cell.width <= min(WIDEST_CELL, 1.4 * cell.height) and cell not in headed
        alike = not group or abs(cell.width - group[-1].width) < max(0.4, 0.12 * cell.width)
        if not (narrow and alike):
            close()
        group.append(cell)
        if not narrow:
            close()
    close()
    return items


def _parted(group: Sequence[Cell], rules: PageRules) -> list[list[Cell]]:
    """Narrow cells at the thick lines among those between them, so that combs come apart."""
    if not group:
        return []
    y = (group[0].box[1] + group[0].box[3]) / 2
    between = [weight_at(rules.vertical, cell.box[2], y) for cell in group[:-1]]
    thin = min(between, default=0.0)
    parts = [[group[0]]]
    for cell, weight in zip(group[1:], between, strict=True):
        if weight > _THICK * thin:
            parts.append([cell])
        else:
            parts[-1].append(cell)
    return parts


def _single(ink: Grey, cell: Cell, *, alone: bool) -> Item:
    cells = comb_of_cell(ink, cell)
    if cells:
        return Item(cell.box, "comb", cells)
    captioned = cell.printed is not None
    kind: Kind = "box"
    square = abs(cell.width - cell.height) <= 0.25 * cell.width
    if alone and square and cell.width <= _TICK:
        kind = "tick"
    return Item(cell.box, kind, captioned=captioned)


def _separate_boxes(pieces: list[list[Item]]) -> list[list[Item]]:
    """Equal small boxes with small equal gaps between them as combs."""
    small = [
        piece for piece in pieces
        if len(piece) == 1 and piece[0].kind in ("tick", "box") and _width(piece[0]) <= WIDEST_CELL
    ]  # fmt: skip
    small.sort(key=lambda piece: (round(piece[0].box[1]), piece[0].box[0]))
    rows: list[list[Item]] = []
    for (item,) in small:
        last = rows[-1][-1] if rows else None
        if (
            last is not None
            and abs(last.box[1] - item.box[1]) < SAME
            and abs(last.box[3] - item.box[3]) < SAME
            and abs(_width(last) - _width(item)) < 0.5
            and SAME < item.box[0] - last.box[2] <= min(_GAP, 0.5 * _width(item))
        ):
            rows[-1].append(item)
        else:
            rows.append([item])
    done = [piece for piece in pieces if piece not in small]
    for row in rows:
        starts = [item.box[0] for item in row]
        if len(row) >= 3 and even_cells(starts):
            margin = ((starts[-1] - starts[0]) / (len(row) - 1) - _width(row[0])) / 2
            left, right = row[0].box, row[-1].box
            box = (left[0] - margin, left[1], right[2] + margin, right[3])
            done.append([Item(box, "comb", len(row))])
        else:
            done += [[item] for item in row]
    return done


def _width(item: Item) -> float:
    return item.box[2] - item.box[0]


def _stack(pieces: Sequence[Sequence[Item]]) -> tuple[list[Item], list[Grid]]:
    """Pieces of rows one below the other with the same columns and height as tables."""
    stacks: list[list[Sequence[Item]]] = []
    for piece in sorted(pieces, key=lambda p: (p[0].box[1], p[0].box[0])):
        for stack in stacks:
            if _continues(stack, piece):
                stack.append(piece)
                break
        else:
            stacks.append([piece])
    items: list[Item] = []
    grids: list[Grid] = []
    for stack in stacks:
        if len(stack) == 1:
            items += stack[0]
            continue
        first, last = stack[0], stack[-1]
        box = (first[0].box[0], first[0].box[1], first[-1].box[2], last[0].box[3])
        columns = tuple(
            Item(item.box, "box" if item.kind == "tick" else item.kind, item.cells)
            for item in first
        )
        grids.append(Grid(box, len(stack), columns))
    return items, grids


def _continues(stack: Sequence[Sequence[Item]], piece: Sequence[Item]) -> bool:
    first, last = stack[0], stack[-1]
    if any(item.captioned for item in (*piece, *first)):
        return False
    if len(piece) != len(first) or abs(last[0].box[3] - piece[0].box[1]) > SAME:
        return False
    for above, item in zip(first, piece, strict=True):
        if (above.kind, above.cells) != (item.kind, item.cells):
            return False
        if abs(above.box[0] - item.box[0]) > _ALIKE or abs(above.box[2] - item.box[2]) > _ALIKE:
            return False
    # Rows of a table are equally high: each edge stands where an even division puts it.
    tops = [row[0].box[1] for row in stack] + [piece[0].box[1], piece[0].box[3]]
    pitch = (tops[-1] - tops[0]) / (len(tops) - 1)
    return all(abs(top - tops[0] - n * pitch) <= _ALIKE for n, top in enumerate(tops))


def stack_lines(lines: Sequence[Item]) -> tuple[list[Item], list[Grid]]:
    """Writing lines of the same ends at an even distance, three or more, as tables."""
    stacks: list[list[Item]] = []
    for line in sorted(lines, key=lambda item: item.box[3]):
        for stack in stacks:
            last = stack[-1]
            pitch = line.box[3] - last.box[3]
            same = abs(last.box[0] - line.box[0]) < 1.0 and abs(last.box[2] - line.box[2]) < 1.0
            even = len(stack) == 1 or abs(pitch - (last.box[3] - stack[-2].box[3])) < _ALIKE
            if same and even and 4.0 <= pitch <= 15.0:
                stack.append(line)
                break
        else:
            stacks.append([line])
    items: list[Item] = []
    grids: list[Grid] = []
    for stack in stacks:
        if len(stack) < 3:
            items += stack
            continue
        pitch = (stack[-1].box[3] - stack[0].box[3]) / (len(stack) - 1)
        x0, _, x1, y1 = stack[0].box
        column = Item((x0, y1 - pitch, x1, y1), "line")
        grids.append(Grid((x0, y1 - pitch, x1, stack[-1].box[3]), len(stack), (column,)))
    return items, grids


def overlaps(a: MmBox, b: MmBox, slack: float) -> bool:
    """Whether two boxes share more than ``slack`` mm each way."""
    return all(min(a[i + 2], b[i + 2]) - max(a[i], b[i]) > slack for i in (0, 1))


def without_overlaps(
    items: Sequence[Item], grids: Sequence[Grid], slack: float
) -> tuple[list[Item], list[Grid]]:
    """What is left if of two that overlap the smaller goes: no template may have both."""
    taken: list[MmBox] = []
    found: list[Item | Grid] = []
    every: list[Item | Grid] = [*grids, *items]
    for one in sorted(every, key=lambda i: -(i.box[2] - i.box[0]) * (i.box[3] - i.box[1])):
        if not any(overlaps(one.box, box, slack) for box in taken):
            taken.append(one.box)
            found.append(one)
    return [i for i in found if isinstance(i, Item)], [g for g in found if isinstance(g, Grid)]


def in_order(boxes: Sequence[MmBox]) -> list[int]:
    """Indexes row by row from the left; boxes of a row share half the lower one's height."""
    rows: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda k: (boxes[k][1] + boxes[k][3], boxes[k][0])):
        top, bottom = boxes[i][1], boxes[i][3]
        for row in rows:
            a, b = boxes[row[0]][1], boxes[row[0]][3]
            if min(b, bottom) - max(a, top) > 0.5 * min(b - a, bottom - top):
                row.append(i)
                break
        else:
            rows.append([i])
    return [i for row in rows for i in sorted(row, key=lambda k: boxes[k][0])]
