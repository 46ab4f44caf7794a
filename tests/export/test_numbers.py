"""From a run of numbers to a bundle, with weights that learned nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handsum.bundle import load_bundle
from handsum.confidence.calibration import calibration_from_json
from handsum.data.dataset import Dataset
from handsum.errors import TrainingError, UsageError
from handsum.export import export_bundle
from handsum.export.calibrate import calibrate_reader
from handsum.export.crops import load_calibration_crops
from handsum.export.numbers import check_numbers_parity, export_numbers_onnx, run_numbers_onnx
from handsum.export.programs import PARITY_TOLERANCE
from handsum.imaging.load import Picture
from handsum.models.numbers import CONTENTS
from handsum.reader import NumberReader
from handsum.reader.strips import NetOutput
from handsum.train.numbers import load_number_net
from scripted import draw_number, drawn_numbers, number_recipe, said, script


def test_the_bundle_tells_how_it_came_about(number_bundle: Path) -> None:
    info = load_bundle(number_bundle).info
    assert (info.kind, info.charset, info.classes) == ("numbers", "0123456789.,-/", CONTENTS)
    assert info.metrics["parity"]["max_difference"] < PARITY_TOLERANCE
    assert info.training["data"] == [
        {"name": "drawn:2", "origin": "made up by handsum", "licence": "Apache-2.0"}
    ]
    assert "drawn numbers" in info.calibration["fitted_on"]


def test_onnx_equals_pytorch_at_any_width(number_run: Path) -> None:
    net, _ = load_number_net(number_run)
    model = export_numbers_onnx(net)
    rng = np.random.default_rng(0)
    strips = [rng.random((48, width), np.float32) for width in (8, 32, 100, 960)]
    parity = check_numbers_parity(model, net, strips)
    assert parity.samples == 4
    assert parity.changed == 0
    assert parity.max_difference < PARITY_TOLERANCE
    for strip, (logits, content) in zip(strips, run_numbers_onnx(model, strips), strict=True):
        assert (logits.shape, content.shape) == ((strip.shape[1] // 4, 15), (4,))


def test_int8_still_fits_its_reader(
    number_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = [drawn_numbers(["12", "703"])]
    monkeypatch.setattr("handsum.export.numbers.load_calibration_crops", lambda _: crops)
    info = export_bundle(number_run, tmp_path / "int8", version="2", int8=True)
    assert info.input["precision"] == "int8"
    assert NumberReader(tmp_path / "int8", threads=1).read(draw_number("5"))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is no run"):
        export_bundle(tmp_path, tmp_path / "out", version="1")


def test_crops_to_calibrate_on_are_new_and_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handsum.export.crops.REAL", ())
    (first,) = load_calibration_crops(number_recipe(), 12)
    (again,) = load_calibration_crops(number_recipe(), 12)
    assert first.texts == again.texts
    for a, b in zip(first.images, again.images, strict=True):
        assert np.array_equal(a, b)
    assert len(set(first.groups)) > 2  # more hands than the recipe's two


def test_calibration_learns_how_often_a_score_is_right(
    number_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A net that is surer than it is right: 0.95 means half, 0.6 means never."""
    reader = NumberReader(number_bundle, threads=1)
    count = 400
    rng = np.random.default_rng(0)
    sure = rng.random(count) < 0.5
    right = sure & (rng.random(count) < 0.5)
    page = draw_number("7")
    (crop,) = [reader.prepare(Picture(page, ""))]
    columns = crop.number.ink.shape[1] // 4
    heard: list[NetOutput] = [
        said("7" if ok else "1", columns, sure=0.999 if s else 0.6, number=0.999)
        for s, ok in zip(sure, right, strict=True)
    ]
    one = drawn_numbers(["7"])
    data: Dataset = replace(
        one,
        images=list(one.images) * count,
        texts=one.texts * count,
        contents=one.contents * count,
        groups=tuple(f"w{i % 20}" for i in range(count)),
        ids=tuple(map(str, range(count))),
    )
    monkeypatch.setattr(reader, "_look", None)  # it would read the pictures themselves
    script(reader, monkeypatch, heard * 2)  # once for the threshold, once for the texts
    calibration, metrics = calibrate_reader(reader, [data])
    assert metrics["val/text"]["n"] == count
    assert metrics["val/exact_match drawn numbers"] == pytest.approx(right.mean())
    assert metrics["val/text"]["ece"] < 0.05  # of 400 readings left out in turn
    assert calibration["number_threshold"] == 0.5
    assert calibration["refusal"] == {"kind": "identity"}
    assert math.isfinite(json.loads(json.dumps(metrics))["val/text"]["right"])
    calibration_from_json(calibration["text"])


def test_a_bundle_can_be_calibrated_anew_under_another_version(
    number_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = [drawn_numbers(["12", "703"])]
    monkeypatch.setattr("handsum.export.numbers.load_calibration_crops", lambda _: crops)
    old = load_bundle(number_bundle).info
    with pytest.raises(UsageError, match="has the version"):
        export_bundle(number_bundle, tmp_path / "new", version=old.version)
    assert not (tmp_path / "new").exists()
    export_bundle(number_bundle, tmp_path / "new", version="1.1")
    new = load_bundle(tmp_path / "new").info
    assert (new.version, new.model_sha256, new.golden) == ("1.1", old.model_sha256, old.golden)
    assert new.calibration["fitted_on"].startswith("2 drawn numbers")
    assert NumberReader(tmp_path / "new", threads=1).read(draw_number("5"))
