"""Whether a crop holds a number: the net's word and what its text says of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from handsum.confidence.calibration import BetaMap, IdentityMap, LogisticMap
from handsum.confidence.fitting import fit_logistic
from handsum.errors import BundleError
from handsum.reader.numberness import SIGNS, check_numberness, share_of_number, take_signs
from scripted import said


def test_signs_are_those_of_the_best_path() -> None:
    net = said("4402", 20, sure=0.9, number=0.8)
    odds, path, a_symbol, weakest, symbols = take_signs(net)
    assert odds == pytest.approx(math.log(0.8 / 0.2))
    assert path == pytest.approx(4 * math.log(0.9) + 16 * math.log(0.99))
    assert symbols == 4  # two fours apart are two, though ids repeat across blanks
    assert a_symbol == pytest.approx(path / 4)
    assert weakest == pytest.approx(math.log(0.9))


def test_the_text_decides_where_the_net_is_of_two_minds() -> None:
    """As words are: about as likely a number, but their texts fall apart."""
    rng = np.random.default_rng(1)
    numbers = [said("123", 12, float(rng.uniform(0.9, 1.0)), 0.6) for _ in range(80)]
    words = [said("123", 12, float(rng.uniform(0.4, 0.7)), 0.6) for _ in range(80)]
    signs = np.stack([take_signs(net) for net in (*numbers, *words)])
    fitted = fit_logistic(signs, np.arange(160) < 80, SIGNS)
    check_numberness(fitted)
    shares = [share_of_number(fitted, net) for net in (*numbers, *words)]
    assert min(shares[:80]) > max(shares[80:])
    assert share_of_number(IdentityMap(), numbers[0]) == pytest.approx(0.6)


def test_a_map_over_something_else_is_refused() -> None:
    one = LogisticMap(("length",), (0.0,), (1.0,), (1.0,), 0.0)
    for wrong in (BetaMap(1.0, 1.0, 0.0), one, replace(one, names=SIGNS[:1])):
        with pytest.raises(BundleError, match=r"calibration\.number"):
            check_numberness(wrong)
