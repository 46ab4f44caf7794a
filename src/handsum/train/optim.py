"""Optimisers by the name that torch.optim gives them, and learning-rate schedules."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from handsum.errors import RecipeError

SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "constant": lambda t, warmup: min(1.0, t / warmup) if warmup > 0 else 1.0,
    "cosine": lambda t, warmup: (
        t / warmup if t < warmup else 0.5 * (1 + math.cos(math.pi * (t - warmup) / (1 - warmup)))
    ),
    "linear": lambda t, warmup: t / warmup if t < warmup else (1 - t) / (1 - warmup),
}
"""Share of the full rate at the share ``t`` of all steps, after a linear rise until ``warmup``."""


_UNFIT = {
    "lbfgs": "takes several gradients a step, and the loop gives one",
    "sparseadam": "is for sparse gradients, which no net here has",
}


def build_optimizer(
    name: str, parameters: Iterable[nn.Parameter], lr: float, options: Mapping[str, Any]
) -> torch.optim.Optimizer:
    """The class ``torch.optim.NAME``, matched without regard to case, with its own options.

    Weight decay, the class's own where none is named, is kept off biases and normalisation,
    which have one dimension. RecipeError for an optimiser or option that torch does not have, and
    for the optimisers that need more than a gradient of dense weights (LBFGS, SparseAdam).
    """
    cls = _find_class(name)
    known = inspect.signature(cls).parameters
    for option in options:
        if option not in known or option in ("params", "lr"):
            near = difflib.get_close_matches(option, known, 1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            names = ", ".join(key for key in known if key not in ("params", "lr"))
            raise RecipeError(
                f"The optimiser {name!r} has no option {option!r}.", f"{hint}It takes: {names}."
            )
    weights = list(parameters)
    groups: list[dict[str, Any]] = [{"params": weights}]
    default = known["weight_decay"].default if "weight_decay" in known else 0.0
    decay = options.get("weight_decay", default)
    if decay:
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
    try:
        return cls(groups, lr=lr, **options)
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"The optimiser {name!r} refuses its options: {error}.", "Mend [optim]."
        ) from error


def _find_class(name: str) -> Callable[..., torch.optim.Optimizer]:
    classes = {
        key.lower(): value
        for key, value in vars(torch.optim).items()
        if inspect.isclass(value)
        and issubclass(value, torch.optim.Optimizer)
        and value is not torch.optim.Optimizer
    }
    unfit = _UNFIT.get(name.lower())
    if unfit is not None:
        raise RecipeError(f"The optimiser {name!r} {unfit}.", "Choose another one.")
    if name.lower() not in classes:
        near = difflib.get_close_matches(name.lower(), classes, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise RecipeError(f"torch.optim has no {name!r}.", f"{hint}See torch.optim for the names.")
    return classes[name.lower()]


def learning_rate(schedule: str, lr: float, warmup: float, step: int, steps: int) -> float:
    """The rate for update ``step`` (0-based) of ``steps``; ``warmup`` is a share of all steps."""
    return lr * SCHEDULES[schedule]((step + 1) / (steps + 1), warmup)
