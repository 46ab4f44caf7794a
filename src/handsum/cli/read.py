"""``handsum read``: pictures in, readings out."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from handsum.cli import asked


class As(StrEnum):
    """What a picture holds."""

    DIGIT = "digit"
    NUMBER = "number"
    PAGE = "page"


class Format(StrEnum):
    """How readings are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def read(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Pictures, PDFs, folders, or - for stdin."),
    ],
    what: Annotated[
        As | None,
        typer.Option(
            "--as",
            help="What a picture holds: number, or what --bundle reads; page: many.",
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file.")] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Write the pages with their readings drawn in.")
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            "--explain", help="Write what decided each digit, layer by layer (--as digit)."
        ),
    ] = None,
    max_risk: Annotated[
        float | None,
        typer.Option(
            "--max-risk", min=0.0, max=1.0, help="Accept up to this risk (by estimate: 0.01)."
        ),
    ] = None,
    promise: Annotated[
        Path | None, typer.Option("--promise", help="Accept by this promise instead.")
    ] = None,
    pattern: asked.Pattern = None,
    cells: Annotated[
        int | None,
        typer.Option("--cells", min=1, help="A picture is a comb of so many cells, a digit each."),
    ] = None,
    length: asked.Length = None,
    check: asked.Check = None,
    limits: asked.Range = None,
    entries: asked.ListFile = None,
    decimal: asked.Decimal = None,
    thousands: asked.Thousands = None,
    bundle: Annotated[str | None, typer.Option("--bundle", help="Another bundle's folder.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=10, help="Candidates a reading.")] = 3,
    second_key: Annotated[
        Path | None,
        typer.Option("--second-key", help="A CSV (file,text) of what a person typed: compare."),
    ] = None,
) -> None:
    """Read handwriting from pictures.

    With --as page every handwritten number on a page is found; what is printed or no number is left
    out. Readings go to standard output, warnings to standard error. Exit code 0: all were read;
    1: some inputs failed, the rest is written.

    Example: handsum read scans/ --pattern 9{1,4},99 --format csv --out readings.csv
    """
    from handsum.cli.progress import show_progress
    from handsum.cli.readers import load_asked_promise, open_any, read_all
    from handsum.cli.write import write_readings
    from handsum.errors import UsageError
    from handsum.reader.asked import agree_risk, ask
    from handsum.reader.stream import Input, NamedBytes, expand_paths
    from handsum.readings import Failure

    given = load_asked_promise(promise)
    risk = agree_risk(max_risk, given)
    separators = asked.build_separators(decimal, thousands)
    constraint = asked.build_constraint(pattern, length, check, limits, entries, separators)
    if what is As.PAGE and second_key is not None:
        raise UsageError(
            "--second-key compares one value a picture, and a page has many.",
            "Cut the values out, or leave --second-key out.",
        )
    reader = open_any(what and what.value, bundle, cells)
    options = ask(
        reader,
        max_risk=risk,
        top=top,
        promise=given,
        constraint=constraint,
        separators=separators,
    )
    explained = None
    if explain is not None:
        from handsum.cli.explain import check_explainable

        explained = check_explainable(reader)
    typed = None
    if second_key is not None:
        from handsum.reader.second_key import hold_against, load_typed

        typed = load_typed(second_key)
    files: list[Input] = []
    for path in paths:
        if str(path) == "-":
            files.append(NamedBytes("-", sys.stdin.buffer.read()))
        else:
            files += expand_paths([path])
    results = list(
        show_progress(read_all(reader, files, options), "reading", len(files), sys.stderr)
    )
    if typed is not None:
        compared = hold_against(results, typed)
        results = list(compared.results)
        typer.echo(f"handsum: {compared.sentence()}", err=True)
    if overlay is not None:
        from handsum.cli.overlay import write_overlays

        write_overlays(files, results, overlay)
    if explain is not None and explained is not None:
        from handsum.cli.explain import write_explanations

        write_explanations(explained, files, results, explain)
    write_readings(results, form.value, out, promise=given)
    failures = [r for r in results if isinstance(r, Failure)]
    if failures:
        for failure in failures:
            typer.echo(f"handsum: {failure.message}\n  {failure.remedy}", err=True)
        raise typer.Exit(1)
