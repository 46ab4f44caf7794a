"""handsum over a folder of crops: the digit reader, or the number reader told of digits alone.

    python run_handsum.py FOLDER OUT digit|number [BUNDLE]

"number" is told what the others are told too: that there are only digits (1 to 12 of them).
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()

import cv2  # noqa: E402

from handsum.decode.constraint import Constraint  # noqa: E402
from handsum.reader import load_reader  # noqa: E402
from handsum.readings import Reading  # noqa: E402

Read = Callable[[Any], list[Reading]]


def load(kind: str, bundle: str | None) -> tuple[Read, str]:
    """What reads one picture or a list of them, and what it is called."""
    if kind == "digit":
        digits = load_reader("digit", bundle)
        ref = digits.bundle.ref
        return digits.read, f"handsum, bundle {ref.name} {ref.version} {ref.sha256[:12]}"
    numbers = load_reader("number", bundle)
    options = numbers.compile(Constraint(pattern="9{1,12}"))
    ref = numbers.bundle.ref
    return (
        lambda source: numbers.read(source, constraint=options),
        f"handsum, bundle {ref.name} {ref.version} {ref.sha256[:12]}",
    )


def main() -> None:
    folder, out, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    read, version = load(kind, sys.argv[4] if len(sys.argv) > 4 else None)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    pictures = [cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE) for name in names]
    read(pictures[0])
    cold = time.perf_counter() - STARTED
    answers = []
    for name, picture in zip(names, pictures, strict=True):
        started = time.perf_counter()
        (reading,) = read(picture)
        ms = 1000 * (time.perf_counter() - started)
        confidence = reading.confidence if reading.text else 0.0
        answers.append({"file": name, "text": reading.text, "confidence": confidence, "ms": ms})
    started = time.perf_counter()
    read(pictures)
    rate = len(pictures) / (time.perf_counter() - started)
    result = {
        "version": version,
        "answers": answers,
        "cold_start_s": cold,
        "batch_crops_a_second": rate,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    out.write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
