"""What confidences are worth: calibration before and after, promises, refusals, and their cost.

    handsum bench confidence

digits      MNIST's test digits and swiss2, "before" with the net's own probabilities (temperature
            1), "after" as the reader gives them. Refused or called blank is wrong.
numbers     the register's books (labels as they are, and "_repaired" with those put right that are
            wrong beyond doubt) and strings of MNIST test digits, told that there are only digits
            and, "_as_read", told nothing. "before" is P(number) times the text's posterior. Report
            books are read for these figures alone; the dev books fitted the map.
promises    thresholds by the test behind handsum calibrate, on the data that each names, and what
            they let through elsewhere.
refusals    real numbers lost against rubbish let through, by the least P(number) that is read; and
            digits lost against what is no digit, by the least P(not a number) that is refused.
cost        CPU time of the evidence and the confidence as a share of the whole reading.

ECE: 15 bins of equal mass. --dev leaves the report books unread and records nothing.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from confidence_plots import Curve, save_figure
from confidence_promises import promise_digits, promise_halves, promise_strings
from numbers_items import SETS, Item, mnist_strings, register
from record import RESULTS, describe_machine, parse_options, record, run, share_json, take_part
from refusing import collect, doubt_digits

from handsum.confidence.calibration import softmax
from handsum.data.sources import load_dataset
from handsum.decode.constraint import CompiledConstraint, Constraint
from handsum.evaluate.metrics import (
    area_under_risk_coverage,
    brier_score,
    coverage_at_risk,
    expected_calibration_error,
    negative_log_likelihood,
    reliability_bins,
)
from handsum.imaging.load import Picture, load_pictures
from handsum.reader import DigitReader, NumberReader
from handsum.reader.evidence import weigh

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RISKS = (0.001, 0.003, 0.005, 0.01, 0.02, 0.05)
LOST = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
TIMED = 200


@dataclass(frozen=True)
class Scored:
    """Readings of a set: ``before`` and ``after`` calibration (N,), and whether right (N,).

    ``no_number`` (N,), of digits only, is the probability that it is none, 1 where blank.
    """

    before: Floats
    after: Floats
    correct: Bools
    no_number: Floats | None = None


def describe(confidence: Floats, correct: Bools) -> dict[str, Any]:
    """All figures of confidences against the truth."""
    accepted = confidence >= 0.99
    return {
        "ece": round(expected_calibration_error(confidence, correct), 6),
        "brier": round(brier_score(confidence, correct), 6),
        "nll": round(negative_log_likelihood(confidence, correct), 6),
        "aurc": round(area_under_risk_coverage(confidence, correct), 6),
        "coverage_at": {str(r): round(coverage_at_risk(confidence, correct, r), 4) for r in RISKS},
        "accepted_at_1_percent": share_json(accepted),
        "wrong_among_accepted": share_json(~correct[accepted]) if accepted.any() else None,
        "bins": [
            {"n": b.n, "stated": round(b.confidence, 5), "right": round(b.accuracy, 5)}
            for b in reliability_bins(confidence, correct)
        ],
    }


def both(scored: Scored) -> dict[str, Any]:
    """Figures before and after, and how much was right."""
    return {
        "right": share_json(scored.correct),
        "before": describe(scored.before, scored.correct),
        "after": describe(scored.after, scored.correct),
    }


def read_digits(reader: DigitReader, name: str, limit: int | None) -> Scored:
    """A set of digits, as `handsum read` would read it."""
    data = take_part(load_dataset(name), limit)
    prepared = [reader.prepare(p) for image in data.images for p in load_pictures(image)]
    probs = reader.probabilities(np.stack([one.digit.ink for one in prepared]))
    blank = np.array([one.digit.blank for one in prepared])
    classes = [*reader.bundle.info.charset, *reader.bundle.info.classes]
    read = np.array(["" if b else classes[k] for b, k in zip(blank, probs.argmax(1), strict=True)])
    temperature = float(reader.bundle.info.calibration["temperature"])
    plain = softmax(np.log(np.maximum(probs, 1e-300)) * temperature).max(axis=1)
    sure = float(reader.bundle.info.calibration["blank_confidence"])
    return Scored(
        np.where(blank, sure, plain),
        np.where(blank, sure, probs.max(axis=1)),
        read == np.array(data.texts),
        np.where(blank, 1.0, probs[:, len(reader.bundle.info.charset) :].sum(axis=1)),
    )


def read_items(
    reader: NumberReader, items: Sequence[Item], constraint: CompiledConstraint | None
) -> tuple[Floats, Floats, list[str]]:
    """Scores, confidences and texts of crops ("" where refused)."""
    prepared = [reader.prepare(Picture(item.grey, "")) for item in items]
    outputs = reader.outputs(prepared, constraint)
    texts = [o.decoded.candidates[0].text if o.decoded else "" for o in outputs]
    scores = np.array([min(o.score, 1.0) for o in outputs])
    return scores, np.array([reader.confidence(o) for o in outputs]), texts


def measure_numbers(
    reader: NumberReader, parts: Sequence[str], limit: int | None
) -> dict[str, Scored]:
    """Register books and strings of MNIST test digits, both ways."""
    digits = reader.compile(Constraint(pattern="9{1,12}"))
    found: dict[str, Scored] = {}
    for name in (*(f"register_{part}" for part in parts), "mnist_strings"):
        items = SETS[name]()[:limit]
        labels = {name: [item.text for item in items]}
        if name.startswith("register_"):
            repaired = register(name.removeprefix("register_"), repaired=True)[:limit]
            labels[f"{name}_repaired"] = [item.text for item in repaired]
        for suffix, constraint in (("", digits), ("_as_read", None)):
            before, after, texts = read_items(reader, items, constraint)
            for label, truth in labels.items():
                right = np.array(texts) == np.array(truth)
                found[label + suffix] = Scored(before, after, right)
    return found


def refusal_points(reader: NumberReader, limit: int | None) -> dict[str, Any]:
    """What is lost and what let through, by the least P(number) that is read as a number."""
    shares, items = {}, {n: SETS[n]()[:limit] for n in ("unseen_numbers", "refusals")}
    items["register_dev"] = register("dev")[:limit]
    for name, crops in items.items():
        prepared = [reader.prepare(Picture(item.grey, "")) for item in crops]
        blank = np.array([one.blank for one in prepared])
        shares[name] = np.where(blank, 0.0, reader.number_shares(prepared))
    kinds = np.array([item.content for item in items["refusals"]])
    rubbish = shares["refusals"]
    shipped = float(reader.bundle.info.calibration["number_threshold"])
    levels = [float(np.quantile(shares["unseen_numbers"], lost)) for lost in LOST[2:]]
    rows = []
    for level in sorted({*levels, shipped}):
        through = rubbish >= level
        rows.append(
            {
                "threshold": round(level, 6),
                "shipped": level == shipped,
                "unseen_numbers_lost": share_json(shares["unseen_numbers"] < level),
                "register_numbers_lost": share_json(shares["register_dev"] < level),
                "let_through": {
                    "all": share_json(through),
                    **{k: share_json(through[kinds == k]) for k in sorted(set(kinds.tolist()))},
                },
            }
        )
    return {"about": "P(number) alone; texts that come out empty are refused as well", "rows": rows}


def digit_refusal_points(reader: DigitReader, keep: Floats, limit: int | None) -> dict[str, Any]:
    """Digits lost against what is no digit let through, by the least P(not a number) refused.

    ``keep`` (N,) is that probability of the digits.
    """
    answers = {name: doubt_digits(reader, found)[0] for name, found in collect(limit).items()}
    rows = []
    for lost in LOST:
        level = float(np.quantile(keep, 1.0 - lost, method="higher"))
        rows.append(
            {
                "threshold": round(level, 6),
                "digits_lost": share_json(keep > level),
                "let_through": {name: share_json(no <= level) for name, no in answers.items()},
            }
        )
    return {"about": "MNIST's test digits and swiss2 together", "rows": rows}


def measure_cost(reader: NumberReader) -> dict[str, Any]:
    """CPU time of evidence and confidence beside that of the whole reading, one crop at a time."""
    items = SETS["register_dev"]()[:TIMED]
    prepared, outputs = [], []
    started = time.process_time()
    for item in items:
        prepared.append(reader.prepare(Picture(item.grey, "")))
        outputs += reader.outputs(prepared[-1:])
        reader.confidence(outputs[-1])
    whole = time.process_time() - started
    read = [(o, p) for o, p in zip(outputs, prepared, strict=True) if o.decoded]
    started = time.process_time()
    for output, crop in read:
        assert output.decoded is not None
        weigh(output.decoded, 0.9, crop.number, crop.shape)
        reader.confidence(output)
    extra = (time.process_time() - started) * len(items) / max(1, len(read))
    return {
        "crops": len(items),
        "reading_ms": round(1000 * whole / len(items), 4),
        "confidence_ms": round(1000 * extra / len(items), 4),
        "share": round(extra / whole, 5),
    }


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--digits", default="digits", help="a bundle of digits")
    parser.add_argument("--numbers", default="numbers", help="a bundle of numbers")
    parser.add_argument("--dev", action="store_true", help="leave the report books unread")
    parser.add_argument("--strings", type=int, default=4000, help="strings to promise from")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="with the digits' run")
    parser.add_argument("--plot", type=Path, default=RESULTS / "confidence.png")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    limit = options.limit
    digits, numbers = DigitReader(options.digits), NumberReader(options.numbers, threads=1)
    scored = {name: read_digits(digits, name, limit) for name in ("mnist:test", "swiss2")}
    parts = ("dev",) if options.dev else ("dev", "report")
    texts = measure_numbers(numbers, parts, limit)
    count = min(options.strings, limit or options.strings)
    only_digits = numbers.compile(Constraint(pattern="9{1,12}"))

    def read_strings(rows: Sequence[int], seed: int) -> tuple[Floats, Bools]:
        items = mnist_strings(count, seed, rows)
        _, sure, read = read_items(numbers, items, only_digits)
        return sure, np.array(read) == np.array([item.text for item in items])

    test = scored["mnist:test"]
    figures: dict[str, Any] = {
        "digits": {name: both(one) for name, one in scored.items()},
        "numbers": {name: both(one) for name, one in texts.items()},
        "promises": {
            "digits": promise_digits(digits.bundle, options.runs, test.after, test.correct),
            "digits_from_half_of_the_test": promise_halves(test.after, test.correct, 0.001),
            "strings": promise_strings(read_strings, 0.003),
        },
        "refusals": refusal_points(numbers, limit),
        "digit_refusals": digit_refusal_points(
                digits,
                np.concatenate([s.no_number for s in scored.values() if s.no_number is not None]),
                limit,
            ),
        "cost": measure_cost(numbers),
    }  # fmt: skip
    if options.dev:
        options.limit = options.limit or 0
        print(json.dumps(figures, indent=1))
    shown = {**scored, **{n: texts[n] for n in texts if n.endswith(("repaired", "strings"))}}
    curves = [Curve(name, s.before, s.after, s.correct) for name, s in shown.items()]
    if options.limit is None:
        save_figure(options.plot, curves, figures["refusals"]["rows"])
    record(
        "confidence",
        "Calibration, coverage, promises, refusals and cost of the shipped confidences.",
        figures,
        options=options,
        machine=machine,
        seeds=[11, 31, 32],
        bundles=[digits.bundle, numbers.bundle],
    )


if __name__ == "__main__":
    run(main)
