"""The figure of the benchmark confidence: reliability, risk and coverage, refusals."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from handsum.evaluate.metrics import reliability_bins, risk_coverage
from handsum.files import write_atomically

Floats = npt.NDArray[np.float64]
_LEAST = 1e-4  # chances of error below are drawn at this


@dataclass(frozen=True)
class Curve:
    """A set's confidences before and after calibration (N,), and which readings are right."""

    name: str
    before: Floats
    after: Floats
    correct: npt.NDArray[np.bool_]


def save_figure(path: Path, curves: Sequence[Curve], points: Sequence[Mapping[str, Any]]) -> None:
    """Three diagrams side by side, as PNG; ``points`` are the rows of refusals."""
    figure = Figure(figsize=(13.5, 4.3), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for index, curve in enumerate(curves):
        _reliability(left, curve, f"C{index}")
        found = risk_coverage(curve.after, curve.correct)
        rows = np.unique(np.linspace(0, found.risk.size - 1, 500).astype(np.intp))
        middle.plot(100 * found.coverage[rows], 100 * found.risk[rows], color=f"C{index}",
                    label=curve.name, linewidth=1.3)  # fmt: skip
    left.plot([_LEAST, 1], [_LEAST, 1], color="grey", linewidth=0.8, linestyle="--")
    left.set(xscale="log", yscale="log", xlabel="stated chance of error", ylabel="found wrong",
             title="15 bins of equal mass; hollow: before")  # fmt: skip
    middle.set(xlabel="accepted, %", ylabel="wrong among them, %", ylim=(0, 12),
               title="accepted from the surest down")  # fmt: skip
    middle.legend(fontsize=7, frameon=False)
    _refusals(right, points)
    for axes in (left, middle, right):
        axes.grid(color="#ddd", linewidth=0.6)
        axes.title.set_fontsize(9)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """A figure as a small PNG, whole or not at all."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80, metadata={"Software": None})
    write_atomically(path, buffer.getvalue())


def _reliability(axes: Axes, curve: Curve, colour: str) -> None:
    for confidence, filled in ((curve.before, "none"), (curve.after, colour)):
        bins = reliability_bins(confidence, curve.correct)
        stated = np.maximum([1.0 - b.confidence for b in bins], _LEAST)
        found = np.maximum([1.0 - b.accuracy for b in bins], _LEAST)
        axes.plot(stated, found, "o", markersize=4, markeredgecolor=colour, markerfacecolor=filled,
                  markeredgewidth=0.8, linestyle="none")  # fmt: skip


def _refusals(axes: Axes, points: Sequence[Mapping[str, Any]]) -> None:
    lost = [100 * row["unseen_numbers_lost"]["value"] for row in points]
    for kind in points[0]["let_through"]:
        through = [100 * row["let_through"][kind]["value"] for row in points]
        axes.plot(lost, through, ".-", label=kind, linewidth=1.2)
    shipped = next(row for row in points if row["shipped"])
    axes.axvline(100 * shipped["unseen_numbers_lost"]["value"], color="grey", linewidth=0.8,
                 linestyle="--")  # fmt: skip
    axes.set(xlabel="numbers of unseen hands lost, %", ylabel="let through as numbers, %",
             title="refusing; dashed: as shipped")  # fmt: skip
    axes.legend(fontsize=7, frameon=False)
