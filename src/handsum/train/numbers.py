"""Training of the reader of whole numbers: shards of synthetic strips, CTC and a content head.

Every random number follows from the recipe's seed and the epoch, so a run that was stopped and
resumed gives the weights of one that was not.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from handsum.charset import BLANK_ID, NUMBERS
from handsum.data.synthesis.pool import open_pool
from handsum.data.synthesis.shards import Shard
from handsum.errors import TrainingError
from handsum.files import write_atomically
from handsum.models.numbers import CONTENTS, STRIDE, NumberNet, build_numbers
from handsum.train.averaging import average_weights
from handsum.train.checkpoint import load_checkpoint, save_checkpoint
from handsum.train.numbers_config import NumbersRecipe, StripAugment
from handsum.train.optim import build_optimizer
from handsum.train.start import load_start, mix_start

CHECKPOINT, WEIGHTS, LOG = "checkpoint.pt", "model.pt", "log.jsonl"
_BUCKET = 20  # batches that are sorted by width together


@dataclass(frozen=True)
class Batch:
    """``strips`` float32 (N, 1, 48, W), ``columns`` (N,) how many outputs are no padding,
    ``targets`` all symbols in one row, ``lengths`` (N,) of each text, ``contents`` (N,)."""

    strips: Tensor
    columns: Tensor
    targets: Tensor
    lengths: Tensor
    contents: Tensor


def train_numbers(
    recipe: NumbersRecipe,
    folder: Path,
    *,
    resume: bool = False,
    on_epoch: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Train by ``recipe`` into ``folder``: model.pt (averaged weights), log.jsonl, checkpoint.pt.

    TrainingError where the loss stops being a number: the last epoch's checkpoint remains.
    """
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    net = build_numbers(len(NUMBERS), **recipe.model.options)
    if recipe.start is not None:
        load_start(net, recipe.start.file, recipe.start.sha256)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = build_optimizer(
        recipe.optim.name, net.parameters(), recipe.optim.lr, recipe.optim.options
    )
    kept = {name: value.clone() for name, value in net.state_dict().items()}
    epoch, step = 0, 0
    if resume:
        epoch, step = _restore(folder / CHECKPOINT, recipe, net, optimizer, kept)
    else:
        write_atomically(folder / "recipe.json", recipe.model_dump_json(indent=2).encode())
        write_atomically(folder / LOG, b"")
    keep, last = recipe.data.keep, recipe.epochs - 1
    with open_pool(recipe.pool(), recipe.data.workers) as pool:
        shards = deque((pool.get(n, last) for n in range(max(0, epoch - keep + 1), epoch)), keep)
        while epoch < recipe.epochs:
            waited = time.perf_counter()
            shards.append(pool.get(epoch, last))
            started = time.perf_counter()
            torch.manual_seed(recipe.seed * 100_003 + epoch)  # for dropout
            total, count = 0.0, 0
            batches = math.ceil(sum(map(len, shards)) / recipe.batch_size)
            for batch in deal_batches(tuple(shards), recipe, epoch):
                rate = recipe.optim.lr * recipe.schedule.share(
                    epoch + count / batches, recipe.epochs
                )
                for group in optimizer.param_groups:
                    group["lr"] = rate
                value = _update(net, optimizer, batch, recipe)
                if not math.isfinite(value):
                    raise TrainingError(
                        f"The loss is {value} in epoch {epoch + 1}.",
                        f"Lower optim.lr (now {recipe.optim.lr}) and run again with --resume.",
                    )
                step += 1
                average_weights(kept, net, recipe.ema, step)
                total, count = total + value, count + 1
            epoch += 1
            line = {"epoch": epoch, "step": step, "train/loss": round(total / count, 4), "lr": rate,
                    "seconds": round(time.perf_counter() - started, 1),
                    "waited": round(started - waited, 1)}  # fmt: skip
            with (folder / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
            state = {"recipe": recipe.model_dump_json(), "epoch": epoch, "step": step, "kept": kept,
                     "net": net.state_dict(), "optimizer": optimizer.state_dict()}  # fmt: skip
            save_checkpoint(folder / CHECKPOINT, state)
            save_checkpoint(folder / WEIGHTS, {"recipe": recipe.model_dump_json(), "net": kept})
            on_epoch(line)
    if recipe.start is not None and recipe.start_share > 0:
        net.load_state_dict(kept)
        mix_start(net, recipe.start.file, recipe.start.sha256, recipe.start_share)
        mixed = {"recipe": recipe.model_dump_json(), "net": net.state_dict()}
        save_checkpoint(folder / WEIGHTS, mixed)


def load_number_net(folder: Path) -> tuple[NumberNet, NumbersRecipe]:
    """A run's net in evaluation mode, and the recipe that made it."""
    state = load_checkpoint(folder / WEIGHTS)
    recipe = NumbersRecipe.model_validate_json(state["recipe"])
    net = build_numbers(len(NUMBERS), **recipe.model.options)
    net.load_state_dict(state["net"])
    return net.eval(), recipe


def deal_batches(shards: Sequence[Shard], recipe: NumbersRecipe, epoch: int) -> Iterator[Batch]:
    """All strips of ``shards`` in random order, those of one batch about equally wide."""
    rng = np.random.default_rng([recipe.seed, 17, epoch])
    rows = [(k, i) for k, shard in enumerate(shards) for i in range(len(shard))]
    order = rng.permutation(len(rows))
    size = recipe.batch_size
    for start in range(0, len(order), size * _BUCKET):
        part = order[start : start + size * _BUCKET]
        widths = np.array([shards[rows[r][0]].strips[rows[r][1]].shape[1] for r in part])
        ranked = part[np.argsort(widths, kind="stable")]
        batches = [ranked[i : i + size] for i in range(0, len(ranked), size)]
        for k in rng.permutation(len(batches)):
            picked = [rows[r] for r in batches[k]]
            yield collate(
                [vary_strip(shards[s].strips[i], recipe.augment, rng) for s, i in picked],
                [shards[s].texts[i] for s, i in picked],
                [shards[s].contents[i] for s, i in picked],
            )


def vary_strip(
    strip: npt.NDArray[np.uint8], config: StripAugment, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """A strip a little wider or higher, moved, slanted, fainter or bolder, and noisy."""
    height, width = strip.shape
    factor = float(np.exp(rng.uniform(-config.stretch, config.stretch)))
    wide = max(8, round(width * factor / STRIDE)) * STRIDE
    rise = rng.uniform(-config.shift, config.shift)
    tall = float(np.exp(rng.uniform(-config.zoom, config.zoom)))
    lean = rng.uniform(-config.shear, config.shear)
    middle = height / 2
    matrix = np.array(
        [[width / wide, lean, -lean * middle], [0, tall, middle * (1 - tall) - rise]], np.float64
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(strip, matrix, (wide, height), flags=flags)
    gamma = float(np.exp(rng.uniform(-config.gamma, config.gamma)))
    table = (np.linspace(0, 1, 256) ** gamma * 255 + 0.5).astype(np.uint8)
    toned = table[moved].astype(np.float32)
    if rng.random() < 0.5:
        toned += rng.standard_normal(toned.shape, dtype=np.float32) * (
            255 * config.noise * float(rng.random())
        )
    return np.asarray(np.clip(toned, 0, 255), np.uint8)


def collate(
    strips: Sequence[npt.NDArray[np.uint8]], texts: Sequence[str], contents: Sequence[str]
) -> Batch:
    """Pad strips on the right to the widest, ink 0 to 1."""
    width = max(s.shape[1] for s in strips)
    ink = np.zeros((len(strips), 1, strips[0].shape[0], width), np.uint8)
    for row, strip in zip(ink, strips, strict=True):
        row[0, :, : strip.shape[1]] = strip
    return Batch(
        strips=torch.from_numpy(ink)
        .float()
        .div_(255)
        .contiguous(memory_format=torch.channels_last),
        columns=torch.tensor([s.shape[1] // STRIDE for s in strips]),
        targets=torch.tensor([i for text in texts for i in NUMBERS.encode(text)]),
        lengths=torch.tensor([len(text) for text in texts]),
        contents=torch.tensor([CONTENTS.index(c) for c in contents]),
    )


def _update(
    net: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, recipe: NumbersRecipe
) -> float:
    net.train()
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bf16"):
        symbols, content = net(batch.strips)
    loss = compute_loss(symbols.float(), content.float(), batch, recipe.content_weight, recipe.trim)
    value = float(loss.detach())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    optimizer.step()
    return value


def compute_loss(
    symbols: Tensor, content: Tensor, batch: Batch, content_weight: float, trim: float = 0.0
) -> Tensor:
    """CTC a symbol over the numbers (Graves et al. 2006), cross-entropy of the content over all.

    ``trim`` is the share of a batch's numbers, those read worst, that is left out.
    """
    is_number = batch.contents == CONTENTS.index("number")
    kind = functional.cross_entropy(content, batch.contents)
    if not bool(is_number.any()):
        return content_weight * kind
    log_probs = symbols.log_softmax(-1).transpose(0, 1)[:, is_number]
    lengths = batch.lengths[is_number]
    ctc = functional.ctc_loss(
        log_probs, batch.targets, batch.columns[is_number], lengths,
        blank=BLANK_ID, reduction="none", zero_infinity=True,
    )  # fmt: skip
    if trim > 0:
        # What defects made unreadable teaches nothing, and would rule the gradient.
        each = (ctc / lengths).detach()
        read = each <= torch.quantile(each, 1 - trim)
        ctc, lengths = ctc[read], lengths[read]
    return ctc.sum() / lengths.sum() + content_weight * kind


def _restore(
    path: Path,
    recipe: NumbersRecipe,
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: dict[str, Tensor],
) -> tuple[int, int]:
    state = load_checkpoint(path)
    former = NumbersRecipe.model_validate_json(state["recipe"])
    began_to_fall = state["epoch"] > former.epochs - recipe.schedule.decay
    # Before the rate falls, a training of another length is the same training.
    if former != (recipe if began_to_fall else recipe.model_copy(update={"epochs": former.epochs})):
        raise TrainingError(
            f"The checkpoint {path} was made by another recipe.",
            "Resume with the recipe that began it, or train without --resume.",
        )
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    for name, value in state["kept"].items():
        kept[name].copy_(value)
    return int(state["epoch"]), int(state["step"])
