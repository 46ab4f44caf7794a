"""A recipe: everything that decides what comes out of a training, in one TOML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from handsum.errors import RecipeError
from handsum.train.losses import LOSSES
from handsum.train.optim import SCHEDULES
from handsum.train.recipe_file import explain, load_tree


class _Part(BaseModel):
    # docs/recipes.md is made of the docstrings.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SourceConfig(_Part):
    """One data set of the mixture, and how often an epoch shows each of its pictures."""

    name: str
    """A set that `handsum data list` shows, or a path."""
    repeat: float = Field(default=1.0, gt=0)
    """Times that an epoch shows each picture; fractions by chance."""
    squeezed: bool = False
    """The set's pictures were stretched to squares: its upright 1 is made narrow again."""
    val: bool = True
    """Whether a share of it is kept for val; not where it is made of the other sets' pictures."""


class DataConfig(_Part):
    """What is learned from, what it is turned into, and what is kept for choosing."""

    train: tuple[SourceConfig, ...] = Field(min_length=1)
    """The digits to learn from; only sets whose use is "train"."""
    reject: tuple[SourceConfig, ...] = ()
    """What is not a digit; naming any gives the net an eleventh class."""
    leave_out: tuple[str, ...] = ()
    """Groups (writers) that take no part at all, for leave-writers-out measurements."""
    val_share: float = Field(default=0.05, ge=0, lt=0.5)
    """Share of the pictures (whole writers, where known) kept to choose and calibrate by."""
    fold: tuple[int, int] | None = None
    """(i, n): keep the i-th (from 0) of n parts for val instead, for cross-validation."""
    test: str | None = "mnist:test"
    """The set that is read once, at the end; a name or a path."""
    normalize: bool = True
    """Bring every picture to MNIST's geometry; without it they must be 28 x 28 already."""
    rerender: int = Field(default=0, ge=0, le=8)
    """Further copies of each picture, put on other paper in another light, then normalised."""
    rerender_share: float = Field(default=0.5, ge=0, le=1)
    """How often such a copy is shown instead of the plain picture."""
    scale: Literal["unit", "signed"] = "unit"
    """What the net sees as ink: 0 to 1, or -1 to 1."""
    limit: int | None = Field(default=None, gt=0)
    """Only so many pictures of each set, for experiments on little data."""

    @field_validator("fold")
    @classmethod
    def _check_fold(cls, fold: tuple[int, int] | None) -> tuple[int, int] | None:
        if fold is not None and not 0 <= fold[0] < fold[1]:
            raise ValueError("should be (i, n) with 0 <= i < n")
        return fold


class ModelConfig(BaseModel):
    """The net's name; every other key is an option of its builder."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)
    name: str
    """A key of `handsum.models.MODELS`."""

    @property
    def options(self) -> dict[str, Any]:
        """The builder's own options."""
        return dict(self.model_extra or {})


class OptimConfig(BaseModel):
    """The optimiser's name and rate; every other key goes to torch.optim."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)
    name: str = "adamw"
    """A class of torch.optim, in any case."""
    lr: float = Field(default=1e-3, gt=0)
    """The full learning rate, at the height of the schedule."""

    @property
    def options(self) -> dict[str, Any]:
        """The optimiser's own options."""
        return dict(self.model_extra or {})


class ScheduleConfig(_Part):
    """How the rate goes over the whole training."""

    name: str = "constant"
    """constant, cosine (to 0) or linear (to 0)."""
    warmup: float = Field(default=0.0, ge=0, lt=1)
    """Share of all steps over which the rate rises from 0."""


class LossConfig(_Part):
    """The loss and what is added to it."""

    name: str = "cross_entropy"
    """cross_entropy, mse (of probabilities, halved) or bce (each class against the rest)."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Share of the target that is spread evenly over all classes."""
    l1: float = Field(default=0.0, ge=0)
    """Adds l1 * sum |w| over the weights, biases left out."""
    l2: float = Field(default=0.0, ge=0)
    """Adds l2 / 2 * sum w^2 over the weights, biases left out."""


class AugmentConfig(_Part):
    """Strengths of the random changes to a batch; zero switches one off."""

    rotate: float = Field(default=0.0, ge=0, le=90)
    """Degrees, either way."""
    scale: float = Field(default=0.0, ge=0, lt=1)
    """Share, each axis on its own."""
    shear: float = Field(default=0.0, ge=0, le=1)
    """Widths per height, either way."""
    shift: float = Field(default=0.0, ge=0, le=14)
    """Pixels, each axis on its own."""
    elastic: float = Field(default=0.0, ge=0, le=8)
    """Pixels by which the points of a coarse grid move."""
    thickness: float = Field(default=0.0, ge=0, le=1)
    """Share of the batch made thicker or thinner, by up to a pixel."""
    noise: float = Field(default=0.0, ge=0, le=1)
    """Largest standard deviation of the noise, where full ink is 1."""
    blur: float = Field(default=0.0, ge=0, le=1)
    """Share of the batch blurred."""
    erase: float = Field(default=0.0, ge=0, le=1)
    """Share of the batch with a gap of one to six pixels a side."""


class StartPart(_Part):
    """Weights of an earlier training to begin with, by name: what they lack begins as usual."""

    file: Path
    """An npz file, from the folder that the training is run in."""
    sha256: str
    """Of that file: other weights would be another recipe."""


class Recipe(_Part):
    """The whole of a training."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Small letters, digits and hyphens; the run's folder is named by it."""
    about: str = ""
    """One sentence; it goes into the bundle."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Decides every random number: same seed, same weights (on one kind of processor)."""
    epochs: int = Field(gt=0)
    """Times through the data."""
    batch_size: int = Field(default=128, gt=0)
    """Pictures a step."""
    full_batch: bool = False
    """All pictures in one step: gradient descent as the textbook has it."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a CUDA device if there is one."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """bf16 computes in bfloat16 where torch's autocast does; weights stay fp32."""
    threads: int | None = Field(default=None, gt=0)
    """Cores for torch; without it, torch's own choice."""
    ema: float = Field(default=0.0, ge=0, lt=1)
    """Decay of the running mean of the weights, which is then what is kept; 0 keeps the last."""
    start: StartPart | None = None
    """See [start]; without it, all weights begin at random."""
    data: DataConfig
    """See [data]."""
    model: ModelConfig
    """See [model]."""
    optim: OptimConfig = OptimConfig()
    """See [optim]."""
    schedule: ScheduleConfig = ScheduleConfig()
    """See [schedule]."""
    loss: LossConfig = LossConfig()
    """See [loss]."""
    augment: AugmentConfig = AugmentConfig()
    """See [augment]."""


def load_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key.sub=value`` changes (values in TOML, bare words as text).

    RecipeError names file, key, value and the nearest known key.
    """
    return parse_recipe(load_tree(path, changes), str(path))


def parse_recipe(tree: dict[str, Any], source: str) -> Recipe:
    """A checked recipe from a nested dict; RecipeError as for `load_recipe`."""
    try:
        recipe = Recipe.model_validate(tree)
    except ValidationError as error:
        raise explain(error, source, Recipe) from error
    for kind, name, known in (
        ("schedule.name", recipe.schedule.name, SCHEDULES),
        ("loss.name", recipe.loss.name, LOSSES),
    ):
        if name not in known:
            raise RecipeError(
                f"{source}: {kind} = {name!r} is unknown.", f"Choose from: {', '.join(known)}."
            )
    return recipe
