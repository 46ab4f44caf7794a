"""``handsum data list`` and ``data fetch``: what handwriting is here, and how to get more."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handsum.cli.data_sheet import sheet_app

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from handsum.data.download import Progress
    from handsum.data.sources import Source
    from handsum.data.summary import DatasetSummary

data_app = typer.Typer(help="Handwriting to learn from and to measure by.", no_args_is_help=True)
data_app.add_typer(sheet_app, name="sheet")
SCHEMA_VERSION = 1


class ListFormat(StrEnum):
    """How ``data list`` writes."""

    TABLE = "table"
    JSON = "json"


class Fetchable(StrEnum):
    """What ``data fetch`` can fetch."""

    MNIST = "mnist"
    FONTS = "fonts"


@data_app.command("list")
def list_sets(
    spec: Annotated[
        str | None,
        typer.Argument(metavar="[SET]", help="A set's name, or a path; without it, every set."),
    ] = None,
    form: Annotated[ListFormat, typer.Option("--format", help="table or json.")] = ListFormat.TABLE,
) -> None:
    """Show which data sets are here, with counts and class balance, and how to get the others.

    Example: handsum data list swiss8
    """
    from handsum.data.sources import SOURCES, load_dataset
    from handsum.data.summary import summarize
    from handsum.errors import DataError

    if spec is not None:
        summary = summarize(load_dataset(spec))
        rows = [_row(SOURCES.get(spec), summary, None)]
    else:
        rows = []
        for source in SOURCES.values():
            if not source.is_present():
                rows.append(_row(source, None, source.remedy))
                continue
            try:
                rows.append(_row(source, summarize(source.load()), None))
            except DataError as error:
                rows.append(_row(source, None, str(error)))
    if form is ListFormat.JSON:
        document = {"schema": SCHEMA_VERSION, "sets": rows}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif spec is not None:
        _console().print(_details(rows[0]))
    else:
        _console().print(_overview(rows))
        absent = [row for row in rows if row["problem"]]
        if absent:
            typer.echo("\nNot here:")
        for row in absent:
            typer.echo(f"  {row['name']}: {row['problem']}")


@data_app.command("fetch")
def fetch(
    what: Annotated[Fetchable, typer.Argument(help="mnist, or fonts (handwriting-like ones).")],
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="A local folder to take the files from."),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", metavar="DIR", help="Keep them there, not in the cache."),
    ] = None,
) -> None:
    """Bring a data set onto this machine.

    Example: handsum data fetch mnist
    """
    with _progress() as progress:
        if what is Fetchable.MNIST:
            from handsum.data.fetch import fetch_mnist

            fetched = fetch_mnist(source, cache, progress=progress)
            lines = [f"{name}  {origin}" for name, origin in fetched.origins.items()]
            folder, passed_over = fetched.folder, fetched.passed_over
        else:
            from handsum.data.fetch_fonts import fetch_fonts

            got = fetch_fonts(source, cache, progress=progress)
            sides = [font.split for font in got.fonts]
            lines = [f"{sides.count(side)} fonts for {side}" for side in sorted(set(sides))]
            folder, passed_over = got.folder, got.passed_over
    for reason in passed_over:
        typer.echo(f"passed over: {reason}", err=True)
    for line in lines:
        typer.echo(line)
    typer.echo(f"{what.value} is in {folder}")
    if cache is not None:
        typer.echo(f"Set HANDSUM_CACHE to {cache} for the other commands.")


@data_app.command("gallery")
def gallery(
    out: Annotated[Path, typer.Option("--out", "-o", help="The PNG to write.")] = Path(
        "gallery.png"
    ),
    defects: Annotated[
        list[str] | None, typer.Option("--defect", help="Only this one; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same bytes.")] = 0,
) -> None:
    """Write a contact sheet of what the synthesis of numbers does, a row a defect.

    Written by the public-domain hands of swiss8 where they are here, else by drawn ones.

    Example: handsum data gallery --defect underline --defect row_neighbours -o lines.png
    """
    from handsum.data.sources import SOURCES
    from handsum.data.synthesis.defects import DEFECTS
    from handsum.data.synthesis.drawn import draw_hands
    from handsum.data.synthesis.gallery import write_gallery
    from handsum.data.synthesis.hands import build_hands
    from handsum.data.synthesis.refuse import REFUSALS
    from handsum.errors import UsageError

    known = (*DEFECTS, *REFUSALS)
    unknown = [name for name in defects or () if name not in known]
    if unknown:
        raise UsageError(f"There is no defect {unknown[0]!r}.", f"Choose from: {', '.join(known)}.")
    swiss = SOURCES["swiss8"]
    hands = build_hands(swiss.load()) if swiss.is_present() else draw_hands(8, 1, 1.0)
    write_gallery(out, hands, seed=seed, names=defects or ())
    typer.echo(out)


def _row(
    source: Source | None, summary: DatasetSummary | None, problem: str | None
) -> dict[str, Any]:
    """One set as ``--format json`` writes it."""
    row: dict[str, Any] = {"name": summary.name if summary else ""}
    if source is not None:
        row |= {"name": source.name, "about": source.about, "use": source.use}
        row |= {"licence": source.licence, "source": source.origin}
    row |= {"present": summary is not None, "problem": problem}
    return row | summary.to_json() if summary else row


def _overview(rows: list[dict[str, Any]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("set", "use", "pictures", "classes", "writers", "size", "licence", "what"):
        table.add_column(title, justify="right" if title == "pictures" else "left")
    for row in rows:
        here = row["present"]
        table.add_row(
            row["name"],
            row["use"],
            f"{row['pictures']:,}" if here else "absent",
            _balance(row) if here else "",
            _writers(row) if here else "",
            _size(row) if here else "",
            row["licence"],
            row["about"],
        )
    return table


def _details(row: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("set", row["name"])
    for key in ("about", "use", "licence", "source", "ink"):
        if key in row:
            table.add_row(key, row[key])
    table.add_row("pictures", f"{row['pictures']:,}")
    table.add_row("size", _size(row))
    for title, key in (
        ("content", "contents"),
        ("class", "classes"),
        ("length", "lengths"),
        ("writer", "groups"),
    ):
        for name, count in row[key].items():
            table.add_row(f"{title} {name}", f"{count:,}")
    if row["groups"] and row["ungrouped"]:
        table.add_row("writer unknown", f"{row['ungrouped']:,}")
    return table


def _balance(row: dict[str, Any]) -> str:
    classes: dict[str, int] = row["classes"]
    if classes:
        least, most = min(classes.values()), max(classes.values())
        spread = f"{least:,}" if least == most else f"{least:,}-{most:,}"
        return f"{len(classes)} of {spread}"
    if row["lengths"]:
        return f"length {min(row['lengths'], key=int)}-{max(row['lengths'], key=int)}"
    return ", ".join(row["contents"])


def _writers(row: dict[str, Any]) -> str:
    return str(len(row["groups"])) if row["groups"] else "unknown"


def _size(row: dict[str, Any]) -> str:
    (w0, h0), (w1, h1) = row["smallest"], row["largest"]
    return f"{w0}x{h0}" if (w0, h0) == (w1, h1) else f"{w0}-{w1} x {h0}-{h1}"


def _console() -> Console:
    from rich.console import Console

    # A pipe has no width to wrap to: scripts and files get whole lines.
    return Console(width=None if sys.stdout.isatty() else 250, highlight=False, markup=False)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar on standard error where that is a terminal, else silence."""
    from handsum.data.download import no_progress

    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    with Bars(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield show
