"""CPU time of RapidOCR's recogniser over a folder of crops; runs in an environment of its own.

    python speed_rapidocr.py FOLDER

Prints JSON: milliseconds of one core a crop, one crop at a time and all crops in one call (which
it sorts by width and reads six at a time), on one thread, after a warm-up.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import cv2
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_rec import TextRecInput


def main() -> None:
    folder = Path(sys.argv[1])
    cv2.setNumThreads(1)
    engine = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    recogniser = engine._load_rec_model()
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    pictures = [cv2.imread(str(folder / name)) for name in names]
    for picture in pictures[:10]:
        recogniser(TextRecInput(img=[picture]))
    started = time.process_time()
    for picture in pictures:
        recogniser(TextRecInput(img=[picture]))
    one = time.process_time() - started
    started = time.process_time()
    recogniser(TextRecInput(img=pictures))
    batch = time.process_time() - started
    print(
        json.dumps(
            {
                "version": f"RapidOCR {version('rapidocr')}, PP-OCRv6 small",
                "one": 1000 * one / len(pictures),
                "batch": 1000 * batch / len(pictures),
            }
        )
    )


if __name__ == "__main__":
    main()
