"""docs/article.md from committed results: every claim of the article, measured, with a verdict.

python -m handsum.lab.article benchmarks/results docs/article.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from handsum.files import write_atomically
from handsum.lab.digit_sum_page import percent
from handsum.lab.draw import draw_curves, draw_shares, stand_alone
from handsum.lab.overfitting import REGULARISERS

SOURCES = {
    "lab_claims": "The printed code, the algorithms, the words",
    "lab_digit_sum": "The digit-sum network",
    "lab_algorithms": "Every algorithm by its name",
}
"""Files of results, and what their lines are about."""

RECIPES = {"article": "one epoch, as printed", "article-20": "twenty epochs"}
"""Recipes of the article's net; their results are benchmarks/recipes.py's."""

_FALLS = "optimisers"


def write_article(results: Path, target: Path) -> None:
    """Read the results and write the page to ``target``, and its two diagrams beside it."""
    write_atomically(target, render_article(results).encode())
    algorithms = _load(results / "lab_algorithms.json")
    if algorithms is not None:
        for name, svg in draw_algorithms(algorithms["figures"]).items():
            write_atomically(target.with_name(f"{name}.svg"), stand_alone(svg).encode())


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
        if result["claims"]:
            lines += [*_claims(result["claims"]), ""]
        lines.append(_origin(result))
        if name == "lab_claims":
            lines += _recipes(results)
        elif name == "lab_digit_sum":
            lines += _digit_sum(result["figures"])
        else:
            lines += _algorithms(result["figures"])
    return "\n".join(lines) + "\n"


def _load(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return None if result.get("quick", False) else result


def _recipes(results: Path) -> list[str]:
    """The article's net by its recipes, over several seeds, tested as printed and as it should."""
    rows = []
    for name, about in RECIPES.items():
        result = _load(results / f"{name}.json")
        if result is None:
            rows.append(f"| `{name}`: {about} | not measured yet | | |")
            continue
        figures, seeds = result["figures"], len(result["seeds"])
        shares = [_spread(figures[f"test/{key}"]) for key in ("accuracy_dropout_on", "accuracy")]
        rows.append(f"| `{name}`: {about} | {seeds} | {' | '.join(shares)} |")
    lines = [
        "",
        "The printed code as recipes, mean and spread of MNIST's 10,000 test digits over the "
        "seeds (`python benchmarks/recipes.py NAME --seeds 5`):",
        "",
        "| recipe | seeds | as printed: dropout on while testing | with net.eval() |",
        "| --- | --- | --- | --- |",
        *rows,
    ]
    fast = _load(results / "fast.json")
    if fast is not None:
        loop = fast["figures"]["article"]
        epochs = ", ".join(map(str, loop["epochs"]))
        lines += [
            "",
            f"Until it gets there: {len(loop['epochs'])} runs of the printed loop, tested with "
            f"net.eval(), passed {100 * loop['wanted']:g} % in epochs {epochs}, in "
            f"{loop['seconds']['mean']:.0f} s on two cores (`handsum bench fast`).",
        ]
    return lines


def _spread(figure: Mapping[str, Any]) -> str:
    sd = "" if figure["sd"] is None else f" ± {100 * figure['sd']:.2f}"
    return f"{100 * figure['mean']:.2f}{sd} %"


def draw_algorithms(figures: Mapping[str, Any]) -> dict[str, str]:
    """Two diagrams by name: all algorithms' accuracy, and the loss under each optimiser."""
    shares = {
        one["name"]: one["test"]
        for one in figures["variants"]
        if one["group"] != REGULARISERS[0].group
    }
    falls = {
        one["name"]: (np.array(one["seen"], np.float64), np.array(one["loss"], np.float64))
        for one in figures["variants"]
        if one["group"] == _FALLS
    }
    return {
        "article-algorithms": draw_shares(
            shares, figures["test_digits"], "% of the test digits right", "article-algorithms"
        ),
        "article-loss": draw_curves(
            falls, "digits seen", "loss of a batch", "article-loss", log=True
        ),
    }


def _algorithms(figures: Mapping[str, Any]) -> list[str]:
    lines = [
        "",
        f"Each learned from {figures['pictures']:,} digits, {figures['epochs']} times over (those "
        f"against over-fitting from {figures['few']['pictures']:,}, {figures['few']['epochs']} "
        "times), in batches of 100, and was asked for MNIST's test digits once. The changes make "
        "the same of `handsum train recipes/lab.toml`; [lab.md](lab.md) says how, and where each "
        "is checked against its formula. Where several rates or strengths were tried, the best "
        "on digits kept aside is shown. One seed each; the time is that of one processor.",
        "",
        "| algorithm | changes to recipes/lab.toml | parameters | test digits | time |",
        "| --- | --- | --- | --- | --- |",
    ]
    group = ""
    for one in figures["variants"]:
        if one["group"] != group:
            group = one["group"]
            lines.append(f"| **{group}** | | | | |")
        lines.append(
            f"| {one['name']} | `{one['recipe']}` | {one['parameters']:,} | "
            f"{100 * one['test']:.2f} % | {one['seconds']:.1f} s |"
        )
    return [
        *lines,
        "",
        "![Share of the test digits right under each algorithm, with 95 % intervals]"
        "(article-algorithms.svg)",
        "",
        "How the loss falls under each optimiser:",
        "",
        "![The loss of a batch against digits seen, a line an optimiser](article-loss.svg)",
    ]


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
