"""Calibration maps: from a net's raw scores to the probability that a reading is right.

Frozen, small enough for a bundle's JSON, and applied to whole arrays. `fitting` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from handsum.errors import BundleError

Floats = npt.NDArray[np.float64]

SCORE_EDGE = 1e-12
"""Scores are kept this far from 0 and 1, where their log odds end."""


def softmax(logits: npt.ArrayLike) -> Floats:
    """Probabilities (N, C) of logits (N, C)."""
    z = np.asarray(logits, dtype=np.float64)
    exponents = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=-1, keepdims=True))


def log_softmax(logits: npt.ArrayLike) -> Floats:
    """Logarithms of the probabilities (..., C) of logits (..., C)."""
    z = np.asarray(logits, dtype=np.float64)
    z = z - z.max(axis=-1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))


def sigmoid(log_odds: npt.ArrayLike) -> Floats:
    """Probabilities of log odds, without overflow."""
    z = np.asarray(log_odds, dtype=np.float64)
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


@dataclass(frozen=True)
class IdentityMap:
    """The score is the confidence."""

    kind: ClassVar[str] = "identity"

    def apply(self, score: npt.ArrayLike) -> Floats:
        """Scores (N,) in 0..1, as they are."""
        return np.asarray(score, dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """For a bundle's ``calibration``."""
        return {"kind": self.kind}


@dataclass(frozen=True)
class TemperatureMap:
    """Logits divided by one temperature > 0 (Guo et al. 2017); the order of classes stays."""

    temperature: float
    kind: ClassVar[str] = "temperature"

    def apply(self, logits: npt.ArrayLike) -> Floats:
        """Logits or log probabilities (N, C) to probabilities (N, C)."""
        return softmax(np.asarray(logits, dtype=np.float64) / self.temperature)

    def to_json(self) -> dict[str, Any]:
        """For a bundle's ``calibration``."""
        return {"kind": self.kind, "temperature": self.temperature}


@dataclass(frozen=True)
class BetaMap:
    """log odds = a ln s - b ln(1 - s) + c with a, b >= 0, so monotone (Kull et al. 2017)."""

    a: float
    b: float
    c: float
    kind: ClassVar[str] = "beta"

    def apply(self, score: npt.ArrayLike) -> Floats:
        """Scores (N,) in 0..1 to confidences (N,)."""
        s = np.clip(np.asarray(score, dtype=np.float64), SCORE_EDGE, 1.0 - SCORE_EDGE)
        return sigmoid(self.a * np.log(s) - self.b * np.log1p(-s) + self.c)

    def to_json(self) -> dict[str, Any]:
        """For a bundle's ``calibration``."""
        return {"kind": self.kind, "a": self.a, "b": self.b, "c": self.c}


@dataclass(frozen=True)
class IsotonicMap:
    """Straight lines between the points (scores[i], confidences[i]); both rising, flat outside."""

    scores: tuple[float, ...]
    confidences: tuple[float, ...]
    kind: ClassVar[str] = "isotonic"

    def apply(self, score: npt.ArrayLike) -> Floats:
        """Scores (N,) to confidences (N,)."""
        s = np.asarray(score, dtype=np.float64)
        return np.asarray(np.interp(s, self.scores, self.confidences), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """For a bundle's ``calibration``."""
        return {
            "kind": self.kind,
            "scores": list(self.scores),
            "confidences": list(self.confidences),
        }


@dataclass(frozen=True)
class LogisticMap:
    """log odds = bias + sum of weight (x - mean) / scale over named features x."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    kind: ClassVar[str] = "logistic"

    def apply(self, features: npt.ArrayLike) -> Floats:
        """Features (N, F) in the order of ``names`` to confidences (N,)."""
        x = np.asarray(features, dtype=np.float64)
        standard = (x - np.array(self.means)) / np.array(self.scales)
        return sigmoid(standard @ np.array(self.weights) + self.bias)

    def to_json(self) -> dict[str, Any]:
        """For a bundle's ``calibration``."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "means": list(self.means),
            "scales": list(self.scales),
            "weights": list(self.weights),
            "bias": self.bias,
        }


Calibration = IdentityMap | TemperatureMap | BetaMap | IsotonicMap | LogisticMap


def calibration_from_json(tree: Mapping[str, Any]) -> Calibration:
    """The map that ``to_json`` wrote; BundleError, naming the key, for anything else."""
    kind = tree.get("kind")
    try:
        if kind == "identity":
            return IdentityMap()
        if kind == "temperature":
            found: Calibration = TemperatureMap(_number(tree, "temperature"))
        elif kind == "beta":
            found = BetaMap(_number(tree, "a"), _number(tree, "b"), _number(tree, "c"))
        elif kind == "isotonic":
            found = IsotonicMap(_numbers(tree, "scores"), _numbers(tree, "confidences"))
        elif kind == "logistic":
            found = LogisticMap(
                tuple(str(name) for name in tree["names"]),
                _numbers(tree, "means"),
                _numbers(tree, "scales"),
                _numbers(tree, "weights"),
                _number(tree, "bias"),
            )
        else:
            raise ValueError(f"kind is {kind!r}")
        _check(found)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise BundleError(
            f"calibration: {what}.", "Use a bundle made for this version of handsum."
        ) from error
    return found


def _number(tree: Mapping[str, Any], key: str) -> float:
    value = tree[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise TypeError(f"{key} is {value!r}, not a number")
    return float(value)


def _numbers(tree: Mapping[str, Any], key: str) -> tuple[float, ...]:
    values = tree[key]
    if not isinstance(values, list | tuple):
        raise TypeError(f"{key} is {values!r}, not a list of numbers")
    return tuple(_number({key: value}, key) for value in values)


def _check(found: Calibration) -> None:
    """ValueError where a map would not be what its class promises."""
    if isinstance(found, TemperatureMap) and found.temperature <= 0.0:
        raise ValueError(f"temperature is {found.temperature}, not above 0")
    if isinstance(found, BetaMap) and min(found.a, found.b) < 0.0:
        raise ValueError(f"a is {found.a} and b is {found.b}; neither may be below 0")
    if isinstance(found, IsotonicMap):
        s, c = np.array(found.scores), np.array(found.confidences)
        if s.size != c.size or s.size == 0 or np.any(np.diff(s) <= 0) or np.any(np.diff(c) < 0):
            raise ValueError("scores and confidences are not two rising lists of one length")
        if c[0] < 0.0 or c[-1] > 1.0:
            raise ValueError("confidences leave 0 to 1")
    if isinstance(found, LogisticMap):
        sizes = {len(found.names), len(found.means), len(found.scales), len(found.weights)}
        if len(sizes) != 1 or min(found.scales, default=1.0) <= 0.0:
            raise ValueError("names, means, scales (above 0) and weights differ in length")
