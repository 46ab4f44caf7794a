"""Readings held against what a person typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from handsum.errors import DataError
from handsum.reader.second_key import hold_against, load_typed
from handsum.readings import BundleRef, Content, Failure, Reading


def reading(source: str, text: str, content: Content = "number", page: int = 1) -> Reading:
    return Reading(
        source=source,
        page=page,
        box=(0, 0, 9, 9),
        content=content,
        text=text,
        value=text or None,
        confidence=0.9,
        decision="accepted",
        basis="estimate",
        max_risk=0.01,
        bundle=BundleRef("numbers", "1", "0" * 64),
    )


def test_what_agrees_is_accepted_and_all_else_reviewed() -> None:
    results = [
        reading("in/a.png", "012"),
        reading("in/b.png", "12"),
        reading("in/c.png", "", "blank"),
        reading("in/d.png", "", "struck_out"),
        reading("in/e.png", "5"),
        Failure("in/f.png", "image_format", "No picture.", "Name one."),
        reading("in/a.png", "012", page=2),
    ]
    typed = {"in/a.png": "012", "b.png": "012", "c.png": "", "d.png": "", "f.png": "1"}
    report = hold_against(results, typed)
    found = [r.decision if isinstance(r, Reading) else "failed" for r in report.results]
    # Nobody typed e and the second page; an empty text says nothing of a struck-out number.
    assert found == ["accepted", "review", "accepted", "review", "review", "failed", "review"]
    assert {r.basis for r in report.results if isinstance(r, Reading)} == {"person"}
    assert (report.typed, report.agreed, report.untyped) == (4, 2, 2)
    assert report.stated_risk == pytest.approx(0.1)
    assert "2 of 4 typed values agree" in report.sentence()
    # 0.1 * 0.00037 / (1 - 0.1 - 0.00037)
    assert "at most 0.0041 %" in report.sentence()


def test_a_name_that_two_folders_share_needs_its_path() -> None:
    results = [reading("x/a.png", "1"), reading("y/a.png", "1")]
    assert hold_against(results, {"a.png": "1"}).agreed == 0
    assert hold_against(results, {"x/a.png": "1", "y/a.png": "2"}).agreed == 1


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read_however_they_are_divided(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "typed.csv"
    path.write_text(f"\ufeffWho{mark}Text{mark}File\nme{mark} 012 {mark}./a.png\n\n", "utf-8")
    assert load_typed(path) == {"a.png": "012"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not file and text"),
        (b"file,number\na.png,1\n", "not file and text"),
        (b"file,text\na.png\n", "line 2 lacks a column"),
        (b"file,text\na.png,1\na.png,2\n", "line 3: a.png stands there twice"),
        (b"file,text\n\xff\n", "no UTF-8 text"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "typed.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_typed(path)


def test_an_absent_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_typed(tmp_path / "none.csv")
