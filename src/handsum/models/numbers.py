"""The net that reads whole numbers: convolutions over a strip of ink, a symbol a column, CTC.

It sees a strip 48 pixels high and of any width and says, for every fourth column, how likely each
symbol or the CTC blank is there, and of the whole strip what it holds (number, blank, struck out,
something else). No recurrence: every output sees about three digits' width, which is what telling
a 1 from a border or a 4 from 11 takes, and any width costs what it is wide.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from handsum.models.blocks import Residual

CONTENTS = ("number", "blank", "struck_out", "not_a_number")
"""The order of the second output."""
STRIDE = 4
"""Pixels of the strip that one output column stands for."""
STRIP_HEIGHT = 48


class NumberNet(nn.Module):
    """Strips (N, 1, 48, W), W a multiple of 4, to symbol and content logits.

    Gives logits (N, W/4, classes) with the CTC blank first, and logits (N, 4) over `CONTENTS`.
    """

    def __init__(
        self, classes: int, widths: Sequence[int], temporal: int, depth: int, dropout: float
    ) -> None:
        super().__init__()
        stem, low, mid, high = widths
        self.image = nn.Sequential(
            _conv(1, stem, (2, 2)),  # 24 x W/2
            _conv(stem, low, (2, 1)),  # 12 x W/2: a digit is ten columns wide here
            Residual(_conv(low, low)),
            Residual(_conv(low, low)),
            _conv(low, mid, (2, 2)),  # 6 x W/4
            Residual(_conv(mid, mid)),
            Residual(_conv(mid, mid)),
            _conv(mid, high, (2, 1)),  # 3 x W/4
            Residual(_conv(high, high)),
        )
        # The three rows that are left become one: each has weights of its own.
        self.fold = nn.Sequential(
            nn.Conv2d(high, temporal, (3, 3), padding=(0, 1), bias=False),
            nn.BatchNorm2d(temporal),
            nn.ReLU(inplace=True),
        )
        self.line = nn.Sequential(*(Residual(_row(temporal)) for _ in range(depth)))
        self.dropout = nn.Dropout(dropout)
        self.symbols = nn.Linear(temporal, classes)
        self.content = nn.Linear(temporal, len(CONTENTS))
        for block in self.modules():
            if isinstance(block, Residual):  # which thus begins near to passing on what it gets
                nn.init.constant_(block.get_parameter("inner.1.weight"), 0.25)

    def forward(self, strips: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        columns = self.line(self.fold(self.image(strips))).squeeze(2)  # (N, temporal, W/4)
        columns = self.dropout(columns.transpose(1, 2))
        # The maximum over columns does not depend on how much paper a batch was padded with.
        return self.symbols(columns), self.content(torch.amax(columns, dim=1))


def _conv(inputs: int, outputs: int, stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _row(width: int) -> nn.Sequential:
    """Five columns of a one-row map, from 5 x 4 = 20 pixels."""
    return nn.Sequential(
        nn.Conv2d(width, width, (1, 5), padding=(0, 2), bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def build_numbers(
    classes: int,
    widths: Sequence[int] = (16, 32, 64, 96),
    temporal: int = 128,
    depth: int = 3,
    dropout: float = 0.1,
) -> NumberNet:
    """``widths``: channels at 1/2, 1/4, 1/8 and 1/16 of the height; ``depth`` row convolutions."""
    if len(widths) != 4:
        raise ValueError("widths must be four numbers")
    return NumberNet(classes, widths, temporal, depth, dropout)
