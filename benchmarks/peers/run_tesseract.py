"""Tesseract over a folder of crops, digits only, in one of its page segmentation modes.

    python run_tesseract.py FOLDER OUT PSM

One process reads all crops from a list, so that its start is shared; milliseconds are its whole
time over the number of crops.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import subprocess
import sys
import time
from pathlib import Path


def read_crops(listed: Path, psm: str) -> str:
    """Tesseract's TSV of every picture that the file ``listed`` names."""
    command = ["tesseract", str(listed), "stdout", "--psm", psm, "-c",
               "tessedit_char_whitelist=0123456789", "tsv"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def main() -> None:
    folder, out, psm = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3]
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    listed = out.with_suffix(".txt")
    listed.write_text(f"{folder / names[0]}\n", "utf-8")
    started = time.perf_counter()
    read_crops(listed, psm)
    cold = time.perf_counter() - started
    listed.write_text("".join(f"{folder / name}\n" for name in names), "utf-8")
    started = time.perf_counter()
    printed = read_crops(listed, psm)
    ms = 1000 * (time.perf_counter() - started) / len(names)
    words: dict[int, list[tuple[str, float]]] = {}
    for row in csv.DictReader(io.StringIO(printed), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == "5" and row["text"].strip():
            word = (row["text"].strip(), float(row["conf"]) / 100)
            words.setdefault(int(row["page_num"]), []).append(word)
    answers = [
        {
            "file": name,
            "text": "".join(text for text, _ in words.get(page, [])),
            "confidence": min((conf for _, conf in words.get(page, [])), default=0.0),
            "ms": ms,
        }
        for page, name in enumerate(names, start=1)
    ]
    version = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True)
    result = {
        "version": version.stdout.splitlines()[0].capitalize(),
        "answers": answers,
        "cold_start_s": cold,
        "batch_crops_a_second": 1000 / ms,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    out.write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
