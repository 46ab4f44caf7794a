"""``handsum data sheet``: print sheets for people to write on, and cut the scans of them."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

sheet_app = typer.Typer(
    help="Collect handwriting: sheets to write on, and pictures cut from their scans.",
    no_args_is_help=True,
)


class SheetKind(StrEnum):
    """What a sheet asks for."""

    DIGITS = "digits"
    NUMBERS = "numbers"


@sheet_app.command("print")
def print_sheet(
    out: Annotated[Path, typer.Option("--out", "-o", help="Write this PDF.")],
    kind: Annotated[
        SheetKind, typer.Option("--kind", help="Single digits, or whole numbers.")
    ] = SheetKind.DIGITS,
    numbers: Annotated[
        Path | None,
        typer.Option("--numbers", metavar="FILE", help="Ask for these numbers, one a line."),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--length", help="Digits of a number, such as 4 or 2-6.")
    ] = None,
    writers: Annotated[
        int, typer.Option("--writers", min=1, max=10_000, help="Sheets for so many people.")
    ] = 1,
    first: Annotated[int, typer.Option("--first", min=1, help="Number of the first of them.")] = 1,
) -> None:
    """Print sheets on which people write given digits or numbers into boxes.

    Each person gets the sheets with one number, which the page code keeps; so print for new people
    with --first, never the same number for two.

    Example: handsum data sheet print -o sheets.pdf --kind numbers --length 2-6 --writers 20
    """
    from handsum.cli.extras import check_extra
    from handsum.data.sheets import (
        VARIANTS,
        WRITERS,
        digit_sheet,
        load_texts,
        number_sheet,
        own_sheets,
        print_sheets,
    )
    from handsum.errors import UsageError

    check_extra("forms", "reportlab")
    if first + writers - 1 > WRITERS:
        raise UsageError(f"Writers {first} to {first + writers - 1}.", f"Up to {WRITERS}.")
    if length is not None and (numbers is not None or kind is SheetKind.DIGITS):
        raise UsageError("--length is for numbers made up here.", "Add --kind numbers.")
    people = range(first, first + writers)
    if numbers is not None:
        own = own_sheets(load_texts(numbers))
        sheets = [own for _ in people]
    elif kind is SheetKind.DIGITS:
        sheets = [(digit_sheet(writer % VARIANTS),) for writer in people]
    else:
        shortest, longest = _lengths(length or "2-6")
        sheets = [(number_sheet(writer % VARIANTS, shortest, longest),) for writer in people]
    print_sheets(out, sheets, first)
    count = sum(len(pages) for pages in sheets)
    boxes = sum(len(template.fields) for template in sheets[0])
    typer.echo(
        f"{out}: {count} sheets, {boxes} boxes a writer, writers {people[0]} to {people[-1]}."
    )


@sheet_app.command("cut")
def cut_sheet(
    scans: Annotated[
        list[Path], typer.Argument(metavar="SCANS...", help="Scans or photos, PDFs, folders.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new folder for the pictures.")],
    numbers: Annotated[
        Path | None,
        typer.Option(
            "--numbers", metavar="FILE", help="The file that the sheets were printed from, if one."
        ),
    ] = None,
) -> None:
    """Cut filled-in sheets into pictures of one number each, with labels.csv (file,text,writer).

    Empty and crossed-out boxes are left out and counted. A page that is no sheet is named, the
    others go on, and the exit code is 1.

    Example: handsum data sheet cut scans/ -o hands/
    """
    from handsum.data.sheet_cut import LEFT_OUT_FILE, cut_sheets
    from handsum.data.sheets import load_texts
    from handsum.reader.stream import expand_paths

    own = None if numbers is None else load_texts(numbers)
    report = cut_sheets(expand_paths(scans), out, own)
    for failure in report.failures:
        typer.echo(f"handsum: {failure.message} {failure.remedy}", err=True)
    for page in report.pages:
        typer.echo(
            f"{page.source}, page {page.page}: writer {page.writer}, {page.kept} pictures; left "
            f"out {page.empty} empty, {page.crossed} crossed out."
        )
    people = len({page.writer for page in report.pages})
    typer.echo(f"{out}: {report.kept} pictures of {people} writers.")
    left_out = sum(page.empty + page.crossed for page in report.pages)
    if left_out:
        typer.echo(f"{left_out} boxes were left out: see {out / LEFT_OUT_FILE}.")
    if report.failures:
        raise typer.Exit(1)


def _lengths(text: str) -> tuple[int, int]:
    from handsum.errors import UsageError

    found = re.fullmatch("([0-9]{1,2})(?:-([0-9]{1,2}))?", text)
    if found is None:
        raise UsageError(f"--length {text!r}.", "Write it as 4 or 2-6.")
    return int(found[1]), int(found[2] or found[1])
