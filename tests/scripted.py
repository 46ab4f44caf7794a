"""A tiny reader of whole numbers with made-up weights, and nets that say what a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from handsum.charset import NUMBERS
from handsum.data.dataset import Dataset
from handsum.models.numbers import CONTENTS, build_numbers
from handsum.reader import NumberReader
from handsum.reader.numbers import PreparedCrop
from handsum.reader.strips import NetOutput
from handsum.train.checkpoint import save_checkpoint
from handsum.train.numbers import WEIGHTS
from handsum.train.numbers_config import NumbersRecipe
from penned import as_grey, draw_ink, on_paper

Grey = npt.NDArray[np.uint8]

OPTIONS = {"widths": [8, 8, 8, 8], "temporal": 16, "depth": 1}


def number_recipe() -> NumbersRecipe:
    """A recipe over a few drawn hands."""
    return NumbersRecipe.model_validate(
        {
            "kind": "numbers", "name": "scripted", "epochs": 1,
            "data": {"sources": [{"name": "drawn:2"}]},
            "synthesis": {"defects": {"blur": [0.5, 1.0]}},
            "model": {"name": "numbers", **OPTIONS},
        }
    )  # fmt: skip


def save_number_run(folder: Path) -> Path:
    """A run as training leaves it, with weights that never saw a picture."""
    recipe = number_recipe()
    torch.manual_seed(0)
    net = build_numbers(len(NUMBERS), **recipe.model.options)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(recipe.model_dump_json(), "utf-8")
    state = {"recipe": recipe.model_dump_json(), "net": net.state_dict()}
    save_checkpoint(folder / WEIGHTS, state)
    return folder


def draw_number(text: str, side: int = 40, gap: int = 6) -> Grey:
    """A number in a row on paper, in pen strokes."""
    ink = np.concatenate([np.pad(draw_ink(d, side), ((0, 0), (gap, 0))) for d in text], axis=1)
    return as_grey(on_paper(ink, (side + 20, ink.shape[1] + 24), (10, 12)))


def drawn_numbers(texts: Sequence[str]) -> Dataset:
    """Labelled pictures of numbers, each of a writer of its own."""
    return Dataset(
        name="drawn numbers",
        images=[draw_number(text) for text in texts],
        texts=tuple(texts),
        contents=("number",) * len(texts),
        groups=tuple(f"w{i}" for i in range(len(texts))),
        ids=tuple(f"{i}.png" for i in range(len(texts))),
    )


def said(text: str, columns: int, sure: float = 0.99, number: float = 0.99) -> NetOutput:
    """What a net would say that saw ``text`` in evenly spaced columns."""
    probs = np.full((columns, len(NUMBERS)), 0.01 / (len(NUMBERS) - 1))
    probs[:, 0] = 0.99
    for i, symbol in enumerate(NUMBERS.encode(text)):
        column = int((i + 0.5) / len(text) * columns)
        probs[column] = (1.0 - sure) / (len(NUMBERS) - 1)
        probs[column, symbol] = sure
    contents = np.full(len(CONTENTS), (1.0 - number) / (len(CONTENTS) - 1))
    contents[0] = number
    return NetOutput(np.log(probs), contents)


def script(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch, outputs: Sequence[NetOutput]
) -> None:
    """Let the reader's net say these things of the next pictures in order, and when asked again."""
    coming = iter(outputs)
    said_of: dict[int, NetOutput] = {}

    def run(prepared: Sequence[PreparedCrop]) -> list[NetOutput]:
        found = [next(coming) for _ in prepared]
        said_of.update(zip(map(id, prepared), found, strict=True))
        return found

    def run_wider(prepared: Sequence[PreparedCrop], factor: float) -> list[NetOutput]:
        return [said_of[id(crop)] for crop in prepared]

    monkeypatch.setattr(reader, "_run", run)
    monkeypatch.setattr(reader, "_run_wider", run_wider)
