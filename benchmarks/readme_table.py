"""The tables of results in README.md, made from the committed JSON and from nothing else.

    python benchmarks/readme_table.py            writes them between the markers
    python benchmarks/readme_table.py --check    exit code 1 where README.md says otherwise

Markers: a line ``<!-- results -->`` and a line ``<!-- /results -->``; the comparison with other
programs may stand apart, between ``<!-- peers -->`` and ``<!-- /peers -->``. A figure whose
result is not there yet has no row.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent.parent / "README.md"

Figures = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line: what was measured, the result's file, how its figures are put."""

    what: str
    file: str
    put: Callable[[Figures], str]


def percent(share: Figures) -> str:
    """99.65 % (99.51 to 99.76): a share with its exact 95 % interval."""
    low, high = 100 * share["low"], 100 * share["high"]
    return f"{100 * share['value']:.2f} % ({low:.2f} to {high:.2f})"


def over_seeds(spread: Figures) -> str:
    """99.51 ± 0.04 %, 5 seeds: mean and standard deviation of shares."""
    count = len(spread["values"])
    if spread["sd"] is None:
        return f"{100 * spread['mean']:.2f} %, 1 seed"
    return f"{100 * spread['mean']:.2f} ± {100 * spread['sd']:.2f} %, {count} seeds"


def _accuracy(spread: str = "test/accuracy") -> Callable[[Figures], str]:
    return lambda figures: over_seeds(figures[spread])


def _refused(figures: Figures) -> str:
    return ", ".join(
        f"{kind} {100 * share['value']:.1f} %" for kind, share in figures["kinds"].items()
    )


def _fast(figures: Figures) -> str:
    fast, article = figures["fast"], figures["article"]
    return (
        f"{fast['seconds']['mean']:.1f} s to {100 * fast['test_accuracy']['mean']:.2f} % "
        f"({len(fast['seconds']['values'])} seeds); the article's loop "
        f"{article['seconds']['mean']:.0f} s to {100 * article['test_accuracy']['mean']:.1f} %: "
        f"{figures['times_faster']:.1f} times faster"
    )


def _strings(part: str) -> Callable[[Figures], str]:
    """Whole texts right of a set of numbers, and how many are read with 1 % of them wrong."""

    def put(figures: Figures) -> str:
        found = figures[part]
        return (
            f"{100 * found['exact_match']:.1f} % of {found['items']:,}; "
            f"{100 * found['coverage_at_1_percent_error']:.0f} % read at 1 % error"
        )

    return put


def _net(figures: Figures) -> str:
    rates, ratios = figures["net"]["digits_a_second"], figures["net"]["times_the_articles"]
    return "; ".join(
        f"{name} {rates[name]['median']:,.0f} ({ratios[name]['median']:.1f} times the article's)"
        for name in ratios
    )


def _int8(figures: Figures) -> str:
    found = figures["all"]
    return (
        f"{100 * found['cost']:.3f} % ({100 * found['low']:.3f} to {100 * found['high']:.3f}): "
        f"{found['only_fp32_right']} right in fp32 alone, {found['only_int8_right']} in int8 alone"
    )


def _service(figures: Figures) -> str:
    single = figures["single"]
    return (
        f"{single['p50_ms']:.1f} ms (p99 {single['p99_ms']:.1f}); "
        f"{figures['batch']['digits_per_second']['median']:,.0f}; "
        f"{figures['first']['page_seconds']['median']:.1f} s"
    )


def _ece(found: Figures) -> str:
    return f"{100 * found['after']['ece']:.2f} % (uncalibrated {100 * found['before']['ece']:.2f})"


def _promised(found: list[Figures]) -> str:
    """What each promise lets through elsewhere, and how much of that was wrong."""
    return "; ".join(
        f"promised {100 * one['promised']:.3g} %: {100 * one['coverage']['value']:.1f} % accepted, "
        f"{100 * one['risk']['value']:.2f} % of these wrong"
        if one.get("risk")
        else "nothing carried"
        for one in found
    )


def _forms(look: str, *parts: tuple[str, str]) -> Callable[[Figures], str]:
    """Shares of the example forms, each with its words; "-" where there was nothing to count."""

    def put(figures: Figures) -> str:
        found = figures[look]["all"]
        return "; ".join(f"{_percent_of(found[key])}{words}" for key, words in parts)

    return put


def _percent_of(share: Any) -> str:
    if share is None:
        return "-"
    if isinstance(share, float):
        return f"{100 * share:.1f} %"
    return f"{100 * share['value']:.1f} % of {share['n']:,}"


def _pages_a_minute(figures: Figures) -> str:
    form = figures["scan"]["forms"]["mark-sheet"]
    return (
        f"{120 / form['cpu_seconds_a_page']:.0f} (twice what one core does, "
        f"{form['fields_a_page']:.0f} fields a page)"
    )


def _combs(part: str) -> Callable[[Figures], str]:
    return lambda f: "; ".join(_percent_of(f[part][key]) for key in ("both", "digit", "whole"))


def _number_speed(figures: Figures) -> str:
    ours, times = figures["cpu_ms_a_crop"]["handsum"], figures["times_as_fast"]
    return (
        f"{ours['one']:.1f} ms; {ours['batch']:.1f} ms; "
        f"{times['one']:.1f} times, {times['batch']:.1f} times"
    )


ROWS = (
    Row("MNIST test digits, as shipped (not-a-digit on)", "digits_accuracy",
        lambda f: percent(f["mnist:test"]["accuracy"])),
    Row("... exported from runs of other seeds as well", "digits_accuracy",
        lambda f: over_seeds(f["seeds"]["mnist:test"])),
    Row("Digits of two writers who trained nothing, the worse one", "digits_accuracy",
        lambda f: percent(f["swiss2"]["worst_writer"])),
    Row("Eight writers, each read by a small net that never saw them", "lowo",
        lambda f: percent(f["accuracy"])),
    Row("... the worst of the eight", "lowo", lambda f: percent(f["worst_writer"])),
    Row("MNIST test digits drawn anew, 20 to 400 px, six kinds of paper", "rerendered",
        lambda f: percent(f["accuracy"])),
    Row("Refused of what is no digit, at 99.9 % of digits kept", "refusing", _refused),
    Row("Numbers in a church register, two unseen books, labels as they are",
        "numbers", _strings("register_report")),
    Row("Strings of 2 to 8 MNIST test digits, tight to spaced", "numbers",
        _strings("mnist_strings")),
    Row("Strings of the two unseen writers, all defects at middle strength", "numbers",
        _strings("swiss2_strings")),
    Row("Comb fields of the two unseen writers, read whole", "numbers", _strings("swiss2_combs")),
    Row("... the number of cells told: by both readers; by the digit readers; by the number reader",
        "combs", _combs("rewritten")),
    Row("... the same with the digits as they were written, print and camera alone added",
        "combs", _combs("as_written")),
    Row("CPU time of a number, one at a time; in a batch; RapidOCR's recogniser over it",
        "number_speed", _number_speed),
    Row("Blank, ruled, struck out, words: refused at 99.5 % of numbers kept", "numbers",
        lambda f: f"{100 * f['refusals']['refused']:.1f} % of {f['refusals']['items']:,}"),
    Row("Calibration error (ECE) of digits: MNIST test; two unseen writers", "confidence",
        lambda f: "; ".join(_ece(f["digits"][name]) for name in ("mnist:test", "swiss2"))),
    Row("Calibration error (ECE) of numbers: register, unseen books, sure label errors repaired",
        "confidence", lambda f: _ece(f["numbers"]["register_report_repaired"])),
    Row("Strings of MNIST test digits accepted under a promise, 0.3 % wished", "confidence",
        lambda f: _promised(f["promises"]["strings"]["both_ways"])),
    Row("MNIST test digits accepted under the lowest promise of five folds", "confidence",
        lambda f: _promised([f["promises"]["digits"]])),
    Row("Cost of the confidence in the time of reading a number", "confidence",
        lambda f: f"{100 * f['cost']['share']:.1f} %"),
    Row("Example forms, scans: pages registered within 1 mm; values right before rules, "
        "after them", "forms",
        _forms("scan", ("registered", ""), ("right_before_rules", ""),
               ("right_after_rules", ""))),
    Row("... read at 0.5 % true error; repaired values that are right; planted wrong totals "
        "flagged", "forms",
        _forms("scan", ("coverage_at_half_percent_error", ""), ("repaired_right", ""),
               ("planted_flagged", ""))),
    Row("Example forms, phone photos: pages registered within 1 mm; values right before rules, "
        "after them", "forms",
        _forms("photo", ("registered", ""), ("right_before_rules", ""),
               ("right_after_rules", ""))),
    Row("... read at 0.5 % true error; repaired values that are right; planted wrong totals "
        "flagged", "forms",
        _forms("photo", ("coverage_at_half_percent_error", ""), ("repaired_right", ""),
               ("planted_flagged", ""))),
    Row("Form pages a minute, two cores", "forms", _pages_a_minute),
    Row("Recipe `digits`, MNIST test, the net alone, doubtful digits seen from one side", "digits",
        _accuracy()),
    Row("Recipe `tiny` (at most 25,000 parameters), MNIST test", "tiny", _accuracy()),
    Row("The article's net as printed, one epoch, tested in evaluation mode", "article",
        _accuracy()),
    Row("... after twenty epochs", "article-20", _accuracy()),
    Row("Training time, recipe `fast`", "fast", _fast),
    Row("What int8 costs the digit reader on 60,000 digits that its nets did not train on", "int8",
        _int8),
    Row("Digits a second through the net, two threads", "speed", _net),
    Row("Digits a second, PNG files of 112 px to readings", "speed",
        lambda f: f"{f['files']['digits_a_second']['median']:,.0f}"),
    Row("`handsum read one.png`, whole process", "speed",
        lambda f: f"{f['command']['seconds']['read']['median']:.2f} s"),
    Row("One digit over HTTP at 50 a second; digits a second in batches of 100 PNG; first page "
        "after `handsum serve`, cold", "service", _service),
    Row("Installed core; wheel", "install",
        lambda f: f"{f['core']['disk_mib']:.0f} MiB; {f['wheel_mib']:.1f} MiB"),
    Row("`make demo` on a bare machine", "install",
        lambda f: f"{f['demo']['seconds']:.0f} s"),
)  # fmt: skip


def build_results(folder: Path) -> str:
    """The table of our own figures, for the results that are in ``folder``."""
    lines = []
    for row in ROWS:
        result = load_result(folder, row.file)
        if result is not None:
            put = row.put(result["figures"])
            lines.append(f"| {row.what} | {put} | `{result['command']}` |")
    head = ["| what | measured | command |", "|---|---|---|"]
    return "\n".join(head + lines if lines else [])


def build_peers(folder: Path) -> str:
    """The table beside other programs: one line a set of crops, one column a reader."""
    result = load_result(folder, "peers")
    if result is None:
        return ""
    figures = result["figures"]
    readers = list(figures["readers"])
    lines = [
        f"| whole strings right (coverage at 1 % error) | {' | '.join(readers)} |",
        "|---" * (len(readers) + 1) + "|",
    ]
    for row in figures["sets"].values():
        cells = [_peer_cell(row["readers"].get(reader)) for reader in readers]
        lines.append(f"| {row['about']} ({row['items']:,}) | {' | '.join(cells)} |")
    sizes = [f"{figures['readers'][reader]['peak_memory_mib']:.0f} MiB" for reader in readers]
    lines.append(f"| most memory in use | {' | '.join(sizes)} |")
    given = (
        "Every program gets the crop alone."
        if "--crops" in result["command"]
        else "Other programs get the crop alone or find the text in it themselves, whichever is "
        "better for them."
    )
    lines += ["", f"`{result['command']}`, all on the very same crops. {given}"]
    return "\n".join(lines)


def _peer_cell(found: Figures | None) -> str:
    if found is None:
        return "-"
    return (
        f"{100 * found['exact_match']['value']:.1f} % "
        f"({100 * found['coverage_at_1_percent_error']:.0f} %)"
    )


def load_result(folder: Path, name: str) -> dict[str, Any] | None:
    """A result's JSON, or None where it is not there yet."""
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def fill(text: str, folder: Path) -> str:
    """``text`` with the tables between its markers brought up to date."""
    tables = {"results": build_results(folder), "peers": build_peers(folder)}
    if not re.search(_between("peers"), text):  # then one place holds both
        tables["results"] = f"{tables['results']}\n\n{tables['peers']}".strip()
    for name, table in tables.items():
        made = "\n".join([f"<!-- {name} -->", *([table] if table else []), f"<!-- /{name} -->"])
        text = re.sub(_between(name), lambda _, made=made: made, text)  # type: ignore[misc]
    return text


def _between(name: str) -> str:
    return f"<!-- {name} -->\n(?s:.*?)<!-- /{name} -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--readme", type=Path, default=README)
    options = parser.parse_args()
    text = options.readme.read_text("utf-8")
    made = fill(text, RESULTS)
    if options.check and made != text:
        sys.exit(f"{options.readme} differs from the results: run python {sys.argv[0]}")
    if made != text:
        options.readme.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
