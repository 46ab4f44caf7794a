"""The recipe of a reader of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handsum.data.synthesis.pool import HandSource, PoolConfig
from handsum.data.synthesis.sample import SynthesisConfig
from handsum.train.config import ModelConfig, OptimConfig, StartPart
from handsum.train.recipe_file import explain, load_tree


class _Part(BaseModel):
    # docs/recipes.md is made of the docstrings.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SourcePart(_Part):
    """A data set of single digits that writes numbers, and its share of them."""

    name: str
    """A set that `handsum data list` shows, or drawn:N for N hands of the synthesis's own."""
    weight: float = Field(default=1.0, gt=0)
    """How often its hands write, beside the weights of the others."""
    squeezed: bool = False
    """The set's pictures were stretched to squares: its upright 1 is made narrow again."""
    smallest: int = Field(default=100, gt=0)
    """A writer with fewer pictures is joined with others into one hand."""


class SynthesisPart(_Part):
    """See `SynthesisConfig`; defects are name = [probability, strength]."""

    separators: float = Field(default=0.22, ge=0, le=1)
    """Share of the numbers with a point, comma, hyphen or slash."""
    comb: float = Field(default=0.12, ge=0, le=1)
    """Share of the numbers written at one pitch, as into a comb of cells."""
    refuse: float = Field(default=0.14, ge=0, le=1)
    """Share of the crops that hold no number."""
    refusals: dict[str, float] = SynthesisConfig().refusals  # type: ignore[assignment]
    """What these hold instead, by weight."""
    defects: dict[str, tuple[float, float]]
    """Name = [probability, strength]."""
    places: dict[str, tuple[float, dict[str, float]]] = {}
    """Kinds of paper on which defects come together: name = [share, {defect = probability}]."""


class NumbersData(_Part):
    """``keep`` shards are learned from at a time; every epoch the oldest gives way to a new one."""

    sources: tuple[SourcePart, ...]
    """The hands that write."""
    shard_size: int = Field(default=8000, gt=0)
    """Crops that are written at a time and kept on disk."""
    keep: int = Field(default=4, gt=0)
    """Shards that are learned from at a time."""
    workers: int = Field(default=1, gt=0)
    """Processes that write the next shard while the net trains."""


class StripAugment(_Part):
    """Cheap changes of a strip each time that it is seen; zero switches one off."""

    shift: int = Field(default=3, ge=0)
    """Pixels up or down."""
    gamma: float = Field(default=0.35, ge=0)
    """Of the ink, log-uniform, either way."""
    noise: float = Field(default=0.06, ge=0)
    """Standard deviation, where full ink is 1."""
    stretch: float = Field(default=0.12, ge=0)
    """Of the width, log-uniform, either way."""
    zoom: float = Field(default=0.1, ge=0)
    """Of the height, log-uniform, either way."""
    shear: float = Field(default=0.1, ge=0)
    """Widths per height, either way."""


class Trapezoid(_Part):
    """The rate rises over ``warmup`` epochs, stays, and falls to zero over the last ``decay``.

    In epochs and not in shares, so that a longer training begins exactly as a shorter one.
    """

    warmup: float = Field(default=0.5, ge=0)
    """Epochs."""
    decay: float = Field(default=10.0, ge=0)
    """Epochs."""

    def share(self, epoch: float, epochs: int) -> float:
        """Share of the full rate at a point of time, in epochs."""
        rise = (epoch + 0.01) / self.warmup if self.warmup else 1.0
        fall = (epochs - epoch) / self.decay if self.decay else 1.0
        return max(0.0, min(1.0, rise, fall))


class NumbersRecipe(_Part):
    """The whole of a training; an epoch is ``data.keep * data.shard_size`` crops."""

    kind: Literal["numbers"]
    """Tells this recipe from one of digits."""
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Small letters, digits and hyphens."""
    about: str = ""
    """One sentence; it goes into the bundle."""
    seed: int = 0
    """Decides every random number."""
    epochs: int = Field(gt=0)
    """Of data.keep shards each."""
    batch_size: int = Field(default=64, gt=0)
    """Crops a step, about equally wide."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """bf16 computes in bfloat16 where torch's autocast does; weights stay fp32."""
    threads: int | None = Field(default=None, gt=0)
    """Cores for torch; without it, torch's own choice."""
    ema: float = Field(default=0.0, ge=0, lt=1)
    """Decay of the running mean of the weights, which is then what is kept; 0 keeps the last."""
    content_weight: float = Field(default=0.5, ge=0)
    """Weight of the loss of what the crop holds, beside that of its symbols."""
    trim: float = Field(default=0.0, ge=0, lt=0.5)
    """Share of a batch's numbers, those read worst, that teach nothing."""
    start: StartPart | None = None
    """See [start]; without it, all weights begin at random."""
    start_share: float = Field(default=0.0, ge=0, lt=1)
    """Share of the start's weights in their mean with the trained ones, which is what is kept."""
    data: NumbersData
    """See [data]."""
    synthesis: SynthesisPart
    """See [synthesis]."""
    model: ModelConfig
    """See [model]."""
    optim: OptimConfig = OptimConfig()
    """See [optim]."""
    schedule: Trapezoid = Trapezoid()
    """See [schedule]."""
    augment: StripAugment = StripAugment()
    """See [augment]."""

    def pool(self) -> PoolConfig:
        """The series of shards that this recipe learns from."""
        return PoolConfig(
            sources=tuple(HandSource(**s.model_dump()) for s in self.data.sources),
            synthesis=SynthesisConfig(**self.synthesis.model_dump()),
            seed=self.seed,
            shard_size=self.data.shard_size,
        )


def load_numbers_recipe(path: Path, changes: Sequence[str] = ()) -> NumbersRecipe:
    """Read a recipe of kind "numbers" and apply ``key.sub=value`` changes.

    RecipeError names file, key, value and the nearest known key.
    """
    try:
        return NumbersRecipe.model_validate(load_tree(path, changes))
    except ValidationError as error:
        raise explain(error, str(path), NumbersRecipe) from error
