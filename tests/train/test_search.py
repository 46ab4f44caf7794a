"""Search over a recipe's keys: what is drawn, what is kept, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from handsum.data.digits import prepare_digits
from handsum.errors import RecipeError
from handsum.train.config import Recipe, parse_recipe
from handsum.train.mixture import Mixture
from handsum.train.search import Range, load_space, search
from penned import drawn_digits


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("handsum.data.digits.write_atomically", lambda *_: None)
        train, val = (prepare_digits(drawn_digits(60, seed)) for seed in range(2))
    return Mixture(train, val, None, ())


def recipe() -> Recipe:
    tree = {
        "name": "searched", "epochs": 4, "batch_size": 30, "device": "cpu",
        "data": {"train": [{"name": "drawn:train"}]},
        "model": {"name": "mlp", "hidden": [8]},
    }  # fmt: skip
    return parse_recipe(tree, "here")


SPACE = {
    "optim.lr": Range(low=1e-6, high=1e-1, log=True),
    "model.hidden": Range(choices=([4], [16, 8])),
    "loss.l2": Range(low=0.0, high=1e-3),
}


def test_the_best_on_val_is_kept_and_the_draw_follows_from_the_seed(mixture: Mixture) -> None:
    heard = []
    found = search(recipe(), SPACE, 6, mixture=mixture, on_trial=heard.append)
    assert list(found.trials) == heard
    assert len(heard) == 6
    assert found.best.accuracy == max(trial.accuracy for trial in heard)
    for trial in heard:
        assert 1e-6 <= trial.values["optim.lr"] <= 1e-1
        assert trial.values["model.hidden"] in ([4], [16, 8])
    assert found.recipe.optim.lr == found.best.values["optim.lr"]
    assert found.recipe.model.options["hidden"] == found.best.values["model.hidden"]
    assert found.recipe.data == recipe().data, "the found recipe reads the test part again"
    again = search(recipe(), SPACE, 2, mixture=mixture)
    assert [t.values for t in again.trials] == [t.values for t in found.trials[:2]]


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"optim.name.x": Range(low=0, high=1)}, "no key 'optim.name.x'"),
        ({"epoch": Range(choices=(1, 2))}, "unknown key 'epoch'"),
        ({"model.hidde": Range(choices=([3],))}, "no option 'hidde'"),
    ],
)
def test_a_key_that_no_recipe_has_is_told(
    mixture: Mixture, space: dict[str, Range], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        search(recipe(), space, 1, mixture=mixture)


def test_a_search_needs_something_to_choose_by(mixture: Mixture) -> None:
    with pytest.raises(RecipeError, match="nothing to choose by"):
        search(recipe(), SPACE, 1, mixture=Mixture(mixture.train, None, None, ()))
    with pytest.raises(RecipeError, match="0 trials"):
        search(recipe(), SPACE, 0, mixture=mixture)


def test_a_space_is_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text('"optim.lr" = { low = 1e-4, high = 0.1, log = true }\n', "utf-8")
    assert load_space(path) == {"optim.lr": Range(low=1e-4, high=0.1, log=True)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "not TOML"),
        ("", "names no key"),
        ("a = { low = 2, high = 1 }", "'a': .*low < high"),
        ("a = { low = 0, high = 1, log = true }", "'a': .*above 0"),
        ("a = { low = 0, choices = [1] }", "'a': .*or choices"),
        ("a = { lov = 0 }", "'a'"),
    ],
)
def test_a_space_that_is_none_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(RecipeError, match=message):
        load_space(path)
    with pytest.raises(RecipeError, match="cannot be read"):
        load_space(tmp_path / "absent.toml")
