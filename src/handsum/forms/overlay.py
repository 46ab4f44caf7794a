"""Pages to look at: fields coloured by decision, values beside them; and crops with context."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.page_reading import FieldReading, PageReading
from handsum.forms.paper import Grey

Colour = tuple[int, int, int]

_ACCEPTED, _CONFIRMED, _REPAIRED, _REVIEW, _KEYED = (
    (60, 140, 0),
    (40, 110, 0),
    (200, 90, 0),
    (0, 90, 235),
    (150, 0, 130),
)  # BGR
_CONTEXT = 3.0  # mm around a field


def draw_page_overlay(upright: Grey, reading: PageReading, scale: float) -> npt.NDArray[np.uint8]:
    """The upright page, uint8 (H, W), with its fields drawn in: BGR (H, W, 3).

    Green was accepted (dark where a rule confirms it), blue repaired by a rule, orange needs eyes,
    purple was keyed in by a person. ``scale``: pixels a millimetre.
    """
    pale = cv2.addWeighted(upright, 0.75, np.full_like(upright, 255), 0.25, 0.0)
    page = np.asarray(cv2.cvtColor(pale, cv2.COLOR_GRAY2BGR), np.uint8)
    line = max(1, round(0.25 * scale))
    for field in reading.fields:
        colour = _colour(field)
        x0, y0, x1, y1 = field.crop_box
        cv2.rectangle(page, (x0, y0), (x1, y1), colour, 2 * line if field.look_at else line)
        size = max(0.35, min(2.6 * scale, 0.45 * (y1 - y0)) / 22.0)
        _write(page, _label(field), (x0, y0 - line - 1), size, colour)
    for n, rule in enumerate(r for r in reading.rules if r.verdict != "kept"):
        text = f"{rule.status}: {rule.text}"
        at = (round(10 * scale), page.shape[0] - round((4 + 4 * n) * scale))
        _write(page, text, at, 0.11 * scale, _REVIEW)
    return page


def _colour(field: FieldReading) -> Colour:
    reading = field.reading
    if reading.origin == "keyed":
        return _KEYED
    if reading.decision == "review":
        return _REVIEW
    if reading.origin == "repaired":
        return _REPAIRED
    return _CONFIRMED if reading.basis == "rule" else _ACCEPTED


def _label(field: FieldReading) -> str:
    reading = field.reading
    text = reading.text or reading.content.replace("_", " ")
    if field.alone is not None:
        text = f"{text} (read {field.alone.text})"
    if reading.decision == "review":
        text = f"{text}? {field.why.replace('_', ' ')}"
    return text


def _write(
    page: npt.NDArray[np.uint8], text: str, at: tuple[int, int], size: float, colour: Colour
) -> None:
    """Text with a pale edge, so that it reads over print, kept within the page."""
    plain = text.encode("ascii", "replace").decode()  # Hershey's fonts have no more
    (width, height), _ = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    x = max(0, min(at[0], page.shape[1] - width))
    y = max(height, at[1])
    for ink, thick in (((255, 255, 255), 4), (colour, 1)):
        cv2.putText(page, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, thick, cv2.LINE_AA)


def crop_field(upright: Grey, field: FieldReading, scale: float, context: float = _CONTEXT) -> Grey:
    """A field on the upright page with ``context`` mm around it; paper where the page ends."""
    x0, y0, x1, y1 = field.crop_box
    edge = round(context * scale)
    framed = cv2.copyMakeBorder(upright, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(framed[y0 : y1 + 2 * edge, x0 : x1 + 2 * edge], np.uint8)
