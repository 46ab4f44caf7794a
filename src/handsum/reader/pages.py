"""Pages without a template: every handwritten number on them, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handsum.decode.constraint import CompiledConstraint, Constraint
from handsum.decode.values import Separators
from handsum.imaging.load import Picture, Source
from handsum.imaging.pages import Written, find_written
from handsum.promise.terms import Promise, PromiseKey
from handsum.reader.numbers import NumberReader, PreparedCrop
from handsum.reader.options import DEFAULTS, ReadOptions
from handsum.reader.sources import prepare_all
from handsum.readings import Box, Reading

_MARGIN = 0.3  # of a run's height: paper around it in its crop
_WIDEST = 14.0  # heights: longer runs are lines of text
_LEAST = 0.1
"""Confidence below which a run counts as something else than a number: on a page without a
template most runs are, and nobody asked for a reading there."""


@dataclass(frozen=True)
class PreparedPage:
    """The crops of a page that may hold handwritten numbers, in reading order."""

    crops: tuple[PreparedCrop, ...]


class PageReader:
    """Finds and reads handwritten numbers on pages; what is printed or no number is left out.

    ``threads`` is how many cores the net may use, 0 for all. BundleError where the bundle does
    not fit.
    """

    batch = 8
    """Pages that wait for the net together."""

    def __init__(self, bundle: str | Path = "numbers", threads: int = 0) -> None:
        self.numbers = NumberReader(bundle, threads)
        self.bundle = self.numbers.bundle

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
            task="page",
        )

    def promise_key(self, options: ReadOptions) -> PromiseKey:
        """What a promise must have been made for, to decide what is read with these options."""
        return replace(self.numbers.promise_key(options), task="page")

    def prepare(self, picture: Picture) -> PreparedPage:
        """Find what may be a number; safe to call from several threads."""
        shape = picture.grey.shape
        boxes = [_crop_box(one, shape) for one in find_written(picture.grey) if _may_be(one)]
        return PreparedPage(
            tuple(
                replace(
                    self.numbers.prepare(
                        Picture(picture.grey[y0:y1, x0:x1], picture.source, picture.page)
                    ),
                    corner=(x0, y0),
                )
                for x0, y0, x1, y1 in boxes
            )
        )

    def read(
        self,
        source: Source | Sequence[Source],
        *,
        max_risk: float = 0.01,
        top: int = 3,
        promise: Promise | None = None,
        constraint: Constraint | CompiledConstraint | None = None,
        separators: Separators | None = None,
    ) -> list[Reading]:
        """Every handwritten number on every page of one source or many, in reading order.

        Arguments and errors as for `NumberReader.read`.
        """
        options = self.options(
            max_risk=max_risk,
            top=top,
            promise=promise,
            constraint=constraint,
            separators=separators,
        )
        return [
            reading
            for batch in prepare_all(self.prepare, source)
            for reading in self.read_prepared(batch, options)
        ]

    def read_prepared(
        self, prepared: Sequence[PreparedPage], options: ReadOptions = DEFAULTS
    ) -> list[Reading]:
        """Readings of pages that `prepare` has already seen: numbers only."""
        crops = [crop for page in prepared for crop in page.crops]
        return [
            reading
            for reading in self.numbers.read_prepared(crops, options)
            if reading.content == "number" and reading.confidence >= _LEAST
        ]


def _may_be(one: Written) -> bool:
    x0, y0, x1, y1 = one.box
    return not one.printed and x1 - x0 <= _WIDEST * (y1 - y0)


def _crop_box(one: Written, shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = one.box
    pad = max(3, round(_MARGIN * (y1 - y0)))
    return (
        max(0, x0 - pad),
        max(0, y0 - pad),
        min(shape[1], x1 + pad),
        min(shape[0], y1 + pad),
    )
