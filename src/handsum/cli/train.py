"""``handsum train``: a recipe into a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


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

    from handsum.train.recipe_file import load_tree

    of_numbers = load_tree(recipe, changes or ()).get("kind") == "numbers"
    run_training = _train_numbers if of_numbers else _train_digits
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    console = Console(stderr=True)
    with Bar(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        folder, figures = run_training(recipe, changes or (), out, resume, bar)
    for key, value in figures.items():
        if isinstance(value, float):
            typer.echo(f"{key}  {value:.4f}")
    typer.echo(f"Run: {folder}")


def _train_digits(
    path: Path, changes: Sequence[str], out: Path | None, resume: bool, bar: Bar
) -> tuple[Path, dict[str, Any]]:
    from handsum.train.config import load_recipe
    from handsum.train.loop import Progress, train

    recipe = load_recipe(path, changes)
    folder = out or Path("runs") / f"{recipe.name}-{recipe.seed}"
    task = bar.add_task("reading data", total=None)

    def on_progress(p: Progress) -> None:
        done = (p.epoch - 1) * p.steps + p.step
        label = f"epoch {p.epoch}/{p.epochs}  loss {p.loss:.4f}"
        bar.update(task, description=label, completed=done, total=p.epochs * p.steps)

    with _telling_what_is_kept(folder):
        return folder, train(recipe, folder, resume=resume, on_progress=on_progress)


def _train_numbers(
    path: Path, changes: Sequence[str], out: Path | None, resume: bool, bar: Bar
) -> tuple[Path, dict[str, Any]]:
    from handsum.train.numbers import train_numbers
    from handsum.train.numbers_config import load_numbers_recipe

    recipe = load_numbers_recipe(path, changes)
    folder = out or Path("runs") / f"{recipe.name}-{recipe.seed}"
    task = bar.add_task("writing numbers", total=None)
    last: dict[str, Any] = {}

    def on_epoch(line: dict[str, Any]) -> None:
        last.update(line)
        label = f"epoch {line['epoch']}/{recipe.epochs}  loss {line['train/loss']:.4f}"
        bar.update(task, description=label, completed=line["epoch"], total=recipe.epochs)

    with _telling_what_is_kept(folder):
        train_numbers(recipe, folder, resume=resume, on_epoch=on_epoch)
    return folder, {key: value for key, value in last.items() if key.startswith("train/")}


@contextmanager
def _telling_what_is_kept(folder: Path) -> Iterator[None]:
    """Ctrl-C, with a word on whether there is a checkpoint to go on from."""
    try:
        yield
    except KeyboardInterrupt:
        kept = (folder / "checkpoint.pt").is_file()
        state = "the last epoch's checkpoint is kept, go on with --resume" if kept else (
            "no epoch was finished, so there is no checkpoint")  # fmt: skip
        typer.echo(f"handsum: stopped; {state}.", err=True)
        raise
