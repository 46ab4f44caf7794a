"""Every recipe in recipes/ is whole, and runs two steps on drawn stand-ins for its data."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handsum.data.dataset import Dataset
from handsum.data.sources import SOURCES
from handsum.models import build_model, count_parameters
from handsum.train.config import load_recipe
from handsum.train.loop import train
from handsum.train.numbers import train_numbers
from handsum.train.numbers_config import NumbersRecipe, load_numbers_recipe
from penned import draw_ink, source_of

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*.toml"))
KINDS = {path: tomllib.loads(path.read_text("utf-8")).get("kind", "digits") for path in RECIPES}
DIGITS = [path for path in RECIPES if KINDS[path] == "digits"]
NUMBERS = [path for path in RECIPES if KINDS[path] == "numbers"]


def stand_in(name: str, reject: bool, writers: Sequence[str] = ()) -> Dataset:
    """Forty pictures of MNIST's own size, so that recipes which take them as they are can.

    Every fourth is by one of ``writers``, by turns.
    """
    texts = ("",) * 40 if reject else tuple(str(i % 10) for i in range(40))
    pens = np.linspace(0.06, 0.14, 40)
    return Dataset(
        name=name,
        images=[draw_ink(str(i % 10), 28, pen) for i, pen in enumerate(pens)],
        texts=texts,
        contents=("not_a_number" if reject else "number",) * 40,
        groups=tuple(
            writers[i // 4 % len(writers)] if writers and i % 4 == 0 else None for i in range(40)
        ),
        ids=tuple(f"{name}/{i}" for i in range(40)),
        ink="light",
    )


@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_a_recipe_of_digits_runs_two_steps(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.about
    monkeypatch.setenv("HANDSUM_CACHE", str(tmp_path / "cache"))
    writers = recipe.data.leave_out
    parts = [(s, False) for s in recipe.data.train] + [(s, True) for s in recipe.data.reject]
    for source, reject in parts:
        assert source.name in SOURCES, "a recipe names what everybody can get"
        assert SOURCES[source.name].use == "train"
        monkeypatch.setitem(SOURCES, source.name, source_of(stand_in(source.name, reject, writers)))
    if recipe.data.test is not None:
        test = replace(source_of(stand_in(recipe.data.test, False), "test"))
        monkeypatch.setitem(SOURCES, recipe.data.test, test)
    total = sum(40 * source.repeat for source, _ in parts)
    changes = ["epochs=1", f"batch_size={int(total // 2 + 4)}", "threads=1", "device=cpu"]
    steps = []
    report = train(
        load_recipe(path, changes), tmp_path / "run", on_progress=lambda p: steps.append(p.step)
    )
    assert 1 <= len(steps) <= 3 if recipe.data.val_share else steps == [1, 2]
    assert 0 <= report["test/accuracy"] <= 1
    assert ("left_out/accuracy" in report) == bool(writers)
    assert json.loads((tmp_path / "run" / "report.json").read_text("utf-8")) == report


@pytest.mark.parametrize("path", NUMBERS, ids=lambda path: path.stem)
def test_a_recipe_of_numbers_runs_two_steps(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_numbers_recipe(path)
    assert recipe.name == path.stem
    assert recipe.about
    for source in recipe.data.sources:
        if not source.name.startswith("drawn:"):  # hands that the synthesis draws itself
            assert SOURCES[source.name].use == "train"
    monkeypatch.setenv("HANDSUM_CACHE", str(tmp_path / "cache"))
    drawn = recipe.data.sources[0].model_copy(update={"name": "drawn:2", "smallest": 1})
    data = recipe.data.model_copy(update={"sources": (drawn,), "shard_size": 16, "keep": 1})
    pool = NumbersRecipe.pool
    monkeypatch.setattr(NumbersRecipe, "pool", lambda self: replace(pool(self), fonts=False))
    small = recipe.model_copy(update={"data": data, "epochs": 1, "batch_size": 8, "threads": 1})
    train_numbers(small, tmp_path / "run")
    (line,) = (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["step"] == 2


@pytest.mark.parametrize(("name", "most"), [("tiny", 25_000), ("digits", 200_000)])
def test_nets_keep_within_their_size(name: str, most: int) -> None:
    path = RECIPES[0].with_name(f"{name}.toml")
    if not path.is_file():
        pytest.skip(f"there is no recipe {name}")
    recipe = load_recipe(path)
    classes = 10 + bool(recipe.data.reject)
    assert count_parameters(build_model(recipe.model.name, classes, recipe.model.options)) <= most


@pytest.mark.parametrize("name", ["article", "article-20"])
def test_the_articles_recipes_are_as_printed(name: str) -> None:
    recipe = load_recipe(RECIPES[0].with_name(f"{name}.toml"))
    assert (recipe.batch_size, recipe.optim.name, recipe.optim.lr) == (100, "sgd", 0.01)
    assert recipe.optim.options == {"momentum": 0.5}
    assert (recipe.data.scale, recipe.data.normalize, recipe.data.val_share) == ("signed", False, 0)
    assert [source.name for source in recipe.data.train] == ["mnist:train"]
    assert (recipe.model.name, recipe.loss.name) == ("article", "cross_entropy")
