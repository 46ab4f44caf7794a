"""``handsum read``: pictures in, readings out."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class As(StrEnum):
    """What a picture holds."""

    DIGIT = "digit"


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
    what: Annotated[As, typer.Option("--as", help="What each picture holds.")] = As.DIGIT,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file.")] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Write the pages with their readings drawn in.")
    ] = None,
    max_risk: Annotated[
        float, typer.Option("--max-risk", min=0.0, max=1.0, help="Accept up to this risk.")
    ] = 0.01,
    bundle: Annotated[str | None, typer.Option("--bundle", help="Another bundle's folder.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=10, help="Candidates a reading.")] = 3,
) -> None:
    """Read handwriting from pictures.

    Readings go to standard output, warnings to standard error. Exit code 0: all were read;
    1: some inputs failed, the rest is written.

    Example: handsum read scans/ --format csv --out readings.csv
    """
    from handsum.cli.progress import show_progress
    from handsum.cli.write import write_readings
    from handsum.reader import load_reader
    from handsum.reader.stream import Input, NamedBytes, expand_paths, read_files
    from handsum.readings import Failure

    files: list[Input] = []
    for path in paths:
        if str(path) == "-":
            files.append(NamedBytes("-", sys.stdin.buffer.read()))
        else:
            files += expand_paths([path])
    reader = load_reader(what.value, bundle)
    results = list(
        show_progress(
            read_files(reader, files, max_risk=max_risk, top=top), "reading", len(files), sys.stderr
        )
    )
    if overlay is not None:
        from handsum.cli.overlay import write_overlays

        write_overlays(files, results, overlay)
    write_readings(results, form.value, out)
    failures = [r for r in results if isinstance(r, Failure)]
    if failures:
        for failure in failures:
            typer.echo(f"handsum: {failure.message}\n  {failure.remedy}", err=True)
        raise typer.Exit(1)
