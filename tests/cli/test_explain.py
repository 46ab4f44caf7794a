"""``handsum read --explain``: a picture a digit, with what decided it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from penned import save_digit

Handsum = Callable[..., Any]


def test_every_digit_gets_its_picture(handsum: Handsum, drawn_bundle: Path, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    save_digit(scans / "a.png", "3")
    save_digit(scans / "b.png", "7")
    Image.fromarray(np.full((50, 40), 240, np.uint8)).save(scans / "blank.png")
    (scans / "d.png").write_bytes(b"no picture")
    why = tmp_path / "why"
    ended = handsum("read", "--bundle", drawn_bundle, "--as", "digit", scans, "--explain", why)
    assert ended.code == 1, "the broken file is still told"
    names = ["a-3-layers.png", "a-3.png", "b-7-layers.png", "b-7.png"]
    assert sorted(path.name for path in why.iterdir()) == names
    layers = np.asarray(Image.open(why / "a-3-layers.png")).astype(int)
    assert np.ptp(layers, axis=2).max() > 100, "filters and maps are coloured"
    picture = np.asarray(Image.open(why / "a-3.png"))
    assert picture.shape == (280, 570, 3)
    colours = np.ptp(picture[:, 290:].astype(int), axis=2)
    assert colours.max() > 100, "the right half is coloured"
    assert np.ptp(picture[:, :280].astype(int), axis=2).max() == 0, "the left half is the ink"


def test_without_onnx_the_layers_are_left_out_and_it_is_said(
    handsum: Handsum, drawn_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handsum.cli.explain.find_spec", lambda _: None)
    save_digit(tmp_path / "a.png", "3")
    why = tmp_path / "why"
    ended = handsum(
        "read", "--bundle", drawn_bundle, "--as", "digit", tmp_path / "a.png", "--explain", why
    )
    assert ended.code == 0, ended.err
    assert [path.name for path in why.iterdir()] == ["a-3.png"]
    assert 'pip install "handsum[train]"' in ended.err
