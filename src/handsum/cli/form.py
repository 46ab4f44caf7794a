"""``handsum form``: the group of commands; each lives in a module of its own."""

from __future__ import annotations

import typer

from handsum.cli.form_draft import draft
from handsum.cli.form_print import print_blank

form_app = typer.Typer(
    help="Forms: draw one up, read a pile of them, take the table.", no_args_is_help=True
)
form_app.command()(draft)
form_app.command("print")(print_blank)
