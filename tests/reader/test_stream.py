"""Many files through one reader: order, failures, threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from faults import faults, pdf
from handsum.imaging.load import load_pictures
from handsum.reader import DigitReader, stream
from handsum.reader.stream import NamedBytes, expand_paths, read_files
from handsum.readings import Failure, Reading
from penned import save_digit


@pytest.fixture(scope="module")
def reader(shipped_drawn_bundle: Path) -> DigitReader:
    return DigitReader(shipped_drawn_bundle, threads=1)


def texts(results: list[Reading | Failure]) -> str:
    return "".join(r.text if isinstance(r, Reading) else "!" for r in results)


def test_folders_are_read_in_sorted_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "b/10.png", "a.jpg", "c.pdf"):
        save_digit(tmp_path / name.replace("PNG", "png").replace("pdf", "png"), "1").rename(
            tmp_path / name
        )
    for name in ("._a.jpg", "notes.txt", "b/.png"):
        (tmp_path / name).write_bytes(b"")
    found = [str(path.relative_to(tmp_path)) for path in expand_paths([tmp_path]) if path]
    assert found == ["a.jpg", "b/10.png", "b/2.PNG", "c.pdf"]


def test_a_folder_without_pictures_fails_and_the_rest_is_read(
    reader: DigitReader, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    paths = [
        save_digit(tmp_path / "1.png", "1"),
        tmp_path / "empty",
        save_digit(tmp_path / "2.png", "2"),
    ]
    results = list(read_files(reader, expand_paths(paths)))
    assert texts(results) == "1!2"
    failure = results[1]
    assert isinstance(failure, Failure)
    assert (failure.source, failure.code) == (str(tmp_path / "empty"), "file_missing")


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("small", [0, 500, 1 << 16])
def test_order_is_kept_whatever_the_threads_chunks_and_batches(
    reader: DigitReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, small: int
) -> None:
    monkeypatch.setattr(stream, "_CHUNK", 3)
    monkeypatch.setattr(stream, "_SMALL", small)
    monkeypatch.setattr(stream, "_HELD", small)
    monkeypatch.setattr(stream, "BATCH", 7)
    pattern = "90!1234!!5678901234567!8901234567890123456789!"
    files = [
        tmp_path / f"absent-{i}.png"
        if digit == "!"
        else save_digit(tmp_path / f"{i}.png", digit, 30 + i)
        for i, digit in enumerate(pattern)
    ]
    results = list(read_files(reader, files, workers=workers))
    assert texts(results) == pattern
    assert [r.source for r in results] == [str(file) for file in files]


def test_every_fault_is_a_failure_with_its_code(reader: DigitReader) -> None:
    bad = faults()
    results = list(read_files(reader, [NamedBytes(fault.file, fault.data) for fault in bad]))
    for fault, result in zip(bad, results, strict=True):
        assert isinstance(result, Failure)
        assert (result.source, result.code) == (fault.file, fault.error.code)
        assert result.message and result.remedy


def test_a_page_is_a_reading(reader: DigitReader) -> None:
    data = pdf.document(pages=3)
    results = list(read_files(reader, [NamedBytes("three.pdf", data)]))
    assert [(r.source, r.page) for r in results if isinstance(r, Reading)] == [
        ("three.pdf", page) for page in (1, 2, 3)
    ]


def test_streamed_readings_equal_those_of_the_reader(reader: DigitReader, tmp_path: Path) -> None:
    files = [save_digit(tmp_path / f"{i}.png", str(i % 10), 40) for i in range(20)]
    streamed = list(read_files(reader, files, reader.options(max_risk=0.2, top=2)))
    direct = reader.read(list(files), max_risk=0.2, top=2)
    assert streamed == direct


def test_pages_are_let_go_once_prepared(reader: DigitReader, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (3000, 2000), 255).save(path)
    (picture,) = load_pictures(path)
    prepared = reader.prepare(picture)
    assert prepared.digit.ink.base is None or prepared.digit.ink.base.nbytes < 10_000


@pytest.mark.parametrize("small", [0, 1 << 16])
def test_stopping_early_stops_the_threads(
    reader: DigitReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(stream, "_SMALL", small)
    files = [save_digit(tmp_path / "1.png", "1")] * 1000
    results = read_files(reader, files, workers=1)
    assert isinstance(next(results), Reading)
    results.close()  # type: ignore[attr-defined]
