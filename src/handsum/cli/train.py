"""``handsum train``: a recipe into a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe, such as recipes/tiny.toml.")],
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Changes to the recipe.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run's folder (default runs/NAME-SEED).")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
) -> None:
    """Train a net by a recipe.

    The folder gets the net, its log, its predictions and a report. Ctrl-C keeps the last epoch's
    checkpoint; --resume goes on from it.

    Example: handsum train recipes/article.toml seed=1 optim.lr=0.02
    """
    from handsum.cli.extras import check_extra

    check_extra("train", "torch")
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from handsum.train.config import load_recipe
    from handsum.train.loop import Progress
    from handsum.train.loop import train as run_training

    config = load_recipe(recipe, changes or ())
    folder = out or Path("runs") / f"{config.name}-{config.seed}"
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Bar(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading data", total=None)

        def on_progress(p: Progress) -> None:
            done = (p.epoch - 1) * p.steps + p.step
            label = f"epoch {p.epoch}/{p.epochs}  loss {p.loss:.4f}"
            bar.update(task, description=label, completed=done, total=p.epochs * p.steps)

        try:
            report = run_training(config, folder, resume=resume, on_progress=on_progress)
        except KeyboardInterrupt:
            kept = (folder / "checkpoint.pt").is_file()
            state = "the last epoch's checkpoint is kept, go on with --resume" if kept else (
                "no epoch was finished, so there is no checkpoint")  # fmt: skip
            typer.echo(f"handsum: stopped; {state}.", err=True)
            raise
    for key, value in report.items():
        if isinstance(value, float):
            typer.echo(f"{key}  {value:.4f}")
    typer.echo(f"Run: {folder}")
