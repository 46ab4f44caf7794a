"""``handsum calibrate``: labelled pictures into a promise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handsum.cli import asked


def calibrate(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A bundle's name or folder, such as numbers.")
    ],
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="LABELLED",
            help="A folder with labels.csv (file,text[,writer,...]) that trained nothing.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The promise's file.")],
    max_risk: Annotated[
        float, typer.Option("--max-risk", help="At most this share of accepted values is wrong.")
    ] = 0.01,
    confidence: Annotated[
        float, typer.Option("--confidence", help="How sure the promise has to be, from 0.75 on.")
    ] = 0.95,
    nearest: Annotated[
        bool, typer.Option("--nearest", help="Where the data carry less, promise that instead.")
    ] = False,
    same_groups: Annotated[
        bool,
        typer.Option("--same-groups", help="For these same writers, pages or books, no new ones."),
    ] = False,
    pattern: asked.Pattern = None,
    length: asked.Length = None,
    check: asked.Check = None,
    limits: asked.Range = None,
    entries: asked.ListFile = None,
    decimal: asked.Decimal = None,
    thousands: asked.Thousands = None,
) -> None:
    """Make a promise: a bound on the errors among accepted values, from your own labelled ones.

    It holds for the bundle, format and list that it was made with, and for forms and hands like
    the labelled ones. Exit code 8: the data cannot carry it; the nearest that they can is named.

    Example: handsum calibrate numbers labelled/ -o cheques.promise --max-risk 0.005 --pattern
    9{1,4}.99
    """
    from handsum.cli.labels import read_labelled
    from handsum.cli.readers import open_reader
    from handsum.promise.calibrate import calibrate_promise
    from handsum.promise.file import save_promise
    from handsum.reader.asked import ask

    separators = asked.build_separators(decimal, thousands)
    constraint = asked.build_constraint(pattern, length, check, limits, entries, separators)
    reader = open_reader(None, bundle)
    options = ask(reader, max_risk=0.0, constraint=constraint, separators=separators)
    found = read_labelled(reader, labelled, options)
    promise = calibrate_promise(
        found.confidence,
        found.correct,
        found.groups,
        max_risk=max_risk,
        delta=round(1.0 - confidence, 12),
        key=reader.promise_key(options),
        description=found.description,
        same_groups=same_groups,
        accept_nearest=nearest,
    )
    save_promise(out, promise)
    right = sum(found.correct)
    typer.echo(
        f"{right:,} of {len(found.correct):,} values were read right; accepted from confidence "
        f"{promise.threshold:.6g} on are {promise.n_accepted:,}.\n"
        f"Promised: {promise.sentence()}.\n{out}"
    )
    for warning in promise.warnings():
        typer.echo(f"handsum: {warning}", err=True)
