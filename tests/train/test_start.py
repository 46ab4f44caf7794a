from pathlib import Path

import pytest
import torch

from handsum.errors import TrainingError
from handsum.models.numbers import build_numbers
from handsum.train.start import load_start, mix_start, save_start

SMALL = {"widths": (4, 4, 8, 8), "temporal": 8}


def test_a_deeper_net_starts_with_the_weights_of_a_shallower_one(tmp_path: Path) -> None:
    shallow, deep = build_numbers(17, **SMALL, depth=1), build_numbers(17, **SMALL, depth=2)
    sha256 = save_start(tmp_path / "w.npz", shallow.state_dict())
    lacking = load_start(deep, tmp_path / "w.npz", sha256)
    assert all(name.startswith("line.1.") for name in lacking) and lacking
    for name, value in shallow.state_dict().items():
        assert torch.allclose(deep.state_dict()[name].float(), value.float(), atol=2e-3), name


def test_weights_that_do_not_fit_or_are_others_are_refused(tmp_path: Path) -> None:
    net = build_numbers(17, **SMALL, depth=1)
    sha256 = save_start(tmp_path / "w.npz", net.state_dict())
    with pytest.raises(TrainingError, match="nowhere"):
        load_start(build_numbers(18, **SMALL, depth=1), tmp_path / "w.npz", sha256)
    with pytest.raises(TrainingError, match="SHA-256"):
        load_start(net, tmp_path / "w.npz", "0" * 64)
    with pytest.raises(TrainingError, match="cannot be read"):
        load_start(net, tmp_path / "absent.npz", sha256)


def test_the_mean_of_the_start_and_the_trained(tmp_path: Path) -> None:
    begun, trained = build_numbers(17, **SMALL, depth=1), build_numbers(17, **SMALL, depth=2)
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    sha256 = save_start(tmp_path / "w.npz", begun.state_dict())
    mix_start(trained, tmp_path / "w.npz", sha256, 0.25)
    for name, value in trained.state_dict().items():
        mean = before[name]
        if name in begun.state_dict() and value.is_floating_point():
            mean = 0.25 * begun.state_dict()[name] + 0.75 * mean
        assert torch.allclose(value, mean, atol=1e-3), name
