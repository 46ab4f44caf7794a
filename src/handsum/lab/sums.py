"""Numbers, the sums of their digits, and nets that are to find the second from the first.

Every net takes digits int64 (N, T), the highest place first, and gives a sum (N,).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from handsum.models.activations import build_activation
from handsum.models.attention import Block


def all_numbers(places: int) -> Tensor:
    """Digits (10 ** places, places) of every number, in order."""
    return digits_of(torch.arange(10**places), places)


def some_numbers(places: int, count: int, seed: int) -> Tensor:
    """Digits (count, places) of different numbers, drawn by chance."""
    chance = torch.Generator().manual_seed(seed)
    if places <= 4:
        return digits_of(torch.randperm(10**places, generator=chance)[:count], places)
    drawn = dict.fromkeys(torch.randint(10**places, (2 * count,), generator=chance).tolist())
    return digits_of(torch.tensor(list(drawn)[:count]), places)


def digits_of(numbers: Tensor, places: int) -> Tensor:
    """Digits int64 (N, places) of numbers (N,), the highest place first."""
    powers = 10 ** torch.arange(places - 1, -1, -1)
    return numbers[:, None] // powers % 10


def digit_sums(digits: Tensor) -> Tensor:
    """Sums float32 (N,) of digits (N, T)."""
    return digits.sum(dim=1).float()


def numbers_of(digits: Tensor) -> Tensor:
    """Numbers float32 (N,) of digits (N, T): all that a net with one input neuron is told."""
    return (digits * 10 ** torch.arange(digits.shape[1] - 1, -1, -1)).sum(dim=1).float()


def longest_monotone(values: Sequence[float]) -> tuple[int, list[int]]:
    """Length and indices of the longest run of ``values`` that never falls, or never rises.

    So many of them, and no more, can a function get right that only rises, or only falls, with
    the index (patience sorting; Fredman 1975).
    """
    rising = _longest_rising(values)
    falling = _longest_rising([-value for value in values])
    best = max(rising, falling, key=len)
    return len(best), best


def _longest_rising(values: Sequence[float]) -> list[int]:
    tails: list[float] = []
    ends: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        place = bisect_right(tails, value)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            ends.append(index)
        else:
            tails[place], ends[place] = value, index
    chain = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(index)
        index = before[index]
    return chain[::-1]


class OneInput(nn.Module):
    """The number, as one input, through ``hidden`` neurons to one output."""

    def __init__(self, hidden: int, activation: str, places: int) -> None:
        super().__init__()
        self.top = float(10**places - 1)
        self.net = nn.Sequential(
            nn.Linear(1, hidden), build_activation(activation), nn.Linear(hidden, 1)
        )

    def forward(self, digits: Tensor) -> Tensor:
        """Sums (N,) of digits (N, T)."""
        out: Tensor = self.net(numbers_of(digits)[:, None] / self.top).squeeze(1)
        return out


class DigitInputs(nn.Module):
    """One input a digit, one output, no hidden layer: sum = w . digits + b."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.net = nn.Linear(places, 1)

    def forward(self, digits: Tensor) -> Tensor:
        """Sums (N,) of digits (N, places)."""
        out: Tensor = self.net(digits.float()).squeeze(1)
        return out


class OneHotInputs(nn.Module):
    """Ten inputs a place, one output: every digit of every place has a weight of its own."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.net = nn.Linear(10 * places, 1)

    def forward(self, digits: Tensor) -> Tensor:
        """Sums (N,) of digits (N, places)."""
        out: Tensor = self.net(_one_hot(digits).flatten(1)).squeeze(1)
        return out


class SharedWeights(nn.Module):
    """One weight a digit, the same in every place, added up: ten parameters for any length."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(10, 1, bias=False)

    def forward(self, digits: Tensor) -> Tensor:
        """Sums (N,) of digits (N, T)."""
        out: Tensor = self.net(_one_hot(digits)).sum(dim=(1, 2))
        return out


class Recurrent(nn.Module):
    """A recurrent net over the digits; its last state gives the sum.

    The cell "relu", h = relu(W x + U h), starts with the identity for U (Le, Jaitly, Hinton 2015),
    so that it remembers before it has learned anything, and with W and the output's weights above
    zero: ReLU is deaf below it, and read with a negative weight it would learn to fall silent.
    "gru" is `GatedCell`. Without ``bias``: with one, numbers of one length cannot tell what is
    added a digit from what is added in the end.
    """

    def __init__(self, cell: str, hidden: int, bias: bool) -> None:
        super().__init__()
        self.hidden = hidden
        self.cell = GatedCell(hidden, bias) if cell == "gru" else ReluCell(hidden, bias)
        self.output = nn.Linear(hidden, 1, bias=bias)
        if cell == "relu":
            with torch.no_grad():
                self.output.weight.abs_()

    def forward(self, digits: Tensor) -> Tensor:
        """Sums (N,) of digits (N, T)."""
        state = torch.zeros(len(digits), self.hidden)
        for place in _one_hot(digits).unbind(dim=1):
            state = self.cell(place, state)
        out: Tensor = self.output(state).squeeze(1)
        return out


class ReluCell(nn.Module):
    """nn.RNNCell's step with ReLU, in layers that can be trained for many seeds at once."""

    def __init__(self, hidden: int, bias: bool) -> None:
        super().__init__()
        self.hear = nn.Linear(10, hidden, bias=bias)
        self.keep = nn.Linear(hidden, hidden, bias=False)
        with torch.no_grad():
            self.keep.weight.copy_(torch.eye(hidden))
            self.hear.weight.abs_()

    def forward(self, heard: Tensor, state: Tensor) -> Tensor:
        """The next state (N, hidden)."""
        return torch.relu(self.hear(heard) + self.keep(state))


class GatedCell(nn.Module):
    """nn.GRUCell's step, likewise."""

    def __init__(self, hidden: int, bias: bool) -> None:
        super().__init__()
        self.hear = nn.Linear(10, 3 * hidden, bias=bias)
        self.keep = nn.Linear(hidden, 3 * hidden, bias=bias)

    def forward(self, heard: Tensor, state: Tensor) -> Tensor:
        """The next state (N, hidden)."""
        reset_x, update_x, new_x = self.hear(heard).chunk(3, dim=1)
        reset_h, update_h, new_h = self.keep(state).chunk(3, dim=1)
        new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
        update = torch.sigmoid(update_x + update_h)
        out: Tensor = (1 - update) * new + update * state
        return out


class Attentive(nn.Module):
    """A Transformer's layer over the digits, read from the mean or the sum of its tokens.

    Attention gives weighted means, and a mean of digits does not say how many there were: with
    "mean" the net can only be right for the length that it was taught.
    """

    def __init__(self, width: int, heads: int, pool: str) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, width)
        self.block = Block(width, heads, 0.0, "gelu")
        self.output = nn.Linear(width, 1)
        self.pool = pool

    def forward(self, digits: Tensor) -> Tensor:
        """Sums (N,) of digits (N, T)."""
        each = self.output(self.block(self.embed(digits))).squeeze(2)  # (N, T)
        out: Tensor = each.sum(dim=1) if self.pool == "sum" else each.mean(dim=1)
        return out


def _one_hot(digits: Tensor) -> Tensor:
    return torch.eye(10)[digits]  # functional.one_hot does not run for many seeds at once


@dataclass(frozen=True)
class SumNet:
    """A net by name: how it is built for so many ``places``, and why it can or cannot.

    ``any_length``: it takes numbers of other lengths than it was taught. ``eight``: whether it is
    also taught numbers of eight digits. ``lr`` is Adam's first rate.
    """

    name: str
    about: str
    build: Callable[[int], nn.Module]
    any_length: bool = False
    eight: bool = True
    lr: float = 0.05


SUM_NETS: tuple[SumNet, ...] = (
    SumNet("one-input", "the number as one input, 64 hidden neurons of ReLU",
           lambda places: OneInput(64, "relu", places), eight=False),
    SumNet("digits", "one input a digit, no hidden layer", DigitInputs),
    SumNet("one-hot", "ten inputs a place, no hidden layer", OneHotInputs, lr=0.2),
    SumNet("shared", "one weight a digit, the same in every place, added up",
           lambda _: SharedWeights(), any_length=True, lr=0.1),
    SumNet("recurrent", "one neuron of ReLU that is fed the digits one by one, no bias",
           lambda _: Recurrent("relu", 1, bias=False), any_length=True),
    SumNet("recurrent-bias", "four such neurons, with biases",
           lambda _: Recurrent("relu", 4, bias=True), any_length=True, eight=False, lr=0.02),
    SumNet("gru", "gated recurrent unit over the digits, 16 neurons",
           lambda _: Recurrent("gru", 16, bias=True), any_length=True, eight=False, lr=0.01),
    SumNet("attention-mean", "a Transformer's layer over the digits, read from the mean",
           lambda _: Attentive(16, 2, "mean"), any_length=True, eight=False, lr=0.01),
    SumNet("attention-sum", "the same, read from the sum of its tokens",
           lambda _: Attentive(16, 2, "sum"), any_length=True, eight=False, lr=0.01),
)  # fmt: skip
