"""The training loop, from a recipe to a folder with a net, its log and its figures.

Every random number follows from the recipe's seed and the epoch, so a run that was stopped and
resumed gives the weights of one that was not.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from handsum.charset import DIGITS
from handsum.data.augment import Augmentation, augment
from handsum.data.digits import NOT_A_DIGIT, DigitArrays, prepare_digits
from handsum.data.sources import load_dataset
from handsum.errors import StorageError, TrainingError
from handsum.evaluate.predictions import DigitPredictions, save_predictions
from handsum.files import write_atomically
from handsum.models import build_model, count_parameters
from handsum.train.averaging import average_weights
from handsum.train.checkpoint import load_checkpoint, save_checkpoint
from handsum.train.config import Recipe
from handsum.train.losses import LOSSES, weight_penalty
from handsum.train.mixture import Mixture, check_test_set, deal_epoch, load_mixture
from handsum.train.optim import build_optimizer, learning_rate
from handsum.train.start import load_start

CHECKPOINT, WEIGHTS, LOG, REPORT = "checkpoint.pt", "model.pt", "log.jsonl", "report.json"
_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
PARTS = ("val", "left_out", "test")
"""What a net is measured on; each gives a file of predictions."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands: 1-based ``epoch``, its ``step`` of ``steps``, its mean ``loss``."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float


def ignore_progress(_: Progress) -> None:
    """Show nothing."""


def train(
    recipe: Recipe,
    folder: Path,
    *,
    resume: bool = False,
    mixture: Mixture | None = None,
    on_progress: Callable[[Progress], None] = ignore_progress,
) -> dict[str, Any]:
    """Train by ``recipe`` into ``folder`` and return the report that is written there.

    The folder then holds model.pt, report.json, log.jsonl, recipe.json, and the predictions on
    val, on the writers left out and on test (each npz). ``mixture`` saves reading the data again.
    Without ``resume`` all that a former run left in the folder is removed first. TrainingError
    where the loss stops being a number: the last epoch's checkpoint remains.
    """
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    device = choose_device(recipe.device)
    check_test_set(recipe.data.test)
    torch.manual_seed(recipe.seed)
    net, optimizer = _build(recipe, device)
    kept = {name: value.clone() for name, value in net.state_dict().items()}
    begun = _restore(folder, recipe, net, optimizer, kept) if resume else _begin(folder, recipe)
    epoch, step, seconds = begun

    mixture = mixture or load_mixture(recipe.data, recipe.seed)
    inks = torch.from_numpy(mixture.train.inks).to(device)
    labels = torch.from_numpy(mixture.train.labels).to(device)
    strengths = Augmentation(**recipe.augment.model_dump())
    compute_loss = LOSSES[recipe.loss.name]
    # An epoch's length varies by chance with fractional repeats; the schedule needs one number.
    length = float(mixture.train.repeats.sum())
    steps = recipe.epochs * (
        1 if recipe.full_batch else max(1, math.ceil(length / recipe.batch_size))
    )

    while epoch < recipe.epochs:
        started = time.perf_counter()
        order = torch.from_numpy(deal_epoch(mixture.train.repeats, recipe.seed, epoch)).to(device)
        chance = torch.Generator(device=device).manual_seed(recipe.seed * 100_003 + epoch)
        torch.manual_seed(recipe.seed * 100_003 + epoch)  # dropout draws from the global generator
        net.train()
        total, rate = 0.0, 0.0
        batches = torch.split(order, len(order) if recipe.full_batch else recipe.batch_size)
        for index, rows in enumerate(batches):
            rate = _set_rate(optimizer, recipe, min(step, steps - 1), steps)
            images = augment(
                to_images(_pick(inks, rows, recipe.data.rerender_share, chance)), strengths, chance
            )
            with _autocast(recipe, device):
                logits = net(scale_images(images, recipe.data.scale))
                loss = compute_loss(logits, labels[rows], recipe.loss.label_smoothing)
            loss = loss + weight_penalty(net, recipe.loss.l1, recipe.loss.l2)
            value = _finite(float(loss.detach()), recipe, epoch, index)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
            average_weights(kept, net, recipe.ema, step)
            total += value
            on_progress(
                Progress(epoch + 1, recipe.epochs, index + 1, len(batches), total / (index + 1))
            )
        epoch += 1
        seconds += time.perf_counter() - started
        line = {"epoch": epoch, "step": step, "train/loss": total / len(batches), "lr": rate,
                "seconds": round(seconds, 3)}  # fmt: skip
        if mixture.val is not None and (epoch == recipe.epochs or epoch % 5 == 0 or epoch == 1):
            line["val/accuracy"] = _accuracy(_kept_net(recipe, kept, device), recipe, mixture.val)
        _append_line(folder / LOG, json.dumps(line))
        save_checkpoint(
            folder / CHECKPOINT,
            {"recipe": recipe.model_dump_json(), "epoch": epoch, "step": step, "seconds": seconds,
             "net": net.state_dict(), "kept": kept, "optimizer": optimizer.state_dict()},
        )  # fmt: skip

    net = _kept_net(recipe, kept, device)
    save_checkpoint(folder / WEIGHTS, {"recipe": recipe.model_dump_json(), "net": net.state_dict()})
    report = _report(recipe, net, mixture, folder, seconds)
    write_atomically(folder / REPORT, (json.dumps(report, indent=2) + "\n").encode())
    return report


def choose_device(name: str) -> torch.device:
    """The device called ``name``; "auto" is the first CUDA device if there is one."""
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("There is no CUDA device here.", "Set device = 'cpu' or 'auto'.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def to_images(inks: Tensor) -> Tensor:
    """uint8 (N, H, W) to float32 (N, 1, H, W), ink 0 to 1."""
    return inks[:, None].float() / 255


def scale_images(images: Tensor, scale: str) -> Tensor:
    """Ink 0 to 1 as the net takes it: "unit" as it is, "signed" as (x - 0.5) / 0.5."""
    return (images - 0.5) / 0.5 if scale == "signed" else images


def load_net(folder: Path) -> tuple[nn.Module, Recipe]:
    """A run's trained net in evaluation mode, and the recipe that made it.

    TrainingError where the run is not finished, or was made by another version of handsum.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise TrainingError(
            f"{folder} holds no trained net ({WEIGHTS}).",
            "Name the folder of a finished run, or finish it with handsum train --resume.",
        )
    with _fitting(path):
        state = load_checkpoint(path)
        recipe = Recipe.model_validate_json(state["recipe"])
        net = build_model(recipe.model.name, _classes(recipe), recipe.model.options)
        net.load_state_dict(state["net"])
    return net.eval(), recipe


@torch.no_grad()
def predict_logits(
    net: nn.Module, inks: npt.NDArray[np.uint8], scale: str
) -> npt.NDArray[np.float32]:
    """Logits float32 (N, C) of uint8 (N, 28, 28) inks, in the net's present mode."""
    device = next(net.parameters()).device
    batches = torch.split(torch.from_numpy(inks), 512)
    outs = [net(scale_images(to_images(b.to(device)), scale)).float().cpu() for b in batches]
    return np.asarray(torch.cat(outs).numpy(), np.float32)


def _classes(recipe: Recipe) -> int:
    return NOT_A_DIGIT + bool(recipe.data.reject)


def _autocast(recipe: Recipe, device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16")


def _kept_net(recipe: Recipe, kept: dict[str, Tensor], device: torch.device) -> nn.Module:
    net = build_model(recipe.model.name, _classes(recipe), recipe.model.options).to(device)
    net.load_state_dict(kept)
    return net.eval()


def _build(recipe: Recipe, device: torch.device) -> tuple[nn.Module, torch.optim.Optimizer]:
    net = build_model(recipe.model.name, _classes(recipe), recipe.model.options)
    if recipe.start is not None:
        load_start(net, recipe.start.file, recipe.start.sha256)
    net = net.to(device)
    if recipe.precision == "bf16":
        # torch's stub for Module.to lacks the form that its documentation gives.
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = build_optimizer(
        recipe.optim.name, net.parameters(), recipe.optim.lr, recipe.optim.options
    )
    return net, optimizer


def _pick(inks: Tensor, rows: Tensor, share: float, chance: torch.Generator) -> Tensor:
    """One rendering of each of the rows: with the chance ``share`` another than the plain first."""
    if inks.shape[1] == 1:
        return inks[rows, 0]
    copy = torch.randint(1, inks.shape[1], (len(rows),), generator=chance, device=inks.device)
    other = torch.rand(len(rows), generator=chance, device=inks.device) < share
    return inks[rows, torch.where(other, copy, 0)]


def _set_rate(optimizer: torch.optim.Optimizer, recipe: Recipe, step: int, steps: int) -> float:
    schedule = recipe.schedule
    rate = learning_rate(schedule.name, recipe.optim.lr, schedule.warmup, step, steps)
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate


def _finite(loss: float, recipe: Recipe, epoch: int, index: int) -> float:
    if not math.isfinite(loss):
        kept = f"; the checkpoint of epoch {epoch} is kept" if epoch > 0 else ""
        raise TrainingError(
            f"The loss is {loss} in epoch {epoch + 1}, step {index + 1}.",
            f"Lower optim.lr (now {recipe.optim.lr}){kept}.",
        )
    return loss


def _begin(folder: Path, recipe: Recipe) -> tuple[int, int, float]:
    """A folder in which nothing is left of a former run, which would pass for this one's."""
    for name in (CHECKPOINT, WEIGHTS, REPORT, *(f"{part}.npz" for part in PARTS)):
        (folder / name).unlink(missing_ok=True)
    write_atomically(folder / "recipe.json", recipe.model_dump_json(indent=2).encode())
    write_atomically(folder / LOG, b"")
    return 0, 0, 0.0


def _append_line(path: Path, line: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise StorageError(
            f"Cannot write {path}: {error.strerror or error}.",
            "Free some space and run again with --resume.",
        ) from error


def _restore(
    folder: Path,
    recipe: Recipe,
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: dict[str, Tensor],
) -> tuple[int, int, float]:
    path = folder / CHECKPOINT
    with _fitting(path):
        state = load_checkpoint(path)
        if Recipe.model_validate_json(state["recipe"]) != recipe:
            raise TrainingError(
                f"The checkpoint {path} was made by another recipe.",
                "Resume with the recipe and the changes that began it, or train without --resume.",
            )
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        for name, value in state["kept"].items():
            kept[name].copy_(value)
        epoch, step, seconds = int(state["epoch"]), int(state["step"]), float(state["seconds"])
    # An epoch whose line was written and whose checkpoint was not is trained, and told, again.
    lines = (folder / LOG).read_text("utf-8").splitlines(keepends=True)
    write_atomically(folder / LOG, "".join(lines[:epoch]).encode())
    return epoch, step, seconds


@contextmanager
def _fitting(path: Path) -> Iterator[None]:
    """TrainingError for a state that another version of handsum, or another command, wrote."""
    try:
        yield
    except (KeyError, ValueError, RuntimeError) as error:  # pydantic's is a ValueError
        raise TrainingError(
            f"{path} does not fit this version of handsum, or is of another kind.",
            "Train again, or use the version that wrote it.",
        ) from error


def _accuracy(net: nn.Module, recipe: Recipe, data: DigitArrays) -> float:
    logits = predict_logits(net, data.inks[:, 0], recipe.data.scale)
    return float((logits.argmax(axis=1) == data.labels).mean())


def _report(
    recipe: Recipe, net: nn.Module, mixture: Mixture, folder: Path, seconds: float
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "parameters": count_parameters(net),
        "train/seconds": round(seconds, 1),
        "train/pictures": len(mixture.train),
        "sources": list(mixture.sources),
    }
    test = None
    if recipe.data.test is not None:  # read once, after everything is decided
        test = prepare_digits(load_dataset(recipe.data.test), normalized=recipe.data.normalize)
    for part, data in zip(PARTS, (mixture.val, mixture.left_out, test), strict=True):
        if data is None:
            continue
        logits = predict_logits(net, data.inks[:, 0], recipe.data.scale)
        report[f"{part}/accuracy"] = float((logits.argmax(axis=1) == data.labels).mean())
        for source in dict.fromkeys(data.sources):
            rows = np.array([s == source for s in data.sources])
            right = logits[rows].argmax(axis=1) == data.labels[rows]
            report[f"{part}/accuracy/{source}"] = float(right.mean())
        save_predictions(folder / f"{part}.npz", _predictions(logits, data))
    if test is not None and any(isinstance(module, _DROPOUTS) for module in net.modules()):
        report["test/accuracy_dropout_on"] = _accuracy_as_printed(net, recipe, test)
    return report


def _accuracy_as_printed(net: nn.Module, recipe: Recipe, test: DigitArrays) -> float:
    """What the article's own test prints, which forgets to switch dropout off."""
    dropouts = [module for module in net.modules() if isinstance(module, _DROPOUTS)]
    torch.manual_seed(recipe.seed)
    for module in dropouts:
        module.train()
    accuracy = _accuracy(net, recipe, test)
    for module in dropouts:
        module.eval()
    return accuracy


def _predictions(logits: npt.NDArray[np.float32], data: DigitArrays) -> DigitPredictions:
    names = (*DIGITS.symbols, "not_a_number")
    return DigitPredictions(
        probs=torch.softmax(torch.from_numpy(logits).double(), dim=1).numpy(),
        labels=data.labels,
        ids=data.ids,
        groups=data.groups,
        classes=names[: logits.shape[1]],
    )
