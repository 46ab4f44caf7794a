"""Readings as JSON, JSON lines or CSV: what the command line writes and the service sends.

All take the objects that `Reading.to_json` and `Failure.to_json` give.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

CSV_COLUMNS = (
    "source", "page", "x0", "y0", "x1", "y1", "content", "text", "value", "confidence",
    "decision", "basis", "max_risk", "origin", "error", "remedy",
)  # fmt: skip

Tree = dict[str, Any]


def readings_to_json(trees: Sequence[Tree]) -> str:
    """One JSON array."""
    return json.dumps(trees, indent=2, ensure_ascii=False) + "\n"


def readings_to_jsonl(trees: Sequence[Tree]) -> str:
    """One object a line."""
    return "".join(json.dumps(tree, ensure_ascii=False) + "\n" for tree in trees)


def readings_to_rows(trees: Sequence[Tree]) -> list[Tree]:
    """One flat row a reading, with the keys of `CSV_COLUMNS` that it has."""
    return [_row(tree) for tree in trees]


def readings_to_csv(trees: Sequence[Tree]) -> str:
    """A line a reading under a head, RFC 4180 but for its line ends."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(readings_to_rows(trees))
    return buffer.getvalue()


def _row(tree: Tree) -> Tree:
    if "error" in tree:
        error = tree["error"]
        return {
            "source": tree["source"],
            "error": f"{error['code']}: {error['message']}",
            "remedy": error["remedy"],
        }
    row = {key: value for key, value in tree.items() if key in CSV_COLUMNS}
    row.update(zip(("x0", "y0", "x1", "y1"), tree["box"], strict=True))
    return row
