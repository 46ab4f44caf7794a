"""``handsum form read``: a pile of filled-in forms in, a folder with the table out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from handsum.piles.export import Exported
    from handsum.piles.intake import Added
    from handsum.piles.options import PileOptions
    from handsum.piles.run import RunProgress

FORMS = ("sqlalchemy", "alembic", "xlsxwriter", "pyarrow")
"""What piles and their tables need of the extra."""


def read_forms(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="TEMPLATE... SCANS...",
            help="Templates (.toml), then pictures, PDFs, TIFFs or folders of them.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="RESULTS", help="The folder for the results.")
    ],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that read (all cores).")
    ] = None,
    max_risk: Annotated[
        float, typer.Option("--max-risk", min=0.0, max=1.0, help="Accept up to this risk.")
    ] = 0.01,
    promise: Annotated[
        list[Path] | None,
        typer.Option("--promise", help="Accept by this promise where it fits; can be repeated."),
    ] = None,
) -> None:
    """Read a pile of filled-in forms into a table in which every value is right or flagged.

    A run that was stopped or killed goes on where it was when the same command is given again;
    more scans can be added the same way. Exit code 0: all pages were read; 1: some were put aside
    or could not be read, and not-read.csv says why.

    Example: handsum form read template.toml scans/ -o results/
    """
    from handsum.cli.extras import check_extra

    check_extra("forms", *FORMS)
    from handsum.forms.template import load_template
    from handsum.piles.export import export_results
    from handsum.piles.reader import OpenForms, check_promises
    from handsum.piles.run import read_pile
    from handsum.piles.store import Pile
    from handsum.reader.stream import expand_paths
    from handsum.readings import Failure

    named, scans = _split(paths)
    templates = [load_template(path) for path in named]
    options = _options(max_risk, promise or [])
    # A folder of scans may hold the results of an earlier run, pictures of pages among them.
    inside = out.resolve()
    files = [
        file
        for file in expand_paths(scans)
        if isinstance(file, Failure) or not file.resolve().is_relative_to(inside)
    ]
    with Pile.create(out, templates, options) as pile:
        check_promises(templates, options, pile.folder)
        added = pile.add_files(files)
        _say_added(added)
        try:
            with _progress(sys.stderr.isatty()) as tell:
                read_pile(pile, OpenForms(), workers=workers or os.cpu_count() or 1, progress=tell)
        except KeyboardInterrupt:
            left = pile.states()["queued"]
            typer.echo(
                f"handsum: {left} pages are left; give the same command again to go on.", err=True
            )
            raise
        exported = export_results(pile)
    say_exported(out, exported)
    pages = exported.summary["pages"]
    if pages["aside"] or pages["failed"] or exported.summary["not_read"]:
        raise typer.Exit(1)


def _split(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    from handsum.errors import UsageError

    templates = [path for path in paths if path.suffix.lower() == ".toml"]
    scans = [path for path in paths if path not in templates]
    remedy = "Give a template, then scans: handsum form read template.toml scans/ -o results/"
    if not templates:
        raise UsageError("No template (a .toml file) is named.", remedy)
    if not scans:
        raise UsageError("No scans are named.", remedy)
    return templates, scans


def _options(max_risk: float, promises: list[Path]) -> PileOptions:
    from handsum.piles.options import PileOptions
    from handsum.piles.reader import note_weights
    from handsum.promise.file import load_promise

    for path in promises:
        load_promise(path)
    texts = tuple(path.read_text("utf-8") for path in promises)
    return note_weights(PileOptions(max_risk, texts))


def _say_added(added: Added) -> None:
    if added.known:
        typer.echo(f"handsum: files given before: {added.known}.", err=True)
    if added.same:
        typer.echo(f"handsum: files with the bytes of another, read once: {added.same}.", err=True)


@contextmanager
def _progress(terminal: bool) -> Iterator[Callable[[RunProgress], None]]:
    """A bar with the time left on a terminal; elsewhere nothing is said."""
    if not terminal:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("reading", total=None, left="")

        def tell(progress: RunProgress) -> None:
            left = progress.states["queued"] + progress.states["leased"]
            bar.update(
                task,
                total=progress.finished + left,
                completed=progress.finished,
                left="" if progress.left is None else f"{_spoken(progress.left)} left",
            )

        yield tell


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def say_exported(folder: Path, exported: Exported) -> None:
    """What the results folder holds now, in a few lines on standard output."""
    from handsum.piles.export import REVIEW, REVIEW_TABLE

    summary = exported.summary
    pages, values, rules = summary["pages"], summary["values"], summary["rules"]
    for path in exported.files:
        typer.echo(str(folder / path.name))
    typer.echo(
        f"Pages read: {pages['read']}, put aside: {pages['aside']}, failed: {pages['failed']}."
    )
    typer.echo(
        f"Values: {values['all']}; accepted: {values['accepted']}, to review: {values['review']}, "
        f"repaired by rules: {values['repaired']}, keyed: {values['keyed']}."
    )
    broken = rules["writer"] + rules["unclear"]
    if broken:
        typer.echo(f"Rules that do not hold, in the column rules: {broken}.")
    not_read = len(summary["not_read"])
    if not_read:
        typer.echo(f"Not read, {folder / 'not-read.csv'} says why: {not_read}.")
    if summary["same_sheet"]:
        typer.echo(
            "Sheet numbers that came more than once, in the column same_sheet: "
            f"{len(summary['same_sheet'])}."
        )
    if exported.kept_aside is not None:
        typer.echo(
            f"The review table had entries that were not applied; it is now {exported.kept_aside}."
        )
    if exported.doubts:
        table = folder / REVIEW / REVIEW_TABLE
        typer.echo(f"Type into {table}, then run: handsum form apply {folder} {table}")
