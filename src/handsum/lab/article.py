"""docs/article.md from committed results: every claim of the article, measured, with a verdict.

python -m handsum.lab.article benchmarks/results docs/article.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handsum.files import write_atomically
from handsum.lab.digit_sum_page import percent

SOURCES = {
    "lab_claims": "The printed code, the algorithms, the words",
    "lab_digit_sum": "The digit-sum network",
}
"""Files of results, and what their lines are about."""


def write_article(results: Path, target: Path) -> None:
    """Read lab_*.json in ``results`` and write the page to ``target``."""
    write_atomically(target, render_article(results).encode())


def render_article(results: Path) -> str:
    """The page as Markdown; a result that is not there, or was a quick run, is said to be open."""
    found = {name: _load(results / f"{name}.json") for name in SOURCES}
    lines = [
        "# The founding article, measured",
        "",
        "handsum grew out of one article about AI start-ups that builds a reader of handwritten",
        "digits and a net that adds digits. Whatever it claims is a claim that we measure.",
        "",
        "This page is made from `benchmarks/results/lab_*.json` by",
        "`python -m handsum.lab.article benchmarks/results docs/article.md`; the numbers in",
        "brackets are the article's sections. Run an experiment yourself: `handsum lab`.",
    ]
    for name, title in SOURCES.items():
        lines += ["", f"## {title}", ""]
        result = found[name]
        experiment = name.removeprefix("lab_").replace("_", "-")
        if result is None:
            lines.append(f"Not measured yet: `handsum lab {experiment}`.")
            continue
        lines += _claims(result["claims"])
        lines += ["", _origin(result)]
        if name == "lab_digit_sum":
            lines += _digit_sum(result["figures"])
    return "\n".join(lines) + "\n"


def _load(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return None if result["quick"] else result


def _claims(claims: Sequence[Mapping[str, str]]) -> list[str]:
    rows = [f"| {c['claim']} | {c['measured']} | {c['verdict']} |" for c in claims]
    return ["| claimed | measured | verdict |", "| --- | --- | --- |", *rows]


def _origin(result: Mapping[str, Any]) -> str:
    machine, seeds = result["machine"], result["seeds"]
    return (
        f"`{result['command']}`, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}, "
        f"{result['date']}, {machine['cores']} cores, torch {machine['torch']}, "
        f"{result['seconds']:.0f} s."
    )


def _digit_sum(figures: Mapping[str, Any]) -> list[str]:
    printed = [
        f"| {name} | {percent(one['own_100']['mean'])} | {percent(one['all_1000']['mean'])} | "
        f"{percent(one['all_1000']['highest'])} |"
        for name, one in figures["article"].items()
        if name in figures["as_printed"]
    ]
    nets = [
        f"| {name}: {net['about']} | {net['parameters']} | {percent(net['all_1000']['mean'])} | "
        f"{percent(net['all_1000']['seeds_exact'])} | {_eight(net, 'eight_after_three')} | "
        f"{_eight(net, 'eight_after_eight')} |"
        for name, net in figures["nets"].items()
    ]
    ceiling = percent(figures["ceiling"]["all_1000"])
    return [
        "",
        "The article's net as it says, in each reading of its loss (right means exactly right",
        "after rounding):",
        "",
        "| loss | its 100 samples | all 1,000 | best seed of all 1,000 |",
        "| --- | --- | --- | --- |",
        *printed,
        "",
        "One number through one neuron gives a function that only rises or only falls, and the",
        f"digit sum falls back at every ten: no such function is right for more than {ceiling} of",
        "the 1,000 numbers, however it is trained.",
        "",
        "The smallest nets that do it, each taught 100 numbers; the last two columns are numbers",
        "of eight digits, after lessons with three and with eight:",
        "",
        "| net | parameters | all 1,000 | seeds with all right | 8 after 3 | 8 after 8 |",
        "| --- | --- | --- | --- | --- | --- |",
        *nets,
    ]


def _eight(net: Mapping[str, Any], key: str) -> str:
    return percent(net[key]["mean"]) if key in net else "–"


if __name__ == "__main__":
    write_article(Path(sys.argv[1]), Path(sys.argv[2]))
