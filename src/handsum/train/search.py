"""Hyper-parameter search: a recipe's keys, drawn by Optuna, judged on the recipe's own val part.

The space stands in a TOML file of its own, a line a key of the recipe:

    "optim.lr" = { low = 1e-4, high = 1e-1, log = true }
    "optim.name" = { choices = ["sgd", "adam"] }
    "model.hidden" = { choices = [[64], [128], [64, 64]] }

Optuna (MIT) draws by a tree of Parzen estimators; the test part is never looked at.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from handsum.errors import RecipeError
from handsum.train.config import Recipe, parse_recipe
from handsum.train.loop import train
from handsum.train.mixture import Mixture, load_mixture


class Range(BaseModel):
    """The values that a key may take: from ``low`` to ``high``, or one of ``choices``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Range:
        if self.choices and self.low is None and self.high is None:
            return self
        if self.choices or self.low is None or self.high is None or not self.low < self.high:
            raise ValueError("give low < high, or choices")
        if self.log and self.low <= 0:
            raise ValueError("log = true needs low above 0")
        return self


@dataclass(frozen=True)
class Trial:
    """One set of values (by key) and the accuracy 0 to 1 on val that they came to."""

    values: dict[str, Any]
    accuracy: float


@dataclass(frozen=True)
class Found:
    """All trials in their order, the best of them, and the recipe with its values."""

    trials: tuple[Trial, ...]
    best: Trial
    recipe: Recipe


def load_space(path: Path) -> dict[str, Range]:
    """Read a space; RecipeError names the file and the key."""
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(
            f"The space {path} cannot be read: {error.strerror}.", "Name a .toml file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not TOML: {error}.", "Mend the line it names.") from error
    space = {}
    for key, value in tree.items():
        try:
            space[key] = Range.model_validate(value)
        except ValidationError as error:
            message = error.errors()[0]["msg"]
            raise RecipeError(f"{path}: {key!r}: {message}.", "Mend that key.") from error
    if not space:
        raise RecipeError(f"{path} names no key.", 'Write, for example, "optim.lr" = {...}.')
    return space


def search(
    recipe: Recipe,
    space: Mapping[str, Range],
    trials: int,
    *,
    mixture: Mixture | None = None,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Found:
    """Train ``trials`` variations of ``recipe`` and keep the one that is best on val.

    The draw follows from the recipe's seed. RecipeError for a key that the recipe does not know,
    and where it keeps no val part to choose by.
    """
    import optuna  # noqa: PLC0415 - a large import that only a search needs

    mixture = mixture or load_mixture(recipe.data, recipe.seed)
    if mixture.val is None:
        raise RecipeError("The recipe keeps nothing to choose by.", "Set data.val_share above 0.")
    if trials < 1:
        raise RecipeError(f"{trials} trials find nothing.", "Ask for one or more.")
    done: list[Trial] = []

    def judge(trial: optuna.Trial) -> float:
        values = {key: _draw(trial, key, values) for key, values in space.items()}
        varied = _vary(recipe, values)
        with tempfile.TemporaryDirectory() as folder:
            report = train(varied, Path(folder), mixture=mixture)
        done.append(Trial(values, float(report["val/accuracy"])))
        on_trial(done[-1])
        return done[-1].accuracy

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=recipe.seed, n_startup_trials=min(5, trials))
    optuna.create_study(direction="maximize", sampler=sampler).optimize(judge, n_trials=trials)
    best = max(done, key=lambda trial: trial.accuracy)
    chosen = _vary(recipe, best.values).model_copy(update={"data": recipe.data})
    return Found(tuple(done), best, chosen)


def _draw(trial: Any, key: str, values: Range) -> Any:
    if values.choices:
        # Optuna's choices are plain values; a list travels as its JSON.
        texts = [json.dumps(choice) for choice in values.choices]
        return json.loads(trial.suggest_categorical(key, texts))
    return trial.suggest_float(key, values.low, values.high, log=values.log)


def _vary(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with these values, checked; it never reads the test part."""
    tree = recipe.model_dump()
    tree["data"]["test"] = None
    for key, value in values.items():
        place = tree
        *parents, last = key.split(".")
        for parent in parents:
            place = place.get(parent, {})
            if not isinstance(place, dict):
                raise RecipeError(f"The recipe has no key {key!r}.", "See docs/recipes.md.")
        place[last] = value
    return parse_recipe(tree, "the search")
