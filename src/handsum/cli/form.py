"""``handsum form``: the group of commands; each lives in a module of its own."""

from __future__ import annotations

import typer

from handsum.cli.form_draft import draft
from handsum.cli.form_print import print_blank
from handsum.cli.form_read import read_forms
from handsum.cli.form_results import apply, export

form_app = typer.Typer(
    help="Forms: draw one up, read a pile of them, take the table.", no_args_is_help=True
)
form_app.command()(draft)
form_app.command("print")(print_blank)
form_app.command("read")(read_forms)
form_app.command()(apply)
form_app.command()(export)
