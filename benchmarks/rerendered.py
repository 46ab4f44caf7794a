"""MNIST's test digits drawn anew on other paper, at 20 to 400 px, and read by the shipped reader.

    handsum bench rerendered

Every digit is drawn once, in the six kinds of `drawings.KINDS` by turns; kind, size and all the
rest follow from the seed. The drawing code shares nothing with what the reader was trained on. A
diagnostic: these are MNIST's hands, seen by a camera that is no camera.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt
from drawings import KINDS, LARGEST, SMALLEST, choose_side
from record import describe_machine, parse_options, record, run, share_json, take_part

from handsum.data.sources import load_dataset
from handsum.evaluate.metrics import most_confused
from handsum.reader import DigitReader

SEED = 20
SIZES = (SMALLEST, 28, 56, 112, 224, LARGEST + 1)


def draw_digits(
    inks: Iterator[npt.NDArray[np.uint8]],
) -> Iterator[tuple[npt.NDArray[np.uint8], str, int]]:
    """Each ink-high picture drawn, the name of its kind, and the frame's side in pixels."""
    for index, ink in enumerate(inks):
        rng = np.random.default_rng([SEED, index])
        kind = list(KINDS)[index % len(KINDS)]
        side = choose_side(rng)
        yield KINDS[kind](ink, side, rng), kind, side


def main() -> None:
    options = parse_options(__doc__)
    machine = describe_machine()
    reader = DigitReader()
    data = take_part(load_dataset("mnist:test"), options.limit)
    drawn = draw_digits(iter(data.images))
    texts, kinds, sides = [], [], []
    while batch := list(islice(drawn, 512)):  # large pictures are not all kept at once
        texts += [r.text or r.content for r in reader.read([picture for picture, _, _ in batch])]
        kinds += [kind for _, kind, _ in batch]
        sides += [side for _, _, side in batch]
    right = np.array([read == text for read, text in zip(texts, data.texts, strict=True)])
    kind_of, side_of = np.array(kinds), np.array(sides)
    figures = {
        "accuracy": share_json(right),
        "refused": share_json(np.array([text == "not_a_number" for text in texts])),
        "blank": share_json(np.array([text == "blank" for text in texts])),
        "kinds": {kind: share_json(right[kind_of == kind]) for kind in KINDS},
        "frame_px": {
            f"{low}-{high - 1}": share_json(right[(side_of >= low) & (side_of < high)])
            for low, high in pairwise(SIZES)
        },
        "most_confused": most_confused(data.texts, texts),
    }
    record(
        "rerendered",
        "MNIST test digits drawn anew at 20 to 400 px on other paper (diagnostic).",
        figures,
        options=options,
        machine=machine,
        seeds=[SEED],
        bundles=[reader.bundle],
    )


if __name__ == "__main__":
    run(main)
