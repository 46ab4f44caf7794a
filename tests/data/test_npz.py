"""Archives: what is right comes out, what is wrong is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handsum.data.npz import load_npz
from handsum.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 5, 4)).astype(np.uint8)


def save(path: Path, **columns: Any) -> Path:
    np.savez(path, **columns)
    return path


def test_labels_and_writers(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.npz", images=IMAGES, labels=np.array([7, 0, 1]), writer=np.array([1, 1, 2])
    )
    data = load_npz(path)
    assert data.texts == ("7", "0", "1")
    assert data.groups == ("1", "1", "2")
    np.testing.assert_array_equal(np.asarray(data.images), IMAGES)
    texts = load_npz(save(tmp_path / "b.npz", images=IMAGES, labels=np.array(["007", "1.5", "-3"])))
    assert texts.texts == ("007", "1.5", "-3")
    assert texts.groups == (None, None, None)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"images": IMAGES}, "no array 'labels'"),
        ({"labels": np.arange(3)}, "no array 'images'"),
        ({"images": IMAGES.astype(float), "labels": np.arange(3)}, "images are float64"),
        ({"images": IMAGES[0], "labels": np.arange(5)}, r"\(5, 4\)"),
        ({"images": IMAGES, "labels": np.arange(4)}, "for 3 images"),
        ({"images": IMAGES, "labels": np.array([1.5, 2, 3])}, "labels are float64"),
        ({"images": IMAGES, "labels": np.arange(3), "writer": np.arange(2)}, "writer is"),
        ({"images": IMAGES, "labels": np.array([None] * 3)}, "cannot be read"),
    ],
)
def test_wrong_arrays(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    path = save(tmp_path / "a.npz", **columns)
    with pytest.raises(DataError, match=said) as caught:
        load_npz(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text", b"\x93NUMPY"])
def test_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        load_npz(path)
