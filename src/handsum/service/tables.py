"""Readings as files to download: the command line's writers, with cells that no sheet executes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Literal

from handsum.errors import MissingExtraError

TableFormat = Literal["json", "jsonl", "csv", "xlsx"]
MEDIA_TYPES: dict[TableFormat, str] = {
    "json": "application/json",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NUMBERS = frozenset({"page", "x0", "y0", "x1", "y1", "confidence", "max_risk"})


def write_table(trees: Sequence[dict[str, Any]], form: TableFormat) -> bytes:
    """The file's bytes; in CSV, texts that a spreadsheet would execute get a '.

    Texts are digits and marks; in XLSX all of them are strings, so leading zeros stay.
    """
    # The first page does not wait for the rooms that read.
    from handsum.piles.cells import defuse  # noqa: PLC0415
    from handsum.reader.tables import (  # noqa: PLC0415
        readings_to_csv,
        readings_to_json,
        readings_to_jsonl,
        readings_to_rows,
    )

    if form == "json":
        return readings_to_json(trees).encode(errors="backslashreplace")
    if form == "jsonl":
        return readings_to_jsonl(trees).encode(errors="backslashreplace")
    if form == "csv":
        safe = [_changed(tree, defuse) for tree in trees]
        return readings_to_csv(safe).encode(errors="backslashreplace")
    return _write_xlsx(readings_to_rows(trees))


def _changed(tree: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """A tree with every text in it and in its parts changed."""
    return {
        key: change(value) if isinstance(value, str)
        else _changed(value, change) if isinstance(value, dict) else value
        for key, value in tree.items()
    }  # fmt: skip


def _write_xlsx(rows: Sequence[dict[str, Any]]) -> bytes:
    from handsum.reader.tables import CSV_COLUMNS  # noqa: PLC0415

    try:
        import xlsxwriter  # noqa: PLC0415 (an extra, and slow to load)
    except ImportError as error:
        raise MissingExtraError(
            "XLSX needs xlsxwriter.", 'Run: pip install "handsum[serve]"'
        ) from error
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("readings")
    head = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(CSV_COLUMNS):
        sheet.write_string(0, column, name, head)
    for line, row in enumerate(rows, start=1):
        for column, name in enumerate(CSV_COLUMNS):
            value = row.get(name)
            if value is None:
                continue
            if name in _NUMBERS:
                sheet.write_number(line, column, float(value))
            else:
                sheet.write_string(line, column, str(value))
    sheet.set_column(0, 0, 32)
    book.close()
    return buffer.getvalue()
