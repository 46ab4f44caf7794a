"""handsum beside RapidOCR and Tesseract on the very same crops; it installs them itself.

    handsum bench peers        (python benchmarks/peers --help: options)

Every reader gets every crop as a PNG file and nothing else; all know that there are only digits,
except "RapidOCR" without a mask. RapidOCR reads the crop alone and, once more, finds the text in
it by itself; Tesseract reads with five segmentation modes. What is better for a peer in the whole
strings that it gets right stands in the table; all its ways stand in the JSON. Readers take turns
set by set, one process at a time, each with the threads that it chooses by itself.

"coverage": the largest share of crops, sorted by the reader's own confidence, of which at most
1 % are wrong. "cer": edits over the characters that stand there. "ms": median for one crop at a
time, without reading the file (Tesseract's: mean, with it).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # what all benchmarks share lies beside this folder

import numpy as np  # noqa: E402
from peers.items import ON_REQUEST, SETS, write_crops  # noqa: E402
from peers.prepare import prepare_rapidocr, prepare_tesseract  # noqa: E402
from record import describe_machine, parse_options, record, run, share_json  # noqa: E402

from handsum.bundle import load_bundle  # noqa: E402
from handsum.errors import UsageError  # noqa: E402
from handsum.evaluate.metrics import cer, coverage_at_risk, exact_match, shares_by_group  # noqa: E402

WORK = HERE.parent.parent / "build" / "peers"
SINGLE = frozenset({"mnist_digits"})
"""Sets of single digits: handsum's digit reader is for these."""


@dataclass(frozen=True)
class Reader:
    """A column of the table: its program and the ways of which the best counts."""

    name: str
    script: str
    ways: tuple[str, ...]


READERS = (
    Reader("handsum", "run_handsum.py", ("number",)),
    Reader("RapidOCR, only digits", "run_rapidocr.py", ("crop-digits", "page-digits")),
    Reader("RapidOCR", "run_rapidocr.py", ("crop", "page")),
    Reader("Tesseract, only digits", "run_tesseract.py", ("7", "8", "10", "13", "6")),
)


def read_set(reader: Reader, way: str, name: str, python: Path, bundle: str | None) -> Any:
    """What one reader says of one set, in one of its ways, from a process of its own."""
    out = WORK / "answers" / f"{name}-{Path(reader.script).stem}-{way}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    program = str(python) if "rapidocr" in reader.script else sys.executable
    command = [program, str(HERE / reader.script), str(WORK / "items" / name), str(out), way]
    if bundle is not None and way == "number":
        command.append(bundle)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(f"{' '.join(command)} failed:\n{done.stderr}", "Mend what it names.")
    return json.loads(out.read_text("utf-8"))


def score(said: dict[str, Any], rows: list[dict[str, str]]) -> dict[str, Any]:
    """Figures of one reader's answers, the rows being the truth."""
    answers = {answer["file"]: answer for answer in said["answers"]}
    ordered = [answers[row["file"]] for row in rows]
    texts = [row["text"] for row in rows]
    read = [answer["text"] for answer in ordered]
    right = np.array([t == r for t, r in zip(texts, read, strict=True)])
    confidence = np.array([answer["confidence"] for answer in ordered], np.float64)
    parts = shares_by_group(right, [row["part"] for row in rows])
    return {
        "exact_match": share_json(exact_match(texts, read)),
        "cer": round(cer(texts, read), 6),
        "coverage_at_1_percent_error": round(coverage_at_risk(confidence, right, 0.01), 6),
        "no_answer": round(float(np.mean([not text for text in read])), 6),
        "median_ms": round(float(np.median([answer["ms"] for answer in ordered])), 3),
        "batch_crops_a_second": _rounded(said["batch_crops_a_second"]),
        "cold_start_s": _rounded(said["cold_start_s"]),
        "peak_memory_mib": _rounded(said["peak_memory_mib"]),
        "parts": {part: round(share.value, 4) for part, share in parts.items()},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def measure_set(
    name: str,
    limit: int | None,
    python: Path,
    bundle: str | None,
    versions: dict[str, str],
    pages: bool,
) -> dict[str, Any]:
    """All readers on one set, the best way of each and the others beside it.

    Without ``pages`` RapidOCR is given the crop alone.
    """
    rows = write_crops(WORK / "items", name, limit)
    best: dict[str, Any] = {}
    for reader in READERS:
        ways = ("digit",) if reader.name == "handsum" and name in SINGLE else reader.ways
        ways = tuple(way for way in ways if pages or not way.startswith("page"))
        figures = {}
        for way in ways:
            said = read_set(reader, way, name, python, bundle)
            versions[reader.name] = said["version"]
            figures[way] = score(said, rows)
            print(f"{name}, {reader.name}, {way}: "
                  f"{figures[way]['exact_match']['value']:.4f}", flush=True)  # fmt: skip
        chosen = max(figures, key=lambda way: float(figures[way]["exact_match"]["value"]))
        best[reader.name] = {"way": chosen, **figures[chosen], "ways": figures}
    return {"about": SETS[name].about, "items": len(rows), "readers": best,
            "against_the_recogniser": compare_speed(best)}  # fmt: skip


def compare_speed(best: dict[str, Any]) -> dict[str, float]:
    """handsum's time a crop and crops a second as multiples of RapidOCR's recogniser alone."""
    peer = best["RapidOCR, only digits"]["ways"]["crop-digits"]
    ours = best["handsum"]
    return {
        "latency": round(ours["median_ms"] / peer["median_ms"], 4),
        "batch_rate": round(ours["batch_crops_a_second"] / peer["batch_crops_a_second"], 2),
    }


def _add_options(parser: argparse.ArgumentParser) -> None:
    usual = [name for name in SETS if name not in ON_REQUEST]
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=usual)
    parser.add_argument("--register", action="store_true",
                        help="the report books of the register too: to be read once")  # fmt: skip
    parser.add_argument("--crops", action="store_true",
                        help="without RapidOCR's own search for the text")  # fmt: skip
    parser.add_argument("--bundle", help="another bundle of numbers than the one that ships")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    names = [*options.sets, *(ON_REQUEST if options.register else ())]
    bundles = [load_bundle("digits", kind="digits")]
    if not SINGLE.issuperset(names):
        bundles.append(load_bundle(options.bundle or "numbers", kind="numbers"))
    WORK.mkdir(parents=True, exist_ok=True)
    python = prepare_rapidocr(WORK)
    prepare_tesseract()
    machine = describe_machine()
    versions: dict[str, str] = {}
    sets = {
        name: measure_set(name, options.limit, python, options.bundle, versions, not options.crops)
        for name in dict.fromkeys(names)
    }
    readers = {
        reader.name: {
            "version": versions[reader.name],
            "peak_memory_mib": max(
                row["readers"][reader.name]["peak_memory_mib"] for row in sets.values()
            ),
        }
        for reader in READERS
    }
    if not {name for name in SETS if name not in ON_REQUEST} <= set(names):
        options.limit = options.limit or 0  # a part alone does not replace the whole
    record(
        "peers",
        "handsum, RapidOCR and Tesseract on the same crops: whole strings right.",
        {"readers": readers, "sets": sets},
        options=options,
        machine=machine,
        seeds=[11, 12, 13],
        bundles=bundles,
    )


if __name__ == "__main__":
    run(main)
