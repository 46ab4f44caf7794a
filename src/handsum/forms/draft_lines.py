"""What is written on without a box around it: lines, combs of teeth, columns between two rules."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handsum.forms.draft_cells import SAME, Cell, covered, print_box
from handsum.forms.draft_rules import SHORTEST, PageRules, Rule
from handsum.forms.fields import Kind, MmBox
from handsum.forms.paper import Grey
from handsum.forms.reference import FINE

LINE_HEIGHT = 8.0
"""mm above a line that are taken to be written in, where so much is free."""
HIGHEST_WALL = 15.0
"""mm: higher walls at the ends of a line are those of a section."""
LONGEST = 110.0
"""mm: a longer line parts sections, or is for words."""
WIDEST_CELL = 11.0  # mm: a wider one holds more than one digit
MOST_CELLS = 40
_LEAST_ROOM = 3.5  # mm above a line; less, and it underlines what is printed there
_LEAST_LINE = 10.0  # mm
_EVEN = 0.12  # of the pitch by which the cells of a comb may differ
_TOOTH_FROM, _TOOTH_TO = 0.45, 1.5  # mm above a line where every tooth is
_TOOTH_WIDTH = 1.0  # mm
_INK = 25  # of 255
_BESIDE = (0.35, 0.9)  # mm from a line: what is printed there belongs to letters, or to teeth
_LETTERS = 0.2  # of its length: with more of that it runs along the tops or feet of letters
_LEAST_COLUMN = 15.0  # mm of height


@dataclass(frozen=True)
class Item:
    """A place to write in: its box in mm, what kind, and the cells of a comb.

    ``captioned``: it has words of its own inside, so it is no cell of a table.
    """

    box: MmBox
    kind: Kind
    cells: int = 0
    captioned: bool = False


def find_teeth(ink: Grey, x0: float, x1: float, y: float) -> tuple[list[float], float]:
    """Where short strokes stand on a line from x0 to x1 at y, and how high they are, in mm."""
    first, last = round((x0 - 1.0) * FINE), round((x1 + 1.0) * FINE)
    first = max(first, 0)
    top, bottom = round((y - _TOOTH_TO) * FINE), round((y - _TOOTH_FROM) * FINE)
    strip = ink[max(top, 0) : bottom, first:last]
    if strip.size == 0:
        return [], 0.0
    beside = np.maximum(np.maximum(strip[:, 2:], strip[:, :-2]), strip[:, 1:-1])
    standing = np.concatenate([[False], beside.min(axis=0) > _INK, [False]])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], standing.astype(int), [0]])))
    places, heights = [], []
    for a, b in edges.reshape(-1, 2):
        if b - a > (_TOOTH_WIDTH + 2 / FINE) * FINE:
            continue
        weights = strip[:, a:b].sum(axis=0, dtype=np.float64)
        middle = first + float((np.arange(a, b) * weights).sum() / max(weights.sum(), 1.0))
        column = ink[: max(top, 0), int(middle) - 1 : int(middle) + 2]
        dark = column.max(axis=1)[::-1] > _INK if column.size else np.zeros(0, bool)
        more = int(dark.argmin()) if len(dark) and not dark.all() else len(dark)
        places.append((middle + 0.5) / FINE)
        heights.append(_TOOTH_TO + more / FINE)
    return places, float(np.median(heights)) if heights else 0.0


def even_cells(edges: Sequence[float]) -> int:
    """How many equal cells of a comb these borders part, 0 if they are not even."""
    if len(edges) < 3:
        return 0
    pitch = (edges[-1] - edges[0]) / (len(edges) - 1)
    even = all(abs(b - a - pitch) <= _EVEN * pitch + 0.15 for a, b in itertools.pairwise(edges))
    fits = 2.0 <= pitch <= WIDEST_CELL and len(edges) - 1 <= MOST_CELLS
    return len(edges) - 1 if even and fits else 0


def comb_of_cell(ink: Grey, cell: Cell) -> int:
    """The number of cells that teeth on the bottom of a box make of it, 0 where there are none."""
    x0, y0, x1, y1 = cell.box
    teeth, height = find_teeth(ink, x0, x1, y1)
    inner = [x for x in teeth if x0 + 1.0 < x < x1 - 1.0]
    if not inner or height > 0.9 * (y1 - y0):
        return 0
    return even_cells([x0, *inner, x1])


def find_open(ink: Grey, print_only: Grey, rules: PageRules, cells: Sequence[Cell]) -> list[Item]:
    """Lines, open combs and columns that are no side of a cell."""
    spare = [span for rule in rules.horizontal for span in _spare(rule, cells)]
    spare = [
        span for span in spare if not _framing(span, rules) and not _in_words(span, print_only)
    ]
    combs, spare = _underscores(spare, print_only, rules)
    items = combs
    for span in spare:
        item = (
            _open_comb(ink, print_only, rules, span)
            or _open_box(print_only, rules, span)
            or _line(print_only, rules, span)
        )
        if item is not None:
            items.append(item)
    return items + _columns(print_only, rules, cells)


def _spare(rule: Rule, cells: Sequence[Cell]) -> list[Rule]:
    """The stretches of a horizontal line that are no side of a cell."""
    taken = sorted(
        (max(cell.box[0], rule.start), min(cell.box[2], rule.end))
        for cell in cells
        if cell.box[0] < rule.end and cell.box[2] > rule.start
        and min(abs(rule.across((cell.box[0] + cell.box[2]) / 2) - cell.box[i]) for i in (1, 3))
        < SAME
    )  # fmt: skip
    spans, at = [], rule.start
    for start, end in [*taken, (rule.end, rule.end)]:
        if start - at > 3.0:
            spans.append(_part(rule, at, start))
        at = max(at, end)
    return spans


def _part(rule: Rule, start: float, end: float) -> Rule:
    return Rule(start, end, rule.across((start + end) / 2), rule.slope, rule.weight, rule.dotted)


def _sides(span: Rule, rules: PageRules, x: float) -> tuple[float, float]:
    """How far upright lines at one end of a span reach above and below it, in mm."""
    y = span.across(x)
    above = below = 0.0
    for rule in rules.vertical:
        if abs(rule.across(y) - x) < 1.0 and rule.start - SAME < y < rule.end + SAME:
            above, below = max(above, y - rule.start), max(below, rule.end - y)
    return above, below


def _in_words(span: Rule, print_only: Grey) -> bool:
    """Whether a span is of the tops or feet of printed letters: their strokes go on beside it."""
    left, right = round(span.start * FINE), round(span.end * FINE)
    near, far = (round(side * FINE) for side in _BESIDE)
    at = round(span.at * FINE)
    sides = (
        print_only[at - far : at - near, left:right],
        print_only[at + near : at + far, left:right],
    )
    return any(side.size > 0 and side.any(axis=0).mean() > _LETTERS for side in sides)


def _framing(span: Rule, rules: PageRules) -> bool:
    """Whether a span is the roof of something, or a side of a section that is higher than a field.

    Nobody writes on those.
    """
    ends = [_sides(span, rules, x) for x in (span.start, span.end)]
    return any(below > 3.0 or above > HIGHEST_WALL for above, below in ends)


def _open_box(print_only: Grey, rules: PageRules, span: Rule) -> Item | None:
    """A box without a roof: a line between two walls."""
    walls = [_sides(span, rules, x)[0] for x in (span.start, span.end)]
    if min(walls) < SHORTEST or abs(walls[0] - walls[1]) > 1.0:
        return None
    roof = covered(rules.horizontal, span.at - min(walls), (span.start, span.end))
    if roof > 0.5 * span.length:
        return None
    box = (span.start, span.at - min(walls), span.end, span.at)
    return Item(box, "box") if print_box(print_only, box) is None else None


def _underscores(
    spans: Sequence[Rule], print_only: Grey, rules: PageRules
) -> tuple[list[Item], list[Rule]]:
    """Combs of short equal lines side by side, and the spans that are none."""
    combs: list[Item] = []
    rest: list[Rule] = []
    rows: list[list[Rule]] = []
    for span in sorted(spans, key=lambda s: s.start):
        for row in rows:
            last = row[-1]
            gap = span.start - last.end
            alike = abs(span.length - last.length) < 0.8 and abs(span.at - last.at) < SAME
            if alike and 0.5 < gap < min(3.5, 0.8 * span.length) and span.length < WIDEST_CELL:
                row.append(span)
                break
        else:
            rows.append([span])
    for row in rows:
        starts = [span.start for span in row]
        if len(row) >= 3 and even_cells(starts):
            pitch = (starts[-1] - starts[0]) / (len(row) - 1)
            margin = (pitch - float(np.mean([span.length for span in row]))) / 2
            x0, x1 = starts[0] - margin, row[-1].end + margin
            y = float(np.mean([span.at for span in row]))
            room = _free_above(print_only, rules, x0, x1, y)
            if room >= _LEAST_ROOM:
                combs.append(Item((x0, y - room, x1, y), "comb", len(row)))
                continue
        rest += row
    return combs, rest


def _open_comb(ink: Grey, print_only: Grey, rules: PageRules, span: Rule) -> Item | None:
    """A comb whose teeth stand on the line, without a roof."""
    y = span.at
    teeth, height = find_teeth(ink, span.start, span.end, y)
    for edges in (teeth, [span.start, *teeth, span.end]):
        cells = even_cells(edges)
        whole = cells and edges[-1] - edges[0] > 0.9 * span.length
        if cells >= 2 and whole:
            room = _free_above(print_only, rules, edges[0], edges[-1], y - height)
            high = height + room if height < LINE_HEIGHT else height
            top = y - max(height, min(high, LINE_HEIGHT))
            return Item((edges[0], top, edges[-1], y), "comb", cells)
    return None


def _line(print_only: Grey, rules: PageRules, span: Rule) -> Item | None:
    if not _LEAST_LINE <= span.length <= LONGEST:
        return None
    room = _free_above(print_only, rules, span.start, span.end, span.at)
    if room < _LEAST_ROOM:
        return None
    return Item((span.start, span.at - room, span.end, span.at), "line")


def _free_above(print_only: Grey, rules: PageRules, x0: float, x1: float, y: float) -> float:
    """mm above a line that are free of print and of other lines, up to `LINE_HEIGHT`."""
    room = LINE_HEIGHT
    for rule in rules.horizontal:
        above = y - rule.across((x0 + x1) / 2)
        if SAME < above < room and min(rule.end, x1) - max(rule.start, x0) > 1.0:
            room = above
    box = (x0 + 0.5, y - room - 0.5, x1 - 0.5, y + 0.5)  # print_box leaves 0.5 mm out
    found = print_box(print_only, box)
    while found is not None:
        room = y - found[3] - 0.3
        if room < _LEAST_ROOM:
            return max(room, 0.0)
        found = print_box(print_only, (box[0], y - room - 0.5, box[2], box[3]))
    return room


def _columns(print_only: Grey, rules: PageRules, cells: Sequence[Cell]) -> list[Item]:
    """Free room between neighbouring upright rules of the same height that close no cells."""
    sides = [(cell.box[0], cell.box[2], cell.box[1], cell.box[3]) for cell in cells]
    spare = []
    for rule in rules.vertical:
        inside = [
            min(rule.end, bottom) - max(rule.start, top)
            for left, right, top, bottom in sides
            if min(abs(rule.across((top + bottom) / 2) - x) for x in (left, right)) < SAME
            and min(rule.end, bottom) > max(rule.start, top)
        ]
        if rule.length >= _LEAST_COLUMN and sum(inside) < 0.5 * rule.length:
            spare.append(rule)
    spare.sort(key=lambda rule: rule.at)
    found = []
    for a, b in itertools.pairwise(spare):
        top, bottom = max(a.start, b.start), min(a.end, b.end)
        alike = abs(a.start - b.start) < 2.0 and abs(a.end - b.end) < 2.0
        if not alike or not 5.0 <= b.at - a.at <= 60.0:
            continue
        box = (a.at, top, b.at, bottom)
        crossed = any(
            covered([rule], rule.at, (a.at + 1.0, b.at - 1.0)) > 0.5 * (b.at - a.at)
            for rule in rules.horizontal
            if top + 1.0 < rule.at < bottom - 1.0
        )
        if not crossed and print_box(print_only, box) is None:
            found.append(Item(box, "column"))
    return found
