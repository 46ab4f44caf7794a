"""``handsum evaluate``: how well a reader reads, and for whom it is worst."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handsum.cli.measured import Measured
    from handsum.evaluate.figures import DigitFigures
    from handsum.evaluate.metrics import Share
    from handsum.evaluate.numbers import NumberFigures
    from handsum.evaluate.predictions import DigitPredictions

_SHOWN = 10  # writers on the terminal, the worst; a report and JSON have all


class EvaluateFormat(StrEnum):
    """How the figures are written."""

    TABLE = "table"
    JSON = "json"


def evaluate(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="A bundle's name or folder, a run's folder, or predictions (.npz)."
        ),
    ],
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DATA]...",
            help="Data sets by name, or folders; with predictions only for the report's pictures.",
        ),
    ] = None,
    form: Annotated[
        EvaluateFormat, typer.Option("--format", help="table or json.")
    ] = EvaluateFormat.TABLE,
    max_risk: Annotated[
        float, typer.Option("--max-risk", min=0.0, max=1.0, help="Accept up to this risk.")
    ] = 0.01,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write one HTML file with diagrams and cases.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write the predictions to this .npz file.")
    ] = None,
) -> None:
    """Measure a reader of digits or numbers on labelled pictures; the worst writer comes first.

    Intervals are exact and hold with 95 %. A number counts as right if its whole text is, a digit
    or number that is refused as wrong.

    Example: handsum evaluate digits swiss2 --report swiss2.html
    """
    from handsum.cli.extras import check_extra
    from handsum.cli.measured import measure
    from handsum.errors import UsageError
    from handsum.evaluate.figures import FIGURES_SCHEMA, measure_digits
    from handsum.evaluate.numbers import measure_numbers
    from handsum.evaluate.predictions import DigitPredictions, save_predictions

    if report is not None:
        check_extra("train", "matplotlib")
    if save is not None and save.suffix != ".npz":
        raise UsageError(f"--save {save} is no .npz file.", f"Write --save {save}.npz.")
    measured = measure(what, data or [])
    predictions = measured.predictions
    figures: DigitFigures | NumberFigures
    if isinstance(predictions, DigitPredictions):
        figures = measure_digits(predictions, max_risk, measured.sets)
        if report is not None:
            _write_report(report, measured, predictions, figures)
    elif report is not None:
        raise UsageError(
            "A report is drawn for single digits only.", "Leave --report out; try --format json."
        )
    else:
        figures = measure_numbers(predictions, max_risk, measured.sets)
    for note in measured.notes:
        typer.echo(f"handsum: {note}", err=True)
    if form is EvaluateFormat.JSON:
        document = {
            "schema": FIGURES_SCHEMA,
            "reader": measured.name,
            "facts": [list(fact) for fact in measured.facts],
            "notes": list(measured.notes),
            **figures.to_json(),
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo(_table(figures))
    if save is not None:
        save_predictions(save, predictions)
        typer.echo(f"predictions: {save}", err=True)
    if report is not None:
        typer.echo(f"report: {report}", err=True)


def _write_report(
    path: Path, measured: Measured, predictions: DigitPredictions, figures: DigitFigures
) -> None:
    from datetime import date

    from handsum.evaluate.report import render_report
    from handsum.files import write_atomically
    from handsum.version import __version__

    on = f" on {', '.join(dict.fromkeys(measured.sets))}" if measured.sets else ""
    made = ("made", f"{date.today().isoformat()}, handsum {__version__}")
    text = render_report(
        predictions,
        figures,
        title=f"{measured.name}{on}",
        facts=(*measured.facts, made),
        notes=measured.notes,
        pictures=measured.pictures,
    )
    write_atomically(path, text.encode())


def _table(figures: DigitFigures | NumberFigures) -> str:
    from handsum.evaluate.figures import DigitFigures
    from handsum.evaluate.wording import (
        percent,
        say_accepted,
        say_coverage,
        say_refused,
        say_refused_numbers,
        say_share,
        say_worst_writer,
    )

    what = "digits" if isinstance(figures, DigitFigures) else "numbers"
    summary = {"worst writer": say_worst_writer(figures)}
    if isinstance(figures, DigitFigures):
        parts = figures.classes
        summary["all digits"] = say_share(figures.digits)
        summary["refused"] = say_refused(figures)
    else:
        parts = figures.lengths
        summary["all numbers"] = say_share(figures.exact, "numbers")
        summary["wrong symbols"] = f"{percent(figures.cer)} (character error rate)"
        summary["refused"] = say_refused_numbers(figures)
    summary["accepted"] = say_accepted(figures)
    summary["coverage"] = say_coverage(figures)
    summary["calibration"] = f"ECE {percent(figures.calibration.ece)}"
    if isinstance(figures, DigitFigures):
        summary["most confused"] = ", ".join(figures.confused[:5]) or "nothing"
    width = max(map(len, summary))
    blocks = ["\n".join(f"{name:<{width}}  {text}" for name, text in summary.items())]
    if len(figures.sets) > 1:
        blocks.append(_shares("set", figures.sets, what))
    if figures.writers:
        worst = dict(list(figures.writers.items())[:_SHOWN])
        block = _shares("writer", worst, what)
        hidden = len(figures.writers) - len(worst)
        if hidden:
            block += f"\n... and {hidden:,} writers read better (--format json has all)"
        if figures.writer_unknown:
            block += f"\n... and {figures.writer_unknown:,} {what} of unknown writers"
        blocks.append(block)
    if parts:
        blocks.append(_shares("digit" if what == "digits" else "symbols", parts, what))
    return "\n\n".join(blocks)


def _shares(name: str, shares: Mapping[str, Share], what: str) -> str:
    from handsum.evaluate.wording import interval, percent, wrong_of

    rows = [(name, what, "wrong", "right", "interval")]
    rows += [
        (key, f"{share.n:,}", f"{wrong_of(share):,}", percent(share.value), interval(share))
        for key, share in shares.items()
    ]
    wide, *widths = (max(len(row[k]) for row in rows) for k in range(5))
    return "\n".join(
        "  ".join([name.ljust(wide), *(c.rjust(w) for c, w in zip(cells, widths, strict=True))])
        for name, *cells in rows
    )
