"""The running mean of the weights against its recurrence."""

from __future__ import annotations

import pytest
import torch

from handsum.train.averaging import average_weights


def test_the_running_mean_forgets_the_start() -> None:
    net = torch.nn.Linear(1, 1, bias=False)
    kept = {"weight": torch.full((1, 1), 1e6)}
    exact = 1e6
    for step in range(1, 200):
        with torch.no_grad():
            net.weight.fill_(float(step))
        average_weights(kept, net, 0.9, step)
        decay = min(0.9, (1 + step) / (10 + step))
        exact = decay * exact + (1 - decay) * step
    assert kept["weight"].item() == pytest.approx(exact, rel=1e-4)
    assert kept["weight"].item() == pytest.approx(190, abs=1)
    average_weights(kept, net, 0.0, 200)
    assert torch.equal(kept["weight"], net.weight)
