from pathlib import Path

import numpy as np
import pytest

from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.sample import SynthesisConfig
from handsum.data.synthesis.shards import build_shard, load_shard, save_shard
from handsum.errors import DataError


def test_a_shard_comes_back_as_it_was_saved(tmp_path: Path, hands: tuple[Hand, ...]) -> None:
    shard = build_shard(SynthesisConfig(), hands, (), seed=1, number=2, size=5)
    save_shard(tmp_path / "s.npz", shard)
    back = load_shard(tmp_path / "s.npz")
    assert (back.texts, back.contents) == (shard.texts, shard.contents)
    for a, b in zip(back.strips, shard.strips, strict=True):
        assert a.shape[0] == 48 and a.shape[1] % 4 == 0
        assert np.array_equal(a, b)


def test_a_damaged_shard_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "s.npz").write_bytes(b"PK nonsense")
    with pytest.raises(DataError):
        load_shard(tmp_path / "s.npz")
