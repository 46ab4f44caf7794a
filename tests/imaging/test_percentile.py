import numpy as np
import pytest

from handsum.imaging.percentile import percentile


def test_the_short_percentile_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    for size in (1, 2, 11, 400, 5000):
        values = rng.random(size).astype(np.float32)
        for q in (60.0, 70.0, 99.5):
            assert percentile(values, q) == pytest.approx(float(np.percentile(values, q)), rel=1e-6)
