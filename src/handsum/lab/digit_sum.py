"""The article's digit-sum network: what it scores, why, and the smallest nets that do it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from handsum.lab.digit_sum_page import describe_digit_sum
from handsum.lab.fit_sums import (
    ArticleFit,
    ArticleSettings,
    exact_share,
    fit_article,
    fit_sums,
    share_exact,
)
from handsum.lab.outcome import Outcome
from handsum.lab.sums import (
    SUM_NETS,
    SumNet,
    all_numbers,
    digit_sums,
    longest_monotone,
    some_numbers,
)
from handsum.models import count_parameters

CLAIMED = 0.9
SAMPLES = 100
STEPS = 2500
NEAR = 0.002
"""Of a sum: fitted so closely, 3 digits leave no doubt of what 8 digits give."""

AS_PRINTED = {
    "squared error (3.5)": ArticleSettings(loss="mse"),
    "cross-entropy of its one output (4.4)": ArticleSettings(loss="softmax"),
    "cross-entropy as log loss (4.4)": ArticleSettings(loss="log"),
}
"""The article's settings as they stand, in each reading of its loss."""

KINDER = {
    "all 100 samples a step": ArticleSettings(batch=100),
    "number / 999": ArticleSettings(scaled=True),
    "number / 999, tanh": ArticleSettings(scaled=True, activation="tanh"),
    "number / 999, ReLU": ArticleSettings(scaled=True, activation="relu"),
    "number / 999, log loss": ArticleSettings(scaled=True, loss="log"),
    "number / 999, rate 0.01, 300 passes": ArticleSettings(scaled=True, lr=0.01, passes=300),
}
"""Changes in the net's favour."""


@dataclass(frozen=True)
class ArticleScore:
    """Shares right a seed: on the net's own 100 samples, and on all 1,000 numbers."""

    own: tuple[float, ...]
    all: tuple[float, ...]
    diverged: int
    fit: ArticleFit


def run_digit_sum(quick: bool, on_progress: Callable[[str, int, int], None]) -> Outcome:
    """Run it all; ``on_progress`` hears what is being done, and how much of how much is done."""
    started = time.perf_counter()
    seeds = tuple(range(3 if quick else 20))
    torch.set_num_threads(1)  # the nets are far too small for two
    nets = [net for net in SUM_NETS if not quick or net.name in ("digits", "recurrent")]
    total = len(AS_PRINTED) + len(KINDER) + len(nets)
    done = 0

    def tell(what: str) -> None:
        nonlocal done
        on_progress(what, done, total)
        done += 1

    samples = torch.stack([some_numbers(3, SAMPLES, seed) for seed in seeds])
    scores: dict[str, ArticleScore] = {}
    for name, settings in {**AS_PRINTED, **KINDER}.items():
        tell(f"the article's net: {name}")
        shorter = replace(settings, passes=10) if quick else settings
        scores[name] = _score_article(shorter, samples)
    learned: dict[str, dict[str, Any]] = {}
    for net in nets:
        tell(net.name)
        learned[net.name] = _score_net(net, seeds, 400 if quick else STEPS)
    ceiling, _ = longest_monotone(digit_sums(all_numbers(3)).tolist())
    own_ceilings = [_own_ceiling(own) for own in samples]
    figures = {
        "claimed": CLAIMED,
        "article": {
            name: {
                "own_100": _spread(score.own),
                "all_1000": _spread(score.all),
                "diverged": score.diverged,
            }
            for name, score in scores.items()
        },
        "as_printed": list(AS_PRINTED),
        "ceiling": {
            "all_1000": ceiling / 1000,
            "own_100": _spread(tuple(n / SAMPLES for n in own_ceilings)),
        },
        "nets": learned,
    }
    predicted = {name: scores[name].fit.predicted[0] for name in AS_PRINTED}
    title, about, claims, parts = describe_digit_sum(figures, predicted)
    seconds = time.perf_counter() - started
    return Outcome("digit-sum", title, about, seeds, quick, seconds, figures, claims, parts)


def _score_article(settings: ArticleSettings, samples: Tensor) -> ArticleScore:
    everything = all_numbers(3)
    fit = fit_article(settings, samples, everything)
    sums = digit_sums(everything).double().numpy()
    rows = (samples * torch.tensor([100, 10, 1])).sum(dim=2).numpy()
    own = tuple(exact_share(p[r], sums[r]) for p, r in zip(fit.predicted, rows, strict=True))
    every = tuple(exact_share(p, sums) for p in fit.predicted)
    finite = np.isfinite(fit.predicted).all(axis=1)
    return ArticleScore(own, every, int((~finite).sum()), fit)


def _own_ceiling(samples: Tensor) -> int:
    numbers = (samples * torch.tensor([100, 10, 1])).sum(dim=1)
    return longest_monotone(digit_sums(samples[numbers.argsort()]).tolist())[0]


def _score_net(net: SumNet, seeds: Sequence[int], steps: int) -> dict[str, Any]:
    """A net a seed taught 100 numbers of three digits, and another one 100 of eight."""
    far = _far_numbers()
    three, own, taken = _teach(net, 3, seeds, steps)
    shares = {
        "own_100": [share_exact(one, seen) for one, seen in zip(three, own, strict=True)],
        "all_1000": [share_exact(one, all_numbers(3)) for one in three],
    }
    if net.any_length:
        shares["eight_after_three"] = [share_exact(one, far) for one in three]
    if net.eight:
        shares["eight_after_eight"] = [share_exact(o, far) for o in _teach(net, 8, seeds, steps)[0]]
    return {
        "about": net.about,
        "parameters": count_parameters(three[0]),
        "steps": taken,
        **{name: _spread(tuple(values)) for name, values in shares.items()},
    }


def _teach(
    net: SumNet, places: int, seeds: Sequence[int], steps: int
) -> tuple[list[nn.Module], Tensor, int]:
    """A trained net a seed, what they were taught (seeds, 100, places), and the steps it took."""
    nets = []
    for seed in seeds:
        torch.manual_seed(seed)
        nets.append(net.build(places))
    own = torch.stack([some_numbers(places, SAMPLES, seed) for seed in seeds])
    return nets, own, fit_sums(nets, own, net.lr, steps, NEAR)


def _far_numbers() -> Tensor:
    """2,000 numbers of eight digits, the smallest and the largest of them among these."""
    ends = torch.tensor([[0] * 8, [9] * 8])
    return torch.cat([some_numbers(8, 1998, 10**6), ends])


def _spread(values: tuple[float, ...]) -> dict[str, Any]:
    """Mean, extremes, the share of seeds that were wholly right, and every seed's value."""
    array: npt.NDArray[np.float64] = np.asarray(values, np.float64)
    return {
        "mean": round(float(array.mean()), 4),
        "lowest": round(float(array.min()), 4),
        "highest": round(float(array.max()), 4),
        "seeds_exact": round(float((array == 1.0).mean()), 4),
        "values": [round(float(value), 4) for value in values],
    }
