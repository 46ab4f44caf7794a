"""Readings as a table, JSON, JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from handsum.files import write_atomically
from handsum.promise.terms import Promise
from handsum.readings import Failure, Reading

CSV_COLUMNS = (
    "source", "page", "x0", "y0", "x1", "y1", "content", "text", "value", "confidence",
    "decision", "basis", "max_risk", "origin", "error", "remedy",
)  # fmt: skip


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
        text = {"json": _json, "jsonl": _jsonl, "csv": _csv}[form](results)
    content = text.encode(errors="backslashreplace")
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        write_atomically(out, content)


def _json(results: Sequence[Reading | Failure]) -> str:
    return json.dumps([r.to_json() for r in results], indent=2, ensure_ascii=False) + "\n"


def _jsonl(results: Sequence[Reading | Failure]) -> str:
    return "".join(json.dumps(r.to_json(), ensure_ascii=False) + "\n" for r in results)


def _csv(results: Sequence[Reading | Failure]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for r in results:
        if isinstance(r, Failure):
            writer.writerow(
                {"source": r.source, "error": f"{r.code}: {r.message}", "remedy": r.remedy}
            )
            continue
        row = {key: value for key, value in r.to_json().items() if key in CSV_COLUMNS}
        row.update(zip(("x0", "y0", "x1", "y1"), r.box, strict=True))
        writer.writerow(row)
    return buffer.getvalue()


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
