"""``handsum bench``: the programs in a checkout's benchmarks/ that make the published figures."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from handsum.errors import UsageError

FOLDER = "benchmarks"
MARK = "handsum bench"
"""A file is a benchmark if its docstring says how this command runs it."""


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Which to run, in order.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run all of them: hours.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List them and run none.")] = False,
) -> None:
    """Measure the published figures again, in a checkout of handsum.

    Each writes benchmarks/results/NAME.json and prints it. Options of one alone: run
    python benchmarks/NAME.py --help. Exit code 1 if one of them failed; the others still run.

    Example: handsum bench digits_accuracy refusing
    """
    found = find_benchmarks(find_checkout(Path.cwd()))
    if show:
        width = max(map(len, found), default=0)
        for name, path in found.items():
            typer.echo(f"{name:<{width}}  {_summary(path)}")
        return
    wanted = list(found) if every else names or []
    if not wanted:
        raise UsageError("There is nothing to run.", "Name a benchmark; --list shows them.")
    for name in wanted:
        if name not in found:
            raise UsageError(
                f"There is no benchmark {name!r}.", f"Choose from: {', '.join(found)}."
            )
    failed = [name for name in wanted if _run(found[name])]
    if failed:
        typer.echo(f"handsum: failed: {', '.join(failed)}.", err=True)
        raise typer.Exit(1)


def find_checkout(start: Path) -> Path:
    """The checkout of handsum in which ``start`` lies; UsageError where it is in none."""
    for folder in (start, *start.parents):
        if (folder / "src" / "handsum").is_dir() and (folder / FOLDER).is_dir():
            return folder
    raise UsageError(
        f"{start} is in no checkout of handsum: benchmarks do not come with the package.",
        "Clone the repository, install it with pip install -e '.[train]', and run this there.",
    )


def find_benchmarks(checkout: Path) -> dict[str, Path]:
    """What can be run, by name, sorted: the file of each (a package's is its __main__.py)."""
    folder = checkout / FOLDER
    files = {path.stem: path for path in folder.glob("*.py")}
    files |= {path.parent.name: path for path in folder.glob("*/__main__.py")}
    return {
        name: files[name] for name in sorted(files) if f"{MARK} {name}" in _docstring(files[name])
    }


def _run(path: Path) -> int:
    typer.echo(f"== {path.parent.name if path.stem == '__main__' else path.stem}", err=True)
    return subprocess.run([sys.executable, str(path)], check=False).returncode


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _summary(path: Path) -> str:
    return _docstring(path).partition("\n")[0]
