"""Readings of single digits, from arrays to candidates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handsum import load_reader
from handsum.bundle import seal_manifest
from handsum.data.rejects import draw_scribbles
from handsum.errors import FileMissingError, UsageError
from handsum.reader import DigitReader, sources
from penned import as_grey, draw_ink, on_paper, save_digit


@pytest.fixture(scope="module")
def reader(shipped_drawn_bundle: Path) -> DigitReader:
    return DigitReader(shipped_drawn_bundle)


def page(digit: str) -> np.ndarray:
    return as_grey(on_paper(draw_ink(digit, 50), (70, 64), (8, 6)))


def test_drawn_digits_are_read(reader: DigitReader) -> None:
    readings = reader.read([page(d) for d in "0123456789"])
    assert "".join(r.text for r in readings) == "0123456789"
    for reading in readings:
        assert reading.content == "number"
        assert reading.value == reading.text
        assert reading.confidence == reading.candidates[0].confidence
        assert [c.confidence for c in reading.candidates] == sorted(
            (c.confidence for c in reading.candidates), reverse=True
        )
        (digit,) = reading.digits
        assert (digit.symbol, digit.confidence) == (reading.text, reading.confidence)
        x0, y0, x1, y1 = reading.box
        assert 0 <= x0 < x1 <= 64 and 0 <= y0 < y1 <= 70


def test_every_kind_of_source_gives_the_same_reading(reader: DigitReader, tmp_path: Path) -> None:
    path = save_digit(tmp_path / "7.png", "7")
    picture = Image.open(path)
    readings = [
        reader.read(source)[0]
        for source in (path, str(path), path.read_bytes(), np.asarray(picture), picture)
    ]
    assert {(r.text, r.confidence, r.box) for r in readings} == {
        (readings[0].text, readings[0].confidence, readings[0].box)
    }
    assert readings[0].source == str(path)


def test_probabilities_are_a_softmax_of_logits_over_the_temperature(reader: DigitReader) -> None:
    inks = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    probs = reader.probabilities(inks)
    assert np.allclose(probs.sum(axis=1), 1)
    temperature = reader.bundle.info.calibration["temperature"]
    logits = reader._session.run(inks[:, None].astype(np.float32) / 255)[0].astype(np.float64)
    exact = np.exp(logits / temperature)
    assert np.allclose(probs, exact / exact.sum(axis=1, keepdims=True), atol=1e-6)


def test_empty_paper_is_blank_and_has_no_candidates(reader: DigitReader) -> None:
    (reading,) = reader.read(np.full((60, 40), 230, np.uint8))
    assert (reading.content, reading.text, reading.value) == ("blank", "", None)
    assert (reading.candidates, reading.digits, reading.box) == ((), (), (0, 0, 40, 60))


def test_scribbles_are_mostly_refused(reader: DigitReader) -> None:
    readings = reader.read(list(draw_scribbles(60, seed=99).images))
    refused = [r for r in readings if r.content == "not_a_number"]
    assert len(refused) > 40
    assert all((r.text, r.value, r.digits) == ("", None, ()) for r in refused)


@pytest.mark.parametrize(("max_risk", "decision"), [(0.0, "review"), (1.0, "accepted")])
def test_max_risk_decides(drawn_bundle: Path, max_risk: float, decision: str) -> None:
    manifest = json.loads((drawn_bundle / "bundle.json").read_text("utf-8"))
    manifest["calibration"]["temperature"] = 5.0  # drawn digits alone leave it no doubt
    (drawn_bundle / "bundle.json").write_bytes(seal_manifest(manifest))
    (reading,) = DigitReader(drawn_bundle).read(page("8"), max_risk=max_risk)
    assert (reading.decision, reading.basis, reading.max_risk) == (decision, "estimate", max_risk)


def test_a_risk_that_is_none_is_refused(reader: DigitReader) -> None:
    with pytest.raises(UsageError, match="max_risk"):
        reader.read(page("8"), max_risk=float("nan"))


@pytest.mark.parametrize("top", [1, 3, 10])
def test_top_is_the_number_of_candidates(reader: DigitReader, top: int) -> None:
    (reading,) = reader.read(page("3"), top=top)
    assert len(reading.candidates) == top
    assert reading.candidates[0].text == "3"


def test_batches_equal_single_pictures(
    reader: DigitReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [page(d) for d in "31415926535"]
    together = reader.read(pages)
    alone = [reader.read(one)[0] for one in pages]
    monkeypatch.setattr(sources, "BATCH", 4)
    in_fours = reader.read(pages)
    for a, b, c in zip(together, alone, in_fours, strict=True):
        assert (a.text, a.box) == (b.text, b.box) == (c.text, c.box)
        assert np.allclose([b.confidence, c.confidence], a.confidence, atol=1e-6)


def test_nothing_gives_nothing_and_a_bad_source_raises(reader: DigitReader) -> None:
    assert reader.read([]) == []
    with pytest.raises(FileMissingError):
        reader.read("no-such.png")


def test_load_reader_refuses_an_unknown_kind(shipped_drawn_bundle: Path) -> None:
    assert load_reader("digit", shipped_drawn_bundle, threads=1).read(page("1"))[0].text == "1"
    with pytest.raises(UsageError, match="no reader of 'letter'"):
        load_reader("letter", shipped_drawn_bundle)  # type: ignore[arg-type]
