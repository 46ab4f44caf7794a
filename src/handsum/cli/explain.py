"""Pictures of what decided each reading of a digit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import typer

from handsum.cli.overlay import each_page
from handsum.errors import UsageError
from handsum.files import write_atomically
from handsum.reader import CombReader, DigitReader, NumberReader, PageReader
from handsum.reader.explain import draw_explanation, explain_digit
from handsum.reader.stream import Input
from handsum.readings import Failure, Reading


def check_explainable(
    reader: NumberReader | DigitReader | PageReader | CombReader,
) -> DigitReader:
    """UsageError unless the reader is one of single digits."""
    if not isinstance(reader, DigitReader):
        raise UsageError("Only readings of single digits can be explained.", "Add --as digit.")
    return reader


def write_explanations(
    reader: DigitReader,
    files: Sequence[Input],
    results: Sequence[Reading | Failure],
    folder: Path,
) -> None:
    """Two PNGs a page in ``folder``: the ink with what spoke for and against its answer, and what
    each layer of the net makes of it (this one with the extra "train", which reads the program).

    Blank pages have nothing to explain and get none.
    """
    look = _layers(reader)
    sources = {result.source for result in results if isinstance(result, Reading)}
    for picture, target in each_page(files, sources):
        digit = reader.prepare(picture).digit
        if digit.blank:
            continue
        explanation = explain_digit(reader, digit.ink)
        _, data = cv2.imencode(".png", draw_explanation(explanation))
        name = f"{target}-{explanation.answer}"
        write_atomically(folder / f"{name}.png", data.tobytes())
        sheet = look(digit.ink)
        if sheet is not None:
            write_atomically(folder / f"{name}-layers.png", sheet)


def _layers(reader: DigitReader) -> Callable[[npt.NDArray[np.uint8]], bytes | None]:
    """Draws what the layers make of an ink (28, 28); draws nothing where onnx is not installed."""
    if find_spec("onnx") is None:
        typer.echo('Pictures of the layers need: pip install "handsum[train]"', err=True)
        return lambda _: None
    from handsum.lab.layers import layer_rows
    from handsum.lab.sheet import draw_png

    program = reader.bundle.model_path.read_bytes()

    def draw(ink: npt.NDArray[np.uint8]) -> bytes | None:
        rows = layer_rows(program, ink)
        return draw_png(rows) if rows else None

    return draw
