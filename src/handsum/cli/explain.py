"""Pictures of what decided each reading of a digit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

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
    """One PNG a page in ``folder``: the ink, and what spoke for and against its answer.

    Blank pages have nothing to explain and get none.
    """
    sources = {result.source for result in results if isinstance(result, Reading)}
    for picture, target in each_page(files, sources):
        digit = reader.prepare(picture).digit
        if digit.blank:
            continue
        explanation = explain_digit(reader, digit.ink)
        _, data = cv2.imencode(".png", draw_explanation(explanation))
        write_atomically(folder / f"{target}-{explanation.answer}.png", data.tobytes())
