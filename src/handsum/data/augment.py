"""Random changes to a batch of normalised ink, on whatever device the batch is on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augmentation:
    """Strengths; see the recipe's ``[augment]`` for their units. Zero switches a change off."""

    rotate: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    erase: float = 0.0


def augment(images: Tensor, strengths: Augmentation, generator: torch.Generator) -> Tensor:
    """A changed copy of ``images`` (N, 1, H, W), ink 0 to 1; all chance is the generator's."""
    images = _warp(images, strengths, generator)
    if strengths.thickness > 0:
        images = _change_thickness(images, strengths.thickness, generator)
    if strengths.blur > 0:
        soft = functional.avg_pool2d(images, 3, stride=1, padding=1)
        images = torch.where(_chosen(images, strengths.blur, generator), soft, images)
    if strengths.erase > 0:
        images = _erase(images, strengths.erase, generator)
    if strengths.noise > 0:
        amount = strengths.noise * _uniform(images, (len(images), 1, 1, 1), generator)
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        images = (images + amount * noise).clamp(0, 1)
    return images


def _uniform(like: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=like.device)


def _chosen(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    return _uniform(images, (len(images), 1, 1, 1), generator) < share


def _warp(images: Tensor, s: Augmentation, generator: torch.Generator) -> Tensor:
    """Rotation, scale, shear, shift and an elastic field in one resampling, which blurs once."""
    if not any((s.rotate, s.scale, s.shear, s.shift, s.elastic)):
        return images
    n, _, height, width = images.shape

    def spread(strength: float) -> Tensor:
        return (2 * _uniform(images, (n,), generator) - 1) * strength

    angle = spread(math.radians(s.rotate))
    scale_x, scale_y = torch.exp(-spread(s.scale)), torch.exp(-spread(s.scale))
    shear, shift_x, shift_y = (
        spread(s.shear),
        spread(2 * s.shift / width),
        spread(2 * s.shift / height),
    )
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.stack(
        [
            torch.stack([scale_x * cos, scale_x * (shear * cos - sin), shift_x], dim=1),
            torch.stack([scale_y * sin, scale_y * (shear * sin + cos), shift_y], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    if s.elastic > 0:
        coarse = 2 * torch.rand((n, 2, 4, 4), generator=generator, device=images.device) - 1
        field = functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
        grid = grid + field.permute(0, 2, 3, 1) * (2 * s.elastic / width)
    return functional.grid_sample(images, grid, align_corners=False)


def _change_thickness(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Part of the batch thickened, part thinned, each between not at all and by one pixel."""
    thick = functional.max_pool2d(images, 3, stride=1, padding=1)
    thin = -functional.max_pool2d(-images, 2, stride=1, padding=1)[:, :, 1:, 1:]
    amount = _uniform(images, (len(images), 1, 1, 1), generator)
    side = _uniform(images, (len(images), 1, 1, 1), generator)
    thickened = images + amount * (thick - images)
    # A hair-thin digit would vanish: only half way, and less where there is little ink.
    thinned = images + 0.6 * amount * (thin - images)
    images = torch.where(side < share / 2, thickened, images)
    return torch.where(side > 1 - share / 2, thinned, images)


def _erase(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A gap as a dry pen or a hole leaves it: a small rectangle of paper somewhere."""
    n, _, height, width = images.shape
    middle = 4 + _uniform(images, (n, 2, 1, 1), generator) * (height - 8)
    half = 0.5 + _uniform(images, (n, 2, 1, 1), generator) * 2.5
    rows = torch.arange(height, device=images.device).view(1, height, 1)
    columns = torch.arange(width, device=images.device).view(1, 1, width)
    hole = ((rows - middle[:, 0]).abs() < half[:, 0]) & (
        (columns - middle[:, 1]).abs() < half[:, 1]
    )
    hole = hole[:, None] & _chosen(images, share, generator)
    return images.masked_fill(hole, 0.0)
