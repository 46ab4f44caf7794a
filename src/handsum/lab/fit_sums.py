"""Training the digit-sum nets: the article's, as it says, and any other until it fits."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from handsum.lab.sums import digit_sums, numbers_of
from handsum.models.activations import build_activation
from handsum.train.optim import build_optimizer, learning_rate

LARGEST_SUM = 27.0
"""Of three digits."""


@dataclass(frozen=True)
class ArticleSettings:
    """The article's digit-sum net in one of its readings, or in one that is kinder to it.

    ``loss`` is "mse" (1/2n sum of squares, section 3.5), or for section 4.4 "softmax"
    (cross-entropy of a softmax over its one output) or "log" (log loss of a sigmoid whose target
    is sum / 27). ``scaled`` divides the number by 999. ``batch`` 1 takes the samples one by one,
    100 times over; 100 takes them together, 100 times.
    """

    loss: str = "mse"
    activation: str = "sigmoid"
    scaled: bool = False
    batch: int = 1
    passes: int = 100
    lr: float = 0.1


@dataclass(frozen=True)
class ArticleFit:
    """Sums that the net gives after training, float64 (seeds, N), NaN where it diverged, and the
    loss after each pass, (passes, seeds)."""

    predicted: npt.NDArray[np.float64]
    losses: npt.NDArray[np.float64]


def fit_article(settings: ArticleSettings, samples: Tensor, asked: Tensor) -> ArticleFit:
    """Train one net a seed on ``samples`` (seeds, n, 3) and give its sums of ``asked`` (N, 3).

    All seeds train side by side: seed s has its own samples, order and start, and since SGD acts
    on each weight alone, the sum of their losses trains each as if it were alone.
    """
    seeds, count, _ = samples.shape
    chance = torch.Generator().manual_seed(0)
    # torch's own start for layers with one input: uniform from -1 to 1.
    start = [(2 * torch.rand(seeds, 1, generator=chance) - 1).requires_grad_() for _ in range(4)]
    weights = [nn.Parameter(value.detach()) for value in start]
    optimizer = build_optimizer("sgd", weights, settings.lr, {})
    act = build_activation(settings.activation)
    top = 999.0 if settings.scaled else 1.0
    inputs = torch.stack([numbers_of(own) for own in samples]) / top  # (seeds, n)
    targets = torch.stack([digit_sums(own) for own in samples])
    losses = []
    for _ in range(settings.passes):
        order = torch.stack([torch.randperm(count, generator=chance) for _ in range(seeds)])
        for rows in torch.split(order, settings.batch, dim=1):
            outputs = _through(weights, act, inputs.gather(1, rows))
            loss = _article_loss(settings.loss, outputs, targets.gather(1, rows)).sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        with torch.no_grad():
            found = _article_loss(settings.loss, _through(weights, act, inputs), targets)
            losses.append(found.double().numpy())
    with torch.no_grad():
        outputs = _through(weights, act, numbers_of(asked)[None].expand(seeds, -1) / top)
        if settings.loss == "log":
            outputs = LARGEST_SUM * torch.sigmoid(outputs)
    return ArticleFit(outputs.double().numpy(), np.stack(losses))


def _through(weights: list[nn.Parameter], act: nn.Module, inputs: Tensor) -> Tensor:
    w1, b1, w2, b2 = weights
    out: Tensor = w2 * act(w1 * inputs + b1) + b2
    return out


def _article_loss(name: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean loss (seeds,) of outputs (seeds, n)."""
    if name == "mse":
        return 0.5 * (outputs - targets).pow(2).mean(dim=1)
    if name == "log":
        each = functional.binary_cross_entropy_with_logits(
            outputs, targets / LARGEST_SUM, reduction="none"
        )
        return each.mean(dim=1)
    # A softmax over one neuron is 1, whatever the neuron says; its logarithm is 0.
    shares = torch.log_softmax(outputs[..., None], dim=-1).squeeze(-1)
    return -(targets / LARGEST_SUM * shares).mean(dim=1)


def fit_sums(nets: Sequence[nn.Module], digits: Tensor, lr: float, steps: int, near: float) -> int:
    """Train ``nets[s]`` on all of ``digits[s]`` (seeds, n, T), squared errors, Adam, rate to 0.

    All seeds train side by side: Adam acts on each weight alone, so each learns as if it were
    alone. Stops when every net is within ``near`` of every sum; gives the number of steps taken.
    """
    weights, _ = stack_module_state(list(nets))
    shape = copy.deepcopy(nets[0])

    def give_sums(own: dict[str, Tensor], asked: Tensor) -> Tensor:
        out: Tensor = functional_call(shape, own, (asked,))
        return out

    targets = digits.sum(dim=2).float()
    optimizer = build_optimizer("adam", weights.values(), lr, {})
    taken = steps
    with sdpa_kernel(SDPBackend.MATH):  # the fused kernels take one net at a time
        for step in range(steps):
            rate = learning_rate("linear", lr, 0.0, step, steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            errors = vmap(give_sums)(weights, digits) - targets
            if step % 20 == 0 and float(errors.detach().abs().max()) < near:
                taken = step
                break
            optimizer.zero_grad()
            # The sum over seeds of each one's mean: no seed's slope touches another's weights.
            (0.5 * errors.pow(2).mean(dim=1).sum()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    for seed, net in enumerate(nets):
        net.load_state_dict({name: value[seed].detach() for name, value in weights.items()})
    return taken


@torch.no_grad()
def share_exact(net: nn.Module, digits: Tensor) -> float:
    """Share of ``digits`` (N, T) whose sum is right after rounding."""
    found = net(digits).round() == digit_sums(digits)
    return float(found.double().mean())


def exact_share(predicted: npt.NDArray[np.float64], sums: npt.NDArray[np.float64]) -> float:
    """Share of predictions that are right after rounding; what is no number is wrong."""
    if not math.isfinite(float(predicted.sum())):
        predicted = np.nan_to_num(predicted, nan=-1.0, posinf=-1.0, neginf=-1.0)
    return float((np.round(predicted) == sums).mean())
