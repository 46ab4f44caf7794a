"""Pages to look at: fields coloured by decision, values beside them; and crops with context."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.page_reading import FieldReading, PageReading
from handsum.forms.paper import Grey, ink_of
from handsum.readings import Box

Colour = tuple[int, int, int]

_ACCEPTED, _CONFIRMED, _REPAIRED, _REVIEW, _KEYED = (
    (60, 140, 0),
    (40, 110, 0),
    (200, 90, 0),
    (0, 90, 235),
    (150, 0, 130),
)  # BGR
_CONTEXT = 3.0  # mm around a field
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LETTER = 22.0  # pixels: height of its capitals at size 1
_INK = 60  # of 255: what labels keep clear of


def draw_page_overlay(upright: Grey, reading: PageReading, scale: float) -> npt.NDArray[np.uint8]:
    """The upright page, uint8 (H, W), with its fields drawn in: BGR (H, W, 3).

    Green was accepted (dark where a rule confirms it), blue repaired by a rule, orange needs eyes,
    purple was keyed in by a person. ``scale``: pixels a millimetre.
    """
    pale = cv2.addWeighted(upright, 0.75, np.full_like(upright, 255), 0.25, 0.0)
    page = np.asarray(cv2.cvtColor(pale, cv2.COLOR_GRAY2BGR), np.uint8)
    line = max(1, round(0.25 * scale))
    taken = np.asarray(ink_of(upright) > _INK, np.float32)
    for field in reading.fields:
        x0, y0, x1, y1 = field.crop_box
        cv2.rectangle(page, (x0, y0), (x1, y1), _colour(field), line * (2 if field.look_at else 1))
        taken[y0:y1, x0:x1] += 1.0  # no label goes into another field, if there is any other room
    for field in reading.fields:
        label, size = _label(field), _size(field.crop_box, scale)
        x0, y0, x1, y1 = field.crop_box
        taken[y0:y1, x0:x1] -= 1.0
        at = _room(taken, field.crop_box, _extent(label, size), 2 * line)
        taken[y0:y1, x0:x1] += 1.0
        _write(page, label, at, size, _colour(field))
    for n, rule in enumerate(r for r in reading.rules if r.verdict != "kept"):
        text = f"{rule.status}: {rule.text}"
        foot = page.shape[0] - round((4 + 4 * n) * scale)
        _write(page, text, (round(10 * scale), foot), 0.11 * scale, _REVIEW)
    return page


def _size(box: Box, scale: float) -> float:
    """Of the letters: as high as a third of the field, within what can be read and what fits."""
    return max(0.3, min(2.4 * scale, 0.38 * (box[3] - box[1])) / _LETTER)


def _extent(text: str, size: float) -> tuple[int, int]:
    (width, height), below = cv2.getTextSize(_plain(text), _FONT, size, 1)
    return width, height + below


def _room(
    taken: npt.NDArray[np.float32], box: Box, extent: tuple[int, int], gap: int
) -> tuple[int, int]:
    """Where a label's lower left corner goes: beside the field, in it or above, where it is free.

    What it covers least ink of wins; the place is marked as taken.
    """
    x0, y0, x1, y1 = box
    w, h = extent
    middle = (y0 + y1 + h) // 2
    places = [(x1 + gap, middle), (x1 - w - gap, middle), (x1 - w - gap, y1 - gap)]
    places += [(x0, y0 - gap), (x0 - w - gap, middle)]
    height, width = taken.shape
    best, least = places[0], math.inf
    for x, y in ((max(0, min(x, width - w)), max(h, min(y, height - 1))) for x, y in places):
        covered = float(taken[y - h : y, x : x + w].mean())
        if covered < least - 0.01:
            best, least = (x, y), covered
    taken[best[1] - h : best[1], best[0] : best[0] + w] += 1.0
    return best


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


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode()  # Hershey's fonts have no more


def _write(
    page: npt.NDArray[np.uint8], text: str, at: tuple[int, int], size: float, colour: Colour
) -> None:
    """Text on a pale ground, so that it reads over print."""
    for ink, thick in (((255, 255, 255), 4), (colour, 1)):
        cv2.putText(page, _plain(text), at, _FONT, size, ink, thick, cv2.LINE_AA)


def crop_field(upright: Grey, field: FieldReading, scale: float, context: float = _CONTEXT) -> Grey:
    """A field on the upright page with ``context`` mm around it; paper where the page ends."""
    x0, y0, x1, y1 = field.crop_box
    edge = round(context * scale)
    framed = cv2.copyMakeBorder(upright, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(framed[y0 : y1 + 2 * edge, x0 : x1 + 2 * edge], np.uint8)
