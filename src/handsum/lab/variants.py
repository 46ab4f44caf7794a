"""Variations of one recipe, trained by the product's own loop under one budget, and measured."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from handsum.data.digits import DigitArrays, prepare_digits
from handsum.data.sources import load_dataset
from handsum.models import count_parameters
from handsum.train.config import DataConfig, Recipe, SourceConfig, parse_recipe
from handsum.train.loop import Progress, load_net, predict_logits, train
from handsum.train.mixture import Mixture, load_mixture

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Variant:
    """A way to train: its name, the group it is compared in, and what of a recipe it sets.

    ``rates`` are learning rates to try; the best on val is kept.
    """

    group: str
    name: str
    tree: Mapping[str, Any]
    rates: tuple[float, ...] = (1e-3,)


@dataclass(frozen=True)
class Trained:
    """What came of a variant: accuracies 0 to 1, the time of the kept training, its curve.

    ``seen`` and ``loss`` (steps,) are pictures seen and the batch's loss at every update.
    """

    variant: Variant
    rate: float
    train: float
    val: float | None
    test: float
    seconds: float
    parameters: int
    seen: Floats = field(repr=False)
    loss: Floats = field(repr=False)
    net: nn.Module = field(repr=False)


@dataclass(frozen=True)
class Bench:
    """The data that all variants share: what is learned from, and the test digits."""

    mixture: Mixture
    test: DigitArrays


def load_bench(limit: int | None, val_share: float, test_limit: int | None = None) -> Bench:
    """MNIST as it is, so many of its training digits, and its test digits (or so many of them)."""
    data = DataConfig(
        train=(SourceConfig(name="mnist:train"),),
        val_share=val_share, normalize=False, limit=limit, test=None,
    )  # fmt: skip
    test = load_dataset("mnist:test")
    if test_limit is not None:
        test = test.take(range(test_limit))
    return Bench(load_mixture(data, 0), prepare_digits(test, normalized=False))


def train_variant(variant: Variant, bench: Bench, epochs: int, seed: int = 0) -> Trained:
    """Train with every rate, keep the best on val, and read the test digits with that one."""
    tried = [_train(variant, rate, bench, epochs, seed) for rate in variant.rates]
    return max(tried, key=lambda one: one.val if one.val is not None else 0.0)


def build_recipe(variant: Variant, rate: float, epochs: int, seed: int) -> Recipe:
    """The variant as a recipe; what it does not name is the base's."""
    tree: dict[str, Any] = {
        "name": "lab",
        "epochs": epochs,
        "seed": seed,
        "batch_size": 100,
        "device": "cpu",
        "data": {"train": [{"name": "mnist:train"}], "normalize": False, "test": None},
        "model": {"name": "mlp", "hidden": [128]},
        "optim": {"name": "adam"},
    }
    for key, value in copy.deepcopy(dict(variant.tree)).items():
        # A model or an optimiser of another name does not share the base's options.
        merge = isinstance(value, dict) and "name" not in value
        tree[key] = {**tree.get(key, {}), **value} if merge else value
    tree["optim"]["lr"] = rate
    return parse_recipe(tree, f"the variant {variant.name}")


def measure_accuracy(net: nn.Module, data: DigitArrays, scale: str) -> float:
    """Share of ``data`` that the net reads right, in the mode that it is in."""
    logits = predict_logits(net, data.inks[:, 0], scale)
    return float((logits.argmax(axis=1) == data.labels).mean())


def smooth(values: Floats, over: int) -> Floats:
    """The running mean over the last ``over`` values, for curves that a person can read."""
    over = max(1, min(over, len(values)))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - over)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts), np.float64)


def _train(variant: Variant, rate: float, bench: Bench, epochs: int, seed: int) -> Trained:
    recipe = build_recipe(variant, rate, epochs, seed)
    reports: list[Progress] = []
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(recipe, folder, mixture=bench.mixture, on_progress=reports.append)
        seconds = time.perf_counter() - started
        net, _ = load_net(folder)
    seen, loss = _curve(reports, len(bench.mixture.train))
    val = bench.mixture.val
    scale = recipe.data.scale
    return Trained(
        variant, rate,
        train=measure_accuracy(net, bench.mixture.train, scale),
        val=measure_accuracy(net, val, scale) if val is not None else None,
        test=measure_accuracy(net, bench.test, scale),
        seconds=seconds, parameters=count_parameters(net), seen=seen, loss=loss, net=net,
    )  # fmt: skip


def _curve(reports: Sequence[Progress], pictures: int) -> tuple[Floats, Floats]:
    """Each update's own loss, from the loop's mean over the epoch so far."""
    seen, loss, before = [], [], 0.0
    for report in reports:
        total = report.loss * report.step
        if report.step == 1:
            before = 0.0
        loss.append(total - before)
        before = total
        seen.append(pictures * (report.epoch - 1 + report.step / report.steps))
    return np.array(seen), np.array(loss)
