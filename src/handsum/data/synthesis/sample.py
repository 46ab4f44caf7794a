"""One synthetic crop from (config, hands, seed, index): always the same picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.defects import DEFECTS, SEEN, WRITTEN
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.refuse import REFUSALS, Penman, Words
from handsum.data.synthesis.scene import Scene, expose, fit_text, place_number
from handsum.data.synthesis.texts import read_text, sample_text
from handsum.errors import RecipeError
from handsum.readings import Content

_BLANK_WITHOUT = (
    "underline",
    "closing_mark",
    "opening_mark",
    "correction",
    "enclosure",
    "tight_cut",
    "small_remark",
)
"""What would put writing into an empty cell, or cut at ink that is not there."""


@dataclass(frozen=True)
class SynthesisConfig:
    """What is composed, and how often and how strongly it is spoilt.

    Shares are 0 to 1: ``separators`` of numbers have marks, ``comb`` are written into combs,
    ``refuse`` of the samples are no numbers, of the kinds that ``refusals`` weighs. ``defects``
    maps a name of `DEFECTS` to (probability, strength). ``places`` are kinds of paper whose
    defects come together: (share of the samples, other probabilities of some defects).
    """

    separators: float = 0.22
    comb: float = 0.12
    refuse: float = 0.14
    refusals: Mapping[str, float] = field(
        default_factory=lambda: {
            "blank": 1.0,
            "struck_out": 1.0,
            "overwritten": 0.3,
            "word": 1.2,
            "scribble": 0.6,
        }
    )
    defects: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    places: Mapping[str, tuple[float, Mapping[str, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named: list[tuple[str, Mapping[str, Any], Iterable[str]]] = [
            ("defects", DEFECTS, self.defects),
            ("refusals", REFUSALS, self.refusals),
            *((f"places.{k}", self.defects, chances) for k, (_, chances) in self.places.items()),
        ]
        for kind, known, given in named:
            unknown = sorted(set(given) - set(known))
            if unknown:
                raise RecipeError(
                    f"[synthesis] {kind} names {unknown[0]!r}, which does not exist.",
                    f"Use one of: {', '.join(known)}.",
                )


@dataclass(frozen=True)
class Sample:
    """``grey`` uint8 (H, W); ``boxes`` float32 (N, 4), one a symbol of ``text``; what spoilt it."""

    grey: npt.NDArray[np.uint8]
    text: str
    content: Content
    boxes: npt.NDArray[np.float32]
    hand: str
    defects: tuple[str, ...]


def build_sample(
    config: SynthesisConfig,
    hands: Sequence[Hand],
    words: Words,
    seed: int,
    index: int,
) -> Sample:
    """The crop number ``index`` of the endless series that ``seed`` names."""
    rng = np.random.default_rng([seed, index])
    weights = np.array([h.weight for h in hands])
    hand = hands[int(rng.choice(len(hands), p=weights / weights.sum()))]
    comb = bool(rng.random() < config.comb)
    style = sample_style(rng, comb)
    content: Content = "number"
    text = ""
    if rng.random() < config.refuse:
        kinds = list(config.refusals)
        chances = np.array([config.refusals[k] for k in kinds])
        build, content = REFUSALS[kinds[int(rng.choice(len(kinds), p=chances / chances.sum()))]]
        written = build(Penman(hand, style, words), rng)
    else:
        written_text = fit_text(sample_text(rng, 0.0 if comb else config.separators), hand, rng)
        written = compose_number(written_text, hand, style, rng)
        text = read_text(written_text)
    scene = place_number(written, style, hand, rng, _ink_tone(rng))
    scene, names = _spoil(scene, config, content, rng)
    boxes = scene.boxes if content == "number" else scene.boxes[:0]
    return Sample(to_grey(scene.ground), text, content, boxes, hand.name, names)


def _spoil(
    scene: Scene, config: SynthesisConfig, content: Content, rng: np.random.Generator
) -> tuple[Scene, tuple[str, ...]]:
    chances = {name: p for name, (p, _) in config.defects.items()}
    where = rng.random()
    for share, others in config.places.values():
        if 0 <= where < share:
            chances.update(others)
        where -= share
    drawn = {name: rng.random() < p for name, p in chances.items()}
    if content == "blank":
        drawn.update(dict.fromkeys(_BLANK_WITHOUT, False))
    used = []
    for stage in (WRITTEN, SEEN):
        for name, defect in stage.items():
            if drawn.get(name, False):
                scene = defect(scene, rng, config.defects[name][1])
                used.append(name)
        if stage is WRITTEN:
            scene = expose(scene)
    return scene, tuple(used)


def _ink_tone(rng: np.random.Generator) -> float:
    """Darkness of the ink: mostly a pen, sometimes a pale pencil."""
    low, high = (0.25, 0.5) if rng.random() < 0.2 else (0.5, 1.0)
    return float(rng.uniform(low, high))
