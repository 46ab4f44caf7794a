"""From a run to a bundle: parity, int8, calibration, golden pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from handsum.bundle import load_bundle
from handsum.errors import TrainingError
from handsum.export import export_bundle
from handsum.export.digits import (
    check_parity,
    export_onnx,
    fit_reject_offset,
    measure_blank_confidence,
    quantize_onnx,
    run_onnx,
)
from handsum.models import build_model
from handsum.train.config import parse_recipe
from handsum.train.loop import REPORT, load_net, train
from penned import drawn_recipe

INKS = np.random.default_rng(0).integers(0, 256, (300, 28, 28)).astype(np.uint8)


def test_the_bundle_tells_how_it_came_about(shipped_drawn_bundle: Path, drawn_run: Path) -> None:
    info = load_bundle(shipped_drawn_bundle).info
    report = json.loads((drawn_run / REPORT).read_text("utf-8"))
    assert info.metrics["test/accuracy"] == report["test/accuracy"]
    assert info.metrics["parity"]["changed"] == 0
    assert info.metrics["parity"]["max_difference"] < 1e-4
    assert info.training["recipe"]["name"] == "drawn"
    assert {entry["licence"] for entry in info.training["data"]} == {"public domain", "Apache-2.0"}
    assert 0.9 < info.calibration["blank_confidence"] < 1
    assert [g.text for g in info.golden] == list("02468")


def test_parity_tells_a_net_that_differs() -> None:
    torch.manual_seed(0)
    net, other = (build_model("linear", 11, {}).eval() for _ in range(2))
    same = check_parity(export_onnx(net, "unit"), net, "unit", INKS)
    assert (same.samples, same.changed) == (300, 0)
    differs = check_parity(export_onnx(other, "unit"), net, "unit", INKS)
    assert differs.changed > 100
    assert differs.max_difference > 0.1


def test_int8_is_smaller_and_nearly_the_same() -> None:
    torch.manual_seed(0)
    net = build_model("mlp", 11, {"hidden": [64]}).eval()
    model = export_onnx(net, "unit")
    small = quantize_onnx(model, INKS)
    assert len(small) < 0.4 * len(model)
    exact, found = run_onnx(model, INKS), run_onnx(small, INKS)
    assert float(np.abs(found - exact).max()) < 0.1 * float(np.abs(exact).max())


def test_refusing_loses_the_wished_share_of_the_digits_that_were_right() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(20_000) % 10
    logits = rng.normal(0.0, 1.0, (20_000, 11)).astype(np.float32)
    logits[np.arange(20_000), labels] += 2.0
    logits[:2000, 10] = 50.0  # these are misread or no digits: nothing is lost with them
    logits[:1000, :10] = 1.0 - np.eye(10, dtype=np.float32)[labels[:1000]]
    labels[1000:2000] = 10
    offset = fit_reject_offset(logits, labels, keep=0.999)
    right = (labels < 10) & (logits[:, :10].argmax(axis=1) == labels)
    lost = right & (logits[:, 10] - offset > logits[:, :10].max(axis=1))
    assert lost.sum() == int(0.001 * right.sum())
    assert fit_reject_offset(logits - 99.0 * np.eye(11, dtype=np.float32)[10], labels) == 0.0


def test_a_digit_that_was_lost_lowers_the_confidence_of_blank() -> None:
    full = np.full((999, 28, 28), 9, np.uint8)
    lost = full.copy()
    lost[:10] = 0
    found = measure_blank_confidence(full)
    # half a digit in a thousand may be lost unseen, so this is never 1
    assert 1 - 0.5 / 1000 - 0.01 < found < 1
    assert measure_blank_confidence(lost) == pytest.approx(found - 0.01, abs=0.001)


def test_a_run_without_val_or_report_is_refused(tmp_path: Path, drawn_sources: None) -> None:
    tree = drawn_recipe() | {"epochs": 1}
    tree["data"] = {**tree["data"], "val_share": 0.0}
    train(parse_recipe(tree, "test"), tmp_path / "run")
    assert not load_net(tmp_path / "run")[0].training
    with pytest.raises(TrainingError, match=r"kept nothing to calibrate on.*val_share"):
        export_bundle(tmp_path / "run", tmp_path / "bundle", version="1")
    (tmp_path / "run" / REPORT).unlink()
    with pytest.raises(TrainingError, match=r"report\.json cannot be read.*--resume"):
        export_bundle(tmp_path / "run", tmp_path / "bundle", version="1")
    assert not (tmp_path / "bundle").exists()
