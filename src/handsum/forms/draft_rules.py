"""The straight lines of a printed page: drawn, grey, dashed or dotted, a little crooked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.paper import Grey
from handsum.forms.reference import FINE

Mask = npt.NDArray[np.uint8]

SHORTEST = 2.6  # mm: shorter strokes are letters
_THICKEST = 1.0  # mm; the bars of marks are thicker
_WORDS = 0.55  # mm: what is thicker and not even along its length is small print
_FAINTEST = 0.07  # of the paper's brightness; a hairline of light grey has 0.1
_CLEAN = 0.65  # of a line's length: paper on both its sides; along the feet of words it is half
_EDGE = 2.5  # mm from the sheet's edge: shadows of a scanner's lid
_GAP = 0.9  # mm that a line may be interrupted
_HOLE = 0.75  # mm: shorter breaks of a drawn line are no breaks
_DOT = 0.75  # mm: thickest dot or dash
_DASH = 4.0  # mm: longest dash
_DOT_GAP = 2.2  # mm between dots
_FEWEST_DOTS = 5


@dataclass(frozen=True)
class Rule:
    """A straight line in mm: from ``start`` to ``end`` along it, ``at`` its middle across it.

    ``slope``: how far it moves across for each mm along. ``weight``: its width in mm if it were
    black. ``dotted``: of dots or dashes.
    """

    start: float
    end: float
    at: float
    slope: float
    weight: float
    dotted: bool = False

    @property
    def length(self) -> float:
        """Length in mm."""
        return self.end - self.start

    def across(self, along: float) -> float:
        """Where the line is at a place along it."""
        return self.at + self.slope * (along - (self.start + self.end) / 2)


@dataclass(frozen=True)
class PageRules:
    """All lines of a page."""

    horizontal: tuple[Rule, ...]
    vertical: tuple[Rule, ...]


def find_page_rules(ink: Grey) -> PageRules:
    """The lines of an upright page, ``ink`` uint8 (H, W) at `FINE` pixels a millimetre.

    ``start`` and ``at`` of horizontal lines are x and y, of vertical ones y and x.
    """
    turned = np.ascontiguousarray(ink.T)
    return PageRules(tuple(_find(ink)), tuple(_find(turned)))


def _find(ink: Grey) -> list[Rule]:
    """The horizontal lines of a picture."""
    thin = _thin_parts(ink)
    noise = float(np.percentile(thin[::3, ::3], 70))
    threshold = max(_FAINTEST * 255, 2.5 * noise)
    smooth = cv2.blur(thin, (5, 1))
    mask = (smooth > threshold).astype(np.uint8)
    solid = [
        rule
        for rule in _pieces(_solid(mask), thin)
        if rule.length >= SHORTEST and _clean_share(rule, thin, threshold) >= _CLEAN
    ]
    dotted = [rule for rule in _dotted(thin, threshold) if not _on(rule, solid)]
    solid = [rule for rule in solid if not _on(rule, dotted)]  # two dots that ran together
    height, width = (side / FINE for side in ink.shape)
    return [
        rule
        for rule in _joined([*solid, *dotted])
        if _EDGE < rule.at < height - _EDGE and rule.start < width - _EDGE and rule.end > _EDGE
    ]


def _thin_parts(ink: Grey) -> Grey:
    """What is darker than what lies 0.7 mm above and below: shaded areas go, lines stay."""
    window = int(1.4 * FINE) | 1
    kernel = np.ones((window, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(ink, cv2.MORPH_TOPHAT, kernel), np.uint8)


def _solid(mask: Mask) -> Mask:
    grown = cv2.dilate(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8)), _UP)
    along = cv2.morphologyEx(grown, cv2.MORPH_OPEN, np.ones((1, int(SHORTEST * FINE)), np.uint8))
    return np.asarray(cv2.bitwise_and(along, grown), np.uint8)


_UP = np.ones((3, 1), np.uint8)


def _pieces(mask: Mask, thin: Grey) -> list[Rule]:
    """The lines of the connected parts of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    rules: list[Rule] = []
    for n in range(1, count):
        x, y, w, h, _ = stats[n]
        if w < 3 * h and h > _THICKEST * FINE:
            continue
        part = np.where(labels[y : y + h, x : x + w] == n, thin[y : y + h, x : x + w], 0)
        whole = part.astype(np.float64)
        for a, b in _inked_spans(whole):
            rule = _fitted(whole[:, a:b], x + a, y, False)
            if rule is not None:
                rules.append(rule)
    return rules


def _inked_spans(part: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Where along a part its own darkness stands: the mask is wider, being of a blurred picture."""
    columns = part.sum(axis=0)
    usual = float(np.median(columns[columns > 0])) if columns.any() else 0.0
    hole = int(_HOLE * FINE) | 1  # the margin as wide: a closing would fill up to the border
    dark = np.pad((columns > 0.4 * usual).astype(np.uint8), hole)[None, :]
    closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, hole), np.uint8))
    edges = np.flatnonzero(np.diff(closed[0].astype(np.int8))) + 1 - hole
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a >= 3]


def _fitted(part: npt.NDArray[np.float64], x: int, y: int, dotted: bool) -> Rule | None:
    """The line of a part's ink; None where that is too thick for one."""
    columns = part.sum(axis=0)
    inked = np.flatnonzero(columns > 0)
    if len(inked) < 3:
        return None
    rows = np.arange(len(part))[:, None]
    middles = (part * rows).sum(axis=0)[inked] / columns[inked]
    slope, _ = np.polyfit(inked, middles, 1)
    middle = (inked[0] + inked[-1]) / 2
    at = float(np.median(middles - slope * (inked - middle)))
    spread = float(np.median((part > 0.2 * part.max()).sum(axis=0)[inked]))
    if spread > (_THICKEST + 3 / FINE) * FINE:
        return None
    usual = float(np.median(columns[inked]))
    even = float((np.abs(columns[inked] - usual) < 0.35 * usual).mean())
    if spread > _WORDS * FINE and even < 0.75:
        return None
    weight = usual / 255 / FINE
    start, end = float(x + inked[0]) / FINE, float(x + inked[-1] + 1) / FINE
    return Rule(start, end, (y + at + 0.5) / FINE, float(slope), weight, dotted)


def _clean_share(rule: Rule, thin: Grey, threshold: float) -> float:
    """Share of a line's length where it is inked and both its sides, 0.5 mm away, are not."""
    xs = np.arange(int(rule.start * FINE), int(rule.end * FINE))
    ys = np.rint(np.array([rule.across(x / FINE) for x in (xs + 0.5)]) * FINE - 0.5).astype(int)
    reach = int(0.7 * FINE)
    inside = (ys >= reach) & (ys < len(thin) - reach)
    xs, ys = xs[inside], ys[inside]
    if len(xs) == 0:
        return 0.0
    line = np.max([thin[ys + d, xs] for d in (-1, 0, 1)], axis=0).astype(float)
    off = round(max(0.5, rule.weight / 2 + 0.35) * FINE)
    above = np.minimum(thin[ys - off, xs], thin[np.maximum(ys - off - 1, 0), xs])
    below = np.minimum(thin[ys + off, xs], thin[np.minimum(ys + off + 1, len(thin) - 1), xs])
    clean = (line > threshold) & (np.maximum(above, below) < 0.5 * line)
    return float(clean.mean())


def _dotted(thin: Grey, threshold: float) -> list[Rule]:
    """Rows of dots or dashes at even distances."""
    mask = (thin > 1.5 * threshold).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    limit_h, limit_w = _DOT * FINE, _DASH * FINE
    small = (stats[:, 3] <= limit_h) & (stats[:, 2] <= limit_w) & (stats[:, 4] >= 2)
    small[0] = False
    dots = small[labels].astype(np.uint8)
    reach = int(_DOT_GAP * FINE)
    rows = cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    rows = cv2.dilate(rows, _UP)
    found = []
    parts, joined, boxes, _ = cv2.connectedComponentsWithStats(rows, connectivity=8)
    ids = np.flatnonzero(small)
    if len(ids) == 0:
        return []
    at = np.rint(centres[ids]).astype(int)
    owner = joined[np.clip(at[:, 1], 0, len(thin) - 1), np.clip(at[:, 0], 0, thin.shape[1] - 1)]
    for n in range(1, parts):
        x, y, w, h, _ = boxes[n]
        members = ids[owner == n]
        if w < 2 * SHORTEST * FINE or len(members) < _FEWEST_DOTS or h > 2 * limit_h:
            continue
        order = np.sort(centres[members, 0])
        gaps = np.diff(order)
        if gaps.std() > 0.35 * gaps.mean():
            continue
        part = np.where(dots[y : y + h, x : x + w] > 0, thin[y : y + h, x : x + w], 0)
        rule = _fitted(part.astype(np.float64), x, y, True)
        if rule is not None:
            found.append(rule)
    return found


def _on(rule: Rule, others: Sequence[Rule]) -> bool:
    """Whether a line lies on one of the others."""
    return any(
        abs(rule.at - other.across((rule.start + rule.end) / 2)) < 0.6
        and min(rule.end, other.end) - max(rule.start, other.start) > 0.5 * rule.length
        for other in others
    )


def _joined(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line put together where little is missing between them."""
    done: list[Rule] = []
    for rule in sorted(rules, key=lambda r: r.start):
        for n, before in enumerate(done):
            gap = rule.start - before.end
            place = (rule.start + before.end) / 2
            near = abs(before.across(place) - rule.across(place)) < 0.35
            if near and -rule.length < gap < _GAP:
                done[n] = _one(before, rule)
                break
        else:
            done.append(rule)
    return done


def _one(a: Rule, b: Rule) -> Rule:
    start, end = a.start, max(a.end, b.end)
    total = a.length + b.length
    slope = (a.slope * a.length + b.slope * b.length) / total
    if a.length + b.length > 0.8 * (end - start) and b.start >= a.end - 1.0:
        run = (b.start + b.end - a.start - a.end) / 2
        slope = (b.at - a.at) / run if run > 5.0 else slope
    at = (a.at * a.length + b.at * b.length) / total
    centre = ((a.start + a.end) * a.length + (b.start + b.end) * b.length) / 2 / total
    middle = at + slope * ((start + end) / 2 - centre)
    weight = (a.weight * a.length + b.weight * b.length) / total
    return replace(
        a, start=start, end=end, at=middle, slope=slope, weight=weight, dotted=a.dotted and b.dotted
    )
