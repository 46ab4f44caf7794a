"""The convolutional net that ships: a strided stem, stages of 3x3 convolutions, a mean, a layer.

The stem halves the picture at once. Half the cost of a net on 28 x 28 pixels lies in moving its
first full-size maps through memory; a 5 x 5 stem with stride 2 sees the same pixels for a quarter.
A small net saves more by leaving the padding out: a normalised digit keeps off the picture's edges,
so maps of 12, 10 and 5 pixels hold what 14 and 7 hold, for half the products.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from handsum.models.activations import build_activation
from handsum.models.blocks import Residual


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int, padding: int, activation: str
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        build_activation(activation),
    )


def build_convnet(
    classes: int,
    stem: int = 32,
    stem_kernel: int = 5,
    stem_stride: int = 2,
    stem_pool: bool = False,
    widths: Sequence[int] = (32, 64),
    depths: Sequence[int] = (1, 2),
    unpadded: Sequence[int] = (),
    residual: bool = False,
    head: str = "mean",
    dropout: float = 0.0,
    activation: str = "relu",
    side: int = 28,
) -> nn.Module:
    """Stages of ``depths[i]`` convolutions with ``widths[i]`` channels, max-pooled in between.

    ``stem_pool`` pools after the stem too: with stride 1 it sees finer gaps, at twice the time.
    ``unpadded`` names convolutions (the stem is 0) that shrink their map by not reaching over its
    edge. ``residual`` adds a skip around each other one that keeps its width; ``head`` is "mean"
    (over the last map) or "flat" (every position has weights of its own).
    """
    if len(widths) != len(depths):
        raise ValueError("widths and depths must be equally long")
    if head not in ("mean", "flat"):
        raise ValueError(f"unknown head {head!r}, choose mean or flat")
    if not set(unpadded) <= set(range(1 + sum(depths))):
        raise ValueError(f"unpadded names convolutions beyond the {1 + sum(depths)} there are")
    padding = 0 if 0 in unpadded else stem_kernel // 2
    layers: list[nn.Module] = [_conv(1, stem, stem_kernel, stem_stride, padding, activation)]
    channels, extent = stem, (side + 2 * padding - stem_kernel) // stem_stride + 1
    if stem_pool:
        layers.append(nn.MaxPool2d(2))
        extent //= 2
    index = 0
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if stage > 0:
            layers.append(nn.MaxPool2d(2))
            extent //= 2
        for _ in range(depth):
            index += 1
            padding = 0 if index in unpadded else 1
            conv = _conv(channels, width, 3, 1, padding, activation)
            keeps = channels == width and padding == 1
            layers.append(Residual(conv) if residual and keeps else conv)
            channels, extent = width, extent - 2 + 2 * padding
    if extent < 1:
        raise ValueError("nothing is left of the map: leave fewer convolutions unpadded")
    if head == "mean":
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        features = channels
    else:
        layers.append(nn.Flatten())
        features = channels * extent * extent
    if dropout > 0:
        layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(features, classes))
