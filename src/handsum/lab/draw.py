"""Diagrams of the experiments as SVG, in the colours of the page they stand in."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import LogLocator, NullLocator
from PIL import Image

from handsum.evaluate.plots import MARK, TEXT, build_axes, render_svg

Floats = npt.NDArray[np.float64]

SERIES = ("#3b7ddd", "#d9632b", "#2f9e62", "#a05cc4", "#c79a16", "#c2416b", "#4a9fb5", "#8a8f98")
"""Colours that a light and a dark screen both show."""


def draw_curves(
    curves: Mapping[str, tuple[Floats, Floats]], x_label: str, y_label: str, name: str,
    *, log: bool = False, dots: Mapping[str, tuple[Floats, Floats]] | None = None,
) -> str:  # fmt: skip
    """A line a name, with its legend; ``dots`` are drawn as points below them."""
    figure, axes = build_axes(x_label, y_label)
    for label, (x, y) in (dots or {}).items():
        axes.plot(x, y, ".", color=TEXT, markersize=3, label=label, alpha=0.6)
    for index, (label, (x, y)) in enumerate(curves.items()):
        axes.plot(
            x,
            y,
            color=SERIES[index % len(SERIES)],
            linewidth=1.8,
            label=label,
            linestyle="-" if index < len(SERIES) else "--",
        )
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    axes.legend(frameon=False, labelcolor=TEXT, fontsize=10)
    return render_svg(figure, name)


def draw_bars(values: Mapping[str, tuple[float, float, float]], x_label: str, name: str) -> str:
    """A bar a name, from its lowest to its highest, with a dot at the mean."""
    figure, axes = build_axes(x_label, "")
    figure.set_figheight(0.8 + 0.27 * len(values))
    places = np.arange(len(values))[::-1]
    low, mean, high = np.array(list(values.values())).T
    axes.hlines(places, low, high, color=MARK, linewidth=4, alpha=0.4)
    axes.plot(mean, places, "o", color=MARK, markersize=6)
    axes.set_yticks(places, list(values))
    axes.set_ylim(-0.6, len(values) - 0.4)
    return render_svg(figure, name)


def draw_sheet(
    rows: Sequence[tuple[str, Sequence[npt.NDArray[np.floating]]]], *, signed: bool = True
) -> str:
    """Small pictures in rows, each row with its name, as one ``<svg>``.

    A row's pictures (h, w) share one scale. ``signed``: blue below zero, orange above, grey none.
    """
    cell, gap, label = 44, 6, 18
    widest = max(len(pictures) for _, pictures in rows)
    width = max(600, widest * (cell + gap))
    height = len(rows) * (cell + gap + label)
    parts = [f'<svg role="img" viewBox="0 0 {width} {height}">']
    for line, (text, pictures) in enumerate(rows):
        top = line * (cell + gap + label)
        parts.append(
            f'<text x="0" y="{top + 12}" style="font-size:11px; fill:var(--muted)">'
            f"{escape(text)}</text>"
        )
        largest = max((float(np.abs(p).max()) for p in pictures), default=1.0) or 1.0
        for column, picture in enumerate(pictures):
            data = _png(np.asarray(picture, np.float64) / largest, signed)
            parts.append(
                f'<image x="{column * (cell + gap)}" y="{top + label}" width="{cell}" '
                f'height="{cell}" style="image-rendering:pixelated" href="{data}"/>'
            )
    return "\n".join([*parts, "</svg>"])


def stand_alone(svg: str) -> str:
    """An ``<svg>`` of a page as a file of its own: namespace, letters and fixed colours."""
    colors = {"--muted": "#5d6573", "--line": "#d5d3ce", "--accent": "#1f5fbf", "--soft": "#c9d8f0"}
    for variable, color in colors.items():
        svg = svg.replace(f"var({variable})", color)
    svg = svg.replace("font-family: inherit", "font-family: sans-serif")
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return re.sub(r"<svg ", f'<svg {names} font-family="sans-serif" ', svg, count=1)


def _png(values: Floats, signed: bool) -> str:
    """Values -1 to 1 (or 0 to 1) as a picture in a ``data:`` address."""
    middle = np.array([128.0, 132.0, 140.0])
    up, down = np.array([255.0, 150.0, 40.0]), np.array([40.0, 120.0, 255.0])
    if signed:
        strength = np.clip(values, -1, 1)[..., None]
        ends = np.where(strength > 0, up, down)
        colors = middle + np.abs(strength) * (ends - middle)
    else:
        colors = np.clip(values, 0, 1)[..., None] * np.full(3, 255.0)
    buffer = io.BytesIO()
    Image.fromarray(colors.round().astype(np.uint8)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
