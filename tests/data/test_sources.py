"""The registry and the kinds of path."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handsum.data.idx import save_idx
from handsum.data.sources import SOURCES, load_dataset
from handsum.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 5, 4)).astype(np.uint8)
LABELS = np.array([7, 0, 1], np.uint8)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_pair_by_file_and_by_folder(tmp_path: Path, suffix: str) -> None:
    save_idx(tmp_path / f"my-images-idx3-ubyte{suffix}", IMAGES)
    save_idx(tmp_path / "my-labels-idx1-ubyte", LABELS)
    for spec in (tmp_path, tmp_path / f"my-images-idx3-ubyte{suffix}"):
        data = load_dataset(spec)
        assert data.texts == ("7", "0", "1")
        np.testing.assert_array_equal(np.asarray(data.images), IMAGES)


def test_idx_pairs_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "a-images-idx3-ubyte"
    save_idx(path, IMAGES)
    with pytest.raises(DataError, match="no labels"):
        load_dataset(path)
    save_idx(tmp_path / "a-labels-idx1-ubyte", LABELS[:2])
    with pytest.raises(DataError, match="for 3 pictures"):
        load_dataset(path)
    with pytest.raises(DataError, match="not pictures"):
        load_dataset(tmp_path / "a-labels-idx1-ubyte")
    save_idx(tmp_path / "b-images-idx3-ubyte", IMAGES)
    with pytest.raises(DataError, match="several IDX files"):
        load_dataset(tmp_path)


def test_npz_labelled_and_class_folders(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=IMAGES, labels=LABELS)
    assert load_dataset(str(tmp_path / "set.npz")).texts == ("7", "0", "1")
    (tmp_path / "4").mkdir()
    Image.new("L", (3, 3)).save(tmp_path / "4" / "a.png")
    assert load_dataset(tmp_path).texts == ("4",)
    (tmp_path / "labels.csv").write_text("file,text\n4/a.png,44\n")
    assert load_dataset(tmp_path).texts == ("44",)
    assert load_dataset(tmp_path / "labels.csv").texts == ("44",)


def test_what_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data set"):
        load_dataset(tmp_path)
    with pytest.raises(DataError) as caught:
        load_dataset("mnist:tset")
    assert "mnist:test" in caught.value.remedy


def test_registry_with_nothing_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDSUM_CACHE", str(tmp_path))
    monkeypatch.delenv("HANDSUM_DATA", raising=False)
    for name, source in SOURCES.items():
        assert name == source.name
        assert source.use in ("train", "val", "test")
        if not source.is_present():
            assert source.remedy
            with pytest.raises(DataError):
                source.load()
