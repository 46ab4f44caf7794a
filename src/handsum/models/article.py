"""The founding article's net, layer for layer: 21,840 parameters with ten classes.

It ends in logits. The article ends in log-softmax and then applies cross-entropy, which takes the
log-softmax again; that is harmless, since log-softmax of log-softmax is itself, but it is one job
done twice.
"""

from __future__ import annotations

from torch import nn


def build_article(classes: int, log_softmax: bool = False) -> nn.Module:
    """conv 5x5 1-10, pool, ReLU; conv 5x5 10-20, channel dropout, pool, ReLU; 320-50-classes.

    ``log_softmax`` appends the article's own last layer, for the experiment that shows that it
    makes no difference.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(1, 10, kernel_size=5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(10, 20, kernel_size=5),
        nn.Dropout2d(0.5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(320, 50),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(50, classes),
    ]
    return nn.Sequential(*layers, *([nn.LogSoftmax(dim=1)] if log_softmax else []))
