"""Every algorithm that the article names, on MNIST under one budget, each by its recipe's name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from handsum.lab.draw import draw_bars, draw_curves
from handsum.lab.outcome import Outcome, Part
from handsum.lab.variants import Trained, Variant, load_bench, smooth, train_variant

PICTURES, EPOCHS = 20_000, 3
"""The budget: so many training digits (a tenth kept to choose rates by), so many passes."""
FEW, LONG = 1_000, 40
"""For the regularisers, which show where there is something to over-fit."""


def _structure(name: str, rates: tuple[float, ...], **options: object) -> Variant:
    model = str(options.pop("model", name))
    return Variant("structures", name, {"model": {"name": model, **options}}, rates)


STRUCTURES = (
    _structure("linear", (3e-3,)),
    _structure("one hidden layer", (3e-3,), model="mlp", hidden=[128]),
    _structure("two hidden layers", (3e-3,), model="mlp", hidden=[128, 64]),
    _structure("the article's net", (3e-3,), model="article"),
    _structure("convnet", (1e-3, 5e-3), stem=16, widths=[24, 32], depths=[1, 2]),
    _structure("residual convnet", (1e-3, 5e-3), model="convnet", stem=24, widths=[24, 32],
               depths=[1, 2], residual=True),
    _structure("recurrent (rnn)", (2e-3,), model="rnn", cell="rnn", hidden=64),
    _structure("recurrent (gru)", (4e-3,), model="rnn", cell="gru", hidden=64),
    _structure("recurrent (lstm)", (4e-3,), model="rnn", cell="lstm", hidden=64),
    _structure("attention", (2e-3,), width=48),
)  # fmt: skip

ACTIVATIONS = tuple(
    Variant("activations", name, {"model": {"name": "mlp", "hidden": [128], "activation": name}},
            (1e-3, 3e-3, 1e-2))
    for name in ("sigmoid", "tanh", "relu", "gelu")
)  # fmt: skip

LOSSES = tuple(
    Variant("losses", label, {"loss": {"name": name}}, (1e-3, 3e-3, 1e-2))
    for name, label in (("cross_entropy", "cross-entropy"), ("mse", "mean squared error"),
                        ("bce", "binary cross-entropy"))
)  # fmt: skip

OPTIMISERS = (
    Variant("optimisers", "gradient descent (full batch)",
            {"optim": {"name": "sgd"}, "full_batch": True}, (0.1, 0.5, 2.0)),
    Variant("optimisers", "SGD", {"optim": {"name": "sgd"}}, (0.03, 0.1, 0.5)),
    Variant("optimisers", "momentum", {"optim": {"name": "sgd", "momentum": 0.9}},
            (0.01, 0.03, 0.1)),
    Variant("optimisers", "Adam", {"optim": {"name": "adam"}}, (1e-3, 3e-3, 1e-2)),
    Variant("optimisers", "AdamW",
            {"optim": {"name": "adamw", "weight_decay": 0.05}}, (1e-3, 3e-3, 1e-2)),
)  # fmt: skip

_WIDE = {"name": "mlp", "hidden": [256]}
REGULARISERS = (
    Variant("against over-fitting", "nothing", {"model": _WIDE}),
    Variant("against over-fitting", "L1", {"model": _WIDE, "loss": {"l1": 1e-4}}),
    Variant("against over-fitting", "L2", {"model": _WIDE, "loss": {"l2": 3e-3}}),
    Variant("against over-fitting", "dropout", {"model": {**_WIDE, "dropout": 0.5}}),
    Variant("against over-fitting", "augmentation",
            {"model": _WIDE, "augment": {"rotate": 10, "scale": 0.1, "shift": 1.5}}),
)  # fmt: skip


def run_algorithms(quick: bool, on_progress: Callable[[str, int, int], None]) -> Outcome:
    """Train all of them; ``on_progress`` hears what is being trained, and how much is done."""
    started = time.perf_counter()
    groups = [*STRUCTURES, *ACTIVATIONS, *LOSSES, *OPTIMISERS]
    total = len(groups) + len(REGULARISERS)
    bench = load_bench(500 if quick else PICTURES, 0.1, 200 if quick else None)
    trained: list[Trained] = []
    for variant in groups:
        on_progress(f"{variant.group}: {variant.name}", len(trained), total)
        chosen = replace(variant, rates=variant.rates[:1]) if quick else variant
        trained.append(train_variant(chosen, bench, 1 if quick else EPOCHS))
    few = load_bench(100 if quick else FEW, 0.0, 200 if quick else None)
    for variant in REGULARISERS:
        on_progress(f"{variant.group}: {variant.name}", len(trained), total)
        trained.append(train_variant(variant, few, 1 if quick else LONG))
    on_progress("done", total, total)
    parts = [
        _summary(trained, len(bench.mixture.train)),
        *(_group(name, trained) for name in dict.fromkeys(t.variant.group for t in trained)),
    ]
    return Outcome(
        "algorithms",
        "Every algorithm of the article, on MNIST",
        f"All see the same {len(bench.mixture.train):,} training digits {EPOCHS} times, in "
        "batches of 100, and are asked for MNIST's test digits once. Where several learning "
        "rates were tried, the one that was best on digits kept aside is shown.",
        (0,), quick, time.perf_counter() - started,
        {"pictures": len(bench.mixture.train), "epochs": EPOCHS,
         "variants": [_figures(one) for one in trained]},
        parts=tuple(parts),
    )  # fmt: skip


def _figures(one: Trained) -> dict[str, object]:
    every = max(1, len(one.loss) // 60)
    loss = smooth(one.loss, every)[every - 1 :: every]
    return {
        "group": one.variant.group,
        "name": one.variant.name,
        "rate": one.rate,
        "parameters": one.parameters,
        "test": round(one.test, 4),
        "train": round(one.train, 4),
        "seconds": round(one.seconds, 2),
        "loss": [round(float(value), 4) for value in loss],
    }


def _summary(trained: Sequence[Trained], pictures: int) -> Part:
    budget = [one for one in trained if one.variant.group != REGULARISERS[0].group]
    bars = {one.variant.name: (100 * one.test,) * 3 for one in budget}
    return Part(
        "All at a glance",
        (
            f"Share of the test digits read right after {EPOCHS} passes over {pictures:,} digits. "
            "Structures learn with Adam; activations, losses and optimisers are those of one net "
            "with a hidden layer of 128.",
        ),
        diagrams=(
            (
                "algorithms-all",
                draw_bars(bars, "% of the test digits right", "algorithms-all"),
            ),
        ),
    )


_LESSONS = {
    "structures": "A net that looks at neighbouring pixels with the same weights everywhere needs "
    "fewer weights and reads better. Recurrent nets read the rows one after another, attention "
    "looks at 16 patches; both are slower here than convolutions for the same digits.",
    "activations": "The sigmoid's slope is at most 1/4, and its outputs are all positive: it "
    "learns more slowly. Its best rate is often another one, so three were tried for each.",
    "losses": "Squared error of the softmax flattens where the net is surely wrong, cross-entropy "
    "does not. Binary cross-entropy asks ten questions of one answer.",
    "optimisers": "Within one budget of pictures full-batch gradient descent makes one update a "
    "pass, and the others one a batch: that is the whole difference of the article's two "
    "identical listings. Momentum, Adam and AdamW use the slopes of former steps.",
    "against over-fitting": f"{FEW:,} digits only, {LONG} passes, a hidden layer of 256: the net "
    "learns them by heart, and what helps is what keeps it from doing so.",
}


def _group(name: str, trained: Sequence[Trained]) -> Part:
    members = [one for one in trained if one.variant.group == name]
    rows = tuple(
        (
            one.variant.name,
            f"{one.parameters:,}",
            f"{one.rate:g}",
            f"{100 * one.train:.2f} %",
            f"{100 * one.test:.2f} %",
            f"{one.seconds:.1f} s",
        )
        for one in members
    )
    curves = {
        one.variant.name: (one.seen, smooth(one.loss, max(1, len(one.loss) // 30)))
        for one in members
    }
    key = f"algorithms-{name.replace(' ', '-')}"
    return Part(
        name.capitalize(),
        (_LESSONS[name],),
        ("", "parameters", "rate", "training digits", "test digits", "time"),
        rows,
        ((key, draw_curves(curves, "digits seen", "loss of a batch", key, log=True)),),
    )
