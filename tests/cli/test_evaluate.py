"""``handsum evaluate`` over drawn digits: a bundle, its run, and saved predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from handsum.cli import extras
from handsum.cli.evaluate import evaluate
from handsum.data.sources import load_dataset
from handsum.errors import BundleError, DataError, HandsumError, MissingExtraError, UsageError
from handsum.evaluate.figures import measure_digits
from handsum.evaluate.predictions import (
    DigitPredictions,
    NumberPredictions,
    load_predictions,
    save_predictions,
)
from handsum.reader import DigitReader, NumberReader

APP = typer.Typer()
APP.command()(evaluate)

pytestmark = pytest.mark.usefixtures("drawn_sources")


def call(*words: object) -> Result:
    result = CliRunner().invoke(APP, [str(word) for word in words])
    if isinstance(result.exception, HandsumError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def figures(*words: object) -> dict[str, Any]:
    return dict(json.loads(call(*words, "--format", "json").stdout))


def test_a_bundle_is_measured_as_it_reads(shipped_drawn_bundle: Path, tmp_path: Path) -> None:
    saved = tmp_path / "out.npz"
    tree = figures(shipped_drawn_bundle, "drawn:test", "--save", saved)
    data = load_dataset("drawn:test")
    readings = DigitReader(shipped_drawn_bundle).read(list(data.images))
    right = [r.text == text for r, text in zip(readings, data.texts, strict=True)]
    assert (tree["accuracy"]["count"], tree["accuracy"]["n"]) == (sum(right), 60)
    by_writer = {
        writer: sum(r for r, w in zip(right, data.groups, strict=True) if w == writer)
        for writer in data.groups
    }
    assert {k: v["count"] for k, v in tree["writers"].items()} == by_writer
    assert tree["worst_writer"]["count"] == min(by_writer.values())
    assert tree["notes"] == []
    # What was saved gives the same figures again, without the reader.
    predictions = load_predictions(saved)
    assert isinstance(predictions, DigitPredictions)
    assert predictions.ids == data.ids
    again = figures(saved)
    for key, value in measure_digits(predictions).to_json().items():
        assert again[key] == value
        if key != "sets":  # predictions do not say which
            assert tree[key] == value


def test_a_run_is_measured_as_training_did(drawn_run: Path) -> None:
    report = json.loads((drawn_run / "report.json").read_text("utf-8"))
    tree = figures(drawn_run, "drawn:test")
    assert tree["accuracy"]["value"] == pytest.approx(report["test/accuracy"])
    assert "not calibrated" in tree["notes"][0]


def test_the_table_begins_with_the_worst_writer(shipped_drawn_bundle: Path) -> None:
    tree = figures(shipped_drawn_bundle, "drawn:test", "drawn:val", "drawn:scribbles")
    result = call(shipped_drawn_bundle, "drawn:test", "drawn:val", "drawn:scribbles")
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"worst writer   {tree['worst_writer']['writer']}: ")
    assert f"{tree['accuracy']['n'] - tree['accuracy']['count']:,} wrong" in lines[1]
    titles = [line.split()[0] for line in lines if "interval" in line]
    assert titles == ["set", "writer", "digit"]
    assert f"{tree['refused_not_digits']['n']} that are none" in result.stdout
    # What taught the net is named as such, and stays out of the table.
    assert "learned from drawn:scribbles" in result.stderr
    assert "learned" not in result.stdout


def test_a_report_has_the_pictures(shipped_drawn_bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="reports need the train extra")
    report, saved = tmp_path / "r.html", tmp_path / "p.npz"
    call(shipped_drawn_bundle, "drawn:test", "--report", report, "--save", saved)
    pages = [report.read_text("utf-8")]
    assert "drawn 1 on drawn:test" in pages[0]
    both = pages[0].count("<img ")
    assert both > 0
    # Saved predictions find the pictures again by their ids, though not what the net saw.
    call(saved, "drawn:test", "--report", report)
    assert report.read_text("utf-8").count("<img ") == both // 2
    call(saved, "--report", report)
    assert "<img " not in report.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["no-such-bundle", "drawn:test"], BundleError, "no bundle 'no-such-bundle'"),
        (["no-such.npz"], DataError, r"no-such\.npz cannot be read"),
        (["digits"], UsageError, "nothing to evaluate digits on"),
        (["digits", "drawn:test", "--save", "a.txt"], UsageError, r"no \.npz file"),
    ],
)
def test_what_cannot_work_says_why(
    words: list[str], error: type[HandsumError], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*words)


def test_predictions_of_numbers_are_measured_but_not_drawn(tmp_path: Path) -> None:
    numbers = tmp_path / "n.npz"
    row = (("12",), ("12",), ("number",), ("number",), np.array([0.9]), ("a",), (None,))
    save_predictions(numbers, NumberPredictions(*row))
    assert figures(numbers)["exact_match"]["value"] == 1
    assert "100 % of 1 numbers right" in call(numbers).stdout
    with pytest.raises(UsageError, match="single digits only"):
        call(numbers, "--report", tmp_path / "r.html")


def test_a_bundle_of_numbers_is_measured_as_it_reads(number_bundle: Path, tmp_path: Path) -> None:
    saved = tmp_path / "out.npz"
    tree = figures(number_bundle, "drawn:test", "--save", saved)
    data = load_dataset("drawn:test")
    readings = NumberReader(number_bundle).read(list(data.images))
    right = [r.text == text for r, text in zip(readings, data.texts, strict=True)]
    assert (tree["exact_match"]["count"], tree["exact_match"]["n"]) == (sum(right), 60)
    assert tree["refused"]["count"] == sum(r.content != "number" for r in readings)
    assert figures(saved)["cer"] == tree["cer"]


def test_predictions_of_other_pictures_are_refused(tmp_path: Path) -> None:
    digits = tmp_path / "d.npz"
    save_predictions(
        digits, DigitPredictions(np.ones((1, 1)), np.array([0]), ("other/0",), (None,), ("0",))
    )
    with pytest.raises(UsageError, match="other pictures than drawn:test"):
        call(digits, "drawn:test")


def test_a_report_without_matplotlib_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="matplotlib"):
        call("digits", "drawn:test", "--report", "r.html")
