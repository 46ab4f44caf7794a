"""Crops that trained nothing, to calibrate a reader of whole numbers on."""

from __future__ import annotations

from dataclasses import replace

from handsum.data.dataset import Dataset
from handsum.data.fonts import load_fonts
from handsum.data.repairs import repair_labels
from handsum.data.sources import SOURCES, load_dataset
from handsum.data.synthesis.drawn import draw_hands
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.data.synthesis.pool import load_hands
from handsum.data.synthesis.sample import SynthesisConfig, build_sample
from handsum.data.synthesis.words import draw_words
from handsum.errors import DataError
from handsum.train.numbers_config import NumbersRecipe

REAL = ("register_numbers:dev",)
"""Real crops to look at and choose by; never the sets that figures are reported on."""
UNSEEN_FONTS = "font_digits:val"
_SEED = 90_001  # of no training's series
_STRENGTH = 0.5  # of the recipe's defects: real paper is kinder than what a net is trained on


def load_calibration_crops(recipe: NumbersRecipe, count: int = 4000) -> list[Dataset]:
    """``count`` new synthetic crops, and the real ones that are at hand, wrong labels repaired.

    Half of the numbers are written by hands that the recipe did not learn from: drawn ones, and
    unseen fonts where they have been fetched.
    """
    crops = [_compose(recipe, count)]
    crops += [repair_labels(SOURCES[name].load()) for name in REAL if SOURCES[name].is_present()]
    return crops


def _compose(recipe: NumbersRecipe, count: int) -> Dataset:
    pool = recipe.pool()
    known = load_hands(pool.sources)
    fresh = _fresh_hands()
    share = sum(hand.weight for hand in known) / sum(hand.weight for hand in fresh)
    hands = known + tuple(replace(hand, weight=hand.weight * share) for hand in fresh)
    try:
        words = draw_words(load_fonts("val"), 300, _SEED)
    except DataError:  # no fonts: letters are then scribbled
        words = ()
    config = _soften(pool.synthesis)
    samples = [build_sample(config, hands, words, _SEED, index) for index in range(count)]
    return Dataset(
        name="synthetic",
        images=[sample.grey for sample in samples],
        texts=tuple(sample.text for sample in samples),
        contents=tuple(sample.content for sample in samples),
        groups=tuple(sample.hand for sample in samples),
        ids=tuple(f"synthetic/{index:05d}" for index in range(count)),
        source="made up by handsum",
    )


def _fresh_hands() -> tuple[Hand, ...]:
    hands = draw_hands(40, seed=_SEED, weight=1.0)
    if SOURCES[UNSEEN_FONTS].is_present():
        hands += build_hands(load_dataset(UNSEEN_FONTS), 1.0, smallest=10)
    return hands


def _soften(config: SynthesisConfig) -> SynthesisConfig:
    defects = {
        name: (chance, strength * _STRENGTH) for name, (chance, strength) in config.defects.items()
    }
    return replace(config, defects=defects)
