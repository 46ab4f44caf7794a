"""Nets by name: ``build_model("convnet", classes=11, widths=[32, 64])``."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from handsum.errors import RecipeError
from handsum.models.article import build_article
from handsum.models.attention import build_attention
from handsum.models.convnet import build_convnet
from handsum.models.linear import build_linear
from handsum.models.mlp import build_mlp
from handsum.models.rnn import build_rnn

MODELS: dict[str, Callable[..., nn.Module]] = {
    "linear": build_linear,
    "mlp": build_mlp,
    "article": build_article,
    "convnet": build_convnet,
    "rnn": build_rnn,
    "attention": build_attention,
}
"""Every builder takes ``classes`` and options, and gives a net (N, 1, 28, 28) -> (N, classes)."""


def build_model(name: str, classes: int, options: Mapping[str, Any]) -> nn.Module:
    """The net called ``name`` with its options; RecipeError for a name or option unknown."""
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise RecipeError(
            f"There is no model {name!r}.", f"{hint}Choose from: {', '.join(MODELS)}."
        )
    builder = MODELS[name]
    known = [p for p in inspect.signature(builder).parameters if p != "classes"]
    for option in options:
        if option not in known:
            near = difflib.get_close_matches(option, known, 1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise RecipeError(
                f"The model {name!r} has no option {option!r}.",
                f"{hint}It takes: {', '.join(known) or 'none'}.",
            )
    try:
        return builder(classes=classes, **options)
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"The model {name!r} cannot be built: {error}.", "Mend [model]."
        ) from error


def count_parameters(model: nn.Module) -> int:
    """Number of trainable weights and biases."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
