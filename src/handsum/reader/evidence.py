"""What is known of a whole number that was read, and predicts whether it was read right."""

from __future__ import annotations

import math
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

FEATURES = ("posterior", "is_number", "weakest", "length", "contrast", "scale")
"""Log odds of the text's posterior, of there being a number, of its weakest symbol; symbols; how
dark the ink is; log of how much the crop was enlarged."""
BREACH = 0.01
"""How often a text is expected to break the format that was declared for it."""
_EDGE = 1e-6  # net's probabilities closer to 0 or 1 say no more


@dataclass(frozen=True)
class Evidence:
    """``score`` 0 to 1: P(there is a number) times the posterior of its text; the features (F,)."""

    score: float
    features: npt.NDArray[np.float64]


def weigh(decoded: Decoded, is_number: float, number: PreparedNumber) -> Evidence:
    """The evidence for the first candidate of a decoded number."""
    posterior = decoded.candidates[0].posterior * constraint_holds(decoded)
    weakest = min((span.confidence for span in decoded.alignment), default=0.0)
    features = (
        _log_odds(posterior),
        _log_odds(is_number),
        _log_odds(weakest),
        float(len(decoded.candidates[0].text)),
        number.contrast,
        math.log(number.scale),
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
        return float(calibration.apply(evidence.features[None])[0])
    return float(calibration.apply(np.array([evidence.score]))[0])


def check_calibration(calibration: Calibration) -> None:
    """BundleError unless a map takes what `Evidence` has."""
    if isinstance(calibration, LogisticMap) and calibration.names == FEATURES:
        return
    if not isinstance(calibration, IdentityMap | BetaMap | IsotonicMap):
        raise BundleError(
            f"The bundle's calibration ({calibration.kind}) does not fit whole numbers.",
            "Use the handsum version that the bundle was made with, or a newer bundle.",
        )


def _log_odds(share: float) -> float:
    p = min(max(share, _EDGE), 1.0 - _EDGE)
    return math.log(p / (1.0 - p))
