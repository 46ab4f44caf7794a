"""IDX: the published layout by hand, every type there and back, and damage that is named."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handsum.data.idx import decode_idx, encode_idx, load_idx, save_idx
from handsum.errors import DataError

TYPES = st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8"])


def test_layout_is_the_published_one() -> None:
    images = np.arange(12, dtype=np.uint8).reshape(2, 3, 2)
    written = bytes([0, 0, 8, 3]) + struct.pack(">III", 2, 3, 2) + bytes(range(12))
    assert encode_idx(images) == written
    np.testing.assert_array_equal(decode_idx(written), images)


@given(TYPES.flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(max_dims=4, max_side=5))))
def test_every_type_comes_back(array: np.ndarray) -> None:
    back = decode_idx(encode_idx(array))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_gzip_is_known_by_its_bytes_and_written_by_its_name(tmp_path: Path) -> None:
    labels = np.array([3, 1, 4], np.uint8)
    save_idx(tmp_path / "labels.gz", labels)
    packed = (tmp_path / "labels.gz").read_bytes()
    assert gzip.decompress(packed) == encode_idx(labels)
    (tmp_path / "plain-name").write_bytes(packed)
    np.testing.assert_array_equal(load_idx(tmp_path / "plain-name"), labels)


WHOLE = encode_idx(np.zeros((4, 5), np.uint8))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "starts with nothing"),
        (b"\x89PNG\r\n", "starts with 89 50"),
        (b"\0\0\x07\x01\0\0\0\0", "no IDX"),
        (WHOLE[:9], "within its header"),
        (WHOLE[:-1], "it holds 19"),
        (WHOLE + b"x", "it holds more"),
        (b"\0\0\x08\x02" + b"\xff" * 8, "claims"),
        (gzip.compress(WHOLE)[:-9], "damaged gzip"),
    ],
)
def test_damage_is_named_with_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "some-idx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        load_idx(path)
    assert str(path) in str(caught.value)


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        load_idx(tmp_path / "nowhere")
