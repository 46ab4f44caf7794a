"""What must not be read as a number: empty cells, struck-out numbers, words, scribbles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.beside import strike_out
from handsum.data.synthesis.compose import Style, Written, compose_number, set_pen
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.pen import draw_stroke, smooth_noise
from handsum.data.synthesis.scene import fit_text
from handsum.data.synthesis.texts import sample_text
from handsum.readings import Content

Words = Sequence[npt.NDArray[np.uint8]]
"""Words or letters to choose from: ink-high uint8 (h, w), cut tight."""


@dataclass(frozen=True)
class Penman:
    """Who writes what is to be refused, how, and which words there are."""

    hand: Hand
    style: Style
    words: Words


_LETTERS = "xyz"
_SCRIPTS = (cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
_NO_BOXES = np.zeros((0, 4), np.float32)


def blank(by: Penman, rng: np.random.Generator) -> Written:
    """Nothing at all, on paper of any proportions."""
    h, w = (np.exp(rng.uniform(np.log(0.6), np.log([2.5, 8.0]))) * by.style.height).astype(int)
    return Written(np.zeros((max(12, h), max(12, w)), np.uint8), by.style.height, _NO_BOXES)


def struck_out(by: Penman, rng: np.random.Generator) -> Written:
    """A number crossed out as a whole."""
    written = _number(by, rng)
    pad = int(0.2 * by.style.height)
    ink = np.pad(written.ink, pad)
    ink = strike_out(ink, by.style.height, max(1.5, by.style.pen * by.style.height), rng, 1.0)
    return Written(ink, by.style.height, _NO_BOXES)


def overwritten(by: Penman, rng: np.random.Generator) -> Written:
    """One number written over another, so that neither can be told."""
    first = _number(by, rng)
    second = _number(
        replace(by, style=replace(by.style, slant=by.style.slant + rng.normal(0, 0.1))), rng
    )
    h = max(len(first.ink), len(second.ink))
    w = max(first.ink.shape[1], second.ink.shape[1])
    ink = np.zeros((h, w), np.uint8)
    for layer in (first.ink, second.ink):
        # Both about as wide, so that every digit lies on another.
        wide = cv2.resize(layer, (w, len(layer)), interpolation=cv2.INTER_LINEAR)
        part = ink[h - len(wide) :]
        np.maximum(part, wide, out=part)
    return Written(ink, by.style.height, _NO_BOXES)


def word(by: Penman, rng: np.random.Generator) -> Written:
    """A handwritten word or some letters."""
    if not by.words or (by.hand.glyphs.get("x") and rng.random() < 0.5):
        text = "".join(rng.choice(list(_LETTERS), size=int(rng.integers(1, 5))))
        if all(by.hand.glyphs.get(c) for c in text):
            return replace(compose_number(text, by.hand, by.style, rng), boxes=_NO_BOXES)
    tight = by.words[int(rng.integers(len(by.words)))] if by.words else write_script(rng)
    height = by.style.height * rng.uniform(0.8, 1.5)
    scale = height / len(tight)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    ink = cv2.resize(tight, None, fx=scale * by.style.aspect, fy=scale, interpolation=how)
    pad = int(0.3 * by.style.height)
    ink = np.pad(ink, ((pad, pad), (pad + int(0.3 * height), pad + int(0.3 * height))))
    shear = np.array([[1, -by.style.slant, by.style.slant * len(ink) / 2], [0, 1, 0]], np.float64)
    ink = cv2.warpAffine(ink, shear, (ink.shape[1], ink.shape[0]))
    return Written(
        set_pen(np.asarray(ink, np.uint8), by.style.pen * height), by.style.height, _NO_BOXES
    )


def scribble(by: Penman, rng: np.random.Generator) -> Written:
    """Loops, zigzags, ticks and crosses that mean no number."""
    h = int(by.style.height * rng.uniform(0.8, 1.6))
    w = int(h * np.exp(rng.uniform(np.log(0.6), np.log(5.0))))
    pad = int(0.3 * by.style.height)
    ink = np.zeros((h + 2 * pad, w + 2 * pad), np.uint8)
    pen = max(1.5, by.style.pen * by.style.height)
    kind = rng.random()
    if kind < 0.5:
        count = int(rng.integers(6, 26))
        xs = np.linspace(0, w, count) + rng.normal(0, 0.25 * h, size=count)
        ys = rng.uniform(0, h, size=count)
        draw_stroke(ink, list(zip(xs + pad, ys + pad, strict=True)), pen)
    elif kind < 0.75:  # a signature-like wave
        count = int(rng.integers(8, 30))
        xs = np.linspace(0, w, count)
        envelope = 0.5 + 0.5 * smooth_noise((1, count), (1, 5), rng)[0]
        ys = h / 2 + (-1.0) ** np.arange(count) * h / 2 * np.clip(envelope, 0.1, 1)
        draw_stroke(ink, list(zip(xs + pad, ys + pad, strict=True)), pen)
    else:  # a tick, a cross, a long dash
        strokes = _SIGNS[int(rng.integers(len(_SIGNS)))]
        for stroke in strokes:
            points = [
                (pad + w * (x + rng.normal(0, 0.05)), pad + h * (y + rng.normal(0, 0.05)))
                for x, y in stroke
            ]
            draw_stroke(ink, points, pen)
    return Written(ink, by.style.height, _NO_BOXES)


def write_script(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Letters in OpenCV's own script faces."""
    count = int(rng.integers(2, 9))
    text = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), size=count))
    text = text.capitalize() if rng.random() < 0.4 else text
    font = int(rng.choice(_SCRIPTS))
    (w, h), base = cv2.getTextSize(text, font, 1.5, 3)
    layer = np.zeros((h + base + 8, w + 8), np.uint8)
    cv2.putText(layer, text, (4, h + 3), font, 1.5, 255, 3, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(layer)
    return layer[y : y + max(h, 4), x : x + max(w, 4)]


_SIGNS: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = (
    (((0.0, 0.5), (0.3, 0.95), (1.0, 0.0)),),
    (((0.0, 0.0), (1.0, 1.0)), ((1.0, 0.0), (0.0, 1.0))),
    (((0.0, 0.5), (0.5, 0.48), (1.0, 0.5)),),
    (((0.5, 0.0), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
)

Refusal = Callable[[Penman, np.random.Generator], Written]
REFUSALS: dict[str, tuple[Refusal, Content]] = {
    "blank": (blank, "blank"),
    "struck_out": (struck_out, "struck_out"),
    "overwritten": (overwritten, "not_a_number"),
    "word": (word, "not_a_number"),
    "scribble": (scribble, "not_a_number"),
}


def _number(by: Penman, rng: np.random.Generator) -> Written:
    text = fit_text(sample_text(rng, 0.0), by.hand, rng)
    return compose_number(text[:6], by.hand, by.style, rng)
