"""Training state on disk: written whole or not at all, read without unpickling code."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from handsum.errors import TrainingError
from handsum.files import write_atomically


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers and texts; StorageError leaves the former checkpoint in place."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(path, buffer.getvalue(), "Free some space and run again with --resume.")


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What `save_checkpoint` wrote; TrainingError where it is absent or damaged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise TrainingError(f"There is no checkpoint {path}.", "Train without --resume.") from error
    except OSError as error:
        raise TrainingError(
            f"The checkpoint {path} cannot be read: {error.strerror or error}.",
            "Check what it is and who may read it.",
        ) from error
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch meets bytes that are none of its own with any error
        # Its own message would tell the user to load them unsafely.
        raise _damaged(path) from error
    if not isinstance(state, dict):
        raise _damaged(path)
    return state


def _damaged(path: Path) -> TrainingError:
    return TrainingError(
        f"The checkpoint {path} is damaged.", "Remove it and train from the start."
    )
