"""The fields of a fillable PDF as those of a draft."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handsum.charset import NUMBERS
from handsum.forms.draft_grid import in_order, overlaps
from handsum.forms.draft_toml import DraftField
from handsum.forms.draft_words import label_of
from handsum.forms.fields import Kind
from handsum.forms.layout import LEAST, SLACK
from handsum.imaging.files.pdf_fields import PdfField, PdfWords


def take_pdf_fields(
    found: Sequence[PdfField], size: tuple[float, float], words: Sequence[PdfWords]
) -> list[DraftField]:
    """The fields of a fillable PDF under their own names, as far as these can be names."""
    fields: list[DraftField] = []
    taken: set[str] = set()
    boxes = [field.box for field in found]
    for i in in_order(boxes):
        field = found[i]
        x0, y0, x1, y1 = field.box
        box = (max(x0, 0.0), max(y0, 0.0), min(x1, size[0]), min(y1, size[1]))
        if min(box[2] - box[0], box[3] - box[1]) < LEAST:
            continue
        if any(overlaps(box, other.box, SLACK / 2) for other in fields):
            continue
        kind: Kind = "tick" if field.kind == "tick" else "comb" if field.cells > 1 else "box"
        fitting = all(set(option) <= set(NUMBERS.symbols) and option for option in field.options)
        label = None if field.about else label_of(box, boxes, words, tick=kind == "tick")
        fields.append(
            DraftField(
                _free_name(field.name, taken),
                kind,
                box,
                field.cells if kind == "comb" else 0,
                label.text if label else field.about,
                field.required and kind != "tick",
                tuple(dict.fromkeys(field.options)) if field.options and fitting else (),
            )
        )
    return fields


def _free_name(name: str, taken: set[str]) -> str:
    """A name that rules can use, close to the PDF's own."""
    plain = re.sub(r"\W+", "_", name.rpartition(".")[2] or name).strip("_").lower() or "field"
    if not re.match(r"[^\W\d]", plain):
        plain = f"f{plain}"
    free, n = plain, 1
    while free in taken or free == "within":
        n += 1
        free = f"{plain}_{n}"
    taken.add(free)
    return free
