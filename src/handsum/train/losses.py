"""Losses by name, each the mean over the batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

Loss = Callable[[Tensor, Tensor, float], Tensor]


def cross_entropy(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """-log softmax(logits)[label], the target moved by ``smoothing`` towards uniform."""
    return functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def mean_squared_error(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """1/2n sum |softmax(logits) - one-hot|^2, with the article's factor 1/2."""
    targets = _targets(logits, labels, smoothing)
    return 0.5 * (torch.softmax(logits, dim=1) - targets).pow(2).sum(dim=1).mean()


def binary_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Log loss of every class against the rest, summed over the classes."""
    targets = _targets(logits, labels, smoothing)
    loss = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return loss.sum(dim=1).mean()


def _targets(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    classes = logits.shape[1]
    one_hot = functional.one_hot(labels, classes).to(logits.dtype)
    return one_hot * (1 - smoothing) + smoothing / classes


LOSSES: dict[str, Loss] = {
    "cross_entropy": cross_entropy,
    "mse": mean_squared_error,
    "bce": binary_cross_entropy,
}


def weight_penalty(net: nn.Module, l1: float, l2: float) -> Tensor | float:
    """l1 sum |w| + l2 / 2 sum w^2 over all weights; biases and normalisation are left alone."""
    if l1 == 0 and l2 == 0:
        return 0.0
    weights = [p for p in net.parameters() if p.ndim > 1]
    return sum((l1 * w.abs().sum() + 0.5 * l2 * w.pow(2).sum() for w in weights), torch.zeros(()))
