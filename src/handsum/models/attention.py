"""A small Transformer: self-attention over the patches of a picture.

Vaswani et al. 2017, "Attention is all you need", and Dosovitskiy et al. 2021 for the patches; the
normalisation stands before each part (Xiong et al. 2020), which trains without a warm-up.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from handsum.models.activations import build_activation

POSITIONS = ("learned", "sine", "none")
"""How a net is told where a token stands; without it, it sees a bag of patches."""


class SelfAttention(nn.Module):
    """softmax(Q K^T / sqrt d) V of tokens (N, T, width), in ``heads`` parts of d = width / heads.

    Q, K and V are linear maps of the same tokens; another linear map joins the heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, T, width) that have looked at each other."""
        parts = self.queries_keys_values(tokens).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        seen = functional.scaled_dot_product_attention(q, k, v)  # (N, heads, T, d)
        joined: Tensor = self.join(seen.transpose(1, 2).flatten(-2))
        return joined


class Block(nn.Module):
    """x + attention(norm x), then x + mlp(norm x): one layer of a Transformer."""

    def __init__(self, width: int, heads: int, dropout: float, activation: str) -> None:
        super().__init__()
        self.attend = nn.Sequential(nn.LayerNorm(width), SelfAttention(width, heads))
        self.think = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            build_activation(activation),
            nn.Linear(2 * width, width),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, T, width) of the same shape."""
        tokens = tokens + self.dropout(self.attend(tokens))
        out: Tensor = tokens + self.dropout(self.think(tokens))
        return out


class PatchTransformer(nn.Module):
    """Pictures (N, 1, side, side) to logits (N, classes), by the mean over all patches."""

    def __init__(
        self,
        classes: int,
        patch: int,
        width: int,
        heads: int,
        depth: int,
        positions: str,
        dropout: float,
        activation: str,
        side: int,
    ) -> None:
        super().__init__()
        tokens = (side // patch) ** 2
        self.embed = nn.Conv2d(1, width, patch, stride=patch)
        # Persistent in either case, so that a run's file tells where the net thought things were.
        where = sine_positions(tokens, width) if positions == "sine" else torch.zeros(tokens, width)
        self.positions = nn.Parameter(where, requires_grad=positions == "learned")
        if positions == "learned":
            nn.init.normal_(self.positions, std=0.02)
        self.blocks = nn.Sequential(
            *(Block(width, heads, dropout, activation) for _ in range(depth))
        )
        self.output = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, classes))

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        tokens = self.embed(images).flatten(2).transpose(1, 2)  # (N, T, width)
        logits: Tensor = self.output(self.blocks(tokens + self.positions).mean(dim=1))
        return logits


def sine_positions(tokens: int, width: int) -> Tensor:
    """Sines and cosines (tokens, width) of the place at falling frequencies (Vaswani et al., 3.5).

    ``width`` must be even.
    """
    place = torch.arange(tokens, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(1e4) / width))
    return torch.stack([torch.sin(place * rate), torch.cos(place * rate)], dim=2).flatten(1)


def build_attention(
    classes: int,
    patch: int = 7,
    width: int = 64,
    heads: int = 4,
    depth: int = 2,
    positions: str = "learned",
    dropout: float = 0.0,
    activation: str = "gelu",
    side: int = 28,
) -> nn.Module:
    """``depth`` layers of ``heads`` heads over patches of ``patch`` x ``patch`` pixels.

    ``positions`` is "learned", "sine" or "none". ``patch`` must divide ``side``, and ``heads``
    must divide ``width``.
    """
    if min(patch, width, heads, depth) < 1:
        raise ValueError("patch, width, heads and depth must be 1 or more")
    if side % patch:
        raise ValueError(f"patches of {patch} pixels do not fill {side}")
    if width % heads or width % 2:
        raise ValueError(f"width {width} must be even and a multiple of the {heads} heads")
    if positions not in POSITIONS:
        raise ValueError(f"unknown positions {positions!r}, choose from {', '.join(POSITIONS)}")
    return PatchTransformer(
        classes, patch, width, heads, depth, positions, dropout, activation, side
    )
