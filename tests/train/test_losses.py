"""Losses against their formulas and against autograd's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from handsum.train.losses import LOSSES

LOGITS = torch.randn(7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 4, 0, 2])
ONE_HOT = functional.one_hot(LABELS, 5).double()


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_losses_equal_their_formulas(smoothing: float) -> None:
    target = ONE_HOT * (1 - smoothing) + smoothing / 5
    share, each = LOGITS.softmax(dim=1), LOGITS.sigmoid()
    exact = {
        "cross_entropy": -(target * share.log()).sum() / 7,
        "mse": ((share - target) ** 2).sum() / (2 * 7),
        "bce": -(target * each.log() + (1 - target) * (1 - each).log()).sum() / 7,
    }
    assert exact.keys() == LOSSES.keys()
    for name, loss in LOSSES.items():
        assert torch.allclose(loss(LOGITS, LABELS, smoothing), exact[name])


@pytest.mark.parametrize("name", LOSSES)
def test_a_right_and_sure_answer_costs_least(name: str) -> None:
    sure = 30 * (2 * ONE_HOT - 1)
    assert LOSSES[name](sure, LABELS, 0.0) < 1e-6
    assert LOSSES[name](-sure, LABELS, 0.0) > 0.5


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_equal_finite_differences(name: str) -> None:
    logits = LOGITS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: LOSSES[name](x, LABELS, 0.1), (logits,))
