"""Variants become recipes, learn under one budget, and keep the rate that is best on val."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from handsum.data.digits import prepare_digits
from handsum.data.sources import SOURCES
from handsum.lab.algorithms import ACTIVATIONS, LOSSES, OPTIMISERS, STRUCTURES
from handsum.lab.claims import DESCENTS
from handsum.lab.overfitting import REGULARISERS
from handsum.lab.searched import GUESS, SPACE, search_and_train
from handsum.lab.variants import (
    BATCH,
    Bench,
    Variant,
    build_recipe,
    keep_few,
    load_bench,
    recipe_words,
    smooth,
    train_variant,
)
from handsum.models import MODELS, build_model
from handsum.models.activations import ACTIVATIONS as ALL_ACTIVATIONS
from handsum.models.rnn import CELLS
from handsum.train.config import load_recipe
from handsum.train.losses import LOSSES as ALL_LOSSES
from handsum.train.losses import cross_entropy
from handsum.train.mixture import Mixture
from handsum.train.search import load_space
from penned import draw_ink, drawn_digits, source_of

ROOT = Path(__file__).parents[2]
EVERY = (*STRUCTURES, *ACTIVATIONS, *LOSSES, *OPTIMISERS, *REGULARISERS, *DESCENTS, GUESS)


@pytest.fixture(scope="module")
def bench() -> Bench:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDSUM_CACHE", "/nonexistent")
        patch.setattr("handsum.data.digits.write_atomically", lambda *_: None)
        train, val, test = (prepare_digits(drawn_digits(60, seed)) for seed in range(3))
    return Bench(Mixture(train, val, None, ()), test)


@pytest.mark.parametrize("variant", EVERY, ids=lambda v: f"{v.group}-{v.name}")
def test_every_variant_is_a_change_to_the_labs_recipe_and_its_net_builds(variant: Variant) -> None:
    for value in variant.tried:
        recipe = build_recipe(variant, value, 3, 0)
        table, key = variant.key.split(".")
        assert recipe.model_dump()[table][key] == value
        assert build_model(recipe.model.name, 10, recipe.model.options) is not None
        # What docs/article.md tells to type is what was run.
        typed = load_recipe(ROOT / "recipes" / "lab.toml", recipe_words(variant, value))
        data = typed.data.model_copy(
            update={k: getattr(recipe.data, k) for k in ("limit", "test", "val_share")}
        )
        update = {"about": "", "device": "cpu", "data": data}
        assert typed.model_copy(update=update) == recipe


def test_the_labs_search_is_the_space_that_the_page_names() -> None:
    assert load_space(ROOT / "recipes" / "spaces" / "mlp.toml") == SPACE


def test_every_name_of_the_registries_is_compared() -> None:
    recipes = [build_recipe(variant, 0.1, 1, 0) for variant in EVERY]
    assert {recipe.model.name for recipe in recipes} == set(MODELS)
    assert {recipe.model.options.get("activation") for recipe in recipes} > set(ALL_ACTIVATIONS)
    assert {recipe.model.options.get("cell") for recipe in recipes} > set(CELLS)
    assert any(recipe.model.options.get("residual") for recipe in recipes)
    assert any(recipe.model.options.get("dropout") for recipe in recipes)
    assert any(recipe.augment.rotate for recipe in recipes)
    assert any(recipe.optim.options.get("momentum") for recipe in recipes)
    assert {recipe.loss.name for recipe in recipes} == set(ALL_LOSSES)
    assert {recipe.optim.name for recipe in recipes} == {"sgd", "adam", "adamw"}
    assert any(recipe.full_batch for recipe in recipes)
    assert any(recipe.loss.l1 for recipe in recipes)
    assert any(recipe.loss.l2 for recipe in recipes)


def test_the_best_rate_on_val_is_kept(bench: Bench) -> None:
    variant = Variant("g", "n", {"model": {"name": "linear"}}, (1e-6, 3e-2))
    one = train_variant(variant, bench, 8)
    assert one.chosen == 3e-2
    assert one.val is not None
    assert one.val > 0.5
    assert len(one.loss) == len(one.seen) == 8
    assert one.seen[-1] == 8 * 60
    assert one.loss[-1] < one.loss[0]


def test_a_bench_holds_whole_batches_only(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {"mnist:train": 230, "mnist:test": 30}
    for name, count in drawn.items():
        inks = [draw_ink(str(i % 10), 28, 0.06 + 3e-4 * i) for i in range(count)]
        data = replace(drawn_digits(count, 0), images=inks, ink="light", groups=(None,) * count)
        monkeypatch.setitem(SOURCES, name, source_of(data, "test" if "test" in name else "train"))
    bench = load_bench(None, 0.1)
    assert len(bench.mixture.train) == BATCH, "of 199 that are not val"
    assert bench.mixture.val is not None
    assert len(bench.mixture.val) > 0
    few = keep_few(bench, 30)
    assert np.array_equal(few.mixture.train.inks, bench.mixture.train.inks[:30])
    assert len(few.mixture.train.ids) == 30
    assert few.mixture.val is bench.mixture.val


def test_full_batch_is_one_printed_step_over_all_pictures_a_pass(bench: Bench) -> None:
    """w <- w - lr dJ/dw, with J the mean over every picture, from the same start."""
    variant = Variant(
        "g", "n", {"model": {"name": "linear"}, "optim": {"name": "sgd"}, "full_batch": True},
        (0.3,),
    )  # fmt: skip
    one = train_variant(variant, bench, 3)
    assert len(one.loss) == 3
    torch.manual_seed(0)
    net = build_model("linear", 10, {})
    images = torch.from_numpy(bench.mixture.train.inks).float() / 255
    labels = torch.from_numpy(bench.mixture.train.labels)
    for step in range(3):
        net.zero_grad()
        loss = cross_entropy(net(images), labels, 0.0)
        loss.backward()
        assert one.loss[step] == pytest.approx(float(loss.detach()), abs=1e-5)
        with torch.no_grad():
            for weight in net.parameters():
                assert weight.grad is not None
                weight.sub_(0.3 * weight.grad)
    for ours, printed in zip(one.net.parameters(), net.parameters(), strict=True):
        assert torch.allclose(ours, printed, atol=1e-5)


def test_the_search_keeps_its_best_and_tells_every_trial(bench: Bench) -> None:
    searched = search_and_train(bench, 2, 3)
    assert len(searched.trials) == 3
    best = max(searched.trials, key=lambda trial: trial.accuracy)
    recipe = build_recipe(searched.found.variant, searched.found.chosen, 2, 0)
    assert recipe.model.options["hidden"] == best.values["model.hidden"]
    assert searched.found.chosen == pytest.approx(best.values["optim.lr"], rel=0.06)
    assert searched.guessed.chosen == GUESS.tried[0]


def test_smoothing_is_the_running_mean() -> None:
    values = np.array([4.0, 2.0, 6.0, 0.0])
    assert smooth(values, 2).tolist() == [4.0, 3.0, 4.0, 3.0]
    assert smooth(values, 1).tolist() == values.tolist()
    assert smooth(values, 99)[-1] == values.mean()
