"""Sheets: balanced texts, a code that says everything, and scans cut into labelled pictures."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2
import pytest

from handsum.data.labelled import load_labelled
from handsum.data.sheet_cut import cut_sheets
from handsum.data.sheets import (
    asked_text,
    digit_sheet,
    load_texts,
    number_sheet,
    own_sheets,
    print_sheets,
    sheets_of,
)
from handsum.errors import DataError, UsageError
from handsum.forms.marks import PageCode
from handsum.forms.template import Template
from handsum.readings import Failure

pytest.importorskip("reportlab")

DPI = 150
PIXELS = DPI / 25.4


def texts_of(template: Template) -> list[str]:
    return [asked_text(template, field.name) for field in template.fields]


def test_every_digit_comes_equally_often() -> None:
    for variant in range(10):
        counts = Counter(texts_of(digit_sheet(variant)))
        assert sorted(counts) == list("0123456789")
        assert len(set(counts.values())) == 1
    numbers = texts_of(number_sheet(3, 2, 6))
    assert set(map(len, numbers)) == {2, 3, 4, 5, 6}
    per_digit = Counter("".join(numbers))
    assert max(per_digit.values()) - min(per_digit.values()) <= 1
    assert texts_of(number_sheet(4, 2, 6)) != numbers


def test_a_page_code_is_all_that_a_sheet_needs() -> None:
    own = ("12,50", "0047", *(str(n) for n in range(60)))
    for template in (digit_sheet(7), number_sheet(0, 4, 4), *own_sheets(own)):
        code = PageCode(template.name, template.version, 12)
        assert sheets_of(code, own).sha256 == template.sha256
    assert [text for template in own_sheets(own) for text in texts_of(template)] == list(own)
    page = own_sheets(own)[0]
    for other in (None, ("1", "2")):
        with pytest.raises(DataError, match="numbers of"):
            sheets_of(PageCode(page.name, page.version, 1), other)
    with pytest.raises(DataError, match="no sheet"):
        sheets_of(PageCode("polling-station", "1", 1), None)
    with pytest.raises(UsageError, match="5 to 13"):
        number_sheet(0, 5, 13)


def test_a_file_of_numbers_names_its_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "numbers.txt"
    path.write_text("12\n\n 3.5 \n", "utf-8")
    assert load_texts(path) == ("12", "3.5")
    path.write_text("12\n\n7 kg\n", "utf-8")
    with pytest.raises(DataError, match="line 3: '7 kg'"):
        load_texts(path)


def scan(template: Template, writer: int, marks: Mapping[str, str]) -> npt.NDArray[np.uint8]:
    """A printed sheet, each box filled in with its own text; "" leaves one empty, X crosses it."""
    path = Path(f"{template.name}.pdf")
    print_sheets(path, [[template]], first=writer)
    document = pypdfium2.PdfDocument(path.read_bytes())
    page = np.array(document[0].render(scale=DPI / 72, grayscale=True).to_numpy()).squeeze()
    document.close()
    for field in template.fields:
        x0, y0, x1, y1 = (round(v * PIXELS) for v in field.box)
        text = marks.get(field.name, field.label)
        if text == "X":
            cv2.line(page, (x0 + 2, y0 + 2), (x1 - 2, y1 - 2), 40, 3)
            cv2.line(page, (x0 + 2, y1 - 2), (x1 - 2, y0 + 2), 40, 3)
        elif text:
            place = (x0 + 12, y1 - 18)
            cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.3, 40, 3, cv2.LINE_AA)
    return np.asarray(page, np.uint8)


def test_scans_become_labelled_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    template = number_sheet(2, 2, 5)
    page = scan(template, 12, {"n003": "", "n008": "X"})
    cv2.imwrite("a.png", page)
    cv2.imwrite("b.png", cv2.rotate(page, cv2.ROTATE_180))  # the same sheet once more
    cv2.imwrite("c.png", np.full((1700, 1240), 240, np.uint8))
    files = [Path("a.png"), Path("b.png"), Path("c.png"), Path("d.png")]
    report = cut_sheets([*files, Failure("e", "file_missing", "no e.", "")], Path("out"))
    (cut,) = report.pages
    assert (cut.writer, cut.kept, cut.empty, cut.crossed) == ("012", 31, 1, 1)
    reasons = [failure.code for failure in report.failures]
    assert reasons == ["sheet_twice", "no_page_code", "file_missing", "file_missing"]

    data = load_labelled(Path("out"))
    left = {"n003", "n008"}
    assert list(data.texts) == [f.label for f in template.fields if f.name not in left]
    assert set(data.groups) == {"012"}
    for image, text in zip(data.images, data.texts, strict=True):
        ink = np.argwhere(image < 128)
        assert len(ink) > 40 * len(text)
        # A margin all round, and neither the printed frame nor the printed number in it.
        (top, left_side), (bottom, right) = ink.min(axis=0), ink.max(axis=0)
        assert min(top, left_side) > 8
        assert bottom < image.shape[0] - 8
        assert right < image.shape[1] - 8
        assert bottom - top < 45

    with Path("out/left_out.csv").open(newline="") as file:
        rows = {row["file"]: row["reason"] for row in csv.DictReader(file)}
    assert sorted(rows.values()) == ["crossed", "empty"]
    crossed = next(name for name, reason in rows.items() if reason == "crossed")
    assert (Path("out") / crossed).is_file()
    with pytest.raises(UsageError, match="not empty"):
        cut_sheets([Path("a.png")], Path("out"))


def test_nothing_to_cut_is_an_error(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((300, 200), 250, np.uint8))
    with pytest.raises(DataError, match="no page code"):
        cut_sheets([tmp_path / "blank.png"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
