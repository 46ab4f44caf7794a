"""A page of a form in, a PageReading out: matched, set upright, its print taken away, read."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.bundle import CELLS
from handsum.forms.blank_away import take_print_away
from handsum.forms.crops import FieldInk, cut_fields
from handsum.forms.match import Aside, Match, PageMatcher
from handsum.forms.overlay import crop_field, draw_page_overlay
from handsum.forms.page_reading import FieldReading, PageAside, PageReading
from handsum.forms.paper import Grey
from handsum.forms.read_fields import DEFAULTS, FieldReaders, FormOptions, Seen
from handsum.forms.reference import FINE
from handsum.forms.register import rectify
from handsum.forms.rules_run import Keyed, apply_rules, run_rules
from handsum.forms.template import Template
from handsum.forms.transform import PageTransform
from handsum.imaging.load import Picture
from handsum.readings import Box

__all__ = [
    "FormOptions",
    "FormReader",
    "Keyed",
    "PageSeen",
    "apply_rules",
    "crop_field",
    "draw_page_overlay",
]

_COARSEST = 4.0
"""Pixels a millimetre: pages of less are enlarged to this before they are read."""


@dataclass(frozen=True, eq=False)
class PageSeen:
    """What a page says, and its picture upright and flat, uint8 (H, W), on which boxes count.

    ``scale`` is how many pixels of it are a millimetre. A page put aside has its picture as it is.
    """

    outcome: PageReading | PageAside
    upright: Grey
    scale: float


class FormReader:
    """Reads filled-in pages of some templates.

    ``numbers`` and ``digits`` name bundles; ``threads`` is how many cores the nets may use, 0 for
    all. It can be pickled: the other process loads the bundles again. BundleError where a bundle
    does not fit, TemplateError where a blank cannot be used, DecodeError where a format cannot.
    """

    def __init__(
        self,
        templates: Sequence[Template],
        options: FormOptions = DEFAULTS,
        *,
        numbers: str | Path = "numbers",
        digits: str | Path = CELLS,
        threads: int = 1,
    ) -> None:
        self.templates = tuple(templates)
        self.options = options
        self._rebuild = (self.templates, options, numbers, digits, threads)
        self._matcher = PageMatcher(self.templates)
        self._readers = FieldReaders.load(numbers, digits, options, threads)
        for template in self.templates:
            for field in template.fields:
                self._readers.ask(field)

    def __reduce__(self) -> tuple[Callable[..., FormReader], tuple[object, ...]]:
        return _rebuilt, self._rebuild

    def read_page(
        self, grey: Grey, source: str = "<array>", page: int = 1
    ) -> PageReading | PageAside:
        """What a page, uint8 (H, W), says; ``source`` and ``page`` name it in the result."""
        return self.see_page(grey, source, page).outcome

    def read_picture(self, picture: Picture) -> PageReading | PageAside:
        """What a loaded page says."""
        return self.read_page(picture.grey, picture.source, picture.page)

    def see_page(self, grey: Grey, source: str = "<array>", page: int = 1) -> PageSeen:
        """What a page says, with its upright picture."""
        match = self._matcher.match(grey)
        if isinstance(match, Aside):
            aside = PageAside(
                source, page, match.reason, match.message, match.remedy, picture_sha256(grey)
            )
            return PageSeen(aside, grey, 0.0)
        scale = upright_scale(match.transform)
        upright = rectify(grey, match.transform, scale)
        blank = self._matcher.reference(match.template).at(scale)
        written = take_print_away(upright, blank, scale, match.error_mm)
        inks = cut_fields(written, match.template.fields)
        seen = self._readers.read(inks, scale, source, page)
        fields = [
            _field(ink, one, match, scale, grey.shape) for ink, one in zip(inks, seen, strict=True)
        ]
        made, rules = run_rules(match.template, fields, {})
        reading = PageReading(
            source,
            page,
            match.template.name,
            match.template.version,
            match.sheet,
            match.how,
            match.turned,
            round(match.error_mm, 3),
            match.transform,
            made,
            rules,
            picture_sha256(grey),
        )
        return PageSeen(reading, upright, scale)


def _rebuilt(
    templates: Sequence[Template],
    options: FormOptions,
    numbers: str | Path,
    digits: str | Path,
    threads: int,
) -> FormReader:
    return FormReader(templates, options, numbers=numbers, digits=digits, threads=threads)


def upright_scale(transform: PageTransform) -> float:
    """Pixels a millimetre of the upright picture: about the page's own, in steps of a half."""
    return min(FINE, max(_COARSEST, math.ceil(2.0 * transform.scale) / 2.0))


def picture_sha256(grey: npt.NDArray[np.uint8]) -> str:
    """SHA-256 of a picture's shape and pixels."""
    digest = hashlib.sha256(f"{grey.shape}".encode())
    digest.update(np.ascontiguousarray(grey).data)
    return digest.hexdigest()


def _field(
    ink: FieldInk, seen: Seen, match: Match, scale: float, shape: tuple[int, ...]
) -> FieldReading:
    """A field with its boxes on the page as it was loaded."""

    def on_page(box: Box) -> Box:
        x0, y0, x1, y1 = (side / scale for side in box)
        return match.transform.pixel_box((x0, y0, x1, y1), shape)

    digits = tuple(replace(digit, box=on_page(digit.box)) for digit in seen.reading.digits)
    reading = replace(seen.reading, box=on_page(ink.box), digits=digits)
    return FieldReading(ink.field.name, reading, ink.box, evidence=seen.evidence)
