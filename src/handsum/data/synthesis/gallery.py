"""A contact sheet of the synthesis: every defect alone, weak to strong, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.defects import DEFECTS, SEEN
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.refuse import REFUSALS, Penman, Words
from handsum.data.synthesis.scene import expose, fit_text, place_number
from handsum.files import write_atomically

_CELL = (84, 220)  # rows, columns of pixels for one example
_LABEL = 190
_TEXTS = ("1905", "70", "23500", "848", "6117", "12.50")
_STRENGTHS = (0.3, 0.6, 1.0)

Grey = npt.NDArray[np.uint8]


def write_gallery(
    path: Path,
    hands: Sequence[Hand],
    words: Words = (),
    *,
    seed: int = 0,
    columns: int = 6,
    names: Sequence[str] = (),
) -> None:
    """Write a PNG with a row of ``columns`` examples for each defect, and for each refusal.

    Strengths rise from left to right (0.3, 0.6, 1.0, twice by default). ``names`` picks rows;
    empty means all. The same seed gives the same bytes. StorageError where it cannot be written.
    """
    rows = []
    for name in names or (*DEFECTS, *REFUSALS):
        cells = [_example(name, hands, words, seed, k) for k in range(columns)]
        rows.append(np.hstack([_label(name), *map(_fit, cells)]))
    _, png = cv2.imencode(".png", np.vstack(rows))
    write_atomically(path, png.tobytes())


def _example(name: str, hands: Sequence[Hand], words: Words, seed: int, column: int) -> Grey:
    # The same number in the same hand down a column, so that only the defect differs.
    rng = np.random.default_rng([seed, column])
    hand = hands[int(rng.integers(len(hands)))]
    style = sample_style(rng, comb=name == "comb_borders")
    style = replace(style, height=34.0, gap=max(style.gap, 0.02))
    text = fit_text(_TEXTS[column % len(_TEXTS)], hand, rng)
    if name in REFUSALS:
        written = REFUSALS[name][0](Penman(hand, style, words), rng)
    else:
        written = compose_number(text, hand, style, rng)
    scene = place_number(written, style, hand, rng)
    strength = _STRENGTHS[column % len(_STRENGTHS)]
    if name in SEEN:
        return to_grey(DEFECTS[name](expose(scene), rng, strength).ground)
    if name in DEFECTS:
        scene = DEFECTS[name](scene, rng, strength)
    return to_grey(expose(scene).ground)


def _fit(grey: Grey) -> Grey:
    """The picture in a cell of fixed size, reduced where it is larger."""
    height, width = _CELL
    room = (height - 6, width - 6)
    factor = min(1.0, room[0] / grey.shape[0], room[1] / grey.shape[1])
    if factor < 1.0:
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        grey = np.asarray(small, np.uint8)
    cell = np.full((height, width), 225, np.uint8)
    y, x = (height - grey.shape[0]) // 2, (width - grey.shape[1]) // 2
    cell[y : y + grey.shape[0], x : x + grey.shape[1]] = grey
    return cell


def _label(name: str) -> Grey:
    cell = np.full((_CELL[0], _LABEL), 255, np.uint8)
    at = (6, _CELL[0] // 2 + 5)
    cv2.putText(cell, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, 0, 1, cv2.LINE_AA)
    return cell
