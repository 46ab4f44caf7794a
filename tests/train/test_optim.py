"""Optimisers by name, against torch's own classes, and schedules against their formulas."""

from __future__ import annotations

import inspect
import math

import pytest
import torch
from torch import nn

from handsum.errors import RecipeError
from handsum.train.optim import SCHEDULES, build_optimizer, learning_rate

UNFIT = {"LBFGS", "SparseAdam"}
NAMES = sorted(
    name
    for name, value in vars(torch.optim).items()
    if inspect.isclass(value)
    and issubclass(value, torch.optim.Optimizer)
    and value is not torch.optim.Optimizer
)
WEIGHTS_ALONE = {"Muon"}  # torch.optim.Muon takes two-dimensional parameters only


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))


@pytest.mark.parametrize("name", sorted(set(NAMES) - UNFIT))
def test_every_class_of_torch_constructs_by_name_and_steps(name: str) -> None:
    model = nn.Linear(4, 3, bias=False) if name in WEIGHTS_ALONE else net()
    optimizer = build_optimizer(name.lower(), model.parameters(), 0.01, {})
    assert type(optimizer) is getattr(torch.optim, name)
    before = [p.detach().clone() for p in model.parameters()]
    model(torch.randn(8, 4)).pow(2).sum().backward()
    optimizer.step()
    changed = [not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)]
    assert any(changed)


@pytest.mark.parametrize("name", sorted(UNFIT))
def test_what_the_loop_cannot_drive_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=name):
        build_optimizer(name, net().parameters(), 0.01, {})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("adamm", {}, "Did you mean 'adam'"),
        ("optimizer", {}, r"torch\.optim has no 'optimizer'"),
        ("sgd", {"momentun": 0.9}, "no option 'momentun'. Did you mean 'momentum'"),
        ("sgd", {"lr": 0.9}, "no option 'lr'"),
        ("sgd", {"params": []}, "no option 'params'"),
        ("sgd", {"momentum": -1}, "refuses its options"),
        ("sgd", {"weight_decay": "much"}, "refuses its options"),
        ("adam", {"betas": 3}, "refuses its options"),
        ("muon", {}, "refuses its options"),
    ],
)
def test_a_wrong_name_or_option_is_told(
    name: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        build_optimizer(name, net().parameters(), 0.01, options)


@pytest.mark.parametrize(
    ("options", "decay"), [({}, 0.01), ({"weight_decay": 0.3}, 0.3), ({"weight_decay": 0}, 0.0)]
)
def test_weight_decay_is_on_weights_alone(options: dict[str, object], decay: float) -> None:
    model = net()
    optimizer = build_optimizer("adamw", model.parameters(), 0.01, options)
    found = {
        id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]
    }
    assert len(found) == len(list(model.parameters()))
    for parameter in model.parameters():
        assert found[id(parameter)] == (decay if parameter.ndim > 1 else 0.0)


def test_steps_equal_those_of_torch() -> None:
    ours, theirs = net(), net()
    mine = build_optimizer("sgd", ours.parameters(), 0.05, {"momentum": 0.5})
    reference = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.5)
    for seed in range(5):
        images = torch.randn(8, 4, generator=torch.Generator().manual_seed(seed))
        for model, optimizer in ((ours, mine), (theirs, reference)):
            optimizer.zero_grad()
            model(images).pow(2).sum().backward()
            optimizer.step()
    assert all(
        torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True)
    )


@pytest.mark.parametrize("warmup", [0.0, 0.3])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_rise_to_the_full_rate_and_stay_between_0_and_it(
    name: str, warmup: float
) -> None:
    steps = 999
    rates = [learning_rate(name, 0.2, warmup, step, steps) for step in range(steps)]
    top = max(0, round(warmup * (steps + 1)) - 1)
    assert all(0 < rate <= 0.2 + 1e-12 for rate in rates)
    assert rates[top] == pytest.approx(0.2, rel=2e-3)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    if name == "constant":
        assert rates[top:] == pytest.approx([0.2] * (steps - top))
    else:
        assert rates[top:] == sorted(rates[top:], reverse=True)
        assert rates[-1] < 0.001


def test_schedules_equal_their_formulas() -> None:
    for step in range(99):
        t = (step + 1) / 100
        cosine = 0.5 * (1 + math.cos(math.pi * t))
        assert learning_rate("cosine", 1.0, 0.0, step, 99) == pytest.approx(cosine)
        assert learning_rate("linear", 1.0, 0.0, step, 99) == pytest.approx(1 - t)
        rising = min(1.0, t / 0.25)
        assert learning_rate("constant", 1.0, 0.25, step, 99) == pytest.approx(rising)
