"""The crops that readers of whole numbers are measured on, the same for us and for every peer.

    python benchmarks/numbers_items.py FOLDER     writes every set as PNG files with labels.csv

Everything follows from fixed seeds. Hands of the sets (MNIST's test digits, the writers of
swiss2, fonts of the "val" side) train no bundle that ships.
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.dataset import Dataset
from handsum.data.fonts import load_fonts
from handsum.data.repairs import repair_labels
from handsum.data.sources import load_dataset
from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.defects import DEFECTS
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.data.synthesis.sample import SynthesisConfig, build_sample
from handsum.data.synthesis.scene import expose, place_number
from handsum.data.synthesis.words import draw_words

RECIPE = Path(__file__).parent.parent / "recipes" / "numbers.toml"
MIDDLE = 0.5  # strength of the synthesis' defects in the sets that are spoilt
SPACINGS = {"tight": (-2.0, 1.0), "normal": (2.0, 6.0), "spaced": (8.0, 16.0)}  # of 28 pixels

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Item:
    """One crop: what stands there, what it is, and which part of its set it belongs to."""

    grey: Grey
    text: str
    content: str
    part: str


def mnist_strings(
    count: int = 1500, seed: int = 11, among: Sequence[int] | None = None
) -> list[Item]:
    """Strings of 2 to 8 MNIST test digits in a row, black on white, tight to spaced.

    ``among`` are the rows of the test digits that may be taken, without it all of them.
    """
    data = load_dataset("mnist:test")
    return strings_of(data if among is None else data.take(among), count, seed)


def strings_of(data: Dataset, count: int, seed: int) -> list[Item]:
    """Strings of 2 to 8 of MNIST's digits, those of ``data``, as in `mnist_strings`."""
    items = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        part = list(SPACINGS)[index % len(SPACINGS)]
        rows = rng.integers(0, len(data), size=int(rng.integers(2, 9)))
        ink = np.zeros((28, 45 * len(rows) + 45), np.uint8)
        x = 8.0
        for row in rows:
            digit = np.asarray(data.images[row])
            digit = digit[:, np.flatnonzero(digit.any(axis=0))]
            place = ink[:, round(x) : round(x) + digit.shape[1]]
            np.maximum(place, digit, out=place)
            x += digit.shape[1] + rng.uniform(*SPACINGS[part])
        right = int(np.flatnonzero(ink.any(axis=0))[-1])
        grey = np.pad(255 - ink[:, : right + 9], ((8, 8), (0, 0)), constant_values=255)
        grey = np.asarray(cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
        items.append(Item(grey, "".join(data.texts[row] for row in rows), "number", part))
    return items


def swiss2_strings(count: int = 1000) -> list[Item]:
    """Strings of 2 to 8 digits of two unseen writers, with the synthesis' defects at the middle."""
    config = replace(_spoilt(), refuse=0.0, comb=0.0, separators=0.0)
    hands = build_hands(load_dataset("swiss2"))
    items: list[Item] = []
    index = 0
    while len(items) < count:
        sample = build_sample(config, hands, (), 12, index)
        if 2 <= len(sample.text) <= 8:
            items.append(Item(sample.grey, sample.text, "number", sample.hand.split("/")[-1]))
        index += 1
    return items


def swiss2_combs(count: int = 600) -> list[Item]:
    """Combs of 3 to 8 cells with printed borders, a digit of an unseen writer in each."""
    hands = build_hands(load_dataset("swiss2"))
    items = []
    for index in range(count):
        rng = np.random.default_rng([13, index])
        hand = hands[int(rng.integers(len(hands)))]
        text = "".join(str(d) for d in rng.integers(0, 10, size=int(rng.integers(3, 9))))
        style = replace(sample_style(rng, comb=True), zero_size=1.0, joined=False)
        tone = float(rng.uniform(0.5, 1.0))
        scene = place_number(compose_number(text, hand, style, rng), style, hand, rng, tone)
        scene = expose(DEFECTS["comb_borders"](scene, rng, MIDDLE))
        for name in ("paper_texture", "turn", "blur", "noise", "jpeg"):
            if rng.random() < 0.5:
                scene = DEFECTS[name](scene, rng, MIDDLE)
        items.append(Item(to_grey(scene.ground), text, "number", hand.name.split("/")[-1]))
    return items


def refusals(count: int = 600) -> list[Item]:
    """Blank and ruled paper, struck-out numbers, words and scribbles of unseen hands and fonts."""
    config = replace(_spoilt(), refuse=1.0)
    hands = build_hands(load_dataset("mnist:test"))
    words = draw_words(load_fonts("val"), 400, seed=14)
    samples = [build_sample(config, hands, words, 14, index) for index in range(count)]
    return [Item(s.grey, "", s.content, s.content) for s in samples]


def unseen_numbers(count: int = 1000) -> list[Item]:
    """Numbers of every kind in MNIST test hands and unseen fonts: what must not be refused."""
    hands: tuple[Hand, ...] = build_hands(load_dataset("mnist:test"))
    hands += build_hands(load_dataset("font_digits:val"), smallest=10)
    return spoilt_numbers(hands, count, seed=15)


def spoilt_numbers(hands: Sequence[Hand], count: int, seed: int) -> list[Item]:
    """Numbers of every kind by ``hands``, the recipe's defects at half strength."""
    config = replace(_spoilt(), refuse=0.0)
    samples = [build_sample(config, hands, (), seed, index) for index in range(count)]
    return [Item(s.grey, s.text, "number", s.hand.split("/")[0]) for s in samples]


def register(part: str, repaired: bool = False) -> list[Item]:
    """Numbers in tall register cells; ``part`` "dev" to look at, "report" for the figure.

    ``repaired``: with the labels put right that are wrong beyond doubt.
    """
    data = load_dataset(f"register_numbers:{part}")
    data = repair_labels(data) if repaired else data
    rows = zip(data.images, data.texts, data.groups, strict=True)
    return [Item(image, text, "number", str(group).split("/")[-1]) for image, text, group in rows]


SETS: dict[str, Callable[[], list[Item]]] = {
    "mnist_strings": mnist_strings,
    "swiss2_strings": swiss2_strings,
    "swiss2_combs": swiss2_combs,
    "unseen_numbers": unseen_numbers,
    "refusals": refusals,
    "register_dev": lambda: register("dev"),
    "register_report": lambda: register("report"),
}
DIGITS_ONLY = frozenset(
    {"mnist_strings", "swiss2_strings", "swiss2_combs", "register_dev", "register_report"}
)
"""Where a reader may be told that there are only digits, as peers are by a mask."""


def _spoilt() -> SynthesisConfig:
    """The recipe's synthesis with every strength brought to the middle."""
    tree = tomllib.loads(RECIPE.read_text("utf-8"))["synthesis"]
    defects = {name: (chance, MIDDLE) for name, (chance, _) in tree.pop("defects").items()}
    places = {name: (share, others) for name, (share, others) in tree.pop("places", {}).items()}
    return SynthesisConfig(defects=defects, places=places, **tree)


def write_items(folder: Path, names: Sequence[str]) -> None:
    """Every set as a folder of PNG files with a labels.csv (file,text,content,part)."""
    for name in names:
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        with (target / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("file", "text", "content", "part"))
            for index, item in enumerate(SETS[name]()):
                cv2.imwrite(str(target / f"{index:05d}.png"), item.grey)
                table.writerow((f"{index:05d}.png", item.text, item.content, item.part))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    arguments = parser.parse_args()
    write_items(arguments.folder, arguments.sets)
