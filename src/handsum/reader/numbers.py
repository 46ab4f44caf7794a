"""Pictures of one whole number each, read in batches, without cutting them into digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import numpy.typing as npt

from handsum.bundle import load_bundle
from handsum.charset import Charset
from handsum.confidence.calibration import Calibration
from handsum.decode.constraint import CompiledConstraint, Constraint, compile_constraint
from handsum.decode.ctc import ctc_log_probs
from handsum.decode.decoded import Decoded
from handsum.decode.texts import decode_text
from handsum.decode.values import Separators, canonical_value
from handsum.errors import BundleError
from handsum.imaging.load import Picture, Source
from handsum.imaging.numbers import (
    NUMBERS_VERSION,
    NumberConfig,
    PreparedNumber,
    prepare_number,
)
from handsum.promise.terms import Promise, PromiseKey, Task
from handsum.reader.digits import DigitReader
from handsum.reader.evidence import (
    Evidence,
    calibrate,
    constraint_holds,
    weigh,
)
from handsum.reader.number_parts import read_calibrations, read_second_look, read_stride
from handsum.reader.numberness import (
    SIGNS,
    share_of_number,
    take_signs,
)
from handsum.reader.options import DEFAULTS, ReadOptions, build_key, build_options
from handsum.reader.parameters import imaging_config
from handsum.reader.places import box_around, place_symbols
from handsum.reader.second_look import Look, SecondLook
from handsum.reader.session import Session
from handsum.reader.sources import BATCH, prepare_all
from handsum.reader.strips import NetOutput, run_strips, widen_strip
from handsum.readings import Box, Candidate, Content, DigitReading, Reading

if TYPE_CHECKING:
    from handsum.reader.combs import CombReader

CONTENTS: tuple[str, ...] = get_args(Content)
_SAY_NO_MORE = 1e-3
"""The net's doubt of a refusal counts down to this; it has seen too few kinds of rubbish to mean
more by less."""
_INKLESS = 0.5
"""A strip without a pixel of this ink: nothing in it is darker than paper by the imaging's least
contrast, half of the least that it brings to 1."""


@dataclass(frozen=True)
class PreparedCrop:
    """What the net will see of a crop, without the crop.

    ``shape`` is the crop's (H, W); ``corner`` (x, y) where it lies on its page.
    """

    source: str
    page: int
    shape: tuple[int, int]
    number: PreparedNumber
    corner: tuple[int, int] = (0, 0)

    @property
    def blank(self) -> bool:
        """Whether there is no ink at all."""
        return bool(self.number.ink.max() < _INKLESS)


@dataclass(frozen=True)
class NumberOutput:
    """What a crop holds before any calibration: ``content`` and, of a number, its texts.

    ``score``, 0 to 1, and ``evidence`` (numbers only) are what calibration takes.
    """

    content: Content
    score: float
    decoded: Decoded | None = None
    evidence: Evidence | None = None


class NumberReader:
    """Reads one number a picture: its text, or that it is blank, struck out or not a number.

    ``threads`` is how many cores the net may use, 0 for all. BundleError where the bundle does
    not fit.
    """

    batch = BATCH

    def __init__(self, bundle: str | Path = "numbers", threads: int = 0) -> None:
        self.bundle = load_bundle(bundle, kind="numbers", imaging_version=NUMBERS_VERSION)
        info = self.bundle.info
        if info.classes != CONTENTS:
            raise BundleError(
                f"{self.bundle.folder} tells {', '.join(info.classes)} apart, not "
                f"{', '.join(CONTENTS)}.",
                "Use the handsum version that the bundle was made with, or a newer bundle.",
            )
        self.charset = Charset(info.charset)
        self.imaging = imaging_config(self.bundle, NumberConfig)
        self.stride = read_stride(self.bundle)
        self._text, self._refusal, self._number, self._threshold = read_calibrations(self.bundle)
        self._threads = threads
        self._combs: CombReader | None = None
        self._look = read_second_look(self.bundle, self.charset, self.stride, threads)
        self._session = Session(self.bundle, threads)
        self._session.check_shapes((1, self.imaging.height, None), len(self.charset), len(CONTENTS))

    @property
    def panel(self) -> tuple[DigitReader, ...]:
        """The readers of single digits for a second look at unsure numbers, `CELLS` the last."""
        return () if self._look is None else self._look.digits

    def combs(self) -> CombReader:
        """The reader of combs that works with this one and its reader of single digits."""
        from handsum.reader.combs import CombReader  # noqa: PLC0415 - it imports this module

        if self._combs is None:
            self._combs = CombReader(self, threads=self._threads)
        return self._combs

    def compile(self, constraint: Constraint) -> CompiledConstraint | None:
        """A constraint ready for this reader; DecodeError where it cannot be used as written."""
        return compile_constraint(constraint, self.charset)

    def options(
        self,
        *,
        max_risk: float = 0.01,
        top: int = 3,
        promise: Promise | None = None,
        constraint: Constraint | CompiledConstraint | None = None,
        separators: Separators | None = None,
        task: Task = "number",
    ) -> ReadOptions:
        """Options of a call, checked; see `build_options` for what it raises.

        ``task`` is what a ``promise`` must have been made for.
        """
        if isinstance(constraint, Constraint):
            separators = separators or constraint.separators
            constraint = self.compile(constraint)
        return build_options(
            self.bundle,
            task,
            max_risk=max_risk,
            top=top,
            promise=promise,
            constraint=constraint,
            separators=separators,
        )

    def promise_key(self, options: ReadOptions) -> PromiseKey:
        """What a promise must have been made for, to decide what is read with these options."""
        return build_key(self.bundle, "number", options.constraint)

    def prepare(self, picture: Picture) -> PreparedCrop:
        """What the net will see of a picture; safe to call from several threads."""
        number = prepare_number(picture.grey, config=self.imaging)
        height, width = picture.grey.shape
        return PreparedCrop(picture.source, picture.page, (height, width), number)

    def read(
        self,
        source: Source | Sequence[Source],
        *,
        max_risk: float = 0.01,
        top: int = 3,
        promise: Promise | None = None,
        constraint: Constraint | CompiledConstraint | None = None,
        separators: Separators | None = None,
        cells: int | None = None,
    ) -> list[Reading]:
        """A reading for every page of one source, or of each of a list or tuple of them.

        A source is a path, a file's bytes, an array (H, W[, C]) or a Pillow image. ``cells``
        says that a picture is a comb or a row of so many boxes, one digit in each (see
        handsum.reader.combs). The other arguments are those of `ReadOptions`. Raises what
        `load_pictures` and `options` raise.
        """
        options = self.options(
            max_risk=max_risk,
            top=top,
            promise=promise,
            constraint=constraint,
            separators=separators,
            task="number" if cells is None else "comb",
        )
        if cells is not None:
            combs = self.combs()
            return [
                reading
                for batch in prepare_all(partial(combs.prepare, cells=cells), source)
                for reading in combs.read_prepared(batch, options)
            ]
        return [
            reading
            for batch in prepare_all(self.prepare, source)
            for reading in self.read_prepared(batch, options)
        ]

    def read_prepared(
        self, prepared: Sequence[PreparedCrop], options: ReadOptions = DEFAULTS
    ) -> list[Reading]:
        """Readings of pictures that `prepare` has already seen."""
        outputs = self.outputs(prepared, options.constraint, options.top)
        return [
            self._reading(crop, output, options)
            for crop, output in zip(prepared, outputs, strict=True)
        ]

    def outputs(
        self,
        prepared: Sequence[PreparedCrop],
        constraint: CompiledConstraint | None = None,
        top: int = 1,
        number: Calibration | None = None,
        threshold: float | None = None,
    ) -> list[NumberOutput]:
        """What the crops hold, before calibration: what it is fitted to.

        ``number`` is the map to P(number), ``threshold`` its least that is read as one (default:
        the bundle's).
        """
        numberness = self._number if number is None else number
        least = self._threshold if threshold is None else threshold
        nets = self._run(prepared)
        look = self._look
        widening = None if look is None else look.widening(top)
        decoded = [
            decode_text(net.log_probs, self.charset, constraint, k=top, widening=widening)
            if share_of_number(numberness, net) >= least and not crop.blank
            else None
            for crop, net in zip(prepared, nets, strict=True)
        ]
        if look is not None:
            decoded = self._look_again(look, prepared, nets, decoded)
        decoded = [one and replace(one, candidates=one.candidates[:top]) for one in decoded]
        return [
            self._output(crop, net, one)
            for crop, net, one in zip(prepared, nets, decoded, strict=True)
        ]

    def confidence(self, output: NumberOutput) -> float:
        """The probability that what a crop is said to hold is right, text and all."""
        if output.evidence is None:
            return float(self._refusal.apply(np.array([output.score]))[0])
        return calibrate(self._text, output.evidence)

    def number_shares(self, prepared: Sequence[PreparedCrop]) -> list[float]:
        """P(number) of each crop."""
        return [share_of_number(self._number, net) for net in self._run(prepared)]

    def number_signs(self, prepared: Sequence[PreparedCrop]) -> npt.NDArray[np.float64]:
        """What P(number) is fitted to, (N, len(SIGNS))."""
        return np.array([take_signs(net) for net in self._run(prepared)]).reshape(-1, len(SIGNS))

    def log_probs(self, strips: Sequence[PreparedNumber]) -> list[npt.NDArray[np.float64]]:
        """What the net says of every `stride` pixels of each strip: (T, len(charset))."""
        outputs = run_strips(self._session, [strip.ink for strip in strips], self.stride)
        return [net.log_probs for net in outputs]

    def _run(self, prepared: Sequence[PreparedCrop]) -> list[NetOutput]:
        return run_strips(self._session, [crop.number.ink for crop in prepared], self.stride)

    def _run_wider(self, prepared: Sequence[PreparedCrop], factor: float) -> list[NetOutput]:
        wide = [widen_strip(crop.number.ink, factor, self.stride) for crop in prepared]
        return run_strips(self._session, wide, self.stride)

    def _look_again(
        self,
        look: SecondLook,
        prepared: Sequence[PreparedCrop],
        nets: Sequence[NetOutput],
        decoded: Sequence[Decoded | None],
    ) -> list[Decoded | None]:
        """What was decoded, the unsure numbers after a second look at line and digits."""
        unsure = {i: one for i, one in enumerate(decoded) if one is not None and look.wanted(one)}
        again = self._run_wider([prepared[i] for i in unsure], look.config.wider)
        looks = [
            Look(prepared[i].number, nets[i].log_probs, one, self._score(net, one))
            for (i, one), net in zip(unsure.items(), again, strict=True)
        ]
        found = list(decoded)
        for i, one in zip(unsure, look.take(looks), strict=True):
            found[i] = one
        return found

    def _score(self, net: NetOutput, decoded: Decoded) -> tuple[float, ...]:
        """log P of each candidate by what the net says of another picture of the number."""
        texts = [self.charset.encode(candidate.text) for candidate in decoded.candidates]
        return tuple(ctc_log_probs(net.log_probs, texts))

    def _output(self, crop: PreparedCrop, net: NetOutput, decoded: Decoded | None) -> NumberOutput:
        if crop.blank:
            return NumberOutput("blank", _within(net.contents[CONTENTS.index("blank")]))
        if decoded is not None and decoded.candidates and decoded.candidates[0].text:
            evidence = weigh(decoded, float(net.contents[0]), crop.number, crop.shape)
            return NumberOutput("number", evidence.score, decoded, evidence)
        best = 1 + int(net.contents[1:].argmax())
        return NumberOutput(get_args(Content)[best], _within(net.contents[best]))

    def _reading(self, crop: PreparedCrop, output: NumberOutput, options: ReadOptions) -> Reading:
        text, candidates, digits = "", tuple[Candidate, ...](), tuple[DigitReading, ...]()
        left_over = None
        confidence = self.confidence(output)
        if output.decoded is not None:
            text = output.decoded.candidates[0].text
            candidates = _candidates(output.decoded, confidence)
            digits = self._digits(crop, output.decoded)
            left_over = None if options.constraint is None else output.decoded.left_over
        decision, basis, max_risk = options.decide(confidence)
        height, width = crop.shape
        whole = _moved((0, 0, width, height), crop)
        return Reading(
            source=crop.source,
            page=crop.page,
            box=box_around([digit.box for digit in digits]) if digits else whole,
            content=output.content,
            text=text,
            value=canonical_value(text, options.separators) if text else None,
            confidence=confidence,
            decision=decision,
            basis=basis,
            max_risk=max_risk,
            bundle=self.bundle.ref,
            candidates=candidates,
            digits=digits,
            left_over=left_over,
        )

    def _digits(self, crop: PreparedCrop, decoded: Decoded) -> tuple[DigitReading, ...]:
        boxes = place_symbols(crop.number, decoded.alignment, self.stride, crop.shape)
        return tuple(
            DigitReading(self.charset.decode([span.id]), span.confidence, _moved(box, crop))
            for span, box in zip(decoded.alignment, boxes, strict=True)
        )


def _within(share: float) -> float:
    """A refusal's share, no nearer to 0 or 1 than `_SAY_NO_MORE`."""
    return float(min(max(share, _SAY_NO_MORE), 1.0 - _SAY_NO_MORE))


def _candidates(decoded: Decoded, confidence: float) -> tuple[Candidate, ...]:
    """The first candidate has the reading's confidence; the others share out what it leaves.

    In proportion to their posteriors, and none above the first.
    """
    first = decoded.candidates[0].posterior
    rest = (1.0 - confidence) / max(1.0 - first, 1e-12) * constraint_holds(decoded)
    others = (
        Candidate(other.text, min(confidence, rest * other.posterior))
        for other in decoded.candidates[1:]
        if other.text
    )
    return (Candidate(decoded.candidates[0].text, confidence), *others)


def _moved(box: Box, crop: PreparedCrop) -> Box:
    x, y = crop.corner
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y
