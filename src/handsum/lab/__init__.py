"""The article's experiments and ours: each by name, each a page that says what came out."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from handsum.errors import UsageError

OnProgress = Callable[[str, int, int], None]
"""Hears what is being done now, how many pieces of work are done, and of how many."""


@dataclass(frozen=True)
class Experiment:
    """An experiment by name: what it asks, and where its function stands.

    ``needs_mnist``: it learns from MNIST, which has to be fetched first.
    """

    name: str
    about: str
    module: str
    function: str
    needs_mnist: bool = True


EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for e in (
        Experiment(
            "algorithms",
            "Every structure, activation, loss, optimiser and regulariser on MNIST, one budget.",
            "handsum.lab.algorithms",
            "run_algorithms",
        ),
        Experiment(
            "digit-sum",
            "The article's digit-sum net, why it cannot work, and the smallest nets that do.",
            "handsum.lab.digit_sum",
            "run_digit_sum",
            needs_mnist=False,
        ),
        Experiment(
            "claims",
            "The article's other claims: claimed, measured, verdict.",
            "handsum.lab.claims",
            "run_claims",
        ),
        Experiment(
            "pictures",
            "What the layers of a net see, which pixels decide, how the loss falls.",
            "handsum.lab.pictures",
            "run_pictures",
        ),
    )
}


def find_experiment(name: str) -> Experiment:
    """The experiment called ``name``; UsageError, with the near one, for an unknown one."""
    if name not in EXPERIMENTS:
        near = difflib.get_close_matches(name, EXPERIMENTS, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"There is no experiment {name!r}.", f"{hint}Choose from: {', '.join(EXPERIMENTS)}."
        )
    return EXPERIMENTS[name]


def load_experiment(experiment: Experiment) -> Callable[[bool, OnProgress], object]:
    """Its function, which takes (quick, on_progress) and gives an `outcome.Outcome`."""
    function: Callable[[bool, OnProgress], object] = getattr(
        import_module(experiment.module), experiment.function
    )
    return function
