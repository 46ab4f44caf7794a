"""What the digit-sum experiment says to its reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.lab.draw import draw_curves
from handsum.lab.outcome import Claim, Part
from handsum.lab.sums import all_numbers, digit_sums, longest_monotone

Floats = npt.NDArray[np.float64]


def describe_digit_sum(
    figures: Mapping[str, Any], predicted: Mapping[str, Floats]
) -> tuple[str, str, tuple[Claim, ...], tuple[Part, ...]]:
    """Title, summary, claims and parts; ``predicted`` are the sums (1000,) of seed 0's nets."""
    return (
        "The digit-sum network",
        "A number of three digits goes in, the sum of its digits is to come out: 123 gives 6. The "
        "article's net has one input, one hidden and one output neuron, and is said to be right "
        "nine times in ten after 100 samples and 100 iterations.",
        (_claim(figures),),
        (_article_part(figures), _why_part(figures, predicted), _nets_part(figures),
         _length_part(figures)),
    )  # fmt: skip


def percent(share: float) -> str:
    """A share as a person reads it."""
    return f"{100 * share:.4g} %"


def _claim(figures: Mapping[str, Any]) -> Claim:
    readings = [figures["article"][name] for name in figures["as_printed"]]
    own = [value for one in readings for value in one["own_100"]["values"]]
    every = [value for one in readings for value in one["all_1000"]["values"]]
    return Claim(
        "Over 90 % right for the digit sum (3.5, 4.4), from one input, one hidden and one output "
        "neuron, 100 samples, rate 0.1, 100 iterations",
        f"at most {percent(max(own))} of its own 100 samples and {percent(max(every))} of all "
        f"1,000 numbers, over {len(every)} trainings; no net of this shape can be right for more "
        f"than {percent(figures['ceiling']['all_1000'])}",
        "wrong",
    )


def _article_part(figures: Mapping[str, Any]) -> Part:
    printed = set(figures["as_printed"])
    rows = []
    for name, score in figures["article"].items():
        own, every = score["own_100"], score["all_1000"]
        rows.append(
            (
                name if name in printed else f"kinder: {name}",
                percent(own["mean"]),
                f"{percent(own['lowest'])} to {percent(own['highest'])}",
                percent(every["mean"]),
                f"{percent(every['lowest'])} to {percent(every['highest'])}",
                str(score["diverged"]),
            )
        )
    return Part(
        "The article's net, as it says",
        (
            "Right means exactly right after rounding. Section 3.5 tells of squared errors, "
            "section 4.4 of cross-entropy. A softmax over one output is 1 whatever the net says, "
            "so that its cross-entropy is 0 and teaches nothing: the net keeps its random start. "
            "Read as a log loss (the target being the sum as a share of 27), it does learn. The "
            "other rows change something in the net's favour.",
        ),
        ("setting", "own 100", "seeds from, to", "all 1,000", "seeds from, to", "diverged"),
        tuple(rows),
    )


def _why_part(figures: Mapping[str, Any], predicted: Mapping[str, Floats]) -> Part:
    sums = digit_sums(all_numbers(3)).double().numpy()
    numbers = np.arange(1000.0)
    count, chain = longest_monotone(sums.tolist())
    best = (np.array(chain, np.float64), sums[chain])
    curves = {name: (numbers, values) for name, values in predicted.items()}
    curves[f"best that only rises: {count} right"] = best
    own = figures["ceiling"]["own_100"]
    return Part(
        "Why it cannot work",
        (
            "One number through one neuron: act(w x + b) only rises or only falls with x, for "
            "sigmoid, tanh and ReLU alike, and so does any line through it. The digit sum rises "
            "nine times and falls back at every ten. Of all functions that only rise, or only "
            f"fall, the best is right for {count} of the 1,000 numbers (the longest run of sums "
            "that never falls, found exactly), whatever its loss, rate, data or patience. On "
            f"the samples of a seed the same bound is {percent(own['mean'])} on average.",
            "Nor is it a matter of size alone: the input gives the net a quantity, and the sum is "
            "a matter of its digits. With 64 hidden neurons it can bend 64 times, and the sum "
            "turns 200 times between 0 and 999.",
        ),
        diagrams=(
            (
                "digit-sum-why",
                draw_curves(
                    curves, "number", "sum", "digit-sum-why", dots={"digit sum": (numbers, sums)}
                ),
            ),
        ),
    )


def _nets_part(figures: Mapping[str, Any]) -> Part:
    rows = []
    for name, net in figures["nets"].items():
        every = net["all_1000"]
        rows.append(
            (
                f"{name}: {net['about']}",
                str(net["parameters"]),
                percent(net["own_100"]["mean"]),
                percent(every["mean"]),
                percent(every["seeds_exact"]),
            )
        )
    return Part(
        "The smallest nets that do",
        (
            "Give the net the digits, and there is hardly anything to learn: the sum is a linear "
            "map of them, exact with every weight 1 and no bias. Each net saw 100 numbers (other "
            "ones for every seed), learned with Adam from squared errors, and was asked for all "
            "1,000. The last column is the share of seeds in which all 1,000 were right.",
        ),
        ("net", "parameters", "own 100", "all 1,000", "seeds with all right"),
        tuple(rows),
    )


def _length_part(figures: Mapping[str, Any]) -> Part:
    rows = []
    for name, net in figures["nets"].items():
        after_three, after_eight = net.get("eight_after_three"), net.get("eight_after_eight")
        rows.append(
            (
                name,
                "cannot take them" if after_three is None else percent(after_three["mean"]),
                "" if after_three is None else percent(after_three["seeds_exact"]),
                "" if after_eight is None else percent(after_eight["mean"]),
                "" if after_eight is None else percent(after_eight["seeds_exact"]),
            )
        )
    return Part(
        "From three digits to eight",
        (
            "A net that shares its weights over the places can be asked for longer numbers than "
            "it was taught. The recurrent neuron has learned to add, h = h + d, and goes on "
            "adding. With a bias it can hide a constant a digit that three digits cancel in the "
            "end and eight do not. The gated unit's state cannot leave -1 to 1. Attention gives "
            "weighted means, and a mean of digits does not say how many there were. The last "
            "two columns are nets taught 100 numbers of eight digits.",
        ),
        ("net", "8 after 3", "seeds exact", "8 after 8", "seeds exact"),
        tuple(rows),
    )
