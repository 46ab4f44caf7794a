"""MNIST from the cache: absent, altered, and (where it has been fetched) the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handsum.data.mnist import MNIST_SHA256, load_mnist, mnist_dir
from handsum.errors import DataError


def test_absent_set_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_mnist("train", tmp_path)
    assert "handsum data fetch mnist" in caught.value.remedy


def test_altered_file_is_refused(tmp_path: Path) -> None:
    folder = mnist_dir(tmp_path)
    folder.mkdir()
    for name in MNIST_SHA256:
        (folder / name).write_bytes(b"not it")
    with pytest.raises(DataError, match="t10k-images"):
        load_mnist("test", tmp_path)


def test_real_set_has_the_published_counts() -> None:
    if not mnist_dir().is_dir():
        pytest.skip("MNIST is not in the cache: handsum data fetch mnist")
    train, test = load_mnist("train"), load_mnist("test")
    assert (len(train), len(test)) == (60_000, 10_000)
    # The class counts that every description of MNIST gives.
    counts = np.bincount([int(text) for text in train.texts]).tolist()
    assert counts == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.images[0].shape == (28, 28)
    assert train.ink == "light"
    assert "".join(test.texts[:10]) == "7210414959"
