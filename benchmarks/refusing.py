"""What the shipped digit reader refuses of what is no digit, at 99.9 % of digits kept.

    handsum bench refusing

A picture is refused where it is blank or its probability of "not a number" is above a threshold;
the threshold is the one that keeps 99.9 % of MNIST's test digits and of swiss2's digits together.
("as_shipped" is what the reader refuses by itself, by its most probable class, and what share of
the digits it keeps then.) What is to be refused is of hands, fonts and pens that trained nothing:

symbol_w, symbol_plus   the symbols of bhmsds that were held back
letters                 letters that no hand writes as a digit, in fonts of the "val" side
scribbles               `data.rejects.draw_scribbles` with a fresh seed
other_scribbles         waves, ticks, crosses and dashes of the number synthesis: other code

All 52 letters are given beside it, with those that look like a digit named.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from record import describe_machine, parse_options, record, run, share_json, take_part

from handsum.data.fonts import LETTERS, load_fonts, render_glyphs
from handsum.data.rejects import draw_scribbles
from handsum.data.sources import load_dataset
from handsum.data.synthesis.compose import sample_style
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.refuse import Penman, scribble
from handsum.imaging.load import load_pictures
from handsum.reader import DigitReader

KEPT = 0.999
SEED = 21
SCRIBBLES = 1000
LETTER_PX = 64

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def other_scribbles(count: int) -> list[Grey]:
    """Scribbles of the number synthesis, dark on white."""
    nobody = Hand("nobody", {})
    pictures = []
    for index in range(count):
        rng = np.random.default_rng([SEED, index])
        written = scribble(Penman(nobody, sample_style(rng, comb=False), ()), rng)
        pictures.append(np.asarray(255 - written.ink, np.uint8))
    return pictures


def doubt_digits(reader: DigitReader, images: Sequence[Grey]) -> tuple[Floats, Floats]:
    """For each picture the probability that it is no digit, 1 where blank, and 1 - the surest's."""
    prepared = [reader.prepare(picture) for one in images for picture in load_pictures(one)]
    probs = reader.probabilities(np.stack([p.digit.ink for p in prepared]))
    blank = np.array([p.digit.blank for p in prepared])
    digits = len(reader.bundle.info.charset)
    refusal = np.where(blank, 1.0, probs[:, digits:].sum(axis=1))
    return refusal, np.where(blank, 1.0, 1.0 - probs[:, :digits].max(axis=1))


def collect(limit: int | None) -> dict[str, list[Grey]]:
    """Everything to be refused, by kind."""
    symbols = load_dataset("bhmsds_symbols_w_plus")
    kinds = [row.split("/")[1] for row in symbols.ids]
    sets = {
        f"symbol_{kind}": symbols.take([i for i, k in enumerate(kinds) if k == kind])
        for kind in sorted(set(kinds))
    }
    scribbles = replace(draw_scribbles(SCRIBBLES, SEED), name="scribbles")
    sets |= {"letters": load_dataset("font_letters:val"), "scribbles": scribbles}
    pictures = {name: list(take_part(data, limit).images) for name, data in sets.items()}
    return pictures | {"other_scribbles": other_scribbles(limit or SCRIBBLES)}


def measure_letters(reader: DigitReader, threshold: float) -> dict[str, Any]:
    """The share refused of each of the 52 letters, over the fonts of the val side."""
    fonts = load_fonts("val")
    shares = {}
    for letter in string.ascii_letters:
        drawn = [render_glyphs(font, letter, LETTER_PX) for font in fonts]
        refusal, _ = doubt_digits(reader, drawn)
        shares[letter] = refusal > threshold
    alike = sorted(set(string.ascii_letters) - set(LETTERS))
    return {
        "fonts": [font.name for font in fonts],
        "all_52": share_json(np.concatenate(list(shares.values()))),
        "look_like_digits": alike,
        "look_like_digits_refused": share_json(np.concatenate([shares[c] for c in alike])),
        "each": {letter: round(float(hits.mean()), 4) for letter, hits in shares.items()},
    }


def main() -> None:
    options = parse_options(__doc__)
    machine = describe_machine()
    reader = DigitReader()
    digits = [
        image
        for name in ("mnist:test", "swiss2")
        for image in take_part(load_dataset(name), options.limit).images
    ]
    refusal, unsure = doubt_digits(reader, digits)
    # The smallest threshold under which, or at which, enough of the digits lie.
    threshold = float(np.quantile(refusal, KEPT, method="higher"))
    bound = float(np.quantile(unsure, KEPT, method="higher"))
    answers = {
        name: doubt_digits(reader, pictures) for name, pictures in collect(options.limit).items()
    }
    hits = {name: refusal > threshold for name, (refusal, _) in answers.items()}
    kinds = {
        "symbols": np.concatenate([h for name, h in hits.items() if name.startswith("symbol_")]),
        "letters": hits["letters"],
        "scribbles": np.concatenate([hits["scribbles"], hits["other_scribbles"]]),
    }
    shares = {name: float(h.mean()) for name, h in kinds.items()}
    figures = {
        "digits": len(digits),
        "digits_kept": share_json(refusal <= threshold),
        "threshold": threshold,
        "refused": {name: share_json(h) for name, h in hits.items()},
        "kinds": {name: share_json(h) for name, h in kinds.items()},
        "worst_kind": min(shares, key=lambda name: shares[name]),
        "mean_of_kinds": round(float(np.mean(list(shares.values()))), 6),
        "by_confidence_instead": {
            "about": "refused where 1 - the surest digit's probability is above the threshold",
            "threshold": bound,
            "refused": {name: share_json(low > bound) for name, (_, low) in answers.items()},
        },
        "as_shipped": {
            "digits_kept": share_json(refusal <= 1 - unsure),
            "refused": {name: share_json(no > 1 - low) for name, (no, low) in answers.items()},
        },
        "all_letters": measure_letters(reader, threshold),
    }
    record(
        "refusing",
        "What is no digit, refused at 99.9 % of digits kept.",
        figures,
        options=options,
        machine=machine,
        seeds=[SEED],
        bundles=[reader.bundle],
    )


if __name__ == "__main__":
    run(main)
