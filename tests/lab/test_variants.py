"""Variants become recipes, learn under one budget, and keep the rate that is best on val."""

from __future__ import annotations

import numpy as np
import pytest

from handsum.data.digits import prepare_digits
from handsum.lab.algorithms import ACTIVATIONS, LOSSES, OPTIMISERS, REGULARISERS, STRUCTURES
from handsum.lab.claims import DESCENTS, OVERFITTING
from handsum.lab.variants import Bench, Variant, build_recipe, smooth, train_variant
from handsum.models import MODELS, build_model
from handsum.models.activations import ACTIVATIONS as ALL_ACTIVATIONS
from handsum.train.losses import LOSSES as ALL_LOSSES
from handsum.train.mixture import Mixture
from penned import drawn_digits

EVERY = (*STRUCTURES, *ACTIVATIONS, *LOSSES, *OPTIMISERS, *REGULARISERS, *DESCENTS, *OVERFITTING)


@pytest.fixture(scope="module")
def bench() -> Bench:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDSUM_CACHE", "/nonexistent")
        patch.setattr("handsum.data.digits.write_atomically", lambda *_: None)
        train, val, test = (prepare_digits(drawn_digits(60, seed)) for seed in range(3))
    return Bench(Mixture(train, val, None, ()), test)


@pytest.mark.parametrize("variant", EVERY, ids=lambda v: f"{v.group}-{v.name}")
def test_every_variant_is_a_recipe_whose_net_builds(variant: Variant) -> None:
    for rate in variant.rates:
        recipe = build_recipe(variant, rate, 1, 0)
        assert recipe.optim.lr == rate
        assert build_model(recipe.model.name, 10, recipe.model.options) is not None


def test_every_name_of_the_registries_is_compared() -> None:
    recipes = [build_recipe(variant, 0.1, 1, 0) for variant in EVERY]
    assert {recipe.model.name for recipe in recipes} == set(MODELS)
    assert {recipe.model.options.get("activation") for recipe in recipes} > set(ALL_ACTIVATIONS)
    assert {recipe.loss.name for recipe in recipes} == set(ALL_LOSSES)
    assert {recipe.optim.name for recipe in recipes} == {"sgd", "adam", "adamw"}
    assert any(recipe.full_batch for recipe in recipes)
    assert any(recipe.loss.l1 for recipe in recipes)
    assert any(recipe.loss.l2 for recipe in recipes)


def test_the_best_rate_on_val_is_kept(bench: Bench) -> None:
    variant = Variant("g", "n", {"model": {"name": "linear"}}, (1e-6, 3e-2))
    one = train_variant(variant, bench, 8)
    assert one.rate == 3e-2
    assert one.val is not None
    assert one.val > 0.5
    assert len(one.loss) == len(one.seen) == 8
    assert one.seen[-1] == 8 * 60
    assert one.loss[-1] < one.loss[0]


def test_full_batch_makes_one_update_a_pass(bench: Bench) -> None:
    one = train_variant(Variant("g", "n", {"full_batch": True}, (0.01,)), bench, 3)
    assert len(one.loss) == 3


def test_smoothing_is_the_running_mean() -> None:
    values = np.array([4.0, 2.0, 6.0, 0.0])
    assert smooth(values, 2).tolist() == [4.0, 3.0, 4.0, 3.0]
    assert smooth(values, 1).tolist() == values.tolist()
    assert smooth(values, 99)[-1] == values.mean()
