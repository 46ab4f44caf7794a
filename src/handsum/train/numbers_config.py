"""The recipe of a reader of whole numbers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handsum.data.synthesis.pool import HandSource, PoolConfig
from handsum.data.synthesis.sample import SynthesisConfig
from handsum.errors import RecipeError
from handsum.train.config import ModelConfig, OptimConfig


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourcePart(_Part):
    """A data set of single digits that writes numbers, and its share of them."""

    name: str
    weight: float = Field(default=1.0, gt=0)
    squeezed: bool = False
    smallest: int = Field(default=100, gt=0)


class SynthesisPart(_Part):
    """See `SynthesisConfig`; defects are name = [probability, strength]."""

    separators: float = Field(default=0.22, ge=0, le=1)
    comb: float = Field(default=0.12, ge=0, le=1)
    refuse: float = Field(default=0.14, ge=0, le=1)
    refusals: dict[str, float] = SynthesisConfig().refusals  # type: ignore[assignment]
    defects: dict[str, tuple[float, float]]
    places: dict[str, tuple[float, dict[str, float]]] = {}


class NumbersData(_Part):
    """``keep`` shards are learned from at a time; every epoch the oldest gives way to a new one."""

    sources: tuple[SourcePart, ...]
    shard_size: int = Field(default=8000, gt=0)
    keep: int = Field(default=4, gt=0)
    workers: int = Field(default=1, gt=0)


class StripAugment(_Part):
    """Cheap changes of a strip each time that it is seen; zero switches one off."""

    shift: int = Field(default=3, ge=0, description="pixels up or down")
    gamma: float = Field(default=0.35, ge=0, description="log-uniform, either way")
    noise: float = Field(default=0.06, ge=0, description="standard deviation of ink")
    stretch: float = Field(default=0.12, ge=0, description="width, log-uniform, either way")
    zoom: float = Field(default=0.1, ge=0, description="height, log-uniform, either way")
    shear: float = Field(default=0.1, ge=0, description="widths per height, either way")


class Trapezoid(_Part):
    """The rate rises over ``warmup`` epochs, stays, and falls to zero over the last ``decay``.

    In epochs and not in shares, so that a longer training begins exactly as a shorter one.
    """

    warmup: float = Field(default=0.5, ge=0)
    decay: float = Field(default=10.0, ge=0)

    def share(self, epoch: float, epochs: int) -> float:
        """Share of the full rate at a point of time, in epochs."""
        rise = (epoch + 0.01) / self.warmup if self.warmup else 1.0
        fall = (epochs - epoch) / self.decay if self.decay else 1.0
        return max(0.0, min(1.0, rise, fall))


class NumbersRecipe(_Part):
    """The whole of a training; an epoch is ``data.keep * data.shard_size`` crops."""

    kind: Literal["numbers"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    about: str = ""
    seed: int = 0
    epochs: int = Field(gt=0)
    batch_size: int = Field(default=64, gt=0)
    precision: Literal["fp32", "bf16"] = "fp32"
    threads: int | None = Field(default=None, gt=0)
    ema: float = Field(default=0.0, ge=0, lt=1)
    content_weight: float = Field(default=0.5, ge=0)
    trim: float = Field(default=0.0, ge=0, lt=0.5)
    """Share of a batch's numbers, those read worst, that teach nothing."""
    data: NumbersData
    synthesis: SynthesisPart
    model: ModelConfig
    optim: OptimConfig = OptimConfig()
    schedule: Trapezoid = Trapezoid()
    augment: StripAugment = StripAugment()

    def pool(self) -> PoolConfig:
        """The series of shards that this recipe learns from."""
        return PoolConfig(
            sources=tuple(HandSource(**s.model_dump()) for s in self.data.sources),
            synthesis=SynthesisConfig(**self.synthesis.model_dump()),
            seed=self.seed,
            shard_size=self.data.shard_size,
        )


def load_numbers_recipe(path: Path) -> NumbersRecipe:
    """Read a recipe of kind "numbers"; RecipeError names the key that is wrong."""
    try:
        return NumbersRecipe.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise RecipeError(
            f"The recipe {path} cannot be read: {error.strerror}.", "Name a .toml file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not TOML: {error}.", "Mend the line it names.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"{path}: {key}: {first['msg']}.", "Mend that key.") from error
