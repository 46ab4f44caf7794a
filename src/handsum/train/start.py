"""Weights of an earlier training as the beginning of another."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from handsum.errors import TrainingError
from handsum.files import write_atomically


def save_start(path: Path, weights: dict[str, Tensor]) -> str:
    """Write weights as npz in float16, and give the file's SHA-256.

    Half precision: a training that begins with them moves them much further in its first step.
    """
    buffer = io.BytesIO()
    halves = {
        name: value.half().numpy() if value.is_floating_point() else value.numpy()
        for name, value in weights.items()
    }
    np.savez_compressed(buffer, allow_pickle=False, **halves)
    write_atomically(path, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def mix_start(net: nn.Module, path: Path, sha256: str, share: float) -> None:
    """Set a trained net to the mean of its weights and those it started with, which have ``share``.

    Two nets of which one went on from the other are often joined by a line along which both their
    strengths are kept (Wortsman et al.: Robust fine-tuning of zero-shot models, 2022). Weights that
    the start lacks stay. Raises what `load_start` raises.
    """
    trained = {name: value.clone() for name, value in net.state_dict().items()}
    load_start(net, path, sha256)
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            value.mul_(share).add_(trained[name], alpha=1.0 - share)


def load_start(net: nn.Module, path: Path, sha256: str) -> tuple[str, ...]:
    """Set the weights of ``net`` that ``path`` has; give the names of those that it lacks.

    TrainingError where the file is absent or another one, or has weights that do not fit.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrainingError(
            f"The weights to start with, {path}, cannot be read: {error.strerror}.",
            "Run the training from the folder that start.file is told from.",
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TrainingError(
            f"{path} is not the file that the recipe starts with: its SHA-256 differs.",
            "Get the file of the recipe's version, or change start.sha256.",
        )
    state = net.state_dict()
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        for name in archive.files:
            value = torch.from_numpy(np.asarray(archive[name]))
            if name not in state or state[name].shape != value.shape:
                raise TrainingError(
                    f"{path} has weights {name} {tuple(value.shape)} that fit nowhere in it.",
                    "Start a net of the same layers, or one that has more of them.",
                )
            state[name].copy_(value)  # the tensors of a state_dict are those of the net
        given = set(archive.files)
    return tuple(name for name in state if name not in given)
