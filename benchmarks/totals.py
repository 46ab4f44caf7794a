"""Do totals help? Simulated sheets, read with calibrated doubts, some with a writer's slip.

    python benchmarks/totals.py [--sheets 60] [--seed 0] [--out benchmarks/results/totals.json]

Diagnostic of the arithmetic, not of any reader: digits are drawn together with their posteriors, so
that those are calibrated, confusions following pairs that look alike (1 7, 4 9, 3 8, ...). Three
sheets: an election tally, a table with row and column totals, a slip with a column of amounts.
Slips of the writer: kinds and shares other than those that WriterModel assumes, an addend left out
among them. "natural" sheets have a slip per worked-out result at 2 %; "planted" sheets exactly one.
What counts as right is what stands on the paper, wrong totals too. About 2 minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.charset import DIGITS
from handsum.decode.rule_text import parse_rules
from handsum.decode.rules import LinearRule, RuleSet, find_domains
from handsum.decode.totals import REPAIR_AT, Totals, solve_totals
from handsum.decode.totals_evidence import FieldEvidence, evidence_from_cells
from handsum.decode.totals_writer import WriterModel

Floats = npt.NDArray[np.float64]
SLIP_RATE = 0.02
SLIPS = {"carry": 0.35, "digit": 0.25, "swap": 0.10, "left out": 0.15, "any": 0.15}
LOOK_ALIKE = ("17", "49", "38", "35", "56", "08", "06", "27", "79", "69", "23", "01", "58", "89")
THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


@dataclass(frozen=True)
class Sheet:
    """A kind of sheet: rules, names of the free fields with their greatest values, cells each."""

    name: str
    rules: RuleSet
    free: dict[str, int]
    fields: tuple[str, ...]
    cells: int


def build_sheet(
    name: str, texts: list[str], free: dict[str, int], others: list[str], cells: int
) -> Sheet:
    """A kind of sheet; its worked-out fields follow from the rules in their order."""
    fields = (*free, *others)
    return Sheet(name, parse_rules(texts, find_domains(fields)), free, fields, cells)


def build_sheets() -> list[Sheet]:
    """Election tally (17 fields), table of 7 x 6 with totals (56 fields), amounts (13 fields)."""
    votes = {f"votes[{i}]": 999 for i in range(1, 13)}
    grid = {f"g[{i},{j}]": 199 for i in range(1, 8) for j in range(1, 7)}
    totals = [f"r[{i}]" for i in range(1, 8)] + [f"c[{j}]" for j in range(1, 7)] + ["all"]
    amounts = {f"amount[{i}]": 99_999 for i in range(1, 11)} | {"before": 99_999}
    return [
        build_sheet(
            "election",
            ["valid = votes[*]", "cast = valid + rejected", "cast <= registered"],
            {**votes, "rejected": 99, "registered": 0},
            ["valid", "cast"],
            4,
        ),
        build_sheet(
            "table",
            ["r[i] = g[i,*]", "c[j] = g[*,j]", "all = r[*]", "all = c[*]"],
            grid,
            totals,
            4,
        ),
        build_sheet(
            "slip", ["sum = amount[*]", "after = before + sum"], amounts, ["sum", "after"], 6
        ),
    ]


def write_sheet(
    sheet: Sheet, rng: np.random.Generator, planted: int | None
) -> tuple[dict[str, int], int]:
    """What stands on a sheet, and how many results are wrong on it.

    ``planted``: the number of the one equality in which the writer slips; None for SLIP_RATE.
    Later results are worked out from what stands there. A result that two rules give follows the
    first of them.
    """
    values = {
        name: int(rng.integers(0, most + 1) * rng.choice([1.0, 0.1]))
        for name, most in sheet.free.items()
    }
    if "registered" in values:
        values["registered"] = int(sum(values.values()) * rng.uniform(1.05, 1.9))
    slips = 0
    equalities = [r for r in sheet.rules.rules if isinstance(r, LinearRule) and r.relation == "="]
    for n, rule in enumerate(equalities):
        result = rule.terms[0].field
        if result in values:
            continue
        addends = [values[term.field] for term in rule.terms[1:]]
        values[result] = sum(addends)
        if planted == n or (planted is None and rng.random() < SLIP_RATE):
            values[result] = slipped(values[result], addends, rng)
            slips += 1
    return values, slips


def slipped(total: int, addends: list[int], rng: np.random.Generator) -> int:
    """A wrong total, never negative."""
    digits = len(str(total))
    while True:
        kind = str(rng.choice(list(SLIPS), p=list(SLIPS.values())))
        wrong = total
        if kind == "carry":
            wrong += int(rng.choice([-1, 1])) * 10 ** int(rng.integers(0, digits))
        elif kind == "digit":
            place = int(rng.integers(0, digits))
            text = str(total)
            wrong = int(text[:place] + str(rng.integers(0, 10)) + text[place + 1 :])
        elif kind == "swap" and digits > 1:
            place = int(rng.integers(0, digits - 1))
            text = str(total)
            wrong = int(text[:place] + text[place + 1] + text[place] + text[place + 2 :])
        elif kind == "left out":
            wrong -= int(rng.choice(addends))
        else:
            wrong = int(rng.integers(0, 10**digits))
        if wrong != total and wrong >= 0:
            return wrong


class Reader:
    """Draws posteriors of digits such that they are calibrated, with a given mean error."""

    def __init__(self, error: float, sharpened: float, rng: np.random.Generator) -> None:
        self.sharpened, self.rng = sharpened, rng
        normal = np.random.default_rng(1).normal(0.0, 1.0, 100_000)
        low, high = -20.0, 0.0
        for _ in range(60):  # the log odds of an error are normal; find their mean
            self.middle = (low + high) / 2
            mean = float(np.minimum(sigmoid(self.middle + 2.5 * normal), 0.85).mean())
            low, high = (self.middle, high) if mean < error else (low, self.middle)
        weights = np.full((10, 10), 0.02)
        for pair in LOOK_ALIKE:
            a, b = int(pair[0]), int(pair[1])
            weights[a, b] = weights[b, a] = 1.0
        np.fill_diagonal(weights, 0.0)
        for _ in range(500):  # symmetric and with rows of sum 1: then pairs keep calibration
            weights /= np.sqrt(np.outer(weights.sum(axis=1), weights.sum(axis=0)))
        self.alike = weights / weights.sum(axis=1, keepdims=True)

    def cell(self, symbol: int) -> Floats:
        """Log-probabilities (11,) of a cell with this digit, or -1 for an empty one."""
        row = np.full(11, 1e-9)
        if symbol < 0:
            row[0] = 1.0
            return np.asarray(np.log(row / row.sum()))
        doubt = min(float(sigmoid(self.middle + 2.5 * self.rng.normal())), 0.85)
        slots = np.concatenate(
            [[1.0 - doubt, 0.85 * doubt], 0.15 * doubt * self.rng.dirichlet(np.ones(8))]
        )
        place = int(self.rng.choice(10, p=slots / slots.sum()))  # where the truth stands
        other = int(self.rng.choice(10, p=self.alike[symbol]))
        rest = [d for d in self.rng.permutation(10).tolist() if d not in (symbol, other)]
        order = [symbol, other] if place == 0 else [other, symbol]
        if place > 1:
            order = [other, rest.pop()]
            rest.insert(place - 2, symbol)
        row[[d + 1 for d in [*order, *rest]]] = np.maximum(slots, 1e-9) ** self.sharpened
        return np.asarray(np.log(row / row.sum()))

    def read(self, name: str, value: int, cells: int) -> FieldEvidence:
        """Evidence for a number written to the right of its cells."""
        text = str(value).rjust(cells)
        rows = np.stack([self.cell(-1 if s == " " else int(s)) for s in text])
        return evidence_from_cells(name, rows, DIGITS)


def sigmoid(x: float | Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(x))))


@dataclass(frozen=True)
class Case:
    """One sheet, written and read."""

    sheet: Sheet
    truth: dict[str, int]
    slips: int
    evidence: list[FieldEvidence]


def draw(
    sheets: list[Sheet], count: int, reader: Reader, rng: np.random.Generator, planted: bool
) -> list[Case]:
    """``count`` cases, the kinds of sheets in turn."""
    cases = []
    for n in range(count):
        sheet = sheets[n % len(sheets)]
        linear = [r for r in sheet.rules.rules if isinstance(r, LinearRule) and r.relation == "="]
        results = list(dict.fromkeys(rule.terms[0].field for rule in linear))
        truth, slips = write_sheet(sheet, rng, int(rng.integers(len(results))) if planted else None)
        evidence = [reader.read(name, truth[name], sheet.cells) for name in sheet.fields]
        cases.append(Case(sheet, truth, slips, evidence))
    return cases


def measure(cases: list[Case], writer: WriterModel, repair_at: float) -> dict[str, float]:
    """What the rules did for the values of some sheets."""
    solved, seconds = [], []
    for case in cases:
        started = time.process_time()
        solved.append(solve_totals(case.sheet.rules, case.evidence, writer, repair_at))
        seconds.append(time.process_time() - started)
    tables = [s for c, s in zip(cases, seconds, strict=True) if c.sheet.name == "table"]
    before, after, read, joint, repaired = [], [], [], [], []
    wrongly, wrong_sheets = 0, 0
    for case, found in zip(cases, solved, strict=True):
        truth = [str(case.truth[name]) for name in case.sheet.fields]
        before += [v.read_value == t for v, t in zip(found.values, truth, strict=True)]
        after += [v.value == t for v, t in zip(found.values, truth, strict=True)]
        read += [v.read_confidence for v in found.values]
        joint += [v.confidence for v in found.values]
        changes = [
            v.value == t for v, t in zip(found.values, truth, strict=True) if v.origin == "repaired"
        ]
        repaired += changes
        bad = sum(not right for right in changes)
        wrongly, wrong_sheets = wrongly + bad, wrong_sheets + (bad > 0)
    misread = len(before) - sum(before)
    sure = np.array(joint) >= 0.995
    return {
        "sheets": len(cases),
        "fields": len(before),
        "right_before": float(np.mean(before)),
        "right_after": float(np.mean(after)),
        "misread_repaired": sum(repaired) / max(misread, 1),
        "repaired": len(repaired),
        "repaired_right": float(np.mean(repaired)) if repaired else 1.0,
        "coverage_before": coverage(read, before),
        "coverage_after": coverage(joint, after),
        "confident_995": float(sure.mean()),
        "error_of_confident_995": float(1.0 - np.array(after)[sure].mean()) if sure.any() else 0.0,
        "calibration_gap": float(np.mean(joint) - np.mean(after)),
        "flagged_with_slip": flagged_share(cases, solved, True),
        "flagged_without_slip": flagged_share(cases, solved, False),
        "values_changed_wrongly": wrongly / len(before),
        "sheets_changed_wrongly": wrong_sheets / len(cases),
        "exact": float(np.mean([all(r.exact for r in found.components) for found in solved])),
        "ms_per_sheet": 1e3 * float(np.mean(seconds)),
        "ms_table_of_56_fields_median": 1e3 * float(np.median(tables)),
        "ms_table_of_56_fields_worst": 1e3 * float(np.max(tables)),
    }


def compare_thresholds(cases: list[Case], writer: WriterModel) -> list[dict[str, float]]:
    """Repairs, and how many of them are wrong, at several thresholds."""
    misread, repairs = 0, []
    for case in cases:
        found = solve_totals(case.sheet.rules, case.evidence, writer, min(THRESHOLDS))
        for value in found.values:
            truth = str(case.truth[value.name])
            misread += value.read_value != truth
            if value.origin == "repaired":
                repairs.append((value.confidence, value.value == truth))
    table = []
    for at in THRESHOLDS:
        rights = [right for confidence, right in repairs if confidence >= at]
        table.append(
            {
                "repair_at": at,
                "sheets": len(cases),
                "misread": misread,
                "repaired": len(rights),
                "repaired_wrongly": len(rights) - sum(rights),
            }
        )
    return table


def coverage(confidence: list[float], right: list[bool], error: float = 0.005) -> float:
    """The greatest share of values, the surest first, with at most that share of errors."""
    order = np.argsort(-np.array(confidence), kind="stable")
    wrong = np.cumsum(~np.array(right)[order])
    fits = np.flatnonzero(wrong <= error * np.arange(1, len(right) + 1))
    return float((fits[-1] + 1) / len(right)) if len(fits) else 0.0


def flagged_share(cases: list[Case], solved: list[Totals], with_slip: bool) -> float:
    """Share of the sheets with (without) a slip of the writer of which a rule is flagged."""
    flags = [
        bool(found.flagged)
        for case, found in zip(cases, solved, strict=True)
        if (case.slips > 0) == with_slip
    ]
    return float(np.mean(flags)) if flags else 0.0


def main() -> None:
    """Measure all readers, thresholds and wrong rates; print them and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/totals.json"))
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sheets, writer = build_sheets(), WriterModel()
    started = time.process_time()
    readers: list[dict[str, object]] = []
    kept: list[Case] = []
    for error, sharpened in ((0.002, 1.0), (0.005, 1.0), (0.01, 1.0), (0.03, 1.0), (0.005, 1.4)):
        reader = Reader(error, sharpened, rng)
        natural = draw(sheets, options.sheets, reader, rng, planted=False)
        planted = draw(sheets, options.sheets, reader, rng, planted=True)
        if (error, sharpened) == (0.005, 1.0):
            kept = [*natural, *planted]
        readers.append(
            {
                "digit_error": error,
                "posteriors_to_the_power": sharpened,
                "natural": measure(natural, writer, REPAIR_AT),
                "planted": measure(planted, writer, REPAIR_AT),
            }
        )
        print(json.dumps(readers[-1]), flush=True)
    reader, light = Reader(0.005, 1.0, rng), [sheets[0], sheets[2]]
    thresholds = {
        kind: compare_thresholds(draw(light, 6 * options.sheets, reader, rng, planted), writer)
        for kind, planted in (("natural", False), ("planted", True))
    }
    rates = [
        {
            "sum_rate": writer.sum_rate * by,
            **measure(kept[::2], replace(writer, sum_rate=writer.sum_rate * by), REPAIR_AT),
        }
        for by in (0.25, 1.0, 4.0)
    ]
    report = {
        "kind": "simulation, diagnostic of the arithmetic alone",
        "command": f"python benchmarks/totals.py --sheets {options.sheets} --seed {options.seed}",
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one core",
        "seconds": round(time.process_time() - started, 1),
        "repair_at": REPAIR_AT,
        "readers": readers,
        "thresholds_at_digit_error_0.005": thresholds,
        "wrong_rates_at_digit_error_0.005": rates,
    }
    for row in [*thresholds["natural"], *thresholds["planted"], *rates]:
        print(json.dumps(row))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"{report['seconds']} s of processor time; written to {options.out}")


if __name__ == "__main__":
    main()
