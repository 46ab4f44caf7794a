"""Readings as a table, JSON, JSON lines or CSV."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from handsum.files import write_atomically
from handsum.promise.terms import Promise
from handsum.reader.tables import readings_to_csv, readings_to_json, readings_to_jsonl
from handsum.readings import Failure, Reading


def write_readings(
    results: Sequence[Reading | Failure],
    form: str,
    out: Path | None,
    promise: Promise | None = None,
) -> None:
    """Write results in ``form`` (table, json, jsonl, csv) to a file, or to standard output.

    A table ends with what the ``promise`` says, if one decided. All in UTF-8; bytes of a file's
    name that are not become \\udcXX, which JSON reads back.
    """
    if form == "table" and out is None and sys.stdout.isatty():
        _print_table(results, promise)
        return
    if form == "table":
        text = _plain_table(results, promise)
    else:
        written = {"json": readings_to_json, "jsonl": readings_to_jsonl, "csv": readings_to_csv}
        text = written[form]([r.to_json() for r in results])
    content = text.encode(errors="backslashreplace")
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        write_atomically(out, content)


def _rows(results: Sequence[Reading | Failure]) -> list[tuple[str, str, str, str]]:
    rows = []
    for r in results:
        if isinstance(r, Failure):
            rows.append((r.source, f"[{r.code}]", "", "failed"))
            continue
        source = r.source if r.page == 1 else f"{r.source} p. {r.page}"
        shown = r.text if r.content == "number" else f"({r.content.replace('_', ' ')})"
        rows.append((source, shown, f"{100 * r.confidence:.2f} %", r.decision))
    return rows


def _summary(results: Sequence[Reading | Failure], promise: Promise | None) -> str:
    readings = [r for r in results if isinstance(r, Reading)]
    if not readings:
        return "Nothing was read."
    accepted = sum(r.decision == "accepted" for r in readings)
    counts = f"{accepted} of {len(readings)} accepted"
    rest = f"{len(readings) - accepted} to review"
    if readings[0].basis == "person":
        return f"{counts}, since a person typed the same; {rest}."
    if promise is not None:
        lines = [f"{counts} by promise; {rest}.", f"Promised: {promise.sentence()}."]
        return "\n".join([*lines, *promise.warnings()])
    return (
        f"{counts} at an estimated risk of at most {100 * readings[0].max_risk:g} % each; {rest}."
        "\nThis is an estimate, not a promise: it was measured on other people's writing."
    )


def _print_table(results: Sequence[Reading | Failure], promise: Promise | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("source", "reading", "confidence", "decision", box=None, pad_edge=False)
    for row in _rows(results):
        style = {"review": "yellow", "failed": "red"}.get(row[3])
        table.add_row(*(Text(cell) for cell in row), style=style)
    console = Console(highlight=False)
    console.print(table)
    console.print(_summary(results, promise), style="dim")


def _plain_table(results: Sequence[Reading | Failure], promise: Promise | None) -> str:
    rows = [("source", "reading", "confidence", "decision"), *_rows(results)]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([*lines, _summary(results, promise)]) + "\n"
