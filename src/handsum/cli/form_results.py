"""``handsum form apply`` and ``form export``: corrections in, tables out."""

from __future__ import annotations

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Results = Annotated[
    Path, typer.Argument(metavar="RESULTS", help="The folder that form read has written.")
]


class TableFormat(StrEnum):
    """What a table can be written as."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"


def apply(
    results: Results,
    table: Annotated[
        Path,
        typer.Argument(metavar="CORRECTIONS", help="The review table with what was typed into it."),
    ],
    who: Annotated[
        str | None, typer.Option("--who", help="Who typed it (the user who is logged in).")
    ] = None,
) -> None:
    """Take in corrections, run the rules again and write the tables anew.

    In the column correct stands a text, ok, (blank), (struck out) or (illegible) with a reason;
    rows without one change nothing. A line that cannot be taken is named, and then nothing of the
    file is. Who changed what is kept in history.csv.

    Example: handsum form apply results/ results/review/review.csv --who ada
    """
    from handsum.cli.extras import check_extra
    from handsum.cli.form_read import FORMS, say_exported

    check_extra("forms", *FORMS)
    from handsum.piles.export import export_results
    from handsum.piles.review_table import apply_table, read_table
    from handsum.piles.rules import PileRules
    from handsum.piles.store import Pile

    who = who or _user()
    content = read_table(table)
    with Pile.open(results) as pile:
        count = apply_table(pile, content, str(table), who, PileRules(pile))
        typer.echo(f"{count} values corrected or confirmed by {who}.")
        exported = export_results(pile)
    say_exported(results, exported)


def export(
    results: Results,
    form: Annotated[
        TableFormat | None,
        typer.Option("--format", help="One table in this format; without it, the whole folder."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write to this file; - for standard output."),
    ] = None,
) -> None:
    """Write the table of a pile again: as it is now, corrections and all.

    Texts stay texts: leading zeros survive, and no cell becomes a formula. Without --format every
    file of the results folder is renewed.

    Example: handsum form export results/ --format parquet -o values.parquet
    """
    from handsum.cli.extras import check_extra
    from handsum.cli.form_read import FORMS, say_exported

    check_extra("forms", *FORMS)
    from handsum.errors import UsageError
    from handsum.piles.export import export_results, export_tables, table_bytes
    from handsum.piles.store import Pile
    from handsum.piles.tables import build_tables

    if form is None and out is not None:
        raise UsageError("--out needs a --format.", "Add --format csv, xlsx, parquet or json.")
    with Pile.open(results) as pile:
        if form is None:
            say_exported(results, export_results(pile))
        elif out is not None and str(out) == "-":
            tables = build_tables(pile)
            if len(tables) > 1:
                raise UsageError(
                    f"This pile has {len(tables)} forms, and standard output room for one table.",
                    "Name a file: every form then gets one of its own.",
                )
            sys.stdout.buffer.write(table_bytes(tables[0], form.value))
        else:
            for path in export_tables(pile, form.value, out or results / f"table.{form.value}"):
                typer.echo(str(path))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a system without such a thing
        return "somebody"
