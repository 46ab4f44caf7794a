"""Variations of one recipe, trained by the product's own loop under one budget, and measured."""

from __future__ import annotations

import copy
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from handsum.data.digits import DigitArrays, prepare_digits
from handsum.data.sources import load_dataset
from handsum.models import count_parameters
from handsum.train.config import DataConfig, Recipe, SourceConfig, parse_recipe
from handsum.train.loop import Progress, load_net, predict_logits, train
from handsum.train.mixture import Mixture, load_mixture

Floats = npt.NDArray[np.float64]
BATCH = 100
"""Digits a batch. A bench holds whole batches only: a last one of a few digits is an update as long
as any other, after which a net is measured that those few have pushed about."""


@dataclass(frozen=True)
class Variant:
    """A way to train: its name, the group it is compared in, and what of a recipe it sets.

    ``tried`` are values of the recipe's ``key``; the one that is best on val is kept.
    """

    group: str
    name: str
    tree: Mapping[str, Any]
    tried: tuple[float, ...] = (1e-3,)
    key: str = "optim.lr"


@dataclass(frozen=True)
class Trained:
    """What came of a variant: accuracies 0 to 1, the time of the kept training, its curve.

    ``chosen`` is the kept value of the variant's key; ``test_loss`` the mean cross-entropy of the
    test digits; ``seconds`` of one processor, so that other programs do not count. ``seen`` and
    ``loss`` (steps,) are pictures seen and the batch's loss at every update.
    """

    variant: Variant
    chosen: float
    train: float
    val: float | None
    test: float
    test_loss: float
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
    mixture = load_mixture(data, 0)
    whole = max(1, len(mixture.train) // BATCH) * BATCH
    return keep_few(Bench(mixture, prepare_digits(test, normalized=False)), whole)


def keep_few(bench: Bench, count: int) -> Bench:
    """The same with the first ``count`` training digits alone; val and test stay as they are."""
    all_of = bench.mixture.train
    few = DigitArrays(
        all_of.inks[:count], all_of.labels[:count], all_of.repeats[:count],
        all_of.groups[:count], all_of.ids[:count], all_of.sources[:count],
    )  # fmt: skip
    return Bench(replace(bench.mixture, train=few), bench.test)


def train_variant(variant: Variant, bench: Bench, epochs: int, seed: int = 0) -> Trained:
    """Train with every value, keep the best on val, and read the test digits with that one."""
    tried = [_train(variant, value, bench, epochs, seed) for value in variant.tried]
    return max(tried, key=lambda one: one.val if one.val is not None else 0.0)


def build_recipe(variant: Variant, value: float, epochs: int, seed: int) -> Recipe:
    """The variant as a recipe; what it does not name is that of recipes/lab.toml."""
    tree: dict[str, Any] = {
        "name": "lab",
        "epochs": epochs,
        "seed": seed,
        "batch_size": BATCH,
        "device": "cpu",
        "threads": 1,
        "data": {"train": [{"name": "mnist:train"}], "normalize": False, "test": None},
        "model": {"name": "mlp"},
        "optim": {"name": "adam"},
    }
    for part, own in copy.deepcopy(dict(variant.tree)).items():
        # A model or an optimiser of another name does not share the base's options.
        merge = isinstance(own, dict) and "name" not in own
        tree[part] = {**tree.get(part, {}), **own} if merge else own
    table, key = variant.key.split(".")
    tree.setdefault(table, {})[key] = value
    return parse_recipe(tree, f"the variant {variant.name}")


def recipe_words(variant: Variant, value: float) -> tuple[str, ...]:
    """The same as changes to recipes/lab.toml, for the command line: ("optim.name=sgd", ...)."""
    words = [f"{key}={_in_toml(each)}" for key, each in _flat(variant.tree)]
    return (*words, f"{variant.key}={value:g}")


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _in_toml(value: object) -> str:
    # JSON's lists and numbers are TOML's too; a text goes bare, as the command line takes it.
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def measure_accuracy(net: nn.Module, data: DigitArrays, scale: str) -> float:
    """Share of ``data`` that the net reads right, in the mode that it is in."""
    logits = predict_logits(net, data.inks[:, 0], scale)
    return float((logits.argmax(axis=1) == data.labels).mean())


def measure_loss(net: nn.Module, data: DigitArrays, scale: str) -> float:
    """The mean cross-entropy of ``data``, in the net's present mode."""
    logits = torch.from_numpy(predict_logits(net, data.inks[:, 0], scale))
    return float(functional.cross_entropy(logits, torch.from_numpy(data.labels)))


def smooth(values: Floats, over: int) -> Floats:
    """The running mean over the last ``over`` values, for curves that a person can read."""
    over = max(1, min(over, len(values)))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - over)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts), np.float64)


def _train(variant: Variant, value: float, bench: Bench, epochs: int, seed: int) -> Trained:
    recipe = build_recipe(variant, value, epochs, seed)
    reports: list[Progress] = []
    started = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(recipe, folder, mixture=bench.mixture, on_progress=reports.append)
        seconds = time.process_time() - started
        net, _ = load_net(folder)
    seen, loss = _curve(reports, len(bench.mixture.train))
    val = bench.mixture.val
    scale = recipe.data.scale
    return Trained(
        variant, value,
        train=measure_accuracy(net, bench.mixture.train, scale),
        val=measure_accuracy(net, val, scale) if val is not None else None,
        test=measure_accuracy(net, bench.test, scale),
        test_loss=measure_loss(net, bench.test, scale),
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
