"""Single digits as the readers of whole numbers cut them out: of lines, and of the cells of combs.

Digits of the training sets are written into numbers and combs by the synthesis, and cut out again
the way in which `handsum.reader.cuts` and `handsum.reader.combs` do it. So the digit reader
learns the ink that it will be shown there: pens, slants and sizes of a whole number, strokes of
neighbours, remains of print.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.charset import NUMBERS
from handsum.data import synthesis
from handsum.data.cache import cache_dir
from handsum.data.dataset import Dataset
from handsum.data.fonts import load_glyphs
from handsum.data.mnist import load_mnist
from handsum.data.npz import load_columns
from handsum.data.public import load_public
from handsum.data.synthesis.drawn import draw_hands
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.data.synthesis.sample import Sample, SynthesisConfig, build_sample
from handsum.decode.align import SymbolSpan
from handsum.files import write_atomically
from handsum.imaging import combs as combs_module
from handsum.imaging.combs import cut_cells, find_comb
from handsum.imaging.grey import grey_from_ink
from handsum.imaging.numbers import prepare_number
from handsum.reader import cuts as cuts_module
from handsum.reader.cuts import cut_symbols

NAME = "written:digits"
PUBLIC_PARTS = {
    "swiss8": 3.0,
    "bhmsds_digits": 1.0,
    "semeion": 0.8,
    "optdigits": 0.8,
    "pendigits": 1.0,
    "hwd1000": 0.3,
}
"""The public sets whose digits are written, each with its weight."""
_SQUEEZED = ("semeion", "optdigits")
VAL_SHARE = 0.05
"""Digits that a recipe with this val_share keeps for val write nothing here."""
_SIDE = 64  # pixels of a cut that is kept; larger ones are made smaller
_LINES = SynthesisConfig(
    separators=0.1,
    comb=0.0,
    refuse=0.0,
    defects={
        "underline": (0.08, 0.7),
        "closing_mark": (0.03, 0.7),
        "row_neighbours": (0.08, 0.5),
        "table_borders": (0.12, 0.7),
        "ruled_lines": (0.08, 0.7),
        "dotted_lines": (0.04, 0.7),
        "security_pattern": (0.06, 0.6),
        "pressure": (0.3, 0.7),
        "pencil": (0.15, 0.7),
        "dry_pen": (0.05, 0.6),
        "paper_texture": (0.4, 0.8),
        "shading": (0.3, 0.7),
        "turn": (0.4, 0.8),
        "perspective": (0.15, 0.8),
        "low_resolution": (0.3, 0.6),
        "blur": (0.3, 0.6),
        "contrast": (0.5, 0.7),
        "noise": (0.3, 0.6),
        "binarise": (0.1, 0.7),
        "jpeg": (0.35, 0.8),
    },
)
_COMBS = replace(
    _LINES,
    separators=0.0,
    comb=1.0,
    defects={**_LINES.defects, "comb_borders": (1.0, 0.7), "table_borders": (0.0, 0.7)},
)


@dataclass(frozen=True)
class Cut:
    """One digit: ``grey`` (H, W) dark on white, the digit, and the hand that wrote it."""

    grey: npt.NDArray[np.uint8]
    text: str
    hand: str


def load_written_digits(count: int, seed: int) -> Dataset:
    """``count`` digits of training hands as they are cut out of numbers; always the same ones.

    The group of each is its hand. They are made once and kept in the cache. DataError where
    MNIST, the public sets or the fonts are absent.
    """
    path = cache_dir() / "written" / f"{_key(count, seed)}.npz"
    if not path.is_file():
        _save(path, _write(count, seed))
    columns = load_columns(path)
    heights, widths = columns["heights"], columns["widths"]
    cuts = np.cumsum(heights * widths)[:-1]
    images = [
        flat.reshape(h, w)
        for flat, h, w in zip(np.split(columns["pixels"], cuts), heights, widths, strict=True)
    ]
    return Dataset(
        name=NAME,
        images=images,
        texts=tuple(columns["texts"].tolist()),
        contents=("number",) * len(images),
        groups=tuple(columns["hands"].tolist()),
        ids=tuple(f"{NAME}/{i:06d}" for i in range(len(images))),
        ink="dark",
        licence="those of the sets that they are made of",
        source=f"mnist:train, {', '.join(PUBLIC_PARTS)}, font_digits:train and drawn hands, "
        "written anew by handsum",
    )


def load_training_hands() -> tuple[Hand, ...]:
    """The hands of all training sets, without the digits that recipes keep for val."""
    hands: list[Hand] = []
    for data, weight, squeezed, smallest in (
        (load_mnist("train"), 4.5, False, 100),
        *((load_public(n), w, n in _SQUEEZED, 100) for n, w in PUBLIC_PARTS.items()),
        (load_glyphs("digits", "train"), 2.0, False, 10),
    ):
        learned = data.splits(VAL_SHARE)["train"]
        hands += build_hands(learned, weight, squeezed=squeezed, smallest=smallest)
    return (*hands, *draw_hands(300, seed=3, weight=2.5))


def cut_line(sample: Sample) -> list[Cut]:
    """The digits of a synthetic crop, cut along their strokes; those in the line that is found."""
    number = prepare_number(sample.grey)
    middles = (sample.boxes[:, [0, 1]] + sample.boxes[:, [2, 3]]) / 2
    xs = (middles[:, 0] - number.x0) * number.scale
    ys = (middles[:, 1] - number.y0) * number.scale
    height, width = number.ink.shape
    if len(xs) == 0 or xs.min() < 0 or xs.max() >= width or (np.diff(xs) < 2).any():
        return []
    if ys.min() < 0 or ys.max() >= height:
        return []
    spans = [
        SymbolSpan(NUMBERS.encode(t)[0], round(x), round(x), 1.0)
        for x, t in zip(xs, sample.text, strict=True)
    ]
    digits = [i for i, symbol in enumerate(sample.text) if symbol.isdigit()]
    cuts = cut_symbols(number.ink, spans, 1, digits)
    return [Cut(cut.grey, sample.text[i], sample.hand) for i, cut in zip(digits, cuts, strict=True)]


def cut_comb(sample: Sample) -> list[Cut]:
    """The digits of a synthetic comb, cell by cell; none where it is found with other cells."""
    comb = find_comb(sample.grey)
    if comb is None:
        return []
    middles = (sample.boxes[:, [0, 1]] + sample.boxes[:, [2, 3]]) / 2
    back = np.linalg.inv(np.vstack([comb.to_crop, [0.0, 0.0, 1.0]]))
    xs = back[0, :2] @ middles.T + back[0, 2]
    homes = [int(k) for k in np.searchsorted(comb.right, xs)]
    if len(set(homes)) < len(homes) or not homes or homes[-1] >= len(comb):
        return []
    cells = cut_cells(comb)
    return [
        Cut(grey_from_ink(cells[k].ink), symbol, sample.hand)
        for k, x, symbol in zip(homes, xs, sample.text, strict=True)
        if symbol.isdigit() and not cells[k].empty and x > comb.left[k]
    ]


def _write(count: int, seed: int) -> list[Cut]:
    hands = load_training_hands()
    made: list[Cut] = []
    for index in itertools.count():  # lines and combs by turns
        if len(made) >= count:
            break
        config, cut = ((_LINES, cut_line), (_COMBS, cut_comb))[index % 2]
        made += cut(build_sample(config, hands, (), seed, index))
    return made[:count]


def _shrink(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Cut to its ink with a margin, no side above `_SIDE` pixels."""
    ys, xs = np.flatnonzero((grey < 240).any(axis=1)), np.flatnonzero((grey < 240).any(axis=0))
    if len(ys):
        grey = grey[max(0, ys[0] - 4) : ys[-1] + 5, max(0, xs[0] - 4) : xs[-1] + 5]
    factor = _SIDE / max(grey.shape)
    if factor < 1:
        size = (max(3, round(grey.shape[1] * factor)), max(3, round(grey.shape[0] * factor)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(grey)


def _save(path: Path, cuts: Sequence[Cut]) -> None:
    greys = [_shrink(cut.grey) for cut in cuts]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        pixels=np.concatenate([grey.ravel() for grey in greys]),
        heights=np.array([len(grey) for grey in greys]),
        widths=np.array([grey.shape[1] for grey in greys]),
        texts=np.array([cut.text for cut in cuts]),
        hands=np.array([cut.hand for cut in cuts]),
    )
    write_atomically(path, buffer.getvalue())


def _key(count: int, seed: int) -> str:
    """A hash of what decides the digits: their number, the seed and the code that writes them."""
    digest = hashlib.sha256(f"{count} {seed}".encode())
    folder = Path(synthesis.__path__[0])
    modules = [__file__, combs_module.__file__, cuts_module.__file__]
    for path in [*sorted(folder.glob("*.py")), *map(Path, modules)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
