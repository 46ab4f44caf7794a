"""The article's other claims: each a line of what it says, what was measured, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from handsum.lab.claims_page import judge_claims, tell_claims
from handsum.lab.outcome import Outcome
from handsum.lab.overfitting import load_few, train_regularisers
from handsum.lab.printed_code import measure_log_softmax, measure_printed_code
from handsum.lab.slips import measure_adam, measure_backward, measure_sketch
from handsum.lab.variants import Variant, load_bench, smooth, train_variant
from handsum.models import build_model, count_parameters

SEEDS = (0, 1, 2)
EPOCHS = 20

_SGD = {"optim": {"name": "sgd"}}
DESCENTS = (
    Variant("descent", "full batch", {**_SGD, "full_batch": True}, (0.1, 0.5, 2.0)),
    Variant("descent", "batches of 100", _SGD, (0.03, 0.1, 0.5)),
    Variant("descent", "momentum", {"optim": {"name": "sgd", "momentum": 0.9}}, (0.01, 0.03, 0.1)),
    Variant("descent", "Adam", {"optim": {"name": "adam"}}, (1e-3, 3e-3, 1e-2)),
)


def run_claims(quick: bool, on_progress: Callable[[str, int, int], None]) -> Outcome:
    """Measure all of them; ``on_progress`` hears what is being measured, and how much is done."""
    started = time.perf_counter()
    seeds = SEEDS[:1] if quick else SEEDS
    figures: dict[str, Any] = {}
    steps: list[tuple[str, str, Callable[[], Any]]] = [
        ("printed", "the printed code, epoch by epoch",
         lambda: measure_printed_code(quick, seeds, EPOCHS)),
        ("log_softmax", "log-softmax once and twice", lambda: measure_log_softmax(quick)),
        ("descent", "gradient descent, SGD, momentum, Adam", lambda: _measure_descents(quick)),
        ("adam", "where Adam does not converge", lambda: measure_adam(500 if quick else 6000)),
        ("overfitting", "against over-fitting", lambda: _measure_overfitting(quick, seeds)),
        ("backward", "the backward formulas", lambda: measure_backward(quick)),
        ("sketch", "the attention sketch", lambda: measure_sketch(50 if quick else 1500)),
    ]  # fmt: skip
    for index, (key, label, measure) in enumerate(steps):
        on_progress(label, index, len(steps))
        figures[key] = measure()
    on_progress("done", len(steps), len(steps))
    net = build_model("convnet", 10, {"residual": True})
    kinds = sorted({type(module).__name__.lstrip("_") for module in net.modules()})
    figures["parameters"] = count_parameters(build_model("article", 10, {}))
    figures["residual_layers"] = kinds
    return Outcome(
        "claims",
        "What the article claims, measured",
        "The claims of the founding article about its code and its algorithms, each measured with "
        "the product's own nets, losses, optimisers and loop.",
        seeds, quick, time.perf_counter() - started, figures,
        judge_claims(figures), tell_claims(figures),
    )  # fmt: skip


def _measure_descents(quick: bool) -> Mapping[str, Any]:
    """The same net, pictures and passes; and full batch once more, for as many updates as SGD."""
    bench = load_bench(400 if quick else 10_000, 0.1, 200 if quick else None)
    epochs = 1 if quick else 4
    figures = {}
    for variant in DESCENTS:
        one = train_variant(variant, bench, epochs)
        every = max(1, len(one.loss) // 60)
        figures[variant.name] = {
            "rate": one.chosen, "updates": len(one.loss), "test": round(one.test, 4),
            "loss": [round(float(v), 4) for v in smooth(one.loss, every)[every - 1 :: every]],
            "seen": [round(float(v)) for v in one.seen[every - 1 :: every]],
        }  # fmt: skip
    patient = Variant("descent", "full batch, as many updates", DESCENTS[0].tree, (0.5,))
    one = train_variant(patient, bench, 3 if quick else epochs * 90)
    figures[patient.name] = {
        "rate": one.chosen, "updates": len(one.loss), "test": round(one.test, 4)
    }  # fmt: skip
    return figures


def _measure_overfitting(quick: bool, seeds: tuple[int, ...]) -> Mapping[str, Any]:
    found = train_regularisers(load_few(quick), quick, seeds)
    return {
        name: {
            "strength": None if name in ("nothing", "augmentation") else runs[0].chosen,
            "train": [round(run.train, 4) for run in runs],
            "test": [round(run.test, 4) for run in runs],
            "test_loss": [round(run.test_loss, 4) for run in runs],
        }
        for name, runs in found.items()
    }
