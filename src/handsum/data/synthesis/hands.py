"""Hands: where the digits of a number come from, one hand for the whole number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset

_INK_ON = 96  # ink-high grey from which a pixel counts as stroke


@dataclass(frozen=True)
class Glyph:
    """One written symbol, cut tight.

    ``ink`` uint8 (h, w), 255 = full ink; ``pen`` its stroke width as a share of its height;
    ``slant`` how far it leans to the right, in widths per height (0.3 is about 17 degrees).
    """

    ink: npt.NDArray[np.uint8]
    pen: float
    slant: float


@dataclass(frozen=True)
class Hand:
    """Glyphs of one writer, or of one source whose writers nobody knows.

    ``glyphs[symbol]`` is sorted by pen width, so that neighbours in the list look alike;
    ``squeezed`` says that the source lost the proportions of its digits.
    """

    name: str
    glyphs: Mapping[str, tuple[Glyph, ...]]
    squeezed: bool = False
    weight: float = 1.0

    def pick(self, symbol: str, quantile: float, rng: np.random.Generator) -> Glyph:
        """A glyph of ``symbol`` whose pen is near that ``quantile`` (0 thin, 1 thick)."""
        row = self.glyphs[symbol]
        window = max(2, len(row) // 12)
        start = int(quantile * max(0, len(row) - window))
        return row[min(len(row) - 1, start + int(rng.integers(window)))]


def build_hands(
    data: Dataset,
    weight: float = 1.0,
    squeezed: bool = False,
    symbols: Iterable[str] = "0123456789",
    smallest: int = 100,
) -> tuple[Hand, ...]:
    """One hand a writer where a data set names its writers, else one for the whole set.

    Writers of fewer than ``smallest`` digits are pooled; ``weight`` is shared out over the
    hands. Pictures without ink are left out, and so are
    strokes of neighbours that enter a picture from its border.
    """
    wanted = set(symbols)
    rows: dict[str, dict[str, list[Glyph]]] = {}
    groups = _large_groups(data, smallest)
    for image, text, group in zip(data.images, data.texts, data.groups, strict=True):
        glyph = cut_glyph(image if data.ink == "light" else 255 - image) if text in wanted else None
        if glyph is not None:
            name = f"{data.name}/{group}" if group in groups else data.name
            rows.setdefault(name, {}).setdefault(text, []).append(glyph)
    return tuple(
        Hand(
            name,
            {s: tuple(sorted(g, key=lambda glyph: glyph.pen)) for s, g in by_symbol.items()},
            squeezed,
            weight / len(rows),
        )
        for name, by_symbol in sorted(rows.items())
    )


def cut_glyph(ink: npt.NDArray[np.uint8]) -> Glyph | None:
    """The symbol of an ink-high picture, cut tight; None where there is no ink."""
    stretched = _stretch(ink)
    mask = (stretched > _INK_ON).astype(np.uint8)
    if not mask.any():
        return None
    keep = _without_intruders(mask)
    ys, xs = np.flatnonzero(keep.any(axis=1)), np.flatnonzero(keep.any(axis=0))
    y0, y1 = max(0, ys[0] - 1), min(len(mask), ys[-1] + 2)
    x0, x1 = max(0, xs[0] - 1), min(mask.shape[1], xs[-1] + 2)
    near = cv2.dilate(keep, np.ones((3, 3), np.uint8))[y0:y1, x0:x1]
    cut = np.ascontiguousarray(stretched[y0:y1, x0:x1] * near)
    return Glyph(cut, measure_pen(cut), measure_slant(cut))


def measure_pen(ink: npt.NDArray[np.uint8]) -> float:
    """Mean stroke width over height: twice the area over the outline's length."""
    mask = (ink > _INK_ON).astype(np.int8)
    padded = np.pad(mask, 1)
    steps = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    outline = steps * np.pi / 4  # a lattice outline is 4/pi longer than the curve, on average
    return float(2 * mask.sum() / max(outline, 1.0) / len(ink))


def measure_slant(ink: npt.NDArray[np.uint8]) -> float:
    """Shear that the ink's second moments show, to the right positive, between -0.8 and 0.8."""
    m = cv2.moments(ink)
    if m["m00"] == 0 or m["mu02"] < 1e-6:
        return 0.0
    return float(np.clip(-m["mu11"] / m["mu02"], -0.8, 0.8))


def _large_groups(data: Dataset, smallest: int) -> set[str | None]:
    counts: dict[str | None, int] = {}
    for group in data.groups:
        counts[group] = counts.get(group, 0) + 1
    return {g for g, n in counts.items() if g is not None and n >= smallest}


def _stretch(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Paper to 0 and full ink to 255."""
    low = min(float(np.median(ink)), 64.0) + 8  # a bold 1 cut tight is mostly ink
    high = max(float(np.percentile(ink, 99)), low + 32)
    scaled = (ink.astype(np.float32) - low) * (255 / (high - low))
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)


def _without_intruders(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The largest component and those that no border touches."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    h, w = mask.shape
    main = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    keep = np.zeros(count, np.uint8)
    keep[main] = 1
    for i in range(1, count):
        x, y, cw, ch, area = stats[i]
        inside = x > 0 and y > 0 and x + cw < w and y + ch < h
        if inside and area >= 0.04 * stats[main, cv2.CC_STAT_AREA]:
            keep[i] = 1
    return np.asarray(keep[labels], dtype=np.uint8)
