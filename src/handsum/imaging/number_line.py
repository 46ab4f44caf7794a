"""Which line of writing a crop is about, among rows above and below, rules, borders and specks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.imaging.number_strokes import find_strokes, label_type

Ink = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Line:
    """Where the number's writing stands, in pixels of the working picture."""

    x0: float
    y0: float
    x1: float
    y1: float


def find_line(ink: Ink, search_height: int, min_contrast: float) -> Line | None:
    """The line of writing that a crop is about; None where nothing looks like ink.

    Strokes are grouped into lines by their overlap in height. The line with most ink near the
    middle wins; what the crop's edges cut, rules, borders and specks count for little.
    ``ink`` (H, W), 0 to 1, is reduced to ``search_height`` first; ``min_contrast`` as in
    `find_strokes`.
    """
    reduction = min(1.0, search_height / ink.shape[0])
    if reduction < 1.0:
        ink = np.asarray(
            cv2.resize(ink, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA),
            np.float32,
        )
    h, w = ink.shape
    strokes = find_strokes(ink, min_contrast)
    if strokes is None:
        return None
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        strokes, connectivity=8, ltype=label_type(strokes)
    )
    boxes = stats[1:count].astype(np.float64)
    boxes = boxes[boxes[:, 4] >= max(4.0, 2e-5 * h * w)]
    if len(boxes) == 0:
        return None
    _, y, bw, bh, area = boxes.T
    flat = (bw > 3.0 * bh) & (bh < 0.12 * h + 4)
    upright = _find_uprights(boxes, (h, w))
    weight = area * np.where(flat, 0.03, 1.0) * np.where(upright, 0.02, 1.0)
    weight = weight * _edge_weight(boxes, (h, w))
    seeds = weight * np.exp(-(((y + bh / 2) / h - 0.5) ** 2) / 0.08)
    lines = _group(y, y + bh, np.where(flat, 0.0, weight))
    best = max(lines, key=lambda rows: float(seeds[rows].sum()))
    found = _extent(best, boxes, flat | upright, weight)
    return Line(*(edge / reduction for edge in (found.x0, found.y0, found.x1, found.y1)))


def _find_uprights(boxes: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Components that are borders, or the 1 of a tight crop: they count where nothing else does."""
    h, w = shape
    _, _, bw, bh, area = boxes.T
    bar = (bh > 0.5 * h) & (bw < 0.3 * bh) & (area < 0.05 * w * bh)
    bar |= (bh > 0.25 * h) & (bw < 0.12 * bh)
    bar |= (bh > 0.55 * h) & (bw < 0.22 * bh)  # the shadow at a sheet's edge is thick
    # The frame of a cell, as far as it hangs together: large, and almost empty.
    frame = (bh > 0.5 * h) & (bw > 0.3 * w) & (area < 0.08 * bw * bh)
    return np.asarray(bar | frame)


def _edge_weight(boxes: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Little weight for what the crop's upper or lower edge cuts, and for bars along an edge."""
    h, w = shape
    x, y, bw, bh, _ = boxes.T
    above, below = y <= 1, y + bh >= h - 1
    cut = (above & (y + bh < 0.42 * h)) | (below & (y > 0.58 * h))
    bar = ((x <= 1) | (x + bw >= w - 1)) & (bh > 0.7 * h) & (bw < 0.25 * bh)
    flat_bar = (above | below) & (bw > 0.7 * w) & (bh < 0.15 * h)
    return np.where(cut, 0.08, 1.0) * np.where(bar | flat_bar, 0.02, 1.0)


def _group(
    tops: npt.NDArray[np.float64], feet: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.intp]]:
    """Lines as rows of components: each joins the first line that it overlaps by half."""
    lines: list[tuple[float, float, list[int]]] = []
    for i in np.argsort(-weight * (feet - tops)):
        top, foot = float(tops[i]), float(feet[i])
        for k, (a, b, rows) in enumerate(lines):
            overlap = min(b, foot) - max(a, top)
            if overlap > 0.5 * min(b - a, foot - top):
                rows.append(int(i))
                # Only a component of about a line's own height and weight may stretch the line.
                if foot - top < 1.6 * (b - a) and weight[i] > 0.05 * weight[rows[0]]:
                    lines[k] = (min(a, top), max(b, foot), rows)
                break
        else:
            lines.append((top, foot, [int(i)]))
    return [np.array(rows, dtype=np.intp) for _, _, rows in lines]


def _extent(
    rows: npt.NDArray[np.intp],
    boxes: npt.NDArray[np.float64],
    ruled: npt.NDArray[np.bool_],
    weight: npt.NDArray[np.float64],
) -> Line:
    """The box of a line's components, without rules and specks unless there is nothing else."""
    x, y, w, h, _ = boxes[rows].T
    solid = ~ruled[rows] & (weight[rows] > 0.05 * weight[rows].max())
    tall = solid & (h > 0.35 * h[solid].max()) if solid.any() else solid
    core = tall if tall.any() else np.ones(len(rows), bool)
    y0, y1 = float(y[core].min()), float((y + h)[core].max())
    tall_line = y1 - y0
    # Sideways everything of the line's own height range counts, marks and separators too.
    near = (y + h > y0 - 0.1 * tall_line) & (y < y1 + 0.35 * tall_line) & (h < 2.0 * tall_line)
    # A border may be a 1, if it stands as close as digits do.
    close = core | ~ruled[rows]
    x0, x1 = _connected_span(x[near & close], w[near & close], x[core], w[core], 2.6 * tall_line)
    x0, x1 = _connected_span(x[near], w[near], np.array([x0]), np.array([x1 - x0]), 0.6 * tall_line)
    return Line(x0, y0, x1, y1)


def _connected_span(
    starts: npt.NDArray[np.float64],
    widths: npt.NDArray[np.float64],
    core_starts: npt.NDArray[np.float64],
    core_widths: npt.NDArray[np.float64],
    gap: float,
) -> tuple[float, float]:
    """Left and right end of what lies within ``gap`` of the widest part of the core, chained."""
    widest = int(np.argmax(core_widths))
    x0, x1 = float(core_starts[widest]), float((core_starts + core_widths)[widest])
    changed = True
    while changed:
        near = (starts < x1 + gap) & (starts + widths > x0 - gap)
        new = (
            float(starts[near].min(initial=x0)),
            float((starts + widths)[near].max(initial=x1)),
        )
        changed = new != (x0, x1)
        x0, x1 = new
    return x0, x1
