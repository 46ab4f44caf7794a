"""Comb fields and rows of boxes: a digit a cell, read by the digit reader and the number reader.

For crops of such fields, many at once::

    reader = CombReader()
    readings = reader.read(crops, cells=[8, 8, 6])

``crops`` are grey or colour pictures (or anything else that `load_pictures` takes), one field
each, with little else in them; ``cells`` is how many cells each has (one number for all, or None
where it is to be found out). One Reading a crop comes back, in order: ``text`` is what its cells
say from left to right, empty, dashed and crossed cells left out, with a box a digit in pixels of
its crop. `CombReader.prepare` and `read_prepared` are the same in two steps, as for the other
readers. A `NumberReader` that is already there is taken over: ``CombReader(numbers=reader)``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.bundle import CELLS
from handsum.charset import DIGITS
from handsum.decode.cells import Gaps
from handsum.decode.constraint import CompiledConstraint, Constraint
from handsum.decode.decoded import Decoded
from handsum.decode.texts import decode_cells
from handsum.decode.values import Separators, canonical_value
from handsum.decode.windows import combine_experts, window_probs
from handsum.errors import UsageError
from handsum.imaging.combs import Cell, Comb, cut_cells, find_comb
from handsum.imaging.grey import grey_from_ink
from handsum.imaging.load import Picture, Source, load_pictures
from handsum.imaging.normalize import NormalizedDigit
from handsum.imaging.numbers import cut_strip
from handsum.promise.terms import Promise, PromiseKey
from handsum.reader.digits import DigitReader
from handsum.reader.numbers import NumberReader, PreparedCrop
from handsum.reader.options import DEFAULTS, ReadOptions, build_key
from handsum.reader.places import box_around
from handsum.readings import Candidate, Content, DigitReading, Reading

EXPERTS = ("digit", "line")
WEIGHTS = (0.47, 0.34)
"""Of the digit reader's and the number reader's log-probabilities: most probable on combs of
unseen hands (python benchmarks/combs.py --fit) with cells 1 and numbers 3, in fp32."""
FLOOR = 1e-4
"""Share of each that is spread evenly, so that none forbids a digit on its own."""
_NOTHING = np.array([1.0] + [0.0] * 10)


@dataclass(frozen=True)
class PreparedComb:
    """What the nets will see of a crop: each cell's digit, and the whole without its print.

    ``comb`` is None where no comb was seen; ``whole`` is then the crop as it is. ``page_box``
    is the crop's own size (H, W).
    """

    source: str
    page: int
    shape: tuple[int, int]
    comb: Comb | None
    digits: tuple[NormalizedDigit, ...]
    offsets: tuple[int, ...]
    whole: PreparedCrop


class CombReader:
    """Reads combs: one Reading a crop.

    ``numbers`` and ``digits`` are readers, or bundles to load them from; the bundle `CELLS` reads
    together with the others that the number reader looks again with. ``threads`` is how many
    cores the nets may use, 0 for all. ``cells`` is how many cells a crop has of which nothing
    else is said; None finds out.
    """

    batch = 256

    def __init__(
        self,
        numbers: NumberReader | str | Path = "numbers",
        digits: DigitReader | str | Path = CELLS,
        threads: int = 0,
        cells: int | None = None,
    ) -> None:
        _check_cells(cells)
        self._cells = cells
        self.numbers = (
            numbers if isinstance(numbers, NumberReader) else NumberReader(numbers, threads)
        )
        shipped = self.numbers.panel if digits == CELLS else ()  # no need to load them twice
        if not isinstance(digits, DigitReader):
            digits = shipped[-1] if shipped else DigitReader(digits, threads)
        self.digits = digits
        self.panel = shipped or (digits,)
        self.bundle = self.numbers.bundle

    def prepare(self, picture: Picture, cells: int | None = None) -> PreparedComb:
        """What the nets will see of a crop of ``cells`` cells; safe to call from many threads.

        UsageError for less than one cell.
        """
        _check_cells(cells)
        comb = find_comb(picture.grey, cells or self._cells)
        height, width = picture.grey.shape
        if comb is None:
            crop = self.numbers.prepare(picture)
            return PreparedComb(picture.source, picture.page, (height, width), None, (), (), crop)
        return self.prepare_found(comb, picture)

    def prepare_found(
        self, comb: Comb, picture: Picture, cut: Sequence[Cell] | None = None
    ) -> PreparedComb:
        """What the nets will see of the crop of a comb whose cells are known.

        ``cut`` saves cutting them out again.
        """
        height, width = picture.grey.shape
        cut = cut_cells(comb) if cut is None else cut
        digits = tuple(self._digit(cell) for cell in cut)
        lines = _lines(comb, digits, [cell.x0 for cell in cut])
        number = cut_strip(comb.ink, _around_all(lines, digits, comb), self.numbers.imaging)
        return PreparedComb(
            picture.source,
            picture.page,
            (height, width),
            comb,
            digits,
            tuple(cell.x0 for cell in cut),
            PreparedCrop(picture.source, picture.page, (height, width), number),
        )

    def _digit(self, cell: Cell) -> NormalizedDigit:
        ink = np.zeros_like(cell.ink) if cell.empty else cell.ink
        return self.digits.prepare(Picture(grey_from_ink(ink), "cell")).digit

    def options(
        self,
        *,
        max_risk: float = 0.01,
        top: int = 3,
        promise: Promise | None = None,
        constraint: Constraint | CompiledConstraint | None = None,
        separators: Separators | None = None,
    ) -> ReadOptions:
        """Options of a call, checked; see `build_options` for what it raises."""
        return self.numbers.options(
            max_risk=max_risk,
            top=top,
            promise=promise,
            constraint=constraint,
            separators=separators,
            task="comb",
        )

    def read(
        self,
        crops: Sequence[Source],
        cells: Sequence[int | None] | int | None = None,
        *,
        max_risk: float = 0.01,
        top: int = 3,
        promise: Promise | None = None,
        constraint: Constraint | CompiledConstraint | None = None,
        separators: Separators | None = None,
    ) -> list[Reading]:
        """A reading a crop, in order; see the module. Options as for `NumberReader.read`.

        UsageError where the numbers of crops and of cells differ, or a crop has several pages.
        """
        counts = [cells] * len(crops) if isinstance(cells, int) or cells is None else list(cells)
        if len(counts) != len(crops):
            raise UsageError(
                f"{len(crops)} crops and {len(counts)} numbers of cells.", "Give one a crop."
            )
        options = self.options(
            max_risk=max_risk,
            top=top,
            promise=promise,
            constraint=constraint,
            separators=separators,
        )
        prepared = [
            self.prepare(_only(list(load_pictures(crop))), count)
            for crop, count in zip(crops, counts, strict=True)
        ]
        return self.read_prepared(prepared, options)

    def read_prepared(
        self, prepared: Sequence[PreparedComb], options: ReadOptions = DEFAULTS
    ) -> list[Reading]:
        """Readings of crops that `prepare` has already seen."""
        plain = [comb.whole for comb in prepared if comb.comb is None]
        others = iter(self.numbers.read_prepared(plain, options))
        rows = iter(self.cell_log_probs([comb for comb in prepared if comb.comb is not None]))
        return [
            next(others) if comb.comb is None else self._reading(comb, next(rows), options)
            for comb in prepared
        ]

    def cell_log_probs(self, prepared: Sequence[PreparedComb]) -> list[npt.NDArray[np.float64]]:
        """What both nets together say of the cells of each comb: (cells, len(charset))."""
        width = len(self.numbers.charset)
        found = []
        for experts in zip(*self.experts(prepared), strict=True):
            narrow = combine_experts(experts, WEIGHTS, FLOOR)
            rows = np.full((len(narrow), width), np.log(1e-12))
            rows[:, : narrow.shape[1]] = narrow
            found.append(rows)
        return found

    def experts(
        self, prepared: Sequence[PreparedComb]
    ) -> tuple[list[npt.NDArray[np.float64]], ...]:
        """P(empty) and P(digit) of each cell, (cells, 11) a comb, by each of `EXPERTS`."""
        inks = [digit.ink for comb in prepared for digit in comb.digits]
        blanks = [digit.blank for comb in prepared for digit in comb.digits]
        by_digit: list[npt.NDArray[np.float64]] = []
        if inks:
            stacked = np.stack(inks)
            probs = np.mean([reader.probabilities(stacked) for reader in self.panel], axis=0)
            rows = np.concatenate([probs[:, 10:].sum(axis=1, keepdims=True), probs[:, :10]], axis=1)
            rows[blanks] = _NOTHING
            cuts = np.cumsum([len(comb.digits) for comb in prepared])[:-1]
            by_digit = np.split(rows, cuts)
        lines = self.numbers.log_probs([comb.whole.number for comb in prepared])
        by_line = [
            window_probs(line, _windows(comb, self.numbers.stride), len(DIGITS.symbols))
            for comb, line in zip(prepared, lines, strict=True)
        ]
        return by_digit, by_line

    def promise_key(self, options: ReadOptions) -> PromiseKey:
        """What a promise must have been made for, to decide what is read with these options."""
        return build_key(self.bundle, "comb", options.constraint)

    def _reading(
        self, comb: PreparedComb, rows: npt.NDArray[np.float64], options: ReadOptions
    ) -> Reading:
        decoded = decode_cells(
            rows, self.numbers.charset, options.constraint, options.top, gaps=_GAPS
        )
        text = decoded.candidates[0].text if decoded.candidates else ""
        content: Content = "number" if text else "blank"
        confidence = decoded.candidates[0].posterior * decoded.mass if decoded.candidates else 0.0
        digits = _digits(comb, decoded, self.numbers.charset.symbols)
        decision, basis, max_risk = options.decide(confidence)
        height, width = comb.shape
        boxes = [digit.box for digit in digits]
        return Reading(
            source=comb.source,
            page=comb.page,
            box=box_around(boxes) if boxes else (0, 0, width, height),
            content=content,
            text=text,
            value=canonical_value(text, options.separators) if text else None,
            confidence=confidence,
            decision=decision,
            basis=basis,
            max_risk=max_risk,
            bundle=self.bundle.ref,
            candidates=tuple(
                Candidate(one.text, min(confidence, one.posterior))
                for one in decoded.candidates
                if one.text
            ),
            digits=digits,
            left_over=None if options.constraint is None else decoded.left_over,
        )


_GAPS: Gaps = "ends"


def _check_cells(cells: int | None) -> None:
    if cells is not None and cells < 1:
        raise UsageError(f"A comb of {cells} cells.", "Give one cell or more.")


def _windows(prepared: PreparedComb, stride: int) -> list[tuple[int, int]]:
    """Frames of the number reader's strip whose middles lie in each cell."""
    comb, number = prepared.comb, prepared.whole.number
    assert comb is not None
    edges = np.concatenate([comb.left[:1], (comb.right[:-1] + comb.left[1:]) / 2, comb.right[-1:]])
    edges[0], edges[-1] = edges[0] - 0.25 * (edges[1] - edges[0]), edges[-1] * 1.0
    frames = ((edges - number.x0) * number.scale / stride).round().astype(int)
    return [(int(a), int(b)) for a, b in itertools.pairwise(frames)]


def _lines(
    comb: Comb, digits: Sequence[NormalizedDigit], offsets: Sequence[int]
) -> list[tuple[float, float, float, float]]:
    """Where the digit of each cell stands in the comb's picture; the cell itself if empty."""
    lines = []
    for k, (digit, x) in enumerate(zip(digits, offsets, strict=True)):
        if digit.blank:
            lines.append((float(comb.left[k]), comb.top, float(comb.right[k]), comb.foot))
        else:
            x0, y0, x1, y1 = digit.box
            lines.append((float(x0 + x), float(y0), float(x1 + x), float(y1)))
    return lines


def _around_all(
    lines: Sequence[tuple[float, float, float, float]],
    digits: Sequence[NormalizedDigit],
    comb: Comb,
) -> tuple[float, float, float, float]:
    """From the first cell to the last, as high as the digits: small marks do not count."""
    written = [line for line, digit in zip(lines, digits, strict=True) if not digit.blank] or lines
    tops, feet = np.array([line[1] for line in written]), np.array([line[3] for line in written])
    tall = feet - tops > 0.35 * (feet - tops).max()
    return (
        float(min(comb.left[0], lines[0][0])),
        float(tops[tall].min()),
        float(max(comb.right[-1], lines[-1][2])),
        float(feet[tall].max()),
    )


def _digits(prepared: PreparedComb, decoded: Decoded, symbols: str) -> tuple[DigitReading, ...]:
    comb = prepared.comb
    assert comb is not None
    found = []
    for span in decoded.alignment:
        digit, x = prepared.digits[span.start], prepared.offsets[span.start]
        x0, y0, x1, y1 = digit.box
        box = comb.box(x0 + x, y0, x1 + x, y1, prepared.shape)
        found.append(DigitReading(symbols[span.id - 1], span.confidence, box))
    return tuple(found)


def _only(pictures: Sequence[Picture]) -> Picture:
    if len(pictures) != 1:
        raise UsageError(f"A crop of {len(pictures)} pages.", "Give one crop a comb.")
    return pictures[0]
