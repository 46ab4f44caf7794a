"""``handsum search``: the values of a recipe's keys that are best on its val part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def search(
    recipe: Annotated[Path, typer.Argument(help="A recipe of digits, such as recipes/tiny.toml.")],
    space: Annotated[Path, typer.Argument(help="The keys and the values that they may take.")],
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Changes to the recipe.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="How many trainings.")] = 20,
) -> None:
    """Search for a recipe's hyper-parameters.

    Every trial is a training of the whole recipe; set fewer epochs or data.limit for a quick look.
    The test part is never read. The last line is the training with the values that were found.

    Example: handsum search recipes/tiny.toml recipes/spaces/adam.toml epochs=2 --trials 12
    """
    from handsum.cli.extras import check_extra

    check_extra("train", "torch", "optuna")
    from handsum.train.config import load_recipe
    from handsum.train.search import Trial, load_space
    from handsum.train.search import search as run_search

    told = 0

    def tell(trial: Trial) -> None:
        nonlocal told
        told += 1
        typer.echo(f"{told}/{trials}  val/accuracy {trial.accuracy:.4f}  {_words(trial.values)}")

    config = load_recipe(recipe, changes or ())
    found = run_search(config, load_space(space), trials, on_trial=tell)
    rest = [change for change in changes or () if change.split("=")[0] not in found.best.values]
    typer.echo(" ".join(["handsum train", str(recipe), *rest, _words(found.best.values)]))


def _words(values: dict[str, object]) -> str:
    """The values as changes to a recipe, for a shell."""
    words = []
    for key, value in values.items():
        text = f"{value:.6g}" if isinstance(value, float) else (
            value if isinstance(value, str) else json.dumps(value))  # fmt: skip
        words.append(f"'{key}={text}'" if " " in text or "[" in text else f"{key}={text}")
    return " ".join(words)
