"""Whether a crop holds a number at all, by what the net says of it as a whole and of its text.

The net's own word (its content head) is one sign among five: words and struck-out numbers that it
takes for numbers mostly decode into texts of which it is not sure.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from handsum.charset import BLANK_ID
from handsum.confidence.calibration import Calibration, IdentityMap, LogisticMap
from handsum.errors import BundleError
from handsum.reader.strips import NetOutput

SIGNS = ("number_log_odds", "path", "path_a_symbol", "weakest_column", "symbols")
"""Log odds of P(number); log-probability of the best path, in all and a symbol of its text; that
of its least sure column; how many symbols the path has."""
_EDGE = 1e-6


def take_signs(net: NetOutput) -> npt.NDArray[np.float64]:
    """`SIGNS` of a strip, float64 (5,)."""
    share = min(max(float(net.contents[0]), _EDGE), 1.0 - _EDGE)
    ids = net.log_probs.argmax(axis=1)
    written = ids != BLANK_ID
    begun = int(np.count_nonzero((ids[1:] != ids[:-1]) & written[1:])) + int(written[0])
    symbols = max(1, begun)
    columns = net.log_probs.max(axis=1)
    path = float(columns.sum())
    odds = math.log(share / (1.0 - share))
    return np.array([odds, path, path / symbols, float(columns.min()), float(symbols)])


def check_numberness(calibration: Calibration) -> None:
    """BundleError for a map that cannot be applied to `SIGNS`."""
    fits = isinstance(calibration, IdentityMap) or (
        isinstance(calibration, LogisticMap) and calibration.names == SIGNS
    )
    if not fits:
        raise BundleError(
            f"calibration.number is {calibration.kind}, not logistic over {', '.join(SIGNS)}.",
            "Use a bundle made for this version of handsum.",
        )


def share_of_number(calibration: Calibration, net: NetOutput) -> float:
    """P(number) of a strip, 0 to 1: by the map of a bundle, or the net's own word."""
    if isinstance(calibration, IdentityMap):
        return float(net.contents[0])
    return float(calibration.apply(take_signs(net)[None])[0])
