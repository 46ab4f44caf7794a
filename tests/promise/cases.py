"""A promise to play with, and what it is made from."""

import numpy as np

from handsum.promise.calibrate import calibrate_promise
from handsum.promise.terms import DataDescription, Promise, PromiseKey, fingerprint
from handsum.readings import BundleRef

KEY = PromiseKey(
    bundle=BundleRef("numbers", "1", "ab" * 32),
    imaging_version=1,
    task="number",
    format="9999.99",
    list_sha256=fingerprint(["12.50", "3.00"]),
)
OLD = DataDescription("march", "11" * 32)
NEW = DataDescription("april", "22" * 32)


def readings(n: int, wrong: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """n readings, the unsure half bad, and ``wrong`` errors in the sure half from ``first`` on."""
    confidence = np.linspace(1.0, 0.0, n)
    correct = np.ones(n, bool)
    correct[n // 2 :: 2] = False
    correct[np.linspace(first, n // 2 - 1, wrong).astype(int)] = False
    return confidence, correct


def make(
    n: int = 4000, wrong: int = 3, first: int = 1000, groups: object = None, **options: object
) -> Promise:
    terms = {"max_risk": 0.01, "delta": 0.05, "key": KEY, "description": OLD} | options
    return calibrate_promise(*readings(n, wrong, first), groups, **terms)
