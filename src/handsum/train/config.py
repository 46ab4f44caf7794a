"""A recipe: everything that decides what comes out of a training, in one TOML file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from handsum.errors import RecipeError
from handsum.train.losses import LOSSES
from handsum.train.optim import SCHEDULES


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceConfig(_Part):
    """One data set of the mixture, and how often an epoch shows each of its pictures."""

    name: str
    repeat: float = Field(default=1.0, gt=0)
    squeezed: bool = False
    """The set's pictures were stretched to squares: its upright 1 is made narrow again."""


class DataConfig(_Part):
    """What is learned from, what it is turned into, and what is kept for choosing."""

    train: tuple[SourceConfig, ...] = Field(min_length=1)
    reject: tuple[SourceConfig, ...] = ()
    """What is not a digit; naming any gives the net an eleventh class."""
    leave_out: tuple[str, ...] = ()
    """Groups (writers) that take no part at all, for leave-writers-out measurements."""
    val_share: float = Field(default=0.05, ge=0, lt=0.5)
    fold: tuple[int, int] | None = None
    """(i, n): keep the i-th (from 0) of n parts for val instead, for cross-validation."""
    test: str | None = "mnist:test"
    normalize: bool = True
    rerender: int = Field(default=0, ge=0, le=8)
    """Further copies of each picture, put on other paper in another light, then normalised."""
    scale: Literal["unit", "signed"] = "unit"
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

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The builder's own options."""
        return dict(self.model_extra or {})


class OptimConfig(BaseModel):
    """The optimiser's name and rate; every other key goes to torch.optim."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = "adamw"
    lr: float = Field(default=1e-3, gt=0)

    @property
    def options(self) -> dict[str, Any]:
        """The optimiser's own options."""
        return dict(self.model_extra or {})


class ScheduleConfig(_Part):
    """How the rate goes over the whole training; ``warmup`` is a share of all steps."""

    name: str = "constant"
    warmup: float = Field(default=0.0, ge=0, lt=1)


class LossConfig(_Part):
    """The loss and what is added to it: ``l1 * sum |w|`` and ``l2 / 2 * sum w^2``."""

    name: str = "cross_entropy"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    l1: float = Field(default=0.0, ge=0)
    l2: float = Field(default=0.0, ge=0)


class AugmentConfig(_Part):
    """Strengths of the random changes to a batch; zero switches one off."""

    rotate: float = Field(default=0.0, ge=0, le=90, description="degrees either way")
    scale: float = Field(default=0.0, ge=0, lt=1, description="share, each axis on its own")
    shear: float = Field(default=0.0, ge=0, le=1)
    shift: float = Field(default=0.0, ge=0, le=14, description="pixels")
    elastic: float = Field(default=0.0, ge=0, le=8, description="pixels, on a coarse grid")
    thickness: float = Field(default=0.0, ge=0, le=1, description="share of the batch changed")
    noise: float = Field(default=0.0, ge=0, le=1, description="standard deviation of ink")
    blur: float = Field(default=0.0, ge=0, le=1, description="share of the batch blurred")
    erase: float = Field(default=0.0, ge=0, le=1, description="share of the batch with a gap")


class Recipe(_Part):
    """The whole of a training."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    about: str = ""
    seed: int = Field(default=0, ge=0, lt=2**32)
    epochs: int = Field(gt=0)
    batch_size: int = Field(default=128, gt=0)
    full_batch: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["fp32", "bf16"] = "fp32"
    threads: int | None = Field(default=None, gt=0)
    ema: float = Field(default=0.0, ge=0, lt=1)
    """Decay of the running mean of the weights, which is then what is kept; 0 keeps the last."""
    data: DataConfig
    model: ModelConfig
    optim: OptimConfig = OptimConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    loss: LossConfig = LossConfig()
    augment: AugmentConfig = AugmentConfig()


def load_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key.sub=value`` changes (values in TOML, bare words as text).

    RecipeError names file, key, value and the nearest known key.
    """
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(
            f"The recipe {path} cannot be read: {error.strerror}.", "Name a .toml file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not TOML: {error}.", "Mend the line it names.") from error
    for change in changes:
        _apply_change(tree, change)
    return parse_recipe(tree, str(path))


def parse_recipe(tree: dict[str, Any], source: str) -> Recipe:
    """A checked recipe from a nested dict; RecipeError as for `load_recipe`."""
    try:
        recipe = Recipe.model_validate(tree)
    except ValidationError as error:
        raise _explain(error, source) from error
    for kind, name, known in (
        ("schedule.name", recipe.schedule.name, SCHEDULES),
        ("loss.name", recipe.loss.name, LOSSES),
    ):
        if name not in known:
            raise RecipeError(
                f"{source}: {kind} = {name!r} is unknown.", f"Choose from: {', '.join(known)}."
            )
    return recipe


def _apply_change(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise RecipeError(f"{change!r} is not key=value.", "Write, for example, optim.lr=0.01.")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = key.strip().split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise RecipeError(f"{key}: {parent!r} is not a table.", "Name a key of the recipe.")
    tree[last] = value


def _explain(error: ValidationError, source: str) -> RecipeError:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    key = ".".join(place)
    if first["type"] == "extra_forbidden":
        known = _known_keys([part for part in place[:-1] if not part.isdigit()])
        near = difflib.get_close_matches(place[-1], known, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return RecipeError(
            f"{source}: unknown key {key!r}.", f"{hint}Known here: {', '.join(known)}."
        )
    value = "" if first["type"] == "missing" else f" = {first['input']!r}"
    return RecipeError(f"{source}: {key}{value}: {first['msg']}.", "Mend that key.")


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = Recipe
    for parent in parents:
        annotation = model.model_fields[parent].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
