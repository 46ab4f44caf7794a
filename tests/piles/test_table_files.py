"""Strings stay strings in every format, and no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsum.forms.page_reading import PageReading
from handsum.piles.cells import defuse, restore
from handsum.piles.options import PileOptions
from handsum.piles.queue import finish_page, lease_page
from handsum.piles.store import Pile
from handsum.piles.table_files import csv_bytes, json_bytes, parquet_bytes, xlsx_bytes
from handsum.piles.tables import ResultTable, build_tables
from piled import page_of, small_scan, sums_template

TEXTS = {"a": "0012", "b": "-4,5", "total": "=1+2"}


def keyed(page: PageReading, texts: dict[str, str]) -> PageReading:
    fields = tuple(
        replace(f, reading=replace(f.reading, text=texts[f.name], value=None)) for f in page.fields
    )
    return replace(page, fields=fields)


@pytest.fixture
def table(tmp_path: Path) -> ResultTable:
    """Two pages: one of odd texts from a file with an odd name, one with a broken sum."""
    scans = [
        small_scan(tmp_path / "scans" / name, shade)
        for name, shade in (("=1.png", 1), ("b.png", 4))
    ]
    pile = Pile.create(tmp_path / "results", [sums_template(tmp_path)], PileOptions())
    pile.add_files(scans)
    for shade in (1, 4):
        lease = lease_page(pile.database, "w")
        assert lease is not None
        page = page_of(shade, lease.name)
        finish_page(pile.database, lease, keyed(page, TEXTS) if shade == 1 else page, 0.1)
    (found,) = build_tables(pile)
    return found


def test_csv_has_a_row_a_page_and_no_formula(table: ResultTable) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_bytes(table).decode())))
    first, second = rows
    assert (first["a"], first["b"], first["total"]) == ("0012", "-4,5", "'=1+2")
    assert first["a:confidence"] == "0.9991"
    assert (first["review"], first["rules"]) == ("", "")
    assert (second["review"], second["rules"]) == ("total", "total = a + b")
    assert second["total:decision"] == "review"
    assert list(rows[0])[:10] == [
        "page_id", "source", "page", "sheet", "review", "rules", "same_sheet", "a", "b", "total",
    ]  # fmt: skip
    for line in csv.reader(io.StringIO(csv_bytes(table).decode())):
        for cell in line:
            assert not cell.startswith(("=", "@", "\t", "\r", "+"))


def test_xlsx_holds_texts_as_texts_and_marks_what_wants_eyes(table: ResultTable) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([table], [("not read", ["x"], [["=2"]])])))
    sheet = book["sums-1"]
    cells = {name.value: sheet.cell(2, i) for i, name in enumerate(sheet[1], start=1)}
    for name, text in TEXTS.items():
        assert (cells[name].value, cells[name].data_type) == (text, "s")
    assert cells["a:confidence"].value == pytest.approx(0.9991)
    total = sheet.cell(3, 10)
    assert total.fill.fgColor.rgb == "FFFFD9A8"
    assert sheet.cell(3, 8).fill.fgColor.rgb == "00000000"
    assert (book["not read"]["A2"].value, book["not read"]["A2"].data_type) == ("=2", "s")


def test_parquet_and_json_hold_the_same(table: ResultTable) -> None:
    columns = pq.read_table(io.BytesIO(parquet_bytes(table)))
    assert {str(columns.schema.field(name).type) for name in ("a", "b:value", "source")} == {
        "string"
    }
    assert str(columns.schema.field("a:confidence").type) == "double"
    found = columns.to_pylist()
    trees = json.loads(json_bytes(table))
    for row, tree in zip(found, trees, strict=True):
        assert row["source"] == tree["source"]
        for name, field in tree["fields"].items():
            assert row[name] == field["text"]
            for part in ("value", "content", "decision", "basis", "origin"):
                assert row[f"{name}:{part}"] == field[part]
    assert found[0]["total"] == "=1+2"  # neither has formulas


def test_a_field_that_is_called_like_a_column_of_ours_keeps_its_own(tmp_path: Path) -> None:
    text = (
        'schema = 1\nname = "odd"\n[[field]]\nname = "page"\nbox = [20, 40, 60, 50]\n'
        '[[field]]\nname = "sheet"\nbox = [20, 60, 60, 70]\n'
    )
    with Pile.create(tmp_path / "r", [sums_template(tmp_path, text)], PileOptions()) as pile:
        columns = build_tables(pile)[0].columns
    assert len(columns) == len(set(columns))
    assert {"page", "page:text", "sheet", "sheet:text", "page:value"} <= set(columns)


@given(st.text(max_size=12))
def test_a_cell_comes_back_as_the_text_it_was(text: str) -> None:
    cell = defuse(text)
    if not text.startswith("'"):
        assert restore(cell) == text
    assert not cell.startswith(("=", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["-4.5", "+41 44", "-1.234,50", "-3", "0012", "12/3", ""])
def test_numbers_with_a_sign_stay_readable(text: str) -> None:
    assert defuse(text) == text


@pytest.mark.parametrize(
    "text", ["=1", "-2+3", "+A1", "-cmd|' /C calc'!A0", "@x", "\t=1", "-", "--1"]
)
def test_what_could_be_a_formula_is_defused(text: str) -> None:
    assert defuse(text) == "'" + text
    assert restore(defuse(text)) == text
