"""What confidence does where the paper gets worse than anything learned: five strengths a kind.

    handsum bench degraded

Strings of 3 to 6 MNIST test digits, and single ones, are spoilt step by step: strength 0 is as
written, 5 is past reading. Of each step: the share that is given a text at all, the mean
confidence (0 where no text is given), the share accepted at a fixed confidence of 99 %, and the
wrong ones among these. In "letters" and "symbols" a growing share of the digits makes way for
letters of unseen fonts, and for w and plus of held-back hands: no text can be right there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from confidence_plots import save
from matplotlib.figure import Figure
from record import RESULTS, describe_machine, parse_options, record, run, share_json

from handsum.data.rejects import draw_textures
from handsum.data.sources import load_dataset
from handsum.imaging.load import load_pictures
from handsum.reader import DigitReader, NumberReader

Grey = npt.NDArray[np.uint8]
SEED = 41
STRENGTHS = range(6)
ACCEPTED_FROM = 0.99


def blurred(grey: Grey, strength: int, _: np.random.Generator) -> Grey:
    """A Gaussian of up to a sixth of the height."""
    sigma = (0.0, 0.02, 0.04, 0.07, 0.11, 0.16)[strength] * len(grey)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.uint8) if sigma else grey


def faded(grey: Grey, strength: int, rng: np.random.Generator) -> Grey:
    """Ink down to a twentieth of its darkness, on grained paper."""
    left = (1.0, 0.5, 0.3, 0.18, 0.1, 0.05)[strength]
    return _grain(255 - (255 - grey.astype(np.float32)) * left, 3.0 * (strength > 0), rng)


def noisy(grey: Grey, strength: int, rng: np.random.Generator) -> Grey:
    """Grain of up to half the range."""
    return _grain(grey.astype(np.float32), (0.0, 15.0, 35.0, 60.0, 90.0, 130.0)[strength], rng)


def photographed(grey: Grey, strength: int, rng: np.random.Generator) -> Grey:
    """Something else showing through: blots, edges, grids."""
    share = (0.0, 0.15, 0.3, 0.5, 0.7, 0.9)[strength]
    other = draw_textures(1, int(rng.integers(2**31))).images[0]
    other = cv2.resize(other, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray((1 - share) * grey + share * other, np.uint8)


def rotated(grey: Grey, strength: int, rng: np.random.Generator) -> Grey:
    """Turned by up to 60 degrees, either way."""
    angle = (0.0, 6.0, 12.0, 20.0, 35.0, 60.0)[strength] * float(rng.choice([-1, 1]))
    h, w = grey.shape
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    width, height = int(h * sin + w * cos) + 1, int(h * cos + w * sin) + 1
    matrix[:, 2] += (width / 2 - w / 2, height / 2 - h / 2)
    return np.asarray(cv2.warpAffine(grey, matrix, (width, height), borderValue=255), np.uint8)


def cut_off(grey: Grey, strength: int, rng: np.random.Generator) -> Grey:
    """Up to three quarters of the ink's height gone, above or below."""
    rows = np.flatnonzero((grey < 128).any(axis=1))
    if strength == 0 or not rows.size:
        return grey
    gone = round((0.0, 0.12, 0.25, 0.4, 0.55, 0.75)[strength] * (rows[-1] + 1 - rows[0]))
    return grey[rows[0] + gone :] if rng.random() < 0.5 else grey[: rows[-1] + 1 - gone]


def overwritten(grey: Grey, strength: int, rng: np.random.Generator) -> Grey:
    """Pen strokes across the writing, one more a step."""
    spoilt, (h, w) = grey.copy(), grey.shape
    for _ in range(strength):
        x = np.sort(rng.uniform(0.1, 0.9, 2)) * w
        y = rng.uniform(0.2, 0.8, 2) * h
        ends = [(int(a), int(b)) for a, b in zip(x, y, strict=True)]
        cv2.line(spoilt, ends[0], ends[1], 0, max(1, round(0.05 * h)), cv2.LINE_AA)
    return spoilt


def _grain(grey: npt.NDArray[np.float32], sigma: float, rng: np.random.Generator) -> Grey:
    return np.asarray(np.clip(grey + rng.normal(0.0, sigma, grey.shape), 0, 255), np.uint8)


SPOIL: dict[str, Callable[[Grey, int, np.random.Generator], Grey]] = {
    "blurred": blurred,
    "faded": faded,
    "noisy": noisy,
    "photographed": photographed,
    "rotated": rotated,
    "cut off": cut_off,
    "overwritten": overwritten,
}


@dataclass(frozen=True)
class Spoilt:
    """Pictures of one kind and strength, and what stands there ("" where no number does)."""

    images: list[Grey]
    texts: list[str]


def write_row(glyphs: Sequence[Grey], rng: np.random.Generator) -> Grey:
    """Ink-high glyphs (28, 28) in a row with normal gaps, dark on white, twice their size."""
    columns = [np.zeros((28, 8), np.uint8)]
    for glyph in glyphs:
        inked = np.flatnonzero(glyph.any(axis=0))
        columns += [glyph[:, inked[0] : inked[-1] + 1] if inked.size else glyph]
        columns += [np.zeros((28, int(rng.integers(2, 7))), np.uint8)]
    row = np.pad(np.hstack(columns), ((8, 8), (0, 4)))
    return np.asarray(255 - cv2.resize(row, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR))


def _as_ink(image: Grey) -> Grey:
    """Any dark glyph as ink-high 28 x 28, 20 high."""
    ink = 255 - image
    size = (max(1, min(26, round(20 * ink.shape[1] / ink.shape[0]))), 20)
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((28, 28), np.uint8)
    left = (28 - size[0]) // 2
    canvas[4:24, left : left + size[0]] = small
    return canvas


def spoil_strings(count: int) -> dict[str, list[Spoilt]]:
    """Strings of digits of every kind and strength."""
    digits = load_dataset("mnist:test")
    strangers = {
        "letters": [_as_ink(i) for i in load_dataset("font_letters:val").images],
        "symbols": [_as_ink(i) for i in load_dataset("bhmsds_symbols_w_plus").images],
    }
    found: dict[str, list[Spoilt]] = {name: [] for name in (*SPOIL, *strangers)}
    for name, steps in found.items():
        for strength in STRENGTHS:
            images, texts = [], []
            for index in range(count):
                rng = np.random.default_rng([SEED, index])
                rows = rng.integers(0, len(digits), int(rng.integers(3, 7)))
                glyphs, text = (
                    [digits.images[r] for r in rows],
                    "".join(digits.texts[r] for r in rows),
                )
                if name in strangers and strength:
                    many = -(-len(rows) * strength // 5)
                    for place in rng.permutation(len(rows))[:many]:
                        glyphs[place] = strangers[name][int(rng.integers(len(strangers[name])))]
                    text = ""
                image = write_row(glyphs, rng)
                images.append(SPOIL[name](image, strength, rng) if name in SPOIL else image)
                texts.append(text)
            steps.append(Spoilt(images, texts))
    return found


def spoil_digits(count: int) -> dict[str, list[Spoilt]]:
    """Single digits of every kind and strength."""
    digits = load_dataset("mnist:test")
    rows = np.random.default_rng(SEED).permutation(len(digits))[:count]
    images = [write_row([digits.images[r]], np.random.default_rng(0)) for r in rows]
    texts = [digits.texts[r] for r in rows]
    return {
        name: [
            Spoilt(
                [spoil(i, s, np.random.default_rng([SEED, k])) for k, i in enumerate(images)], texts
            )
            for s in STRENGTHS
        ]
        for name, spoil in SPOIL.items()
    }


def measure(reader: DigitReader | NumberReader, steps: Sequence[Spoilt]) -> list[dict[str, Any]]:
    """Figures of each strength of one kind."""
    rows = []
    for strength, step in enumerate(steps):
        prepared = [reader.prepare(page) for image in step.images for page in load_pictures(image)]
        readings = reader.read_prepared(prepared)  # type: ignore[arg-type]
        given = np.array([bool(r.text) for r in readings])
        sure = np.where(given, [r.confidence for r in readings], 0.0)
        right = np.array([r.text == t for r, t in zip(readings, step.texts, strict=True)])
        accepted = given & (sure >= ACCEPTED_FROM)
        rows.append(
            {
                "strength": strength,
                "n": len(readings),
                "given_a_text": round(float(given.mean()), 4),
                "right": round(float((given & right).mean()), 4),
                "mean_confidence": round(float(sure.mean()), 4),
                "accepted": share_json(accepted),
                "wrong_among_accepted": share_json(~right[accepted]) if accepted.any() else None,
                "accepted_and_wrong": share_json(accepted & ~right),
            }
        )
    return rows


def plot(path: Path, figures: dict[str, dict[str, list[dict[str, Any]]]]) -> None:
    """Mean confidence and the accepted wrong ones against strength, a line a kind."""
    figure = Figure(figsize=(10.5, 6.4), layout="constrained")
    panels = figure.subplots(len(figures), 2, squeeze=False)
    for (name, kinds), (left, right) in zip(figures.items(), panels, strict=True):
        for kind, rows in kinds.items():
            left.plot([100 * r["mean_confidence"] for r in rows], ".-", label=kind, linewidth=1.2)
            right.plot([100 * r["accepted_and_wrong"]["value"] for r in rows], ".-", linewidth=1.2)
        left.set(ylabel=f"{name}: mean confidence, %", ylim=(0, 100))
        right.set(ylabel="accepted at 99 % and wrong, % of all", ylim=(0, None))
        left.legend(fontsize=7, frameon=False)
        for axes in (left, right):
            axes.set_xlabel("strength")
            axes.grid(color="#ddd", linewidth=0.6)
    save(figure, path)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--digits", default="digits", help="a bundle of digits")
    parser.add_argument("--numbers", default="numbers", help="a bundle of numbers")
    parser.add_argument("--count", type=int, default=150, help="pictures a step")
    parser.add_argument("--plot", type=Path, default=RESULTS / "degraded.png")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    count = min(options.count, options.limit or options.count)
    digits, numbers = DigitReader(options.digits), NumberReader(options.numbers, threads=1)
    figures = {
        "numbers": {kind: measure(numbers, s) for kind, s in spoil_strings(count).items()},
        "digits": {kind: measure(digits, s) for kind, s in spoil_digits(count).items()},
    }
    if options.limit is None:
        plot(options.plot, figures)
    record(
        "degraded",
        "Confidence and accepted errors as the input gets worse, at a fixed confidence of 99 %.",
        {"accepted_from": ACCEPTED_FROM, **figures},
        options=options,
        machine=machine,
        seeds=[SEED],
        bundles=[digits.bundle, numbers.bundle],
    )


if __name__ == "__main__":
    run(main)
