"""Comb fields with their number of cells, from any hands: to look at, to fit with, to measure.

The crops are those of `swiss2_combs` in numbers_items where the hands and the seed are the same.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from handsum.data.sources import load_dataset
from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.defects import DEFECTS
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.data.synthesis.scene import expose, place_number

Grey = npt.NDArray[np.uint8]
CAMERA = ("paper_texture", "turn", "blur", "noise", "jpeg")


@dataclass(frozen=True)
class CombItem:
    """A crop of a comb: the digits in it, how many cells it has, how many stand before them."""

    grey: Grey
    text: str
    cells: int
    before: int
    hand: str


def compose_comb(
    hands: Sequence[Hand], seed: int, index: int, strength: float, *, as_found: bool = False
) -> CombItem:
    """Comb ``index`` of 3 to 8 filled cells; others before and behind are empty or crossed.

    ``as_found`` leaves digits their own slant, width and pen, and only sets them into cells; else
    the synthesis writes them anew in one slant and pen, waved, up to a fifth of their height thick.
    """
    rng = np.random.default_rng([seed, index])
    hand = hands[int(rng.integers(len(hands)))]
    text = "".join(str(d) for d in rng.integers(0, 10, size=int(rng.integers(3, 9))))
    style = replace(sample_style(rng, comb=True), zero_size=1.0, joined=False)
    if as_found:
        style = replace(style, as_found=True, aspect=1.0, barred=False)
    tone = float(rng.uniform(0.5, 1.0))
    scene = place_number(compose_number(text, hand, style, rng), style, hand, rng, tone)
    before, after = _empty_cells(rng)
    scene = expose(DEFECTS["comb_borders"](scene, rng, strength))
    for name in CAMERA:
        if rng.random() < 0.5:
            scene = DEFECTS[name](scene, rng, strength)
    cells = before + len(text) + after
    return CombItem(to_grey(scene.ground), text, cells, before, hand.name)


def compose_combs(
    hands: Sequence[Hand],
    count: int,
    seed: int,
    strength: float = 0.5,
    *,
    as_found: bool = False,
) -> list[CombItem]:
    """``count`` combs written by ``hands``; see `compose_comb`."""
    return [compose_comb(hands, seed, i, strength, as_found=as_found) for i in range(count)]


def unseen_hands() -> tuple[Hand, ...]:
    """Hands to fit with, none of them of swiss2 or of MNIST's test part.

    Fonts of the "val" side trained no bundle; the val part of MNIST trained no reader of digits
    (a reader of numbers may have seen its digits in other numbers).
    """
    mnist = load_dataset("mnist:train").splits(0.05)["val"]
    hands = build_hands(mnist, smallest=1000)
    return hands + font_hands()


def font_hands() -> tuple[Hand, ...]:
    """A hand a font of the "val" side."""
    return build_hands(load_dataset("font_digits:val"), smallest=10)


def swiss2_hands() -> tuple[Hand, ...]:
    """The two writers of the report."""
    return build_hands(load_dataset("swiss2"))


def _empty_cells(rng: np.random.Generator) -> tuple[int, int]:
    """How many cells `comb_borders` will leave before and behind: its first two draws."""
    ahead = copy.deepcopy(rng)
    before, after = (int(n) for n in ahead.integers(0, 4, size=2) * (ahead.random(2) < (0.35, 0.1)))
    return before, after
