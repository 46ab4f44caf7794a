"""What several nets are built of."""

from __future__ import annotations

from torch import Tensor, nn


class Residual(nn.Module):
    """x + f(x), for an f that keeps the shape."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        out: Tensor = x + self.inner(x)
        return out
