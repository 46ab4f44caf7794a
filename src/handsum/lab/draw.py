"""Diagrams of the experiments as SVG, in the colours of the page they stand in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import LogLocator, NullLocator

from handsum.confidence.bounds import lower_bound, upper_bound
from handsum.evaluate.plots import MARK, TEXT, build_axes, render_svg

Floats = npt.NDArray[np.float64]

SERIES = ("#3b7ddd", "#d9632b", "#2f9e62", "#a05cc4", "#c79a16", "#c2416b", "#4a9fb5", "#8a8f98")
"""Colours that a light and a dark screen both show."""
_WIDEST = 30
"""Letters of a name, up to which two stand side by side in a legend."""


def draw_curves(
    curves: Mapping[str, tuple[Floats, Floats]], x_label: str, y_label: str, name: str,
    *, log: bool = False, dots: Mapping[str, tuple[Floats, Floats]] | None = None,
) -> str:  # fmt: skip
    """A line a name, with its legend above; ``dots`` are drawn as points below them."""
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
            # Lines of the second half are dashed, so that one on top of another is still seen.
            linestyle="-" if index < 4 else (0, (4, 1.5)),
        )
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    labels = [*(dots or {}), *curves]
    columns = 1 if max(map(len, labels)) > _WIDEST else 2
    figure.set_figheight(figure.get_figheight() + 0.2 * -(-len(labels) // columns))
    # Above and not inside: among ten curves there is no free corner.
    axes.legend(
        frameon=False, labelcolor=TEXT, fontsize=10, ncols=columns, loc="lower left",
        bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2, handlelength=2.4,
    )  # fmt: skip
    return render_svg(figure, name)


def draw_shares(shares: Mapping[str, float], asked: int, x_label: str, name: str) -> str:
    """A dot a name at its share 0 to 1 of ``asked``, with its exact 95 % interval, in percent."""
    figure, axes = build_axes(x_label, "")
    figure.set_figheight(0.8 + 0.27 * len(shares))
    places = np.arange(len(shares))[::-1]
    counts = [round(share * asked) for share in shares.values()]
    low = [100 * lower_bound(count, asked, 0.025) for count in counts]
    high = [100 * upper_bound(count, asked, 0.025) for count in counts]
    axes.hlines(places, low, high, color=MARK, linewidth=4, alpha=0.4)
    axes.plot([100 * share for share in shares.values()], places, "o", color=MARK, markersize=6)
    axes.set_yticks(places, list(shares))
    axes.set_ylim(-0.6, len(shares) - 0.4)
    return render_svg(figure, name)


def stand_alone(svg: str) -> str:
    """An ``<svg>`` of a page as a file of its own: namespace, letters and fixed colours."""
    colors = {"--muted": "#5d6573", "--line": "#d5d3ce", "--accent": "#1f5fbf", "--soft": "#c9d8f0"}
    for variable, color in colors.items():
        svg = svg.replace(f"var({variable})", color)
    svg = svg.replace("font-family: inherit", "font-family: sans-serif")
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return re.sub(r"<svg ", f'<svg {names} font-family="sans-serif" ', svg, count=1)
