"""What an empty form looks like: the measure by which pages are matched and print is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from handsum.errors import InputError, TemplateError
from handsum.forms.paper import Grey, ink_of, reduced
from handsum.forms.sizes import MM_PER_INCH
from handsum.forms.template import Template
from handsum.forms.transform import Points
from handsum.imaging.load import Limits, load_pictures

FINE = 8.0
"""Pixels a millimetre (203 dpi) at which the blank is kept; no finer picture is read."""
COARSE = 4.0
"""Pixels a millimetre at which pages are registered."""
_APART = 7.0  # mm between the points that are looked for
_POINTS = 220
_LEAST_POINTS = 8
_CORNER = 0.03  # of the strongest corner: weaker ones are no landmark
_EDGE = 5.0  # mm from the sheet's edge: scanners cut there


@dataclass(frozen=True, eq=False)
class Reference:
    """The blank form as darkness, uint8, at `FINE` pixels a millimetre, and its landmarks.

    ``coarse`` is the same at `COARSE`; ``landmarks`` (N, 2) are corners of the print in mm.
    """

    template: Template
    fine: Grey
    coarse: Grey
    landmarks: Points
    scales: dict[float, Grey] = field(default_factory=dict)

    def at(self, scale: float) -> Grey:
        """The blank at ``scale`` pixels a millimetre, up to `FINE`; kept for the next page."""
        if scale not in self.scales:
            self.scales[scale] = _resized(self.fine, self.template, scale)
        return self.scales[scale]


def build_reference(template: Template, without: Sequence[tuple[float, ...]] = ()) -> Reference:
    """The blank of a template: its picture or PDF, or its own printed form, drawn.

    ``without``: boxes in mm that hold no landmarks. TemplateError where the blank cannot be read
    or is empty.
    """
    grey = _blank_picture(template)
    grey = _fitted(grey, template, FINE)
    fine = ink_of(grey)
    for box in without:
        x0, y0, x1, y1 = (round(FINE * side) for side in box)
        fine[y0:y1, x0:x1] = 0
    coarse = _resized(fine, template, COARSE)
    landmarks = _landmarks(coarse)
    if len(landmarks) < _LEAST_POINTS:
        raise TemplateError(
            f"{template.source}: the empty form has too little print to match pages by.",
            "Print marks on it (page.marks = true), or name a blank with lines or text.",
        )
    return Reference(template, fine, coarse, landmarks)


def _blank_picture(template: Template) -> Grey:
    try:
        if template.blank is not None:
            pages = list(load_pictures(template.blank))
            if not 1 <= template.blank_page <= len(pages):
                raise TemplateError(
                    f"{template.source}: page.blank has {len(pages)} pages, not "
                    f"{template.blank_page}.",
                    "Name a page of it.",
                )
            return pages[template.blank_page - 1].grey
        return _printed(template)
    except InputError as error:
        raise TemplateError(
            f"{template.source}: the blank form cannot be read: {error.message}", error.remedy
        ) from error


def _printed(template: Template) -> Grey:
    from handsum.forms.print import draw_form  # noqa: PLC0415 (ReportLab takes a while to load)

    limits = Limits(pdf_dpi=round(FINE * MM_PER_INCH))
    return next(iter(load_pictures(draw_form(template), name=template.source, limits=limits))).grey


def _fitted(grey: Grey, template: Template, scale: float) -> Grey:
    """The whole picture as the whole sheet."""
    size = (round(template.width * scale), round(template.height * scale))
    shrinks = size[0] < grey.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)


def _resized(fine: Grey, template: Template, scale: float) -> Grey:
    if scale == FINE:
        return fine
    size = (round(template.width * scale), round(template.height * scale))
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)


def _landmarks(coarse: Grey) -> Points:
    """Corners of the print, spread evenly, in mm."""
    smooth = cv2.GaussianBlur(coarse, (3, 3), 0)
    mask = np.zeros_like(coarse)
    edge = round(_EDGE * COARSE)
    mask[edge:-edge, edge:-edge] = 255
    found = cv2.goodFeaturesToTrack(
        smooth, _POINTS, _CORNER, _APART * COARSE, mask=mask, blockSize=9
    )
    if found is None:
        return np.zeros((0, 2))
    pixels: npt.NDArray[np.float64] = np.asarray(found, np.float64).reshape(-1, 2)
    return (pixels + 0.5) / COARSE


def thumbnail(grey: Grey, side: int) -> Grey:
    """A picture whose longer side is at most ``side``."""
    return reduced(grey, side / max(grey.shape))
