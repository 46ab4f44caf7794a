"""One linear layer over all pixels: softmax regression."""

from __future__ import annotations

from torch import nn


def build_linear(classes: int, side: int = 28) -> nn.Module:
    """Logits = W x + b over the flattened (side, side) picture."""
    return nn.Sequential(nn.Flatten(), nn.Linear(side * side, classes))
