"""Sizes of sheets in mm."""

from __future__ import annotations

MM_PER_INCH = 25.4
SIZES = {  # ISO 216 and ANSI/ASME Y14.1
    "A3": (297.0, 420.0),
    "A4": (210.0, 297.0),
    "A5": (148.0, 210.0),
    "Letter": (215.9, 279.4),
    "Legal": (215.9, 355.6),
}


def known_size(width: float, height: float, slack: float = 0.005) -> tuple[float, float]:
    """The known sheet, upright or on its side, that differs by less than ``slack`` a side.

    The measured size itself where none does.
    """
    sheets = [*SIZES.values(), *((b, a) for a, b in SIZES.values())]
    near = [
        (abs(w / width - 1) + abs(h / height - 1), (w, h))
        for w, h in sheets
        if abs(w / width - 1) < slack and abs(h / height - 1) < slack
    ]
    return min(near)[1] if near else (width, height)


def name_size(width: float, height: float) -> tuple[str, bool] | None:
    """The name of exactly this sheet, and whether it lies on its side; None where it has none."""
    for name, (w, h) in SIZES.items():
        if (width, height) == (w, h):
            return name, False
        if (width, height) == (h, w):
            return name, True
    return None
