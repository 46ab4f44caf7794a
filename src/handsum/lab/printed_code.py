"""The article's MNIST code as printed, epoch by epoch, tested as it tests and as it should."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from handsum.lab.variants import Bench, load_bench, measure_accuracy
from handsum.models import build_model
from handsum.train.checkpoint import load_checkpoint
from handsum.train.config import Recipe, parse_recipe
from handsum.train.loop import CHECKPOINT, Progress, load_net, train

CLAIMED = 0.98


def printed_recipe(seed: int, epochs: int, log_softmax: bool = True) -> Recipe:
    """The printed code: its net with log-softmax, SGD 0.01 with momentum 0.5, batches of 100."""
    return parse_recipe(
        {
            "name": "printed",
            "epochs": epochs,
            "seed": seed,
            "batch_size": 100,
            "device": "cpu",
            "data": {
                "train": [{"name": "mnist:train"}],
                "val_share": 0.0,
                "normalize": False,
                "scale": "signed",
                "test": None,
            },
            "model": {"name": "article", "log_softmax": log_softmax},
            "optim": {"name": "sgd", "lr": 0.01, "momentum": 0.5},
        },
        "the printed code",
    )


def measure_printed_code(quick: bool, seeds: Sequence[int], epochs: int) -> dict[str, Any]:
    """Accuracy after each epoch, dropout on (as printed) and off: ``epochs`` for the first seed,
    one for the others."""
    bench = load_bench(400 if quick else None, 0.0, 200 if quick else None)
    epochs = 2 if quick else epochs
    longest = _follow(bench, seeds[0], epochs)
    firsts = [longest[0], *(_follow(bench, seed, 1)[0] for seed in seeds[1:])]
    reached = {
        mode: next((row["epoch"] for row in longest if row[mode] >= CLAIMED), None)
        for mode in ("as_printed", "evaluation")
    }
    return {
        "epochs": longest,
        "first_epoch": {
            mode: [row[mode] for row in firsts] for mode in ("as_printed", "evaluation")
        },
        "reached_98": reached,
    }


def measure_log_softmax(quick: bool) -> dict[str, Any]:
    """The same training with the article's log-softmax and without: weights, accuracy, time."""
    bench = load_bench(400 if quick else 20_000, 0.0, 200 if quick else None)
    nets, seconds, accuracy = [], [], []
    for doubled in (False, True):
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            train(printed_recipe(0, 1, doubled), Path(folder), mixture=bench.mixture)
            seconds.append(time.perf_counter() - started)
            nets.append(load_net(Path(folder))[0])
        accuracy.append(round(measure_accuracy(nets[-1], bench.test, "signed"), 4))
    pairs = zip(nets[0].parameters(), nets[1].parameters(), strict=True)
    apart = max(float((a - b).detach().abs().max()) for a, b in pairs)
    return {
        "largest_difference_of_a_weight": apart,
        "accuracy": accuracy,
        "seconds": [round(s, 1) for s in seconds],
    }


def _follow(bench: Bench, seed: int, epochs: int) -> list[dict[str, Any]]:
    """Accuracy in both modes after each epoch, from the checkpoint that the loop leaves."""
    recipe = printed_recipe(seed, epochs)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def look_back(progress: Progress) -> None:
            if progress.step == 1 and progress.epoch > 1:
                net = build_model(recipe.model.name, 10, recipe.model.options)
                net.load_state_dict(load_checkpoint(folder / CHECKPOINT)["net"])
                # The test's dropout draws from the generator that the training goes on with.
                with torch.random.fork_rng(devices=[]):
                    rows.append(_score(net, bench, progress.epoch - 1))

        train(recipe, folder, mixture=bench.mixture, on_progress=look_back)
        net, _ = load_net(folder)
        rows.append(_score(net, bench, epochs))
    return rows


def _score(net: nn.Module, bench: Bench, epoch: int) -> dict[str, Any]:
    torch.manual_seed(epoch)
    return {
        "epoch": epoch,
        "as_printed": round(measure_accuracy(net.train(), bench.test, "signed"), 4),
        "evaluation": round(measure_accuracy(net.eval(), bench.test, "signed"), 4),
    }
