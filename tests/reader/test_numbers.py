"""Readings of whole numbers: what the net says, and what becomes of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from handsum.bundle import seal_manifest
from handsum.decode.constraint import Constraint
from handsum.decode.values import Separators
from handsum.errors import BundleError, DecodeError, UsageError
from handsum.reader import DigitReader, NumberReader, load_reader
from handsum.reader.numbers import CONTENTS
from handsum.reader.strips import NetOutput
from scripted import draw_number, said, script


@pytest.fixture(scope="module")
def reader(number_bundle: Path) -> NumberReader:
    return NumberReader(number_bundle, threads=1)


PAGE = draw_number("0123")


def columns(reader: NumberReader, page: np.ndarray = PAGE) -> int:
    (crop,) = reader_prepare(reader, page)
    return crop.number.ink.shape[1] // 4


def reader_prepare(reader: NumberReader, page: np.ndarray):  # type: ignore[no-untyped-def]
    from handsum.imaging.load import Picture

    return [reader.prepare(Picture(page, "a"))]


def test_the_text_is_what_the_net_says(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(reader, monkeypatch, [said("0123", columns(reader))])
    (reading,) = reader.read(PAGE)
    assert (reading.content, reading.text, reading.value) == ("number", "0123", "123")
    assert reading.left_over is None
    assert 0.5 < reading.confidence < 1
    assert reading.candidates[0].confidence == reading.confidence
    rest = [c.confidence for c in reading.candidates]
    assert rest == sorted(rest, reverse=True)
    assert sum(rest) <= 1 + 1e-9
    assert [d.symbol for d in reading.digits] == list("0123")


def test_every_digit_is_boxed_where_it_stands(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(reader, monkeypatch, [said("0123", columns(reader))])
    (reading,) = reader.read(PAGE)
    for i, digit in enumerate(reading.digits):
        x0, y0, x1, y1 = digit.box
        left = 12 + 46 * i + 6  # as draw_number places it
        true = np.argwhere(PAGE[:, left : left + 40] < 128)
        top, start = true.min(axis=0)
        foot, end = true.max(axis=0) + 1
        assert abs(x0 - (left + start)) <= 3 and abs(x1 - (left + end)) <= 3
        assert abs(y0 - top) <= 3 and abs(y1 - foot) <= 3
    assert reading.box[0] == min(d.box[0] for d in reading.digits)
    assert reading.box[2] == max(d.box[2] for d in reading.digits)


def test_what_is_no_number_has_no_text(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k, content in enumerate(CONTENTS[1:], 1):
        contents = np.full(4, 0.01)
        contents[k] = 0.97
        script(reader, monkeypatch, [NetOutput(said("12", 20).log_probs, contents)])
        (reading,) = reader.read(PAGE)
        assert (reading.content, reading.text, reading.value) == (content, "", None)
        assert (reading.candidates, reading.digits) == ((), ())
        assert reading.confidence == pytest.approx(0.97)
        assert reading.box == (0, 0, PAGE.shape[1], PAGE.shape[0])


def test_paper_without_ink_is_blank_whatever_the_net_says(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(reader, monkeypatch, [said("7", 20, number=0.9)])
    (reading,) = reader.read(np.full((60, 90), 230, np.uint8))
    assert (reading.content, reading.text) == ("blank", "")
    assert reading.confidence < 0.1  # two that disagree


def test_a_number_without_symbols_is_none(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = NetOutput(
        np.log(np.tile([0.986] + [0.001] * 14, (20, 1))), np.array([0.6, 0.3, 0.05, 0.05])
    )
    script(reader, monkeypatch, [empty])
    assert reader.read(PAGE)[0].content == "blank"


def test_a_format_decides_between_texts(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = said("12.5", 40, sure=0.999)  # so sure that nobody looks again
    script(reader, monkeypatch, [heard])
    (free,) = reader.read(PAGE)
    script(reader, monkeypatch, [heard])
    (bound,) = reader.read(PAGE, constraint=Constraint(pattern="9999"))
    assert free.text == "12.5"
    assert len(bound.text) == 4 and bound.text.isdigit()
    assert bound.left_over is not None and bound.left_over > 0.8
    assert bound.to_json()["left_over"] == round(bound.left_over, 6)
    assert bound.confidence < free.confidence


def test_the_less_fits_the_less_is_sure(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    confidences = []
    for sure in (0.99, 0.9, 0.5, 0.1):
        script(reader, monkeypatch, [said("1234", 40, sure=sure)])
        (reading,) = reader.read(PAGE, constraint=Constraint(entries=("1234", "8765")))
        assert reading.text == "1234"
        confidences.append(reading.confidence)
    assert confidences == sorted(confidences, reverse=True)


def test_values_follow_the_declared_separators(
    reader: NumberReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for separators, value in (
        (Separators(",", "."), "1234"),
        (Separators("."), "1.234"),
        (None, None),  # it could be either
    ):
        script(reader, monkeypatch, [said("1.234", 40)])
        (reading,) = reader.read(PAGE, separators=separators)
        assert (reading.text, reading.value) == ("1.234", value)


def test_batches_change_nothing(reader: NumberReader) -> None:
    pages = [draw_number(text) for text in ("1", "22", "333", "4444", "55555", "66", "7")]
    prepared = [reader_prepare(reader, page)[0] for page in pages]
    together = reader._run(prepared)
    for crop, one in zip(prepared, together, strict=True):
        (alone,) = reader._run([crop])
        assert one.log_probs.shape == (crop.number.ink.shape[1] // 4, 15)
        assert np.allclose(alone.log_probs, one.log_probs, atol=1e-5)
        assert np.allclose(alone.contents, one.contents, atol=1e-5)
        assert np.allclose(np.exp(one.log_probs).sum(axis=1), 1)


def test_wrong_constraints_are_refused(reader: NumberReader) -> None:
    with pytest.raises(DecodeError, match="never closed"):
        reader.read(PAGE, constraint=Constraint(pattern="(9"))
    with pytest.raises(UsageError, match="max_risk"):
        reader.read(PAGE, max_risk=2.0)


def test_load_reader_reads_numbers_unless_told(
    number_bundle: Path, shipped_drawn_bundle: Path
) -> None:
    assert isinstance(load_reader(bundle=number_bundle), NumberReader)
    assert isinstance(load_reader("digit", shipped_drawn_bundle), DigitReader)
    with pytest.raises(BundleError, match="holds a reader of digits, not of numbers"):
        load_reader("number", shipped_drawn_bundle)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("classes",), ["number"], "tells number apart"),
        (("imaging", "version"), 999, "imaging version 999"),
        (("imaging", "parameters"), {"colour": 1}, "imaging of other parameters"),
        (("input", "stride"), 0, "input.stride"),
        (("calibration", "text"), {"kind": "magic"}, "calibration"),
        (("calibration", "text"), {"kind": "temperature", "temperature": 2.0}, "does not fit"),
        (("calibration", "number_threshold"), "high", "number_threshold"),
        (("charset",), "0123456789", "the bundle speaks of"),
    ],
)
def test_bundles_that_do_not_fit_are_refused(
    number_bundle: Path, tmp_path: Path, path: tuple[str, ...], value: object, message: str
) -> None:
    folder = Path(shutil.copytree(number_bundle, tmp_path / "bundle"))
    tree = json.loads((folder / "bundle.json").read_text("utf-8"))
    part = tree
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    (folder / "bundle.json").write_bytes(seal_manifest(tree))
    with pytest.raises(BundleError, match=message):
        NumberReader(folder)
