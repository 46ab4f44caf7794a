"""``handsum form print``: a printable form from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def print_blank(
    template: Annotated[
        Path, typer.Argument(metavar="TEMPLATE", help="The template, a TOML file.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write this PDF.")],
    sheets: Annotated[
        int, typer.Option("--sheets", min=1, help="So many sheets, each with its number.")
    ] = 1,
    first: Annotated[
        int, typer.Option("--first", min=1, help="The number of the first sheet.")
    ] = 1,
) -> None:
    """Make a printable form from a template: boxes, labels, corner marks and a page code.

    Print it at its true size, 100 %.

    Example: handsum form print template.toml -o form.pdf --sheets 50
    """
    from handsum.cli.extras import check_extra
    from handsum.forms.template import load_template

    check_extra("forms", "reportlab")
    from handsum.forms.print import print_form

    found = load_template(template)
    print_form(found, out, sheets, first)
    numbered = f"{sheets} sheets, {first} to {first + sheets - 1}" if sheets > 1 else "1 sheet"
    typer.echo(f"{out}: {found.name} {found.version}, {len(found.fields)} fields, {numbered}.")
