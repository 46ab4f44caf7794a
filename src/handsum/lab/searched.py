"""Hyper-parameter search as an experiment: what it tries, and what that gains over a guess."""

from __future__ import annotations

from dataclasses import dataclass

from handsum.lab.variants import Bench, Trained, Variant, build_recipe, train_variant
from handsum.train.search import Range, Trial, search

GROUP = "hyper-parameter search"
GUESS = Variant(GROUP, "as guessed", {}, (1e-3,))
SPACE = {
    "optim.lr": Range(low=1e-4, high=1e-1, log=True),
    "model.hidden": Range(choices=([32], [64], [128], [256], [128, 64])),
    "model.activation": Range(choices=("relu", "tanh", "sigmoid")),
}
"""The same as in recipes/spaces/mlp.toml."""


@dataclass(frozen=True)
class Searched:
    """All trials in their order, and the nets: as guessed, and as found."""

    trials: tuple[Trial, ...]
    guessed: Trained
    found: Trained


def search_and_train(bench: Bench, epochs: int, trials: int) -> Searched:
    """Search on val alone, then read the test digits once with what was found."""
    recipe = build_recipe(GUESS, GUESS.tried[0], epochs, 0)
    found = search(recipe, SPACE, trials, mixture=bench.mixture)
    values = dict(found.best.values)
    rate = float(values.pop("optim.lr"))
    tree: dict[str, dict[str, object]] = {"model": {}}
    for key, value in values.items():
        table, name = key.split(".")
        tree[table][name] = value
    best = Variant(GROUP, f"found in {trials} trials", tree, (float(f"{rate:.2g}"),))
    return Searched(
        found.trials, train_variant(GUESS, bench, epochs), train_variant(best, bench, epochs)
    )
