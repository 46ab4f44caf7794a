"""A page onto its template: by page code and corner marks, or by the blank's own printed lines.

Whatever brought the two together, a match counts only if the template's print is found on the
page where it belongs (`Registration.support`); what does not fit is put aside, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from handsum.forms.fields import MmBox
from handsum.forms.marks import PageCode, code_box
from handsum.forms.match_lines import Features, LineMatcher, find_features, is_sound
from handsum.forms.match_marks import Marks, find_codes, find_marks, place_by_marks, read_code
from handsum.forms.page_reading import AsideReason, How
from handsum.forms.paper import Grey, ink_of
from handsum.forms.reference import COARSE, Reference, build_reference, thumbnail
from handsum.forms.register import Registration, rectify, register
from handsum.forms.template import Template
from handsum.forms.transform import PageTransform

SUPPORT = 0.5
"""Share of the print that has to be found where it belongs."""
CLEARLY = 0.3
"""By how much more of its own print has to be on the page than of another that fits as well."""
ERROR_MM = 1.0
LEAST_SCALE = 2.2
"""Pixels a millimetre (56 dpi) from which handwriting can be read at all."""
_INK = 70  # of 255: darkness that is print or pen, not the grain of the paper
_SLACK = 1.0  # mm of a field that may be outside the picture
_OWN_PRINT = 30  # pixels at `COARSE`: two millimetres of a line
_EMPTY = 4e-4  # share of a page that even a thin form covers


@dataclass(frozen=True)
class Match:
    """A page that is a sheet of ``template``; see `handsum.forms.page_reading.PageReading`."""

    template: Template
    transform: PageTransform
    sheet: int | None
    turned: int
    error_mm: float
    how: How


@dataclass(frozen=True)
class Aside:
    """Why a page is not read: a stable reason, and two sentences for people."""

    reason: AsideReason
    message: str
    remedy: str


@dataclass(frozen=True, eq=False)
class _Known:
    """A template with what its blank looks like."""

    reference: Reference
    features: Features

    @property
    def size(self) -> tuple[float, float]:
        template = self.reference.template
        return template.width, template.height


def match_page(grey: Grey, templates: Sequence[Template]) -> Match | Aside:
    """Match one page (uint8, H, W); to match many, keep a `PageMatcher`."""
    return PageMatcher(templates).match(grey)


class PageMatcher:
    """Matches pages with any of some templates; TemplateError where a blank cannot be used."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._known = [_learn(template) for template in templates]

    def reference(self, template: Template) -> Reference:
        """The blank of one of the templates."""
        for known in self._known:
            if known.reference.template.sha256 == template.sha256:
                return known.reference
        raise KeyError(template.name)

    def match(self, grey: Grey) -> Match | Aside:
        """The template of a page and where it lies, or why there is none."""
        if _is_empty(grey):
            return Aside("blank_page", "The page is empty.", "Leave it out of the pile.")
        marks = find_marks(grey)
        if marks.repeated:
            return _two_pages("a corner mark is there twice")
        found: Match | Aside | None = None
        if marks.ids:
            found = self._by_marks(grey, marks)
        if found is None:
            found = self._by_lines(grey, bool(marks.ids))
        return found if isinstance(found, Aside) else _checked(found, grey.shape)

    def _by_marks(self, grey: Grey, marks: Marks) -> Match | Aside | None:
        """None if the marks alone do not tell."""
        marked = [known for known in self._known if known.reference.template.marks]
        places = {size: place_by_marks(marks, size) for size in {known.size for known in marked}}
        sound = {s: p for s, p in places.items() if p is not None and is_sound(p)}
        code = next((c for p in sound.values() if (c := read_code(grey, p)) is not None), None)
        if code is not None and (refusal := self._refuse_code(code)) is not None:
            return refusal
        reach = 3.0 if len(marks.ids) >= 3 else 7.0
        candidates = [
            (known, register(grey, known.reference, sound[known.size], reach))
            for known in marked
            if known.size in sound and (code is None or _is(known, code))
        ]
        how: How = "marks" if code is None else "code"
        return _best(grey, candidates, how, None if code is None else code.sheet)

    def _refuse_code(self, code: PageCode) -> Aside | None:
        named = [
            k.reference.template for k in self._known if k.reference.template.name == code.name
        ]
        if not named:
            names = ", ".join(sorted({k.reference.template.name for k in self._known}))
            return Aside(
                "wrong_form",
                f"The page code names the form {code.name!r}; asked for: {names}.",
                "Read it with the template of that form.",
            )
        if all(template.version != code.version for template in named):
            versions = ", ".join(sorted(template.version for template in named))
            return Aside(
                "other_version",
                f"The page is version {code.version} of {code.name!r}; asked for: {versions}.",
                "Read it with the template of that version.",
            )
        return None

    def _by_lines(self, grey: Grey, has_marks: bool) -> Match | Aside:
        codes = find_codes(grey)
        if len(codes) > 1:
            return _two_pages("there are two page codes")
        code = codes[0] if codes else None
        if code is not None and (refusal := self._refuse_code(code)) is not None:
            return refusal
        known = [k for k in self._known if code is None or _is(k, code)]
        matcher = LineMatcher(grey)
        candidates = [(k, self._register_lines(grey, matcher, k)) for k in known]
        how: How = "lines" if code is None else "code"
        found = _best(grey, candidates, how, None if code is None else code.sheet)
        if isinstance(found, Match):
            other = next(k for k in known if k.reference.template is found.template)
            second = matcher.by_features(other.reference, other.features, found.transform)
            if second is not None and _supports(register(grey, other.reference, second)):
                return _two_pages("the form is there twice")
        if found is not None:
            return found
        if any(k.reference.template.blank is None for k in self._known) and not has_marks:
            return Aside(
                "no_marks",
                "Neither corner marks nor the printed lines of a known form are on the page.",
                "Look whether it is the right form and all of it is in the picture; scan it again.",
            )
        return Aside(
            "wrong_form",
            "The printed lines on the page are not those of a known form.",
            "Look whether it is the right form, and scan it again or name its template.",
        )

    def _register_lines(
        self, grey: Grey, matcher: LineMatcher, known: _Known
    ) -> Registration | None:
        rough = matcher.by_features(known.reference, known.features)
        found = None if rough is None else register(grey, known.reference, rough)
        if _supports(found):
            return found
        for rough in matcher.by_outline(known.reference):
            other = register(grey, known.reference, rough, 5.0)
            if other is not None and (found is None or other.support > found.support):
                found = other
        return found


def _learn(template: Template) -> _Known:
    size = (template.width, template.height)
    reference = build_reference(template, [code_box(*size)] if template.code else [])
    return _Known(reference, find_features(reference.coarse))


def _is(known: _Known, code: PageCode) -> bool:
    template = known.reference.template
    return (template.name, template.version) == (code.name, code.version)


def _supports(found: Registration | None) -> bool:
    return found is not None and found.support >= SUPPORT


def _best(
    grey: Grey,
    candidates: Sequence[tuple[_Known, Registration | None]],
    how: How,
    sheet: int | None,
) -> Match | Aside | None:
    """The template with most support; None if none has enough, Aside if two fit alike."""
    fitting = [(k, r) for k, r in candidates if r is not None and r.support >= SUPPORT]
    if not fitting:
        return None
    fitting.sort(key=lambda pair: -pair[1].support)
    known, best = fitting[0]
    for other, registration in fitting[1:]:
        lead = _lead(grey, (known, best), (other, registration))
        if abs(lead) < CLEARLY:
            names = " and ".join(
                f"{k.reference.template.name} {k.reference.template.version}"
                for k in (known, other)
            )
            return Aside(
                "other_version",
                f"The page code cannot be read, and the print fits {names} alike.",
                "Scan the page again with its code in sight, or give one template alone.",
            )
        if lead < 0:
            known, best = other, registration
    return Match(
        known.reference.template, best.transform, sheet, best.transform.turned, best.error_mm, how
    )


def _lead(
    grey: Grey, one: tuple[_Known, Registration], other: tuple[_Known, Registration]
) -> float:
    """How much more of the print that ``one`` has alone is on the page than of ``other``'s own.

    From -1 to 1; 0 where their print is the same.
    """
    if one[0].size != other[0].size:
        return one[1].support - other[1].support + CLEARLY  # the marks fit one sheet alone
    shares = []
    for (known, registration), (rival, _) in ((one, other), (other, one)):
        seen = ink_of(rectify(grey, registration.transform, COARSE)) > _INK
        near = cv2.dilate(rival.reference.coarse, np.ones((7, 7), np.uint8))
        own = (known.reference.coarse > 2 * _INK) & (near < _INK)
        shares.append(float(seen[own].mean()) if np.count_nonzero(own) > _OWN_PRINT else None)
    first, second = shares
    if first is None and second is None:
        return 0.0
    # Print that only one of them has tells by its absence too.
    return (0.5 if first is None else first) - (0.5 if second is None else second)


def _checked(match: Match, shape: tuple[int, ...]) -> Match | Aside:
    gone = [f.name for f in match.template.fields if not _inside(match.transform, f.box, shape)]
    if gone:
        named = ", ".join(gone[:4]) + (" and others" if len(gone) > 4 else "")
        return Aside(
            "cut_off",
            f"Part of the form is outside the picture: {named}.",
            "Scan or photograph the whole sheet.",
        )
    if match.transform.scale < LEAST_SCALE:
        dpi = match.transform.scale * 25.4
        return Aside(
            "unreadable",
            f"The form has {dpi:.0f} dots an inch in this picture.",
            "Scan it at 150 dots an inch or more, or photograph it from nearer.",
        )
    if match.error_mm > ERROR_MM:
        return Aside(
            "bad_fit",
            f"The print lies up to {match.error_mm:.1f} mm off where the template has it.",
            "Flatten the paper and scan it again.",
        )
    return match


def _inside(transform: PageTransform, box: MmBox, shape: tuple[int, ...]) -> bool:
    corners, slack = transform.outline(box), _SLACK * transform.scale
    high = np.array([shape[1], shape[0]]) - 1 + slack
    return bool((corners >= -slack).all() and (corners <= high).all())


def _two_pages(why: str) -> Aside:
    return Aside(
        "two_pages",
        f"There is more than one page in the picture: {why}.",
        "Cut the picture up, one page each.",
    )


def _is_empty(grey: Grey) -> bool:
    """Whether there is next to nothing on the page, its outermost edge left out."""
    ink = ink_of(thumbnail(grey, 1000))
    h, w = (round(0.03 * side) for side in ink.shape)
    inner = ink[h : ink.shape[0] - h, w : ink.shape[1] - w]
    return bool(np.count_nonzero(inner > _INK) < _EMPTY * inner.size)
