"""The command line: one module per command group, rooms imported only when a command runs."""

from __future__ import annotations

import sys

import typer

from handsum.cli.bench import bench
from handsum.cli.calibrate import calibrate
from handsum.cli.data import data_app
from handsum.cli.doctor import doctor
from handsum.cli.evaluate import evaluate
from handsum.cli.export import export
from handsum.cli.form import form_app
from handsum.cli.lab import lab
from handsum.cli.read import read
from handsum.cli.search import search
from handsum.cli.serve import serve
from handsum.cli.train import train
from handsum.cli.user import user_app
from handsum.cli.verify import verify_promise
from handsum.cli.worker import worker
from handsum.errors import INTERRUPTED_EXIT_CODE, HandsumError
from handsum.version import __version__

app = typer.Typer(
    name="handsum",
    help="Read handwritten numbers from paper, say how sure it is, and make them add up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(read)
app.command()(train)
app.command()(search)
app.command()(evaluate)
app.command()(calibrate)
app.command("verify-promise")(verify_promise)
app.command()(export)
app.command()(serve)
app.command()(worker)
app.command()(bench)
app.command()(lab)
app.command()(doctor)
app.add_typer(data_app, name="data")
app.add_typer(user_app, name="user")
app.add_typer(form_app, name="form")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"handsum {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def run() -> None:
    """Entry point: every error of ours ends in its message, its remedy and its exit code."""
    try:
        app()
    except HandsumError as error:
        typer.echo(f"handsum: {error.message}\n  {error.remedy}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("handsum: interrupted.", err=True)
        sys.exit(INTERRUPTED_EXIT_CODE)
