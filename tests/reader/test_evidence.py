"""What is known of a reading, as calibration takes it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from handsum.confidence.calibration import BetaMap, LogisticMap, TemperatureMap
from handsum.decode.decoded import Decoded, DecodedText
from handsum.errors import BundleError
from handsum.imaging.numbers import PreparedNumber
from handsum.reader.evidence import (
    BREACH,
    FEATURES,
    calibrate,
    check_calibration,
    constraint_holds,
    weigh,
)

NUMBER = PreparedNumber(np.zeros((48, 64), np.float32), 2.0, 0.0, 0.0, 0.5)


def decoded(posterior: float, mass: float = 1.0) -> Decoded:
    text = DecodedText("12", math.log(posterior * mass), posterior)
    return Decoded((text,), math.log(mass), (), True)


def test_the_score_is_the_chance_of_number_and_text() -> None:
    evidence = weigh(decoded(0.8), 0.9, NUMBER, (96, 200))
    assert evidence.score == pytest.approx(0.72)
    assert len(evidence.features) == len(FEATURES)
    named = dict(zip(FEATURES, evidence.features, strict=True))
    assert named["posterior"] == pytest.approx(math.log(4))
    assert named["is_number"] == pytest.approx(math.log(9))
    assert (named["length"], named["marks"], named["contrast"]) == (2.0, 0.0, 0.5)


def test_where_the_ink_lies_is_measured_in_crops_and_symbols() -> None:
    """A strip of 48 pixels, enlarged twice, 12 pixels below the top of a crop 96 pixels high."""
    ink = np.zeros((48, 64), np.float32)
    ink[10:20, 30:40] = 1.0  # two symbols of 50
    ink[10:15, :2] = 1.0  # and a border of 10
    number = PreparedNumber(ink, 2.0, 0.0, 12.0, 0.5)
    named = dict(zip(FEATURES, weigh(decoded(0.8), 0.9, number, (96, 200)).features, strict=True))
    assert named["ink_per_symbol"] == pytest.approx(math.log(55), abs=1e-6)
    assert named["ink_at_sides"] == pytest.approx(10 / 110, abs=1e-6)
    assert named["line_height"] == pytest.approx(math.log(24 / 96))
    assert named["off_middle"] == pytest.approx(0.5 - 24 / 96)


def test_a_constraint_that_hardly_fits_is_doubted_by_bayes() -> None:
    assert constraint_holds(decoded(0.9)) == 1.0
    for mass in (0.9, 0.5, 0.01, 1e-6):
        held, broken = (1 - BREACH) * mass, BREACH * (1 - mass)
        assert constraint_holds(decoded(0.9, mass)) == pytest.approx(held / (held + broken))
    assert constraint_holds(decoded(0.9, 1e-6)) < 1e-3


def test_maps_take_the_score_or_the_features() -> None:
    evidence = weigh(decoded(0.8), 0.9, NUMBER, (96, 200))
    assert calibrate(BetaMap(1.0, 1.0, 0.0), evidence) == pytest.approx(0.72)
    logistic = LogisticMap(("is_number", "posterior"), (0.0,) * 2, (1.0,) * 2, (0.0, 1.0), 0.0)
    assert calibrate(logistic, evidence) == pytest.approx(0.8)
    wide = LogisticMap(FEATURES, (0.3,) * 11, (1.7,) * 11, tuple(np.linspace(-1, 1, 11)), 0.4)
    expected = wide.apply(evidence.features[None])[0]
    assert calibrate(wide, evidence) == pytest.approx(expected, rel=1e-12)
    check_calibration(logistic)
    for other in (TemperatureMap(2.0), LogisticMap(("colour",), (0.0,), (1.0,), (1.0,), 0.0)):
        with pytest.raises(BundleError, match="does not fit"):
            check_calibration(other)
