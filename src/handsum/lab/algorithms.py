"""Every algorithm that the article names, on MNIST under one budget, each by its recipe's name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from handsum.lab.draw import draw_curves, draw_shares
from handsum.lab.outcome import Outcome, Part
from handsum.lab.overfitting import DIGITS, PASSES, REGULARISERS, load_few, train_regularisers
from handsum.lab.searched import Searched, search_and_train
from handsum.lab.variants import (
    BATCH,
    Trained,
    Variant,
    load_bench,
    recipe_words,
    smooth,
    train_variant,
)

PICTURES, EPOCHS = 20_000, 3
"""The budget: so many training digits (a tenth kept to choose rates by), so many passes."""
TRIALS = 10
"""Of the hyper-parameter search, each with the whole budget."""


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


def run_algorithms(quick: bool, on_progress: Callable[[str, int, int], None]) -> Outcome:
    """Train all of them; ``on_progress`` hears what is being trained, and how much is done."""
    started = time.perf_counter()
    groups = [*STRUCTURES, *ACTIVATIONS, *LOSSES, *OPTIMISERS]
    total = len(groups) + 1 + len(REGULARISERS)
    done = 0

    def tell(what: str) -> None:
        nonlocal done
        on_progress(what, done, total)
        done += 1

    bench = load_bench(500 if quick else PICTURES, 0.1, 200 if quick else None)
    pictures = len(bench.mixture.train)
    trained: list[Trained] = []
    for variant in groups:
        tell(f"{variant.group}: {variant.name}")
        chosen = replace(variant, tried=variant.tried[:1]) if quick else variant
        trained.append(train_variant(chosen, bench, 1 if quick else EPOCHS))
    tell("hyper-parameter search")
    searched = search_and_train(bench, 1 if quick else EPOCHS, 2 if quick else TRIALS)
    trained += [searched.guessed, searched.found]
    few = train_regularisers(
        load_few(quick), quick, on_variant=lambda name: tell(f"{REGULARISERS[0].group}: {name}")
    )
    trained += [runs[0] for runs in few.values()]
    on_progress("done", total, total)
    parts = [
        _summary(trained, pictures, len(bench.test)),
        *(_group(name, trained) for name in dict.fromkeys(t.variant.group for t in trained)),
    ]
    parts.insert(-1, _trials(searched))
    return Outcome(
        "algorithms",
        "Every algorithm of the article, on MNIST",
        f"All see the same {pictures:,} training digits {EPOCHS} times, in batches of {BATCH}, and "
        "are asked for MNIST's test digits once. Where several rates or strengths were tried, "
        "the one that was best on digits kept aside is shown. One seed each: another would move "
        "a share by some tenths of a per cent.",
        (0,), quick, time.perf_counter() - started,
        {"pictures": pictures, "epochs": EPOCHS, "test_digits": len(bench.test),
         "few": {"pictures": DIGITS, "epochs": PASSES},
         "variants": [_figures(one) for one in trained],
         "trials": [{**t.values, "val": round(t.accuracy, 4)} for t in searched.trials]},
        parts=tuple(parts),
    )  # fmt: skip


def _figures(one: Trained) -> dict[str, object]:
    every = max(1, len(one.loss) // 60)
    return {
        "group": one.variant.group,
        "name": one.variant.name,
        "recipe": " ".join(_words(one)),
        "parameters": one.parameters,
        "test": round(one.test, 4),
        "test_loss": round(one.test_loss, 4),
        "train": round(one.train, 4),
        "seconds": round(one.seconds, 2),
        "loss": [round(float(v), 4) for v in smooth(one.loss, every)[every - 1 :: every]],
        "seen": [round(float(v)) for v in one.seen[every - 1 :: every]],
    }


def _words(one: Trained) -> tuple[str, ...]:
    words = recipe_words(one.variant, one.chosen)
    few = one.variant.group == REGULARISERS[0].group
    return (
        (*words, f"data.limit={DIGITS}", "data.val_share=0", f"epochs={PASSES}") if few else words
    )


def _summary(trained: Sequence[Trained], pictures: int, asked: int) -> Part:
    shares = {
        one.variant.name: one.test for one in trained if one.variant.group != REGULARISERS[0].group
    }
    return Part(
        "All at a glance",
        (
            f"Share of the test digits read right after {EPOCHS} passes over {pictures:,} digits, "
            f"with the 95 % interval that {asked:,} test digits leave. "
            "Structures learn with Adam; activations, losses and optimisers are those of one net "
            "with a hidden layer of 128.",
        ),
        diagrams=(
            (
                "algorithms-all",
                draw_shares(shares, asked, "% of the test digits right", "algorithms-all"),
            ),
        ),
    )


def _trials(searched: Searched) -> Part:
    keys = list(searched.trials[0].values)
    return Part(
        "What the search tried",
        (
            "Each trial has the whole budget, and is judged on digits kept aside. Optuna's "
            "sampler (a tree of Parzen estimators) draws five by chance, and then where the best "
            "so far were. The same by hand: handsum search recipes/lab.toml "
            "recipes/spaces/mlp.toml.",
        ),
        (*keys, "val digits"),
        tuple(
            (
                *(f"{v:.2g}" if isinstance(v, float) else str(v) for v in trial.values.values()),
                f"{100 * trial.accuracy:.2f} %",
            )
            for trial in searched.trials
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
    "hyper-parameter search": "The recipe's first guess, and what a search over rate, size and "
    "activation found without ever looking at the test digits.",
    "against over-fitting": f"{DIGITS:,} digits only, {PASSES} passes, a hidden layer of 256: "
    "the net learns them by heart, and what helps is what keeps it from doing so.",
}


def _group(name: str, trained: Sequence[Trained]) -> Part:
    members = [one for one in trained if one.variant.group == name]
    rows = tuple(
        (
            one.variant.name,
            f"{one.parameters:,}",
            f"{one.variant.key} {one.chosen:g}",
            f"{100 * one.train:.2f} %",
            f"{100 * one.test:.2f} %",
            f"{one.test_loss:.3f}",
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
        ("", "parameters", "chosen", "training digits", "test digits", "test loss", "time"),
        rows,
        ((key, draw_curves(curves, "digits seen", "loss of a batch", key, log=True)),),
    )
