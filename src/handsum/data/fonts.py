"""Handwriting-like fonts as a source of digits, and of letters and words to refuse.

They lie in the cache (``handsum data fetch fonts``) with their licences and a manifest. One font
is one hand that never varies: whoever trains on it must jitter it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from handsum.data.cache import cache_dir
from handsum.data.dataset import Dataset
from handsum.data.font_families import FontSplit
from handsum.errors import DataError

MANIFEST = "manifest.json"
MANIFEST_SCHEMA = 1
DIGITS = "0123456789"
LETTERS = "acdefhkmnprtuvwxyACEFHKLMNPRTUVWXY"
"""Letters to refuse: all but those that some hands write as a digit (b B D g G i I j J l o O q Q
s S z Z)."""

_REMEDY = "Run: handsum data fetch fonts"
_OVERSAMPLE = 2  # drawn twice as large and averaged down, so that hinting bends no stroke
_PROBE_EM = 256


@dataclass(frozen=True)
class HandFont:
    """A font in the cache: its file, where it came from, and on which side it stands.

    ``split`` "val" is for measuring and never trains.
    """

    name: str
    path: Path
    split: FontSplit
    version: str
    licence: str
    source: str
    sha256: str


def fonts_dir(root: Path | None = None) -> Path:
    """The folder of the fonts: ``fonts`` in ``root``, by default the cache."""
    return (root or cache_dir()) / "fonts"


def load_fonts(split: FontSplit, root: Path | None = None) -> list[HandFont]:
    """The fonts of one side, sorted by name; DataError where none has been fetched."""
    fonts = [font for font in load_manifest(root) if font.split == split]
    gone = [font.name for font in fonts if not font.path.is_file()]
    if gone:
        raise DataError(f"{fonts_dir(root)} lacks the files of {', '.join(gone)}.", _REMEDY)
    if not fonts:
        raise DataError(f"There are no {split} fonts in {fonts_dir(root)}.", _REMEDY)
    return fonts


def load_manifest(root: Path | None = None) -> list[HandFont]:
    """All fonts that the manifest lists, sorted by name; none where there is no manifest."""
    path = fonts_dir(root) / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != MANIFEST_SCHEMA:
            raise DataError(f"{path} has the unknown schema {document['schema']!r}.", _REMEDY)
        fonts = [
            HandFont(
                name=row["name"],
                path=path.parent / row["file"],
                split=row["split"],
                version=row["version"],
                licence=row["licence"],
                source=row["source"],
                sha256=row["sha256"],
            )
            for row in document["fonts"]
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}.", _REMEDY) from error
    return sorted(fonts, key=lambda font: font.name)


def manifest_bytes(fonts: list[HandFont]) -> bytes:
    """The manifest of ``fonts`` as it is written beside them."""
    rows = [
        {
            "name": font.name,
            "file": font.path.name,
            "split": font.split,
            "version": font.version,
            "licence": font.licence,
            "source": font.source,
            "sha256": font.sha256,
        }
        for font in sorted(fonts, key=lambda font: font.name)
    ]
    return json.dumps({"schema": MANIFEST_SCHEMA, "fonts": rows}, indent=1).encode() + b"\n"


def render_glyphs(font: HandFont, text: str, size_px: int) -> npt.NDArray[np.uint8]:
    """``text`` in dark ink on 255 as uint8 (H, W), cut to the ink; (1, 1) of 255 where it has none.

    ``size_px`` is the height of the font's tallest digit, so that all fonts come out alike.
    """
    return render_on_line(font, text, size_px)[0]


def render_on_line(font: HandFont, text: str, size_px: int) -> tuple[npt.NDArray[np.uint8], int]:
    """As `render_glyphs`, and the row of the baseline: where a 1 ends, below a comma's head.

    The row may lie outside the picture (a dash floats above it).
    """
    drawn = _at_height(str(font.path), size_px * _OVERSAMPLE)
    left, top, right, bottom = (int(v) for v in drawn.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return np.full((1, 1), 255, np.uint8), 0
    # Whole output pixels above the baseline, so that the baseline falls between two rows.
    rows_above = -(top // _OVERSAMPLE)
    height, width = rows_above - (-bottom // _OVERSAMPLE), -((left - right) // _OVERSAMPLE)
    large = Image.new("L", (width * _OVERSAMPLE, height * _OVERSAMPLE), 255)
    place = (-left, rows_above * _OVERSAMPLE)
    ImageDraw.Draw(large).text(place, text, fill=0, font=drawn, anchor="ls")
    picture = np.asarray(large.reduce(_OVERSAMPLE), dtype=np.uint8)
    rows, columns = np.flatnonzero((picture < 255).any(1)), np.flatnonzero((picture < 255).any(0))
    if not len(rows):
        return np.full((1, 1), 255, np.uint8), 0
    cut = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut.copy(), rows_above - int(rows[0])


def check_font(path: Path) -> None:
    """DataError unless Pillow opens the font and it has a shape of its own for every digit."""
    try:
        opened = ImageFont.truetype(str(path), 32, layout_engine=ImageFont.Layout.BASIC)
        shapes = {bytes(opened.getmask(digit)) for digit in DIGITS}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no font that can be drawn: {error}.", "Leave it out.") from (
            error
        )
    if len(shapes) < len(DIGITS):
        raise DataError(f"{path} lacks digits.", "Leave it out.")


def load_glyphs(
    kind: Literal["digits", "letters"], split: FontSplit, root: Path | None = None
) -> Dataset:
    """Every font's digits, or letters to refuse (`LETTERS`), once each, 64 px for a tall digit.

    Letters have the content "not_a_number" and an empty text; the font is the group.
    """
    fonts = load_fonts(split, root)
    symbols = DIGITS if kind == "digits" else LETTERS
    pairs = [(font, symbol) for font in fonts for symbol in symbols]
    digits = kind == "digits"
    return Dataset(
        name=f"font_{kind}:{split}",
        images=[render_glyphs(font, symbol, 64) for font, symbol in pairs],
        texts=tuple(symbol if digits else "" for _, symbol in pairs),
        contents=("number" if digits else "not_a_number",) * len(pairs),
        groups=tuple(f"font/{font.name}" for font, _ in pairs),
        ids=tuple(f"font_{kind}:{split}/{font.name}/{symbol}" for font, symbol in pairs),
        ink="dark",
        licence=", ".join(sorted({font.licence for font in fonts})),
        source=", ".join(sorted({font.source for font in fonts})),
    )


@lru_cache(maxsize=512)
def _at_height(path: str, height: int) -> ImageFont.FreeTypeFont:
    """The font at the size where its tallest digit is ``height`` pixels tall."""
    layout = ImageFont.Layout.BASIC
    probe = ImageFont.truetype(path, _PROBE_EM, layout_engine=layout)
    boxes = [probe.getbbox(digit, anchor="ls") for digit in DIGITS]
    tallest = max(bottom - top for _, top, _, bottom in boxes)
    size = max(1.0, _PROBE_EM * height / tallest)
    return ImageFont.truetype(path, size, layout_engine=layout)
