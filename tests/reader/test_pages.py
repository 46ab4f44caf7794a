"""Every number on a page, in reading order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handsum.errors import PromiseError
from handsum.imaging.load import Picture
from handsum.promise.calibrate import calibrate_promise
from handsum.promise.terms import DataDescription
from handsum.reader import PageReader, load_reader
from handsum.reader.strips import NetOutput
from scripted import draw_number, said, script


@pytest.fixture(scope="module")
def reader(number_bundle: Path) -> PageReader:
    return load_reader("page", number_bundle, threads=1)


@pytest.fixture(scope="module")
def sheet() -> np.ndarray:
    """Three numbers, one a row."""
    page = np.full((420, 500), 250, np.uint8)
    for row, text in enumerate(("46", "2", "305")):
        number = draw_number(text)
        page[30 + 120 * row :, 60:][: number.shape[0], : number.shape[1]] = number
    return page


def columns(reader: PageReader, sheet: np.ndarray) -> list[int]:
    return [c.number.ink.shape[1] // 4 for c in reader.prepare(Picture(sheet, "")).crops]


def test_each_number_is_a_reading_with_its_place_on_the_page(
    reader: PageReader, sheet: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = columns(reader, sheet)
    assert len(widths) == 3
    script(reader.numbers, monkeypatch,
           [said(t, w) for t, w in zip(("46", "2", "305"), widths, strict=True)])  # fmt: skip
    readings = reader.read(sheet)
    assert [r.text for r in readings] == ["46", "2", "305"]
    for row, reading in enumerate(readings):
        x0, y0, x1, y1 = reading.box
        assert 60 <= x0 < 90 and 30 + 120 * row <= y0 < y1 <= 30 + 120 * row + 64
        inside = sheet[y0:y1, x0:x1]
        assert (inside < 128).sum() >= 0.95 * (sheet[y0 - 8 : y1 + 8] < 128).sum()
        assert all(x0 <= d.box[0] < d.box[2] <= x1 for d in reading.digits)


def test_what_is_no_number_or_hardly_one_is_left_out(
    reader: PageReader, sheet: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = columns(reader, sheet)
    word = NetOutput(said("1", first).log_probs, np.array([0.01, 0.01, 0.01, 0.97]))
    script(reader.numbers, monkeypatch, [word, said("2", second), said("99992", third, sure=0.2)])
    assert [r.text for r in reader.read(sheet)] == ["2"]


def test_pages_keep_their_names(
    reader: PageReader, sheet: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [reader.prepare(Picture(sheet, name, 2)) for name in ("a", "b")]
    heard = [said("4", c.number.ink.shape[1] // 4) for page in pages for c in page.crops]
    script(reader.numbers, monkeypatch, heard)
    readings = reader.read_prepared(pages)
    assert [(r.source, r.page) for r in readings] == [("a", 2)] * 3 + [("b", 2)] * 3


def test_a_promise_for_numbers_is_none_for_pages(reader: PageReader) -> None:
    numbers = reader.numbers
    promise = calibrate_promise(
        [0.9] * 200, [True] * 200, None, max_risk=0.05, delta=0.05,
        key=numbers.promise_key(numbers.options()),
        description=DataDescription("a test", "0" * 64),
    )  # fmt: skip
    assert reader.promise_key(reader.options()).task == "page"
    with pytest.raises(PromiseError, match="task is 'page'"):
        reader.options(promise=promise)
