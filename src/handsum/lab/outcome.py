"""What an experiment gives: figures as JSON, claims with their verdicts, and parts of a page."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from handsum.evaluate.page import fact_list, page, paragraph, section, table
from handsum.files import write_atomically
from handsum.lab.draw import stand_alone
from handsum.version import __version__

Verdict = Literal["right", "wrong", "in part", "wrong words"]


@dataclass(frozen=True)
class Claim:
    """One line: what the article says (and where), what was measured, and the verdict."""

    claim: str
    measured: str
    verdict: Verdict


@dataclass(frozen=True)
class Part:
    """A section of the page: texts, a table, diagrams (name and SVG), in this order."""

    title: str
    text: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    diagrams: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """An experiment that was run; ``quick`` says that it was a short cut and proves nothing."""

    name: str
    title: str
    about: str
    seeds: tuple[int, ...]
    quick: bool
    seconds: float
    figures: Mapping[str, Any]
    claims: tuple[Claim, ...] = ()
    parts: tuple[Part, ...] = ()


def write_outcome(outcome: Outcome, folder: Path) -> Path:
    """Write NAME.json, index.html and every diagram into ``folder``; gives the page's path."""
    text = json.dumps(as_json(outcome), indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / f"{outcome.name}.json", text.encode())
    for part in outcome.parts:
        for name, svg in part.diagrams:
            write_atomically(folder / f"{name}.svg", stand_alone(svg).encode())
    target = folder / "index.html"
    write_atomically(target, render_outcome(outcome).encode())
    return target


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The figures with what belongs to them: command, machine, date, seeds."""
    return {
        "name": outcome.name,
        "about": outcome.about,
        "command": f"handsum lab {outcome.name}" + (" --quick" if outcome.quick else ""),
        "date": datetime.now(UTC).date().isoformat(),
        "handsum": __version__,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "torch": version("torch"),
        },
        "seeds": list(outcome.seeds),
        "quick": outcome.quick,
        "seconds": round(outcome.seconds, 1),
        "figures": dict(outcome.figures),
        "claims": [asdict(claim) for claim in outcome.claims],
    }


def render_outcome(outcome: Outcome) -> str:
    """One page of HTML that needs nothing else."""
    facts = [
        ("command", f"handsum lab {outcome.name}" + (" --quick" if outcome.quick else "")),
        ("seeds", ", ".join(map(str, outcome.seeds))),
        ("time", f"{outcome.seconds:.0f} s"),
        ("versions", f"handsum {__version__}, torch {version('torch')}"),
    ]
    note = "A quick run, on little data: it shows that all works, and its figures prove nothing."
    parts = [
        f"<header><h1>{escape(outcome.title)}</h1>{paragraph(outcome.about, 'muted')}</header>",
        paragraph(note, "note") if outcome.quick else "",
        _claims(outcome.claims),
        *(_part(part) for part in outcome.parts),
        f"<footer>{fact_list(facts)}</footer>",
    ]
    return page(outcome.title, parts)


def _claims(claims: Sequence[Claim]) -> str:
    if not claims:
        return ""
    rows = "".join(
        f'<tr><td class="name">{escape(c.claim)}</td><td class="name">{escape(c.measured)}</td>'
        f"<td>{escape(c.verdict)}</td></tr>"
        for c in claims
    )
    head = "<tr><th>claimed</th><th>measured</th><th>verdict</th></tr>"
    return section(
        "Was the article right?",
        f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>',
    )


def _part(part: Part) -> str:
    return section(
        part.title,
        *(paragraph(text) for text in part.text),
        table(part.columns, part.rows) if part.rows else "",
        *(svg for _, svg in part.diagrams),
    )
