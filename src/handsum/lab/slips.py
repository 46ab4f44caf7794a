"""What the article's slips cost: its backward formulas, its attention sketch, Adam's promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from handsum.lab.backward import (
    READINGS,
    Reading,
    TwoLayers,
    backward,
    cosine,
    descend,
    forward,
    start_net,
)
from handsum.lab.variants import load_bench
from handsum.models.attention import SelfAttention
from handsum.train.optim import build_optimizer


def measure_backward(quick: bool) -> dict[str, Any]:
    """Train the article's two layers by each reading of its formulas, on 1,000 digits.

    For each: the cosine of its slope to the true one, at the start and where the true one leads;
    the ratio of the hidden layer's slopes (both at the start); and the share of MNIST's test
    digits right after 400 full-batch steps.
    """
    bench = load_bench(100 if quick else 1_000, 0.0, 200 if quick else None)
    inputs = bench.mixture.train.inks[:, 0].reshape(-1, 784) / 255.0
    targets = np.eye(10)[bench.mixture.train.labels]
    asked = bench.test.inks[:, 0].reshape(-1, 784) / 255.0

    def slope(net: TwoLayers, reading: Reading) -> TwoLayers:
        return backward(net, forward(net, inputs), targets, reading)

    start = start_net(784, 30, 10, seed=0)
    ends = dict.fromkeys(READINGS, start)
    for reading in READINGS:
        for _ in range(5 if quick else 400):
            ends[reading] = descend(ends[reading], slope(ends[reading], reading), 2.0)
    figures: dict[str, Any] = {}
    for reading in READINGS:
        true, own = slope(start, "right"), slope(start, reading)
        later = cosine(slope(ends["right"], "right"), slope(ends["right"], reading))
        right = forward(ends[reading], asked).a2.argmax(axis=1) == bench.test.labels
        figures[reading] = {
            "cosine": round(cosine(true, own), 4),
            "cosine_later": round(later, 4),
            "length_of_the_hidden_layers_slope": round(
                float(np.linalg.norm(own.w1) / np.linalg.norm(true.w1)), 3
            ),
            "test": round(float(right.mean()), 4),
        }
    return figures


class _Sketch(nn.Module):
    """The article's attention: a learned weight for every place, whatever stands there."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.randn(tokens) / tokens)
        self.output = nn.Linear(width, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.output((self.weights[:, None] * tokens).sum(dim=1)).squeeze(1)
        return out


class _Attention(nn.Module):
    """One head of attention; the last token asks, and its answer is read."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attend = SelfAttention(width, 1)
        self.output = nn.Linear(width, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.output(self.attend(tokens)[:, -1]).squeeze(1)
        return out


def measure_sketch(steps: int) -> dict[str, float]:
    """A list of six keys with values, and a key that is asked for: give its value.

    For each: the share of the values' variance that is explained (1 = always right), on lists
    never seen.
    """
    keys = 6
    width = keys + 2  # which key, its value, and whether this is the question

    def draw(count: int, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        order = torch.rand(count, keys, generator=chance).argsort(dim=1)
        values = torch.randn(count, keys, generator=chance)
        asked = torch.randint(keys, (count,), generator=chance)
        tokens = torch.zeros(count, keys + 1, width)
        tokens[:, :keys, :keys] = torch.eye(keys)[order]
        tokens[:, :keys, keys] = values
        tokens[:, keys, :keys] = torch.eye(keys)[asked]
        tokens[:, keys, keys + 1] = 1.0
        return tokens, values[order == asked[:, None]]

    explained = {}
    for name in ("sketch", "attention"):
        chance = torch.Generator().manual_seed(0)
        torch.manual_seed(0)
        net: nn.Module = _Sketch(keys + 1, width) if name == "sketch" else _Attention(width)
        optimizer = build_optimizer("adam", net.parameters(), 0.02, {})
        for _ in range(steps):
            tokens, values = draw(256, chance)
            loss = 0.5 * (net(tokens) - values).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            tokens, values = draw(4000, chance)
            unexplained = (net(tokens) - values).pow(2).mean() / values.var()
        explained[name] = round(1.0 - float(unexplained), 4)
    return explained


def measure_adam(steps: int) -> dict[str, float]:
    """Where Adam ends on a convex problem that it cannot solve, and where SGD does.

    Reddi, Kale and Kumar 2018, section 3: x in [-1, 1], slopes 3, -1, -1, over and over; their
    mean is positive, so the best x is -1. beta1 = 0, beta2 = 1 / (1 + 3^2), rate 0.1 / sqrt(t).
    """
    ends = {}
    options: dict[str, dict[str, Any]] = {
        "adam": {"betas": (0.0, 0.1)}, "sgd": {}, "amsgrad": {"betas": (0.0, 0.1), "amsgrad": True}
    }  # fmt: skip
    for name, chosen in options.items():
        x = nn.Parameter(torch.zeros(()))
        optimizer = build_optimizer("sgd" if name == "sgd" else "adam", [x], 0.1, chosen)
        for t in range(1, steps + 1):
            for group in optimizer.param_groups:
                group["lr"] = 0.1 / t**0.5
            x.grad = torch.tensor(3.0 if t % 3 == 1 else -1.0)
            optimizer.step()
            with torch.no_grad():
                x.clamp_(-1.0, 1.0)
        ends[name] = round(float(x.detach()), 3)
    return ends
