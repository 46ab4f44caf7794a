"""Random changes to batches: each against what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from handsum.data.augment import Augmentation, augment
from handsum.train.config import AugmentConfig
from penned import draw_ink


def digits(count: int = 20) -> Tensor:
    inks = [np.pad(draw_ink(str(i % 10), 20, 0.12), 4) for i in range(count)]
    return torch.from_numpy(np.stack(inks))[:, None].float() / 255


def changed(seed: int = 0, images: Tensor | None = None, **strengths: float) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return augment(digits() if images is None else images, Augmentation(**strengths), chance)


def centre(images: Tensor) -> Tensor:
    """(N, 2): rows and columns of the centres of mass."""
    n, _, height, width = images.shape
    mass = images.view(n, height, width) / images.view(n, -1).sum(dim=1)[:, None, None]
    rows = (mass.sum(dim=2) * torch.arange(height)).sum(dim=1)
    columns = (mass.sum(dim=1) * torch.arange(width)).sum(dim=1)
    return torch.stack([rows, columns], dim=1)


ALL = {
    "rotate": 10, "scale": 0.15, "shear": 0.2, "shift": 1.5, "elastic": 1, "thickness": 0.5,
    "noise": 0.1, "blur": 0.3, "erase": 0.3,
}  # fmt: skip


def test_strengths_are_those_of_a_recipe() -> None:
    assert Augmentation(**AugmentConfig().model_dump()) == Augmentation()
    assert set(ALL) == set(AugmentConfig.model_fields)


def test_nothing_asked_nothing_changed() -> None:
    assert torch.equal(changed(), digits())


@pytest.mark.parametrize("name", [*ALL, None])
def test_every_change_changes_keeps_the_range_and_follows_the_seed(name: str | None) -> None:
    strengths = ALL if name is None else {name: ALL[name]}
    before = digits()
    one, again, other = (changed(seed, before, **strengths) for seed in (0, 0, 1))
    assert torch.equal(before, digits())
    assert torch.equal(one, again)
    assert not torch.equal(one, before)
    assert not torch.equal(one, other)
    assert one.shape == before.shape
    assert one.dtype == torch.float32
    assert float(one.min()) >= 0
    assert float(one.max()) <= 1 + 1e-6


def test_chance_is_the_generators_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    changed(**ALL)
    assert torch.equal(torch.rand(3), expected)


def test_a_shift_moves_by_at_most_so_many_pixels() -> None:
    moved = centre(changed(images=digits(200), shift=2)) - centre(digits(200))
    assert float(moved.abs().max()) <= 2.01
    assert float(moved.abs().max()) > 1.5
    assert float(moved.mean(dim=0).abs().max()) < 0.3


def test_a_turn_is_about_the_middle_and_within_the_degrees() -> None:
    bar = torch.zeros(200, 1, 29, 29)
    bar[:, :, 4:25, 13:16] = 1
    turned = changed(images=bar, rotate=30)
    assert float((centre(turned) - 14).abs().max()) < 0.05
    rows, columns = torch.meshgrid(torch.arange(29.0) - 14, torch.arange(29.0) - 14, indexing="ij")
    ink = turned[:, 0]
    across = (ink * columns**2).sum(dim=(1, 2)) - (ink * rows**2).sum(dim=(1, 2))
    angle = torch.atan2(2 * (ink * rows * columns).sum(dim=(1, 2)), -across) / 2
    degrees = angle.abs() * 180 / math.pi
    assert float(degrees.max()) <= 31
    assert float(degrees.max()) > 25


@pytest.mark.parametrize("scale", [0.1, 0.3])
def test_a_scale_stretches_each_axis_by_at_most_its_share(scale: float) -> None:
    square = torch.zeros(200, 1, 40, 40)
    square[:, :, 10:30, 10:30] = 1
    scaled = changed(images=square, scale=scale)
    for axis in (2, 3):
        sides = scaled.sum(dim=axis).amax(dim=2)[:, 0] / 20
        assert float(sides.max()) <= math.exp(scale) + 0.03
        assert float(sides.min()) >= math.exp(-scale) - 0.03
        assert float(sides.max() - sides.min()) > scale


def test_thickness_thickens_some_and_thins_as_many() -> None:
    before, after = digits(600), changed(images=digits(600), thickness=0.6)
    ratio = after.sum(dim=(1, 2, 3)) / before.sum(dim=(1, 2, 3))
    shares = [float((ratio > 1.001).float().mean()), float((ratio < 0.999).float().mean())]
    assert shares == pytest.approx([0.3, 0.3], abs=0.07)
    assert float(ratio.min()) > 0.3  # nobody vanishes


def test_blur_and_erase_touch_their_share() -> None:
    for name in ("blur", "erase"):
        before, after = digits(600), changed(images=digits(600), **{name: 0.4})
        touched = (before != after).flatten(1).any(dim=1).float().mean()
        # a hole may miss the ink
        assert (0.3 if name == "blur" else 0.15) < float(touched) < 0.5
    erased = changed(images=digits(600), erase=1.0)
    assert float((erased - digits(600)).max()) <= 0
    assert float(erased.sum() / digits(600).sum()) > 0.8


def test_noise_is_at_most_its_standard_deviation() -> None:
    grey = torch.full((400, 1, 28, 28), 0.5)
    spread = changed(images=grey, noise=0.1).std(dim=(1, 2, 3))
    assert float(spread.max()) < 0.105
    assert float(spread.max()) > 0.09
    assert float(spread.min()) < 0.01
