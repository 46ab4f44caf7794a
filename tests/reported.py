"""What ``handsum evaluate --format json`` writes, of readings that are made up."""

from __future__ import annotations

from typing import Any

import numpy as np

from handsum.evaluate.figures import measure_digits
from handsum.evaluate.predictions import DigitPredictions


def make_report(sha: str, writers: int = 14) -> dict[str, Any]:
    """What ``handsum evaluate`` writes of made-up readings: writer n has n of 40 digits wrong."""
    count = 40 * writers
    labels = np.arange(count) % 10
    wrong = np.arange(count) % 40 < np.arange(count) // 40
    read = np.where(wrong, (labels + 1) % 10, labels)
    sure = np.linspace(0.5, 0.9999, count)
    probs = np.full((count, 10), 0.0)
    probs[np.arange(count), read] = sure
    probs += (1.0 - sure)[:, None] / 9 * (probs == 0)
    predictions = DigitPredictions(
        probs=probs, labels=labels, ids=tuple(map(str, range(count))), classes=tuple("0123456789"),
        groups=tuple(f"<b>writer {n // 40:02}</b>" for n in range(count)),
    )  # fmt: skip
    facts = [["bundle", "digits"], ["SHA-256", sha], ["data", "made up"]]
    figures = measure_digits(predictions).to_json()
    return {"schema": 1, "reader": "digits 2", "facts": facts, "notes": ["A note."], **figures}
