"""Pictures of one digit each, read in batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.bundle import load_bundle
from handsum.imaging.load import Picture, Source, load_pictures
from handsum.imaging.normalize import IMAGING_VERSION, NormalizedDigit, normalize
from handsum.readings import Candidate, Content, DigitReading, Reading
from handsum.reader.session import Session

BATCH = 256


class DigitReader:
    """Reads one digit a picture: its text, or that it is blank or not a number."""

    def __init__(self, bundle: str | Path = "digits", threads: int = 0) -> None:
        self.bundle = load_bundle(bundle, kind="digits", imaging_version=IMAGING_VERSION)
        self._session = Session(self.bundle, threads)
        calibration = self.bundle.info.calibration
        self._temperature = float(calibration["temperature"])
        self._blank_confidence = float(calibration["blank_confidence"])

    def prepare(self, picture: Picture) -> NormalizedDigit:
        """What the net will see of a picture; safe to call from several threads."""
        return normalize(picture.grey)

    def probabilities(self, inks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities (N, C) of normalised inks uint8 (N, 28, 28)."""
        logits = self._session.run(inks[:, None].astype(np.float32) / 255)[0].astype(np.float64)
        logits = logits / self._temperature
        logits -= logits.max(axis=1, keepdims=True)
        exponents = np.exp(logits)
        return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))

    def read(
        self, source: Source | Sequence[Source], *, max_risk: float = 0.01, top: int = 3
    ) -> list[Reading]:
        """A reading for every page of one source, or of each of a list or tuple of them.

        A source is a path, a file's bytes, an array (H, W[, C]) or a Pillow image. ``max_risk``
        is the estimated chance of being wrong up to which a reading is accepted, ``top`` how many
        candidates it carries. Raises what `load_pictures` raises.
        """
        sources = list(source) if isinstance(source, list | tuple) else [source]
        pictures = [picture for one in sources for picture in load_pictures(one)]
        readings: list[Reading] = []
        for start in range(0, len(pictures), BATCH):
            batch = pictures[start : start + BATCH]
            prepared = [self.prepare(picture) for picture in batch]
            readings += self.read_prepared(batch, prepared, max_risk=max_risk, top=top)
        return readings

    def read_prepared(
        self,
        pictures: Sequence[Picture],
        prepared: Sequence[NormalizedDigit],
        *,
        max_risk: float,
        top: int,
    ) -> list[Reading]:
        """Readings of pictures that `prepare` has already seen."""
        probs = self.probabilities(np.stack([digit.ink for digit in prepared]))
        return [
            self._reading(picture, digit, row, max_risk, top)
            for picture, digit, row in zip(pictures, prepared, probs, strict=True)
        ]

    def _reading(
        self,
        picture: Picture,
        digit: NormalizedDigit,
        probs: npt.NDArray[np.float64],
        max_risk: float,
        top: int,
    ) -> Reading:
        symbols = self.bundle.info.charset
        order = np.argsort(-probs[: len(symbols)])[:top]
        candidates = tuple(Candidate(symbols[i], float(probs[i])) for i in order)
        best = int(probs.argmax())
        content: Content
        text, digits = "", ()
        if digit.blank:
            content, confidence, candidates = "blank", self._blank_confidence, ()
        elif best >= len(symbols):
            content, confidence = "not_a_number", float(probs[best])
        else:
            content, confidence, text = "number", float(probs[best]), symbols[best]
            digits = (DigitReading(text, confidence, digit.box),)
        return Reading(
            source=picture.source,
            page=picture.page,
            box=digit.box,
            content=content,
            text=text,
            value=text or None,
            confidence=confidence,
            decision="accepted" if 1.0 - confidence <= max_risk else "review",
            basis="estimate",
            max_risk=max_risk,
            bundle=self.bundle.ref,
            candidates=candidates,
            digits=digits,
        )
