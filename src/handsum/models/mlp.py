"""A feed-forward net of one or several hidden layers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from handsum.models.activations import build_activation


def build_mlp(
    classes: int,
    hidden: Sequence[int] = (128,),
    activation: str = "relu",
    dropout: float = 0.0,
    side: int = 28,
) -> nn.Module:
    """Layers z = W a + b, a = act(z), with dropout after every activation."""
    layers: list[nn.Module] = [nn.Flatten()]
    inputs = side * side
    for outputs in hidden:
        layers += [nn.Linear(inputs, outputs), build_activation(activation)]
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        inputs = outputs
    return nn.Sequential(*layers, nn.Linear(inputs, classes))
