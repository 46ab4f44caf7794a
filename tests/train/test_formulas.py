"""The article's training formulas against PyTorch: its gradients, its update rules, its penalties.

The article prints the forward and backward pass of a two-layer net and the rules of gradient
descent, momentum and Adam; each stands here as it is printed (Adam and AdamW as in Kingma and Ba
2015 and Loshchilov and Hutter 2019, whose algorithms they are).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn
from torch.nn import functional

from handsum.lab.backward import (
    READINGS,
    Reading,
    backward,
    cosine,
    descend,
    forward,
    squared_error,
    start_net,
)
from handsum.models import build_model
from handsum.train.losses import LOSSES, weight_penalty
from handsum.train.optim import build_optimizer

Floats = npt.NDArray[np.float64]
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(12, 5))
TARGETS = np.eye(3)[RNG.integers(3, size=12)]
NET = start_net(5, 4, 3, seed=1)


def autograd(bias_too: bool = True) -> tuple[Floats, list[Floats]]:
    """Outputs and gradients of the same net in PyTorch."""
    weights = [torch.tensor(v, requires_grad=True) for v in (NET.w1, NET.b1, NET.w2, NET.b2)]
    w1, b1, w2, b2 = weights
    hidden = torch.sigmoid(torch.tensor(INPUTS) @ w1.T + b1)
    outputs = torch.sigmoid(hidden @ w2.T + b2)
    loss = 0.5 * (outputs - torch.tensor(TARGETS)).pow(2).sum(dim=1).mean()
    loss.backward()
    assert float(loss.detach()) == pytest.approx(squared_error(outputs.detach().numpy(), TARGETS))
    return outputs.detach().numpy(), [w.grad.numpy() for w in weights if w.grad is not None]


def slopes(reading: Reading) -> list[Floats]:
    found = backward(NET, forward(NET, INPUTS), TARGETS, reading)
    return [found.w1, found.b1, found.w2, found.b2]


def test_the_forward_pass_is_the_articles() -> None:
    outputs, _ = autograd()
    np.testing.assert_allclose(forward(NET, INPUTS).a2, outputs, atol=1e-14)


def test_the_backward_pass_with_its_sum_is_autograds() -> None:
    _, exact = autograd()
    for ours, theirs in zip(slopes("right"), exact, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)


def test_the_backward_pass_is_the_finite_difference() -> None:
    exact, h = slopes("right"), 1e-6
    for part, name in zip(exact, ("w1", "b1", "w2", "b2"), strict=True):
        weights = getattr(NET, name)
        for place in np.ndindex(weights.shape):
            kept = weights[place]
            losses = []
            for moved in (kept + h, kept - h):
                weights[place] = moved
                losses.append(squared_error(forward(NET, INPUTS).a2, TARGETS))
            weights[place] = kept
            assert part[place] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-8)


def test_without_the_sum_the_hidden_layers_slope_is_another() -> None:
    exact, short = slopes("right"), slopes("without the sum")
    for place in (2, 3):  # the output layer has no next layer, and nothing to leave out
        np.testing.assert_array_equal(short[place], exact[place])
    assert not np.allclose(short[0], exact[0], rtol=0.05)
    # With one output neuron there is one term, and the article's formula is the chain rule.
    single = start_net(5, 4, 1, seed=2)
    passed = forward(single, INPUTS)
    whole, one = (backward(single, passed, TARGETS[:, :1], r) for r in READINGS[:2])
    np.testing.assert_allclose(one.w1, whole.w1)


def test_delta_by_the_activation_loses_the_slope_of_the_activation() -> None:
    passed = forward(NET, INPUTS)
    slope = passed.a2 * (1 - passed.a2)
    wrong = backward(NET, passed, TARGETS, "delta by the activation")
    by_activation = (passed.a2 - TARGETS) / len(TARGETS)
    np.testing.assert_allclose(wrong.b2, by_activation.sum(axis=0))
    np.testing.assert_allclose((by_activation * slope).sum(axis=0), slopes("right")[3])
    # It is dJ/da indeed: PyTorch's slope by the activations.
    a2 = torch.tensor(passed.a2, requires_grad=True)
    (0.5 * (a2 - torch.tensor(TARGETS)).pow(2).sum(dim=1).mean()).backward()
    np.testing.assert_allclose(by_activation, a2.grad)


def test_only_the_right_reading_descends_by_its_slope() -> None:
    """A small step changes the loss by -lr |slope|^2: a second check of length and direction."""
    passed, lr = forward(NET, INPUTS), 1e-4
    exact = backward(NET, passed, TARGETS)
    length = sum(float((part**2).sum()) for part in slopes("right"))
    fallen = squared_error(passed.a2, TARGETS) - squared_error(
        forward(descend(NET, exact, lr), INPUTS).a2, TARGETS
    )
    assert fallen == pytest.approx(lr * length, rel=1e-3)
    assert cosine(exact, exact) == pytest.approx(1.0)
    for reading in READINGS[1:]:
        other = backward(NET, passed, TARGETS, reading)
        assert cosine(exact, other) < 0.99999
        assert sum(float((part**2).sum()) for part in slopes(reading)) != pytest.approx(length)


State = dict[str, Floats]
Rule = Callable[[Floats, Floats, State, int], Floats]


def gradient_descent(w: Floats, g: Floats, state: State, t: int) -> Floats:
    return w - 0.1 * g


def momentum(w: Floats, g: Floats, state: State, t: int) -> Floats:
    state["v"] = 0.9 * state.get("v", np.zeros_like(w)) + g
    return w - 0.1 * state["v"]


def adam(w: Floats, g: Floats, state: State, t: int, decoupled: float = 0.0) -> Floats:
    state["m"] = 0.9 * state.get("m", np.zeros_like(w)) + 0.1 * g
    state["v"] = 0.99 * state.get("v", np.zeros_like(w)) + 0.01 * g**2
    m, v = state["m"] / (1 - 0.9**t), state["v"] / (1 - 0.99**t)
    return w * (1 - 0.1 * decoupled) - 0.1 * m / (np.sqrt(v) + 1e-8)


def adamw(w: Floats, g: Floats, state: State, t: int) -> Floats:
    return adam(w, g, state, t, decoupled=0.3)


RULES: dict[str, tuple[Rule, str, dict[str, object]]] = {
    "gradient descent": (gradient_descent, "sgd", {}),
    "momentum": (momentum, "sgd", {"momentum": 0.9}),
    "Adam": (adam, "adam", {"betas": (0.9, 0.99)}),
    "AdamW": (adamw, "adamw", {"betas": (0.9, 0.99), "weight_decay": 0.3}),
}


@pytest.mark.parametrize("name", RULES)
def test_an_optimiser_steps_by_its_printed_rule(name: str) -> None:
    rule, torch_name, options = RULES[name]
    weights = RNG.normal(size=(3, 2))
    parameter = nn.Parameter(torch.tensor(weights))
    optimizer = build_optimizer(torch_name, [parameter], 0.1, options)
    state: State = {}
    for t in range(1, 9):
        slope = np.sin(3 * weights) + 0.1 * t  # some slope that changes on the way
        parameter.grad = torch.tensor(slope)
        optimizer.step()
        weights = rule(weights, slope, state, t)
        np.testing.assert_allclose(parameter.detach().numpy(), weights, atol=1e-12)


def test_full_batch_is_the_mean_of_the_slopes_and_sgd_is_right_on_average() -> None:
    net = nn.Linear(5, 3).double()
    inputs, labels = torch.tensor(INPUTS), torch.tensor(TARGETS.argmax(axis=1))

    def slope(rows: torch.Tensor) -> torch.Tensor:
        net.zero_grad()
        LOSSES["cross_entropy"](net(inputs[rows]), labels[rows], 0.0).backward()
        assert net.weight.grad is not None
        return net.weight.grad.clone()

    whole = slope(torch.arange(12))
    parts = torch.stack([slope(rows) for rows in torch.arange(12).split(3)])
    assert torch.allclose(parts.mean(dim=0), whole)
    assert not torch.allclose(parts[0], whole, rtol=0.1)


def test_the_penalties_slopes_are_l1_sign_and_l2_times_the_weight() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)).double()
    for l1, l2 in ((0.3, 0.0), (0.0, 0.7), (0.3, 0.7)):
        net.zero_grad()
        penalty = weight_penalty(net, l1, l2)
        assert isinstance(penalty, torch.Tensor)
        penalty.backward()
        for parameter in net.parameters():
            if parameter.ndim > 1:
                exact = l1 * parameter.sign() + l2 * parameter
                assert parameter.grad is not None
                assert torch.allclose(parameter.grad, exact)
            else:
                assert parameter.grad is None, "biases and scales are left alone"
    assert weight_penalty(net, 0.0, 0.0) == 0.0


def test_l2_is_weight_decay_under_sgd_and_not_under_adam() -> None:
    def step(name: str, decay: float, l2: float) -> torch.Tensor:
        torch.manual_seed(0)
        net = nn.Linear(4, 3, bias=False)
        optimizer = build_optimizer(name, net.parameters(), 0.1, {"weight_decay": decay})
        loss = net(torch.ones(2, 4)).pow(2).mean() + weight_penalty(net, 0.0, l2)
        loss.backward()
        optimizer.step()
        return net.weight.detach()

    assert torch.allclose(step("sgd", 0.5, 0.0), step("sgd", 0.0, 0.5))
    assert not torch.allclose(step("adamw", 0.5, 0.0), step("adamw", 0.0, 0.5))


@pytest.mark.parametrize("name", ["mlp", "convnet", "attention", "rnn"])
def test_dropout_is_off_at_test_time_and_scaled_while_training(name: str) -> None:
    torch.manual_seed(0)
    net = build_model(name, 10, {"dropout": 0.5})
    images = torch.rand(3, 1, 28, 28)
    assert torch.equal(net.eval()(images), net.eval()(images))
    assert not torch.equal(net.train()(images), net.train()(images))


def test_dropout_keeps_a_neurons_mean() -> None:
    torch.manual_seed(0)
    ones = torch.ones(40_000)
    for p in (0.2, 0.5):
        kept = nn.Dropout(p).train()(ones)
        assert kept.unique().tolist() == pytest.approx([0.0, 1 / (1 - p)])
        assert float(kept.mean()) == pytest.approx(1.0, abs=0.02)
        assert torch.equal(nn.Dropout(p).eval()(ones), ones)
    maps = nn.Dropout2d(0.5).train()(torch.ones(200, 10, 4, 4))
    each = maps.flatten(2)
    assert torch.equal(each.amin(dim=2), each.amax(dim=2)), "a channel falls out as a whole"


def test_log_softmax_of_log_softmax_is_itself() -> None:
    logits = torch.randn(50, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    once = functional.log_softmax(logits, dim=1)
    assert torch.allclose(functional.log_softmax(once, dim=1), once, atol=1e-12)


def test_binary_cross_entropy_of_two_classes_is_the_log_loss_of_one_neuron() -> None:
    z = torch.randn(20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = (torch.arange(20) % 2).double()
    log_loss = -(y * z.sigmoid().log() + (1 - y) * (1 - z.sigmoid()).log()).mean()
    pair = torch.stack([torch.zeros_like(z), z], dim=1)
    assert torch.allclose(LOSSES["cross_entropy"](pair, y.long(), 0.0), log_loss)
