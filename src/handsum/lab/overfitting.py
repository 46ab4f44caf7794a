"""What the article has against over-fitting, where it shows: on a thousand digits, for long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from handsum.lab.variants import Bench, Trained, Variant, keep_few, load_bench, train_variant

DIGITS, PASSES = 1_000, 60
GROUP = "against over-fitting"

_WIDE = {"name": "mlp", "hidden": [256]}
REGULARISERS = (
    Variant(GROUP, "nothing", {"model": _WIDE}),
    Variant(GROUP, "L1", {"model": _WIDE}, (3e-5, 1e-4, 3e-4), "loss.l1"),
    Variant(GROUP, "L2", {"model": _WIDE}, (1e-3, 3e-3, 1e-2), "loss.l2"),
    Variant(GROUP, "dropout", {"model": _WIDE}, (0.3, 0.5, 0.7), "model.dropout"),
    Variant(GROUP, "augmentation",
            {"model": _WIDE, "augment": {"rotate": 10, "scale": 0.1, "shift": 1.5}}),
)  # fmt: skip
"""Each at the strength that is best on digits kept aside: too weak or too strong says nothing."""


def load_few(quick: bool) -> Bench:
    """A thousand digits to learn from, and two thousand others to choose strengths by."""
    bench = load_bench(500 if quick else 20_000, 0.1, 200 if quick else None)
    return keep_few(bench, 100 if quick else DIGITS)


def train_regularisers(
    bench: Bench,
    quick: bool,
    seeds: Sequence[int] = (0,),
    on_variant: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Trained]]:
    """A training a seed for each, at the strength that the first seed chose."""
    passes = 2 if quick else PASSES
    found = {}
    for variant in REGULARISERS:
        on_variant(variant.name)
        tried = replace(variant, tried=variant.tried[:1]) if quick else variant
        first = train_variant(tried, bench, passes, seeds[0])
        same = replace(variant, tried=(first.chosen,))
        found[variant.name] = [
            first, *(train_variant(same, bench, passes, seed) for seed in seeds[1:])
        ]  # fmt: skip
    return found
