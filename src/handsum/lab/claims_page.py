"""What the claims' figures say: verdicts that follow from them, tables and diagrams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handsum.lab.draw import draw_curves
from handsum.lab.outcome import Claim, Part, Verdict
from handsum.lab.overfitting import DIGITS, PASSES

CLAIMED = 0.98


def percent(share: float) -> str:
    """A share with one decimal place."""
    return f"{100 * share:.1f} %"


def from_to(shares: Sequence[float]) -> str:
    """The span of several seeds' shares."""
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low} to {high}"


def judge_claims(figures: Mapping[str, Any]) -> tuple[Claim, ...]:
    """A line a claim; every verdict is computed from its figures."""
    return (*_printed(figures), *_training(figures), *_formulas(figures), *_words(figures))


def _printed(figures: Mapping[str, Any]) -> list[Claim]:
    first, reached = figures["printed"]["first_epoch"], figures["printed"]["reached_98"]
    last = figures["printed"]["epochs"][-1]

    def when(mode: str) -> str:
        epoch = reached[mode]
        return f"in epoch {epoch}" if epoch else f"not in {last['epoch']} epochs"

    as_printed: Verdict = "right" if min(first["as_printed"]) >= CLAIMED else "wrong"
    later: Verdict = "right" if reached["as_printed"] else (
        "in part" if reached["evaluation"] else "wrong")  # fmt: skip
    twice = figures["log_softmax"]
    same = twice["largest_difference_of_a_weight"] < 1e-3
    return [
        Claim(
            "The printed code recognises over 98 % of MNIST's test digits (5): it trains one "
            "epoch, and its test leaves dropout on",
            f"{from_to(first['as_printed'])} after its one epoch; with net.eval() "
            f"{from_to(first['evaluation'])}",
            as_printed,
        ),
        Claim(
            "Over 98 % after several passes (5)",
            f"as printed {when('as_printed')} ({percent(last['as_printed'])} in the last of "
            f"{last['epoch']}); with net.eval() {when('evaluation')} "
            f"({percent(last['evaluation'])} in the last)",
            later,
        ),
        Claim(
            "Log-softmax as the last layer, then cross-entropy (5), which applies it again",
            f"harmless: after an epoch no weight differs by more than "
            f"{twice['largest_difference_of_a_weight']:.1g}, {percent(twice['accuracy'][0])} and "
            f"{percent(twice['accuracy'][1])} right; log-softmax is its own fixed point, but it is "
            "two jobs in one",
            "right" if same else "wrong",
        ),
        Claim(
            "The printed net, layer for layer (5)",
            f"{figures['parameters']:,} parameters",
            "right" if figures["parameters"] == 21_840 else "wrong",
        ),
    ]


def _training(figures: Mapping[str, Any]) -> list[Claim]:
    descent, adam = figures["descent"], figures["adam"]
    full, batches = descent["full batch"], descent["batches of 100"]
    patient = descent["full batch, as many updates"]
    best = max(("batches of 100", "momentum", "Adam"), key=lambda name: descent[name]["test"])
    claims = [
        Claim(
            "Gradient descent and SGD, printed as the same listing (4)",
            f"not the same: within one budget of pictures the full batch makes {full['updates']} "
            f"updates and reads {percent(full['test'])}, batches of 100 make "
            f"{batches['updates']} and read {percent(batches['test'])}; the full batch gets to "
            f"{percent(patient['test'])} with {patient['updates']} updates, each over all pictures",
            "wrong",
        ),
        Claim(
            "Adam converges, and fast (4)",
            f"in the same budget Adam reads {percent(descent['Adam']['test'])}, momentum "
            f"{percent(descent['momentum']['test'])}, SGD {percent(batches['test'])}, each at the "
            f"best of three rates (best: {best}). It need not converge: on the convex problem of "
            f"Reddi et al. 2018, whose best point is -1, Adam ends at {adam['adam']:g}, SGD at "
            f"{adam['sgd']:g}, AMSGrad at {adam['amsgrad']:g}",
            "in part",
        ),
    ]
    return claims + [
        _judge_regulariser(name, figures["overfitting"])
        for name in ("dropout", "L1", "L2", "augmentation")
    ]


def _judge_regulariser(name: str, over: Mapping[str, Any]) -> Claim:
    """Against over-fitting: more digits right, and no surer of the wrong ones (the loss)."""
    plain, other = over["nothing"], over[name]

    def mean(one: Mapping[str, Any], key: str) -> float:
        return float(np.mean(one[key]))

    better = mean(other, "test") - mean(plain, "test") > 0.002
    calmer = mean(other, "test_loss") < 0.95 * mean(plain, "test_loss")
    strength = "" if other["strength"] is None else f" at {other['strength']:g}, its best of three,"
    return Claim(
        f"{name[0].upper() + name[1:]} against over-fitting (4)",
        f"on 1,000 digits{strength} {percent(mean(other, 'test'))} of the test digits instead of "
        f"{percent(mean(plain, 'test'))}; their loss is {mean(other, 'test_loss'):.2f} instead of "
        f"{mean(plain, 'test_loss'):.2f}; the gap to the training digits is "
        f"{percent(mean(other, 'train') - mean(other, 'test'))} instead of "
        f"{percent(mean(plain, 'train') - mean(plain, 'test'))}",
        "right" if better and calmer else "in part" if better or calmer else "wrong",
    )


def _formulas(figures: Mapping[str, Any]) -> list[Claim]:
    backward, sketch = figures["backward"], figures["sketch"]
    right, short = backward["right"], backward["without the sum"]
    slip = backward["delta by the activation"]
    return [
        Claim(
            "Backward formula: delta of a hidden neuron is one product with the next layer's (2)",
            "with the missing sum over the next layer it is autograd's slope; with one neuron of "
            f"it alone, the slope's cosine to the true one is {short['cosine']:.2f} at the start "
            f"and {short['cosine_later']:.2f} after 400 steps on 1,000 digits, which read "
            f"{percent(short['test'])} instead of {percent(right['test'])}",
            "wrong",
        ),
        Claim(
            "Delta is the slope by the activation, and dJ/dw = delta a (2)",
            "the second holds for the slope by the weighted input. Without act'(z) the cosine is "
            f"{slip['cosine']:.2f} at the start and {slip['cosine_later']:.2f} after 400 steps, "
            "and the hidden layer's slope "
            f"{slip['length_of_the_hidden_layers_slope']:.1f} times as long. It reads "
            f"{percent(slip['test'])}: in the output layer the slip happens to be the slope of "
            "the log loss, another loss than the one that is written",
            "wrong",
        ),
        Claim(
            "Attention as a sum of inputs with weights (4): no queries, keys or softmax",
            "asked for one of six values by its key, the sketch explains "
            f"{percent(max(0.0, sketch['sketch']))} of their variance, "
            f"softmax(QK^T / sqrt d)V {percent(max(0.0, sketch['attention']))}",
            "wrong",
        ),
    ]


def _words(figures: Mapping[str, Any]) -> list[Claim]:
    kinds = figures["residual_layers"]
    attentive = any("Attention" in kind for kind in kinds)
    return [
        Claim(
            "CNN, RNN and attention are optimisation methods (4)",
            "they are structures: here they stand under model.name, and each learns with any "
            "optim.name",
            "wrong words",
        ),
        Claim(
            "ResNet is based on attention (4)",
            f"layers of the residual convnet: {', '.join(kinds)}; it adds a layer's input to its "
            "output (He et al. 2016)",
            "right" if attentive else "wrong words",
        ),
        Claim(
            "DALL-E 2 is based on GPT-3 (4)",
            "nothing to measure: it decodes CLIP's picture embeddings by diffusion (Ramesh et al. "
            "2022)",
            "wrong words",
        ),
    ]


def tell_claims(figures: Mapping[str, Any]) -> tuple[Part, ...]:
    """The tables and diagrams behind the lines."""
    return (_tell_epochs(figures), _tell_descents(figures), _tell_overfitting(figures))


def _tell_epochs(figures: Mapping[str, Any]) -> Part:
    rows = figures["printed"]["epochs"]
    epochs = np.array([row["epoch"] for row in rows], np.float64)
    curves = {
        label: (epochs, np.array([100 * row[mode] for row in rows]))
        for mode, label in (("as_printed", "as printed: dropout on"), ("evaluation", "net.eval()"))
    }
    curves["claimed"] = (epochs, np.full(len(epochs), 100 * CLAIMED))
    diagram = draw_curves(curves, "epoch", "% of the test digits right", "claims-epochs")
    return Part(
        "The printed code, epoch by epoch",
        (
            "The same weights, tested twice. Dropout left on while testing throws half of the "
            "net away for every digit.",
        ),
        ("epoch", "as printed", "net.eval()"),
        tuple(
            (str(row["epoch"]), percent(row["as_printed"]), percent(row["evaluation"]))
            for row in rows
        ),
        (("claims-epochs", diagram),),
    )


def _tell_descents(figures: Mapping[str, Any]) -> Part:
    descent = figures["descent"]
    curves = {
        name: (np.array(one["seen"], np.float64), np.array(one["loss"], np.float64))
        for name, one in descent.items()
        if "seen" in one
    }
    return Part(
        "How the loss falls",
        ("One net with a hidden layer of 128, the same pictures, the best of three rates each.",),
        ("", "rate", "updates", "test digits"),
        tuple(
            (name, f"{one['rate']:g}", str(one["updates"]), percent(one["test"]))
            for name, one in descent.items()
        ),
        (
            (
                "claims-descent",
                draw_curves(curves, "digits seen", "loss of a batch", "claims-descent", log=True),
            ),
        ),
    )


def _tell_overfitting(figures: Mapping[str, Any]) -> Part:
    return Part(
        "Against over-fitting",
        (
            f"{DIGITS:,} training digits, a hidden layer of 256, {PASSES} passes; from worst seed "
            "to best. Strengths are those that read most of 2,000 digits kept aside.",
        ),
        ("", "strength", "training digits", "test digits", "test loss"),
        tuple(
            (
                name,
                "" if one["strength"] is None else f"{one['strength']:g}",
                from_to(one["train"]),
                from_to(one["test"]),
                f"{min(one['test_loss']):.2f} to {max(one['test_loss']):.2f}",
            )
            for name, one in figures["overfitting"].items()
        ),
    )
