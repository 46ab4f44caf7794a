"""Small pictures in rows: filters, maps and evidence, as SVG for a page or as one PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.floating] | npt.NDArray[np.uint8]
Row = tuple[str, Sequence[Picture]]
Rgb = npt.NDArray[np.uint8]

_PAPER, _UP, _DOWN = (np.array(c, float) for c in ((250, 250, 248), (225, 100, 10), (25, 85, 200)))
_CELL, _GAP, _LABEL = 44, 6, 18


def draw_sheet(rows: Sequence[Row]) -> str:
    """The rows, each with its name, as one ``<svg>``.

    Pictures of numbers (h, w) are coloured from blue (below zero) over paper (zero) to orange
    (above), on one scale a row; pictures uint8 (h, w, 3) keep their colours.
    """
    width = max(600, max(len(pictures) for _, pictures in rows) * (_CELL + _GAP))
    height = len(rows) * (_CELL + _GAP + _LABEL)
    parts = [f'<svg role="img" viewBox="0 0 {width} {height}">']
    for line, (text, pictures) in enumerate(rows):
        top = line * (_CELL + _GAP + _LABEL)
        parts.append(
            f'<text x="0" y="{top + 12}" style="font-size:11px; fill:var(--muted)">'
            f"{escape(text)}</text>"
        )
        for column, picture in enumerate(paint_row(pictures)):
            parts.append(
                f'<image x="{column * (_CELL + _GAP)}" y="{top + _LABEL}" width="{_CELL}" '
                f'height="{_CELL}" style="image-rendering:pixelated" href="{_data(picture)}"/>'
            )
    return "\n".join([*parts, "</svg>"])


def draw_png(rows: Sequence[Row], zoom: int = 2) -> bytes:
    """The same as a PNG that every viewer opens."""
    cell, gap, label = _CELL * zoom, _GAP * zoom, _LABEL * zoom
    size = (
        max(300 * zoom, gap + max(len(pictures) for _, pictures in rows) * (cell + gap)),
        len(rows) * (cell + gap + label),
    )
    sheet = Image.new("RGB", size, (228, 228, 224))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=11 * zoom)
    for line, (text, pictures) in enumerate(rows):
        top = line * (cell + gap + label)
        pen.text((gap, top + 2 * zoom), text, fill=(60, 60, 60), font=font)
        for column, picture in enumerate(paint_row(pictures)):
            small = Image.fromarray(picture).resize((cell, cell), Image.Resampling.NEAREST)
            sheet.paste(small, (gap + column * (cell + gap), top + label))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def paint_row(pictures: Sequence[Picture]) -> list[Rgb]:
    """The colours uint8 (h, w, 3) of each picture of a row; the row's numbers share one scale.

    The scale ends where only one pixel in a hundred goes further, so that one bright map does not
    leave the others pale.
    """
    numbers = [np.abs(p, dtype=np.float64).ravel() for p in pictures if p.ndim == 2]
    sizes = np.concatenate(numbers) if numbers else np.zeros(1)
    largest = float(np.quantile(sizes[sizes > 0], 0.99)) if (sizes > 0).any() else 1.0
    return [
        np.asarray(p, np.uint8) if p.ndim == 3 else _paint(np.asarray(p, np.float64) / largest)
        for p in pictures
    ]


def _paint(values: npt.NDArray[np.float64]) -> Rgb:
    strength = np.clip(values, -1, 1)[..., None]
    colors = _PAPER + np.abs(strength) * (np.where(strength > 0, _UP, _DOWN) - _PAPER)
    return np.asarray(colors.round(), np.uint8)


def _data(picture: Rgb) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
