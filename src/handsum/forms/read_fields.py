"""All fields of a page through the readers: combs, numbers and ticks, each kind in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from handsum.decode.constraint import CompiledConstraint, Constraint
from handsum.decode.values import canonical_value
from handsum.errors import PromiseError
from handsum.forms.cells import TOP, CombInk, CombOutput, ends_last, prepare_comb, read_combs
from handsum.forms.crops import FieldInk, is_dash
from handsum.forms.fields import Field
from handsum.forms.page_reading import StoredEvidence
from handsum.forms.ticks import TICKED, TICKS, read_tick
from handsum.imaging.load import Picture
from handsum.promise.terms import Promise
from handsum.reader.combs import CombReader
from handsum.reader.evidence import constraint_holds
from handsum.reader.numbers import NumberReader, PreparedCrop
from handsum.reader.options import ReadOptions
from handsum.readings import Box, BundleRef, Candidate, Content, DigitReading, Reading

_BLANK = 0.9995
"""How often a field without ink is one that nobody filled in."""
_DASHED = 0.995
"""How often a field with nothing but a dash in it is one."""
_SURE = 0.9
"""Probability of all being digits from which a comb's cells are evidence on their own."""
_INKED = 0.95
"""How sure it is at most that a field is empty in which there is ink."""
_PALE = 0.5
"""Ink this pale, against the middle one of the page's numbers, shines through from the other side.

On 230 generated pages what people wrote there had 0.68 and more of it, what shone through 0.35 and
less.
"""
_FEWEST = 8  # numbers of a page that tell how dark its writing is
_SHINES = 0.9
"""How sure it is at most that nobody wrote there."""
_UNSEEN = 0.5
_CELLS = 11  # empty and ten digits


@dataclass(frozen=True)
class FormOptions:
    """When a value is accepted.

    ``max_risk``, 0 to 1: the estimated chance of being wrong up to which it is. ``promises``
    decide instead for the fields that they were made for, by bundle, task and format.
    """

    max_risk: float = 0.01
    promises: tuple[Promise, ...] = ()


DEFAULTS = FormOptions()


@dataclass(frozen=True)
class Seen:
    """What the readers alone say of a field: a reading with boxes on the upright page."""

    reading: Reading
    evidence: StoredEvidence


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is asked of one field."""

    options: ReadOptions
    bundle: BundleRef


@dataclass(eq=False)
class FieldReaders:
    """The readers of a form's fields; ``threads`` is how many cores the nets may use."""

    numbers: NumberReader
    combs: CombReader
    options: FormOptions
    _asked: dict[tuple[str, str, Constraint | None], _Asked] = field(default_factory=dict)

    @classmethod
    def load(
        cls, numbers: str | Path, digits: str | Path, options: FormOptions, threads: int
    ) -> FieldReaders:
        """Load the bundles; BundleError where one does not fit."""
        reader = NumberReader(numbers, threads)
        return cls(reader, CombReader(reader, digits, threads), options)

    def ask(self, one: Field) -> _Asked:
        """Options of a field; DecodeError where its format cannot be read by these bundles."""
        if one.kind == "tick":
            return _Asked(ReadOptions(max_risk=self.options.max_risk), TICKS)
        task = "comb" if one.cells else "number"
        key = (task, f"{one.decimal}|{one.thousands}", one.constraint)
        if key not in self._asked:
            constraint = None if one.constraint is None else self.numbers.compile(one.constraint)
            self._asked[key] = self._choose(one, constraint)
        return self._asked[key]

    def _choose(self, one: Field, constraint: CompiledConstraint | None) -> _Asked:
        reader = self.combs if one.cells else self.numbers
        for promise in (*self.options.promises, None):
            try:
                options = reader.options(
                    max_risk=self.options.max_risk,
                    top=TOP,
                    promise=promise,
                    constraint=constraint,
                    separators=one.separators,
                )
            except PromiseError:  # made for other fields
                continue
            return _Asked(options, reader.bundle.ref)
        raise AssertionError("without a promise there is nothing to refuse")

    def read(self, inks: Sequence[FieldInk], scale: float, source: str, page: int) -> list[Seen]:
        """What stands in each field, in order; ``scale`` is the page's, pixels a millimetre."""
        found: dict[int, Seen] = {}
        combs: list[tuple[int, CombInk]] = []
        crops: list[tuple[int, PreparedCrop]] = []
        for n, ink in enumerate(inks):
            if ink.covered:
                found[n] = self._covered(ink, source, page)
            elif ink.field.kind == "tick":
                found[n] = self._tick(ink, scale, source, page)
            elif ink.empty:
                found[n] = self._nothing(ink, source, page, _BLANK)
            elif not ink.field.cells and is_dash(ink, scale):
                found[n] = self._nothing(ink, source, page, _DASHED)
            elif ink.field.cells:
                combs.append((n, prepare_comb(ink, scale, self.combs, source)))
            else:
                crops.append((n, self.numbers.prepare(Picture(ink.paper, source, page))))
        constraints = [self.ask(inks[n].field).options.constraint for n, _ in combs]
        outputs = read_combs([comb for _, comb in combs], constraints, self.combs)
        for (n, comb), output in zip(combs, outputs, strict=True):
            found[n] = self._comb(inks[n], comb, output, source, page)
        for n in find_pale([(n, crop.number.contrast) for n, crop in crops]):
            found[n] = self._nothing(inks[n], source, page, _SHINES)
        found |= self._read_crops(inks, [(n, crop) for n, crop in crops if n not in found])
        return [found[n] for n in range(len(inks))]

    def _read_crops(
        self, inks: Sequence[FieldInk], crops: Sequence[tuple[int, PreparedCrop]]
    ) -> dict[int, Seen]:
        groups: dict[int, list[tuple[int, PreparedCrop]]] = {}
        asked: dict[int, ReadOptions] = {}
        for n, crop in crops:
            options = self.ask(inks[n].field).options
            groups.setdefault(id(options), []).append((n, crop))
            asked[id(options)] = options
        found = {}
        for key, members in groups.items():
            readings = self.numbers.read_prepared([crop for _, crop in members], asked[key])
            for (n, _), reading in zip(members, readings, strict=True):
                x, y = inks[n].corner
                digits = tuple(
                    DigitReading(d.symbol, d.confidence, _moved(d.box, x, y))
                    for d in reading.digits
                )
                texts = [(c.text, c.confidence) for c in reading.candidates]
                made = replace(reading, box=inks[n].box, digits=digits)
                if reading.content == "blank":
                    # There is ink, if only dirt: that goes before somebody's eyes.
                    sure = min(reading.confidence, _INKED)
                    made = replace(made, confidence=sure, decision=asked[key].decide(sure)[0])
                    texts = [("", sure)]
                found[n] = Seen(made, _evidence(made, texts))
        return found

    def _comb(
        self, ink: FieldInk, comb: CombInk, output: CombOutput, source: str, page: int
    ) -> Seen:
        one = ink.field
        asked = self.ask(one)
        decoded = output.decoded
        holds = constraint_holds(decoded) if asked.options.constraint is not None else decoded.mass
        texts: list[tuple[str, float]] = []
        cells: tuple[tuple[float, ...], ...] = ()
        content, digits = output.content, tuple[DigitReading, ...]()
        if content == "blank":
            texts = [("", decoded.candidates[0].posterior * decoded.mass)]
            confidence = texts[0][1]
        elif content == "number" and decoded.candidates and decoded.candidates[0].text:
            holds *= output.sure
            texts = [(c.text, c.posterior * holds) for c in decoded.candidates if c.text]
            confidence = texts[0][1]
            digits = self._digits(ink, comb, output)
            if ends_last(output) and output.sure > _SURE:
                probs = np.exp(output.rows[:, :_CELLS])
                cells = tuple(tuple(round(p, 7) for p in row) for row in probs.tolist())
        else:
            content = "not_a_number" if content == "number" else content
            confidence = 0.5
        text = texts[0][0] if content == "number" else ""
        reading = _reading(
            ink, source, page, content, text, confidence, asked.options, asked.bundle, digits
        )
        return Seen(reading, _evidence(reading, texts, cells))

    def _digits(self, ink: FieldInk, comb: CombInk, output: CombOutput) -> tuple[DigitReading, ...]:
        symbols = self.numbers.charset.symbols
        x, y = ink.corner
        found = []
        for span in output.decoded.alignment:
            digit, left = comb.prepared.digits[span.start], comb.prepared.offsets[span.start]
            box = _moved(digit.box, x + left, y)
            found.append(DigitReading(symbols[span.id - 1], span.confidence, box))
        return tuple(found)

    def _tick(self, ink: FieldInk, scale: float, source: str, page: int) -> Seen:
        found = read_tick(ink, scale)
        asked = self.ask(ink.field)
        text = TICKED if found.content == "number" else ""
        reading = _reading(
            ink,
            source,
            page,
            found.content,
            text,
            found.confidence,
            asked.options,
            asked.bundle,
            (),
        )
        texts = sorted(((TICKED, found.ticked), ("", 1.0 - found.ticked)), key=lambda t: -t[1])
        return Seen(reading, _evidence(reading, [] if found.content == "struck_out" else texts))

    def _covered(self, ink: FieldInk, source: str, page: int) -> Seen:
        """What cannot be seen is never taken for a field that was left empty."""
        asked = self.ask(ink.field)
        reading = _reading(
            ink, source, page, "not_a_number", "", _UNSEEN, asked.options, asked.bundle, ()
        )
        return Seen(reading, _evidence(reading, []))

    def _nothing(self, ink: FieldInk, source: str, page: int, confidence: float) -> Seen:
        asked = self.ask(ink.field)
        reading = _reading(
            ink, source, page, "blank", "", confidence, asked.options, asked.bundle, ()
        )
        return Seen(reading, _evidence(reading, [("", confidence)]))


def find_pale(contrasts: Sequence[tuple[int, float]]) -> list[int]:
    """Of (field, contrast of its ink) those far paler than most of the page's writing."""
    if len(contrasts) < _FEWEST:
        return []
    middle = float(np.median([contrast for _, contrast in contrasts]))
    return [n for n, contrast in contrasts if contrast < _PALE * middle]


def _reading(
    ink: FieldInk,
    source: str,
    page: int,
    content: Content,
    text: str,
    confidence: float,
    options: ReadOptions,
    bundle: BundleRef,
    digits: tuple[DigitReading, ...],
) -> Reading:
    decision, basis, max_risk = options.decide(confidence)
    return Reading(
        source=source,
        page=page,
        box=ink.box,
        content=content,
        text=text,
        value=canonical_value(text, ink.field.separators) if text else None,
        confidence=confidence,
        decision=decision,
        basis=basis,
        max_risk=max_risk,
        bundle=bundle,
        digits=digits,
    )


def _evidence(
    reading: Reading,
    texts: Sequence[tuple[str, float]],
    cells: tuple[tuple[float, ...], ...] = (),
) -> StoredEvidence:
    return StoredEvidence(
        tuple(Candidate(text, round(float(p), 7)) for text, p in texts),
        cells,
        reading.content,
        reading.confidence,
        reading.decision,
        reading.basis,
    )


def _moved(box: Box, x: int, y: int) -> Box:
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y
