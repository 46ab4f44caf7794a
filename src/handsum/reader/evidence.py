"""What is known of a whole number that was read, and predicts whether it was read right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.confidence.calibration import (
    BetaMap,
    Calibration,
    IdentityMap,
    IsotonicMap,
    LogisticMap,
)
from handsum.decode.decoded import Decoded
from handsum.errors import BundleError
from handsum.imaging.numbers import PreparedNumber

FEATURES = (
    "posterior",
    "is_number",
    "weakest",
    "length",
    "marks",
    "contrast",
    "scale",
    "ink_per_symbol",
    "ink_at_sides",
    "line_height",
    "off_middle",
)
"""What `weigh` measures of a number, in this order; a bundle's map may take any of them.

Log odds of the text's posterior, of there being a number, and of its weakest symbol; symbols;
whether there are marks among them (0 or 1); how dark the ink is (0 to 1); log of how much the crop
was enlarged; log of the strip's ink a symbol; the share of it at the strip's two ends, where
neighbours and borders are; log of the strip's height in heights of the crop; how far its middle is
from the crop's, in the same unit.
"""
_PLACES = {name: place for place, name in enumerate(FEATURES)}
FITTED = tuple(name for name in FEATURES if name not in ("length", "scale"))
"""What a new bundle's map is fitted to: chosen from 34 (docs/experiments.md)."""
_SIDE = 6  # columns of the strip's either end
BREACH = 0.01
"""How often a text is expected to break the format that was declared for it."""
_EDGE = 1e-6  # net's probabilities closer to 0 or 1 say no more


@dataclass(frozen=True)
class Evidence:
    """``score`` 0 to 1: P(there is a number) times the posterior of its text; the features (F,)."""

    score: float
    features: npt.NDArray[np.float64]


def weigh(
    decoded: Decoded, is_number: float, number: PreparedNumber, shape: tuple[int, int]
) -> Evidence:
    """The evidence for the first candidate of a number that was found in a crop of ``shape``."""
    text = decoded.candidates[0].text
    posterior = decoded.candidates[0].posterior * constraint_holds(decoded)
    weakest = min((span.confidence for span in decoded.alignment), default=0.0)
    columns = number.ink.sum(axis=0)
    ink = float(columns.sum()) + _EDGE
    height = number.ink.shape[0] / number.scale / shape[0]
    features = (
        _log_odds(posterior),
        _log_odds(is_number),
        _log_odds(weakest),
        float(len(text)),
        float(not text.isdigit()),
        number.contrast,
        math.log(number.scale),
        math.log(ink / max(1, len(text))),
        float(columns[:_SIDE].sum() + columns[-_SIDE:].sum()) / ink,
        math.log(height),
        abs(number.y0 / shape[0] + 0.5 * height - 0.5),
    )
    return Evidence(posterior * is_number, np.array(features))


def constraint_holds(decoded: Decoded) -> float:
    """How likely the text satisfies its constraint at all, 0 to 1; 1 without one.

    Bayes' rule with `BREACH` as the share of texts that do not: what fits badly into a format is
    more likely one of these than the best of the texts that fit.
    """
    held = (1.0 - BREACH) * decoded.mass
    return held / (held + BREACH * decoded.left_over)


def calibrate(calibration: Calibration, evidence: Evidence) -> float:
    """The probability that a reading is right."""
    if isinstance(calibration, LogisticMap):
        # Nine numbers: what LogisticMap.apply does, without the arrays that would cost more.
        features = take_features(evidence, calibration.names).tolist()
        columns = zip(
            features, calibration.means, calibration.scales, calibration.weights, strict=True
        )
        log_odds = calibration.bias + sum(w * (x - mean) / s for x, mean, s, w in columns)
        return 1.0 / (1.0 + math.exp(-max(log_odds, -700.0)))
    return float(calibration.apply(np.array([evidence.score]))[0])


def take_features(evidence: Evidence, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """The named ones of the features, in that order; (F,)."""
    return evidence.features[[_PLACES[name] for name in names]]


def check_calibration(calibration: Calibration) -> None:
    """BundleError unless a map takes what `Evidence` has."""
    if isinstance(calibration, LogisticMap) and set(calibration.names) <= set(FEATURES):
        return
    if not isinstance(calibration, IdentityMap | BetaMap | IsotonicMap):
        raise BundleError(
            f"The bundle's calibration ({calibration.kind}) does not fit whole numbers.",
            "Use the handsum version that the bundle was made with, or a newer bundle.",
        )


def _log_odds(share: float) -> float:
    p = min(max(share, _EDGE), 1.0 - _EDGE)
    return math.log(p / (1.0 - p))
