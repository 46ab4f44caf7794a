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


def build_optimizer(
    name: str, parameters: Iterable[nn.Parameter], lr: float, options: Mapping[str, Any]
) -> torch.optim.Optimizer:
    """The class ``torch.optim.NAME``, matched without regard to case, with its own options.

    Weight decay is kept off biases and normalisation, which have one dimension.
    RecipeError for an optimiser or option that torch does not have.
    """
    classes = {
        key.lower(): value
        for key, value in vars(torch.optim).items()
        if inspect.isclass(value) and issubclass(value, torch.optim.Optimizer)
    }
    cls = classes.get(name.lower())
    if cls is None or cls is torch.optim.Optimizer:
        near = difflib.get_close_matches(name.lower(), classes, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise RecipeError(f"torch.optim has no {name!r}.", f"{hint}See torch.optim for the names.")
    weights = list(parameters)
    decay = float(options.get("weight_decay", 0.0))
    others = {key: value for key, value in options.items() if key != "weight_decay"}
    groups: list[dict[str, Any]] = [{"params": weights}]
    if decay > 0:
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
    try:
        return cls(groups, lr=lr, **others)
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"The optimiser {name!r} refuses its options: {error}.", "Mend [optim]."
        ) from error


def learning_rate(schedule: str, lr: float, warmup: float, step: int, steps: int) -> float:
    """The rate for update ``step`` (0-based) of ``steps``; ``warmup`` is a share of all steps."""
    return lr * SCHEDULES[schedule]((step + 1) / (steps + 1), warmup)
