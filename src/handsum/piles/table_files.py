"""Tables as the bytes of CSV, XLSX, Parquet and JSON files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from handsum.errors import UsageError
from handsum.piles.cells import defuse, plain
from handsum.piles.tables import FIRST, FieldCell, ResultTable

_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576  # of a sheet of Excel
_NUMBERS = {"page_id", "page", "sheet"}


def csv_bytes(table: ResultTable) -> bytes:
    """UTF-8, comma, a header; formula cells defused (`handsum.piles.cells`)."""
    return rows_as_csv(table.columns, (table.cells(row) for row in table.rows()))


def rows_as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], mark: bool = False) -> bytes:
    """Any table as CSV; ``mark`` puts the byte order mark first that Excel knows UTF-8 by."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([defuse(name) for name in columns])
    for row in rows:
        writer.writerow([_as_text(cell) for cell in row])
    return (b"\xef\xbb\xbf" if mark else b"") + plain(buffer.getvalue()).encode()


def json_bytes(table: ResultTable) -> bytes:
    """A list with an object a page."""
    pages = [table.tree(row) for row in table.rows()]
    return (plain(json.dumps(pages, indent=1, ensure_ascii=False)) + "\n").encode()


def parquet_bytes(table: ResultTable) -> bytes:
    """Columns of strings; page numbers are int64 and confidences float64."""
    import pyarrow as pa  # noqa: PLC0415 (half a second)
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns = table.columns
    kinds = [
        pa.int64() if i < len(FIRST) and name in _NUMBERS
        else pa.float64() if i >= len(FIRST) and name.endswith(":confidence")
        else pa.string()
        for i, name in enumerate(columns)
    ]  # fmt: skip
    rows = [table.cells(row) for row in table.rows()]
    arrays = [
        pa.array([plain(row[i]) if isinstance(row[i], str) else row[i] for row in rows], kind)
        for i, kind in enumerate(kinds)
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), sink)
    return sink.getvalue()


def xlsx_bytes(
    tables: Sequence[ResultTable], others: Sequence[tuple[str, Sequence[str], Sequence[Any]]] = ()
) -> bytes:
    """A workbook with a sheet a table, every text written as a text.

    Orange cells want eyes, blue ones were repaired by a rule, purple ones keyed by a person.
    ``others`` are more sheets: name, columns, rows. A form of more columns than a sheet has keeps
    the texts alone; UsageError for more pages than it has rows.
    """
    import xlsxwriter  # noqa: PLC0415 (needed for this format alone)

    sink = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(sink, options) as book:
        marks = {
            "review": book.add_format({"bg_color": "#FFD9A8"}),
            "repaired": book.add_format({"bg_color": "#BFD9FF"}),
            "keyed": book.add_format({"bg_color": "#E3C8F5"}),
            "head": book.add_format({"bold": True, "bottom": 1}),
        }
        taken: set[str] = set()
        for table in tables:
            sheet = book.add_worksheet(_sheet_name(table.title, taken))
            _write_table(sheet, table, marks)
        for name, columns, rows in others:
            sheet = book.add_worksheet(_sheet_name(name, taken))
            _write_row(sheet, 0, columns, marks["head"])
            for n, row in enumerate(rows, start=1):
                _write_row(sheet, n, row)
            sheet.freeze_panes(1, 0)
            sheet.autofit(400)
    return sink.getvalue()


def _write_table(sheet: Any, table: ResultTable, marks: dict[str, Any]) -> None:
    columns = table.columns
    texts = len(FIRST) + len(table.names)
    width = len(columns) if len(columns) <= _MOST_COLUMNS else texts
    if width > _MOST_COLUMNS:
        raise UsageError(
            f"A sheet has {_MOST_COLUMNS:,} columns, and this form {texts:,} fields.",
            "Export it as CSV or Parquet.",
        )
    _write_row(sheet, 0, columns[:width], marks["head"])
    count = 0
    for count, row in enumerate(table.rows(), start=1):
        if count >= _MOST_ROWS:
            raise UsageError(
                f"A sheet has {_MOST_ROWS:,} rows, and this pile more pages.",
                "Export it as CSV or Parquet.",
            )
        _write_row(sheet, count, table.cells(row)[:width])
        for i, name in enumerate(table.names):
            mark = _mark(row.fields[name])
            if mark is not None:
                sheet.write_string(count, len(FIRST) + i, row.fields[name].text, marks[mark])
    sheet.freeze_panes(1, 4)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{count + 1}"})
    sheet.set_column(1, 1, 24)
    sheet.autofilter(0, 0, count, width - 1)


def _mark(cell: FieldCell) -> str | None:
    if cell.decision == "review":
        return "review"
    return cell.origin if cell.origin in ("repaired", "keyed") else None


def _write_row(sheet: Any, n: int, cells: Sequence[Any], form: Any = None) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int | float):
            sheet.write_number(n, column, cell, form)
        elif cell:
            sheet.write_string(n, column, plain(str(cell)), form)


def _sheet_name(wished: str, taken: set[str]) -> str:
    """A name that Excel allows and no other sheet has, whatever the case."""
    clean = "".join(c if c.isalnum() or c in " .-_" else "_" for c in wished)[:31] or "table"
    name, n = clean, 1
    while name.lower() in taken:
        n += 1
        name = f"{clean[: 31 - len(str(n)) - 1]}~{n}"
    taken.add(name.lower())
    return name


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6g}" if cell else "0"
    return defuse(str(cell)) if isinstance(cell, str) else str(cell)


ONE_TABLE: dict[str, Callable[[ResultTable], bytes]] = {
    "csv": csv_bytes,
    "json": json_bytes,
    "parquet": parquet_bytes,
    "xlsx": lambda table: xlsx_bytes([table]),
}
"""The formats of a file with one table."""
