"""Diagrams of an evaluation as SVG text, to stand inside a page and take on its colours.

Lines and letters carry stand-in colours while they are drawn, and get the page's own CSS
variables afterwards, so that one diagram serves a light and a dark screen.
"""

from __future__ import annotations

import io
import re

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

TEXT, _GRID, MARK, _SOFT = "#010203", "#010204", "#010205", "#010206"
_VARIABLES = {TEXT: "--muted", _GRID: "--line", MARK: "--accent", _SOFT: "--soft"}
_SIZE = (5.2, 3.9)  # inches at 72 a pixel: about as wide as a phone, so that letters stay legible


def plot_reliability(stated: Floats, found: Floats, low: Floats, high: Floats) -> str:
    """Stated against found chance of error, a mark a bin, both axes logarithmic; SVG.

    ``stated`` (B,) is the mean stated error, ``found`` the share that was wrong, ``low`` and
    ``high`` its interval. A bin without an error has no place on such an axis: its bar goes from
    the upper end down to the bottom.
    """
    figure, axes = build_axes("stated chance of error", "share found wrong")
    keep = high > 0
    stated, found, low, high = stated[keep], found[keep], low[keep], high[keep]
    floor = 10.0 ** np.floor(np.log10(max(1e-5, min(0.1, _least(stated), 0.5 * _least(high)))))
    x = np.clip(stated, floor, 1.0)
    axes.plot([floor, 1.0], [floor, 1.0], color=TEXT, linewidth=1, linestyle=(0, (4, 3)))
    axes.vlines(x, np.clip(low, floor, 1.0), high, color=MARK, linewidth=2)
    seen = found > 0
    axes.plot(x[seen], found[seen], "o", color=MARK, markersize=6)
    axes.plot(x[~seen], high[~seen], "_", color=MARK, markersize=9, markeredgewidth=2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(floor, 1.2)
    axes.set_ylim(floor, 1.2)
    _label_shares(axes, x=True)
    _label_shares(axes, x=False)
    return render_svg(figure, "reliability")


def plot_risk_coverage(
    coverage: Floats, risk: Floats, chosen: tuple[float, float] | None, max_risk: float
) -> str:
    """Error among the accepted against the share accepted, the surest first; SVG.

    ``coverage`` and ``risk`` (N,) rise along one curve, both 0 to 1; ``chosen`` is the point
    where the estimate accepts, ``max_risk`` what was asked.
    """
    figure, axes = build_axes("accepted, the surest first", "wrong among the accepted")
    rows = np.unique(np.geomspace(1, len(coverage), 800).astype(np.intp) - 1)  # plenty for a line
    rows = np.unique(np.concatenate([rows, np.linspace(0, len(coverage) - 1, 800).astype(np.intp)]))
    axes.plot(coverage[rows], risk[rows], color=MARK, linewidth=2)
    axes.fill_between(coverage[rows], 0.0, risk[rows], color=_SOFT, linewidth=0)
    top = max(float(risk[len(risk) // 20 :].max()), float(risk[-1]), 1e-4) * 1.25
    if max_risk <= 3.0 * top:
        top = max(top, 1.15 * max_risk)
        axes.axhline(max_risk, color=TEXT, linewidth=1, linestyle=(0, (4, 3)))
        axes.text(0.01, max_risk, "asked for", color=TEXT, va="bottom", fontsize=11)
    if chosen is not None:
        axes.plot(*chosen, "o", color=MARK, markersize=8)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, top)
    _label_shares(axes, x=True)
    _label_shares(axes, x=False)
    return render_svg(figure, "coverage")


def _least(values: Floats) -> float:
    positive = values[values > 0]
    return float(positive.min()) if positive.size else 1.0


def build_axes(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """A figure with one diagram in the stand-in colours, ready to be drawn into."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x_label, color=TEXT, fontsize=12)
    axes.set_ylabel(y_label, color=TEXT, fontsize=12)
    axes.tick_params(colors=TEXT, labelsize=11, length=0, pad=6, which="both")
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def _label_shares(axes: Axes, *, x: bool) -> None:
    axis = axes.xaxis if x else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
    axis.set_minor_formatter(lambda *_: "")


def render_svg(figure: Figure, name: str) -> str:
    """The figure as an ``<svg>`` element; its ids carry ``name``, so that two share a page."""
    buffer = io.StringIO()
    figure.patch.set_alpha(0.0)
    for axes in figure.axes:
        axes.patch.set_alpha(0.0)
    nobody = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata=nobody)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\1{name}-", text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would reach the whole page
    for color, variable in _VARIABLES.items():
        text = text.replace(color, f"var({variable})")
    # The page decides on the width; the height follows from the viewBox.
    return re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg role="img" \1>', text, count=1)
