"""``handsum doctor``: what is here, and whether it reads as it should."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handsum import bundle as bundle_module

Handsum = Callable[..., Any]


@pytest.fixture
def shipped(drawn_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small bundle as the only one that ships."""
    monkeypatch.setattr(bundle_module, "SHIPPED", drawn_bundle.parent)
    return drawn_bundle


def test_all_well(handsum: Handsum, shipped: Path) -> None:
    ended = handsum("doctor")
    assert (ended.code, ended.err) == (0, "")
    sha256 = json.loads((shipped / "bundle.json").read_text("utf-8"))["model_sha256"]
    assert (
        f"bundle {shipped.name} 1, digits, sha256 {sha256[:12]}: "
        "self-test 5 of 5 golden pictures, ok" in ended.out
    )
    for word in ("handsum", "Python", "cores:", "numpy", "onnxruntime", "extra train: present"):
        assert word in ended.out


def test_a_golden_picture_that_reads_otherwise_is_told(handsum: Handsum, shipped: Path) -> None:
    (shipped / "golden" / "0.png").write_bytes((shipped / "golden" / "8.png").read_bytes())
    ended = handsum("doctor")
    assert ended.code == 3
    assert "self-test 4 of 5 golden pictures, WRONG" in ended.out


def test_a_damaged_bundle_is_told_and_the_others_are_checked(
    handsum: Handsum, shipped: Path
) -> None:
    (shipped.parent / "another").mkdir()
    (shipped.parent / "another" / "bundle.json").write_text("{}", "utf-8")
    ended = handsum("doctor")
    assert ended.code == 3
    assert "bundle another:" in ended.out
    assert "5 of 5" in ended.out


def test_no_bundle_is_told(
    handsum: Handsum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "SHIPPED", tmp_path / "none")
    ended = handsum("doctor")
    assert ended.code == 3
    assert "none is installed" in ended.out


def test_an_absent_extra_is_told(
    handsum: Handsum, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package's name for the module is the command itself.
    monkeypatch.setattr(sys.modules["handsum.cli.doctor"], "find_spec", lambda name: None)
    assert "extra train: lacks torch, onnx" in handsum("doctor").out


def test_what_ships_reads_as_it_should(handsum: Handsum) -> None:
    if not bundle_module.list_bundles():
        pytest.skip("no bundle ships with this checkout")
    assert handsum("doctor").code == 0
