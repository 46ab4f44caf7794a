"""``handsum lab``: the article's experiments, run and told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def lab(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Experiments; none lists them.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder; each gets one of its own in it.")
    ] = Path("lab"),
    quick: Annotated[
        bool, typer.Option("--quick", help="On little data: shows that it works, proves nothing.")
    ] = False,
) -> None:
    """List the experiments, or run some.

    Each writes a folder with its figures as JSON, its diagrams, and one HTML page that says what
    was done, what came out, and whether the founding article was right.

    Example: handsum lab digit-sum --out lab
    """
    from handsum.cli.extras import check_extra
    from handsum.lab import EXPERIMENTS, find_experiment, load_experiment

    if not names:
        for experiment in EXPERIMENTS.values():
            typer.echo(f"{experiment.name:12} {experiment.about}")
        return
    chosen = [find_experiment(name) for name in names]
    check_extra("train", "torch", "matplotlib")
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from handsum.lab.outcome import Outcome, write_outcome

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    for experiment in chosen:
        with Bar(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(experiment.name, total=None)

            def on_progress(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)  # noqa: B023

            outcome = load_experiment(experiment)(quick, on_progress)
        assert isinstance(outcome, Outcome)
        page = write_outcome(outcome, out / experiment.name)
        if quick:
            typer.echo("handsum: a quick run, on little data: its figures prove nothing.", err=True)
        for claim in outcome.claims:
            typer.echo(f"{claim.verdict.upper()}: {claim.claim}\n  {claim.measured}")
        typer.echo(f"Page: {page}")
