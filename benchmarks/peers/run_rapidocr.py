"""RapidOCR over a folder of crops, in one of its four ways; runs in an environment of its own.

    python run_rapidocr.py FOLDER OUT crop|crop-digits|page|page-digits

"crop": recognition alone, of the crop as it is. "page": detection, recognition, reading order, as
the package does it by itself. "-digits": the outputs of all classes but the ten digits and the
CTC blank are set to zero before it decodes, which the package offers no switch for.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from rapidocr import RapidOCR  # noqa: E402
from rapidocr.ch_ppocr_rec import TextRecInput  # noqa: E402


class DigitsOnly:
    """The package's own CTC decoder, given the digits' and the blank's probabilities alone."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        symbols = decoder.character
        self._keep = np.array([i == 0 or s in set("0123456789") for i, s in enumerate(symbols)])

    def __call__(self, preds: Any, *arguments: Any, **options: Any) -> Any:
        return self._decoder(np.where(self._keep, preds, 0.0), *arguments, **options)


def read_one(engine: Any, picture: Any, alone: bool) -> tuple[str, float]:
    """The text without spaces, lines joined in reading order, and the least of their scores."""
    found = engine(picture, use_det=False, use_cls=False) if alone else engine(picture)
    texts = list(found.txts or ())
    scores = [float(score) for score in found.scores or ()]
    return "".join("".join(texts).split()), min(scores[: len(texts)], default=0.0)


def main() -> None:
    folder, out, way = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    engine = RapidOCR(params={"Global.log_level": "critical"})
    recogniser = engine._load_rec_model()
    if way.endswith("-digits"):
        recogniser.postprocess_op = DigitsOnly(recogniser.postprocess_op)
    alone = way.startswith("crop")
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    pictures = [cv2.imread(str(folder / name)) for name in names]
    read_one(engine, pictures[0], alone)
    cold = time.perf_counter() - STARTED
    answers = []
    for name, picture in zip(names, pictures, strict=True):
        started = time.perf_counter()
        text, confidence = read_one(engine, picture, alone)
        ms = 1000 * (time.perf_counter() - started)
        answers.append({"file": name, "text": text, "confidence": confidence, "ms": ms})
    started = time.perf_counter()
    recogniser(TextRecInput(img=pictures))
    rate = len(pictures) / (time.perf_counter() - started)
    result = {
        "version": f"RapidOCR {version('rapidocr')}, PP-OCRv6 small",
        "answers": answers,
        "cold_start_s": cold,
        "batch_crops_a_second": rate if alone else None,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    out.write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
