"""Pictures of one digit each, read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.bundle import Bundle, load_bundle
from handsum.confidence.calibration import softmax
from handsum.errors import BundleError, UsageError
from handsum.imaging.load import Picture, Source
from handsum.imaging.normalize import (
    IMAGING_VERSION,
    NormalizeConfig,
    NormalizedDigit,
    normalize,
)
from handsum.promise.terms import Promise, PromiseKey
from handsum.reader.options import DEFAULTS, ReadOptions, build_key, build_options
from handsum.reader.parameters import imaging_config
from handsum.reader.session import Session
from handsum.reader.sources import BATCH, prepare_all
from handsum.reader.views import look_from_further_sides
from handsum.readings import Candidate, Content, DigitReading, Reading


@dataclass(frozen=True)
class PreparedDigit:
    """What the net will see of a page, without the page, which may be large."""

    source: str
    page: int
    digit: NormalizedDigit


class DigitReader:
    """Reads one digit a picture: its text, or that it is blank or not a number.

    ``threads`` is how many cores the net may use, 0 for all. BundleError where the bundle does
    not fit.
    """

    batch = BATCH

    def __init__(self, bundle: str | Path = "digits", threads: int = 0) -> None:
        self.bundle = load_bundle(bundle, kind="digits", imaging_version=IMAGING_VERSION)
        self._imaging = imaging_config(self.bundle, NormalizeConfig)
        self._temperature = _number(self.bundle, "temperature", low=1e-3, high=1e3)
        self._views_below = _number(self.bundle, "views_below", low=0.0, high=1.0)
        self._blank_confidence = _number(self.bundle, "blank_confidence", low=0.0, high=1.0)
        info = self.bundle.info
        self._session = Session(self.bundle, threads)
        self._session.check_shapes(
            (1, self._imaging.size, self._imaging.size), len(info.charset) + len(info.classes)
        )

    def prepare(self, picture: Picture) -> PreparedDigit:
        """What the net will see of a picture; safe to call from several threads."""
        digit = normalize(picture.grey, config=self._imaging)
        return PreparedDigit(picture.source, picture.page, digit)

    def probabilities(
        self, inks: npt.NDArray[np.uint8], *, one_side: bool = False
    ) -> npt.NDArray[np.float64]:
        """Calibrated probabilities (N, C) of normalised inks uint8 (N, 28, 28).

        ``one_side`` leaves out the further sides from which doubtful ones are seen.
        """
        logs = look_from_further_sides(self._logits, inks, 0.0 if one_side else self._views_below)
        return softmax(logs / self._temperature)

    def _logits(self, inks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        images = np.asarray(inks[:, None], np.float32) / np.float32(255)
        return self._session.run(images)[0].astype(np.float64)

    def options(
        self, *, max_risk: float = 0.01, top: int = 3, promise: Promise | None = None
    ) -> ReadOptions:
        """Options of a call, checked; see `build_options` for what it raises."""
        return build_options(self.bundle, "digit", max_risk=max_risk, top=top, promise=promise)

    def promise_key(self, options: ReadOptions) -> PromiseKey:
        """What a promise must have been made for, to decide what is read with these options."""
        return build_key(self.bundle, "digit", options.constraint)

    def read(
        self,
        source: Source | Sequence[Source],
        *,
        max_risk: float = 0.01,
        top: int = 3,
        promise: Promise | None = None,
    ) -> list[Reading]:
        """A reading for every page of one source, or of each of a list or tuple of them.

        A source is a path, a file's bytes, an array (H, W[, C]) or a Pillow image. ``max_risk``
        is the estimated chance of being wrong up to which a reading is accepted, unless a
        ``promise`` decides, ``top`` how many candidates it carries. Raises what `load_pictures`
        and `options` raise.
        """
        options = self.options(max_risk=max_risk, top=top, promise=promise)
        return [
            reading
            for batch in prepare_all(self.prepare, source)
            for reading in self.read_prepared(batch, options)
        ]

    def read_prepared(
        self, prepared: Sequence[PreparedDigit], options: ReadOptions = DEFAULTS
    ) -> list[Reading]:
        """Readings of pictures that `prepare` has already seen.

        UsageError for a constraint: one digit has no format.
        """
        if options.constraint is not None:
            raise UsageError(
                "A single digit is read without a format or list.", "Read it as a number."
            )
        if not prepared:
            return []
        probs = self.probabilities(np.stack([one.digit.ink for one in prepared]))
        return [self._reading(one, row, options) for one, row in zip(prepared, probs, strict=True)]

    def _reading(
        self, prepared: PreparedDigit, probs: npt.NDArray[np.float64], options: ReadOptions
    ) -> Reading:
        symbols, box = self.bundle.info.charset, prepared.digit.box
        order = np.argsort(-probs[: len(symbols)], kind="stable")[: options.top]
        candidates = tuple(Candidate(symbols[i], float(probs[i])) for i in order)
        best = int(probs.argmax())
        content: Content
        text, digits = "", tuple[DigitReading, ...]()
        if prepared.digit.blank:
            content, confidence, candidates = "blank", self._blank_confidence, ()
        elif best >= len(symbols):
            content, confidence = "not_a_number", float(probs[best])
        else:
            content, confidence, text = "number", float(probs[best]), symbols[best]
            digits = (DigitReading(text, confidence, box),)
        decision, basis, max_risk = options.decide(confidence)
        return Reading(
            source=prepared.source,
            page=prepared.page,
            box=box,
            content=content,
            text=text,
            value=text or None,
            confidence=confidence,
            decision=decision,
            basis=basis,
            max_risk=max_risk,
            bundle=self.bundle.ref,
            candidates=candidates,
            digits=digits,
        )


def _number(bundle: Bundle, key: str, low: float, high: float) -> float:
    value = bundle.info.calibration.get(key)
    if not isinstance(value, int | float) or not low <= value <= high:
        raise BundleError(
            f"{bundle.folder}: calibration.{key} is {value!r}, no number from {low:g} to {high:g}.",
            "Copy the bundle again from where it came.",
        )
    return float(value)
