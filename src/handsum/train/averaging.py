"""The running mean of a net's weights over its training, which generalises better than the last."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def average_weights(kept: dict[str, Tensor], net: nn.Module, decay: float, step: int) -> None:
    """kept <- d kept + (1 - d) net in place, with d rising from 0 so that the start is forgotten.

    ``step`` counts updates from 1; counters and other whole numbers, and everything where
    ``decay`` is 0, are copied.
    """
    decay = min(decay, (1 + step) / (10 + step)) if decay > 0 else 0.0
    for name, value in net.state_dict().items():
        if decay > 0 and value.is_floating_point():
            kept[name].lerp_(value, 1 - decay)
        else:
            kept[name].copy_(value)
