"""The article's forward and backward equations for a net of two layers, written out in NumPy.

Forward (2.2): z = W a + b, a = act(z). Backward: the article gives the hidden layer's delta as one
product, delta_j = w_kj delta_k act'(z_j), for "the next layer", where a neuron feeds every neuron k
of it and the chain rule asks for their sum. And it defines delta as dJ/da, the slope by the
activation, but then writes dJ/dw = delta a, which holds for the slope by the weighted input, dJ/dz.

This stands beside PyTorch's autograd for one reason: to check the formulas, and to show what each
slip costs. Nothing trains with it but the experiment on those slips.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Reading = Literal["right", "without the sum", "delta by the activation"]
READINGS: tuple[Reading, ...] = ("right", "without the sum", "delta by the activation")


@dataclass(frozen=True)
class TwoLayers:
    """Weights (hidden, inputs), (outputs, hidden) and biases (hidden,), (outputs,)."""

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats


@dataclass(frozen=True)
class Passed:
    """What the forward pass leaves: hidden z and a (N, hidden), output a (N, outputs)."""

    inputs: Floats
    z1: Floats
    a1: Floats
    a2: Floats


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + e^-z)."""
    return np.asarray(1.0 / (1.0 + np.exp(-z)), np.float64)


def sigmoid_slope(z: Floats) -> Floats:
    """s(z) (1 - s(z))."""
    s = sigmoid(z)
    return s * (1.0 - s)


def forward(net: TwoLayers, inputs: Floats) -> Passed:
    """Sigmoid in both layers, as the article has it; ``inputs`` (N, inputs)."""
    z1 = inputs @ net.w1.T + net.b1
    a1 = sigmoid(z1)
    return Passed(inputs, z1, a1, sigmoid(a1 @ net.w2.T + net.b2))


def squared_error(outputs: Floats, targets: Floats) -> float:
    """J = 1/2n sum |a - y|^2."""
    return float(((outputs - targets) ** 2).sum() / (2 * len(outputs)))


def backward(
    net: TwoLayers, passed: Passed, targets: Floats, reading: Reading = "right"
) -> TwoLayers:
    """dJ/dw and dJ/db of `squared_error`, by the chain rule or with one of the article's slips."""
    n = len(targets)
    slope2 = passed.a2 * (1.0 - passed.a2)
    by_activation2 = (passed.a2 - targets) / n  # dJ/da of the outputs
    if reading == "delta by the activation":
        # delta = dJ/da in both layers, and dJ/dw = delta a as if it were dJ/dz: act' is lost.
        delta2 = by_activation2
        delta1 = (delta2 * slope2) @ net.w2
    else:
        delta2 = by_activation2 * slope2
        if reading == "right":
            delta1 = delta2 @ net.w2 * sigmoid_slope(passed.z1)
        else:
            # One neuron k of the next layer, where the formula needs all: that of the right class.
            chosen = targets.argmax(axis=1)
            rows = np.arange(n)
            delta1 = delta2[rows, chosen][:, None] * net.w2[chosen] * sigmoid_slope(passed.z1)
    return TwoLayers(
        delta1.T @ passed.inputs, delta1.sum(axis=0), delta2.T @ passed.a1, delta2.sum(axis=0)
    )


def start_net(inputs: int, hidden: int, outputs: int, seed: int) -> TwoLayers:
    """Weights uniform within 1 / sqrt(inputs of the layer), biases 0."""
    rng = np.random.default_rng(seed)
    w1 = rng.uniform(-1, 1, (hidden, inputs)) / np.sqrt(inputs)
    w2 = rng.uniform(-1, 1, (outputs, hidden)) / np.sqrt(hidden)
    return TwoLayers(w1, np.zeros(hidden), w2, np.zeros(outputs))


def descend(net: TwoLayers, slope: TwoLayers, lr: float) -> TwoLayers:
    """w <- w - lr dJ/dw, as printed."""
    return TwoLayers(
        net.w1 - lr * slope.w1,
        net.b1 - lr * slope.b1,
        net.w2 - lr * slope.w2,
        net.b2 - lr * slope.b2,
    )


def cosine(one: TwoLayers, other: TwoLayers) -> float:
    """Cosine of the angle between two gradients, all weights and biases in one vector."""
    a, b = _flat(one), _flat(other)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def _flat(net: TwoLayers) -> Floats:
    return np.concatenate([part.ravel() for part in (net.w1, net.b1, net.w2, net.b2)])
