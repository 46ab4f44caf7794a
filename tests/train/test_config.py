"""Recipes: what is read, what is changed by key=value, and what each mistake is told."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from handsum.errors import RecipeError
from handsum.train.config import load_recipe, parse_recipe
from penned import drawn_recipe

TOML = """
name = "small"
epochs = 2

[data]
train = [{ name = "drawn:train", repeat = 2 }]

[model]
name = "mlp"
hidden = [30]

[optim]
name = "sgd"
lr = 0.1
momentum = 0.5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "small.toml").write_text(TOML, "utf-8")
    return tmp_path / "small.toml"


def test_a_recipe_is_read_with_its_defaults(path: Path) -> None:
    recipe = load_recipe(path)
    assert (recipe.seed, recipe.batch_size, recipe.device, recipe.ema) == (0, 128, "auto", 0.0)
    assert recipe.data.train[0].repeat == 2.0
    assert (recipe.data.val_share, recipe.data.test) == (0.05, "mnist:test")
    assert recipe.model.options == {"hidden": [30]}
    assert (recipe.optim.lr, recipe.optim.options) == (0.1, {"momentum": 0.5})
    assert recipe == type(recipe).model_validate_json(recipe.model_dump_json())


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ("seed=3", "seed", 3),
        ("optim.lr=1e-3", "optim.lr", 0.001),
        ("optim.nesterov=true", "optim.nesterov", True),
        ("model.name=convnet", "model.name", "convnet"),
        ("model.widths=[8, 16]", "model.widths", [8, 16]),
        ("augment.rotate=7", "augment.rotate", 7.0),
        ('data.leave_out=["a"]', "data.leave_out", ("a",)),
        ("data.fold=[0, 5]", "data.fold", (0, 5)),
        ("about=a = b", "about", "a = b"),
    ],
)
def test_key_equals_value_changes_one_key(path: Path, change: str, key: str, value: Any) -> None:
    found: Any = load_recipe(path, [change])
    for part in key.split("."):
        found = getattr(found, part)
    assert found == value
    assert load_recipe(path) == load_recipe(path, [])  # the file is as it was


def test_a_misspelt_key_that_is_required_is_named_and_not_called_missing(path: Path) -> None:
    path.write_text(path.read_text().replace("epochs", "epohcs", 1))
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert "unknown key 'epohcs'. Did you mean 'epochs'" in str(caught.value)


def test_the_last_change_wins(path: Path) -> None:
    assert load_recipe(path, ["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("epoch=3", "unknown key 'epoch'. Did you mean 'epochs'"),
        ("augment.rotat=3", "unknown key 'augment.rotat'. Did you mean 'rotate'"),
        ("augmnt.rotate=3", "unknown key 'augmnt'. Did you mean 'augment'"),
        ("data.vale_share=0.1", "Did you mean 'val_share'"),
        ('data.train=[{ name = "a", repeats = 2 }]', "Did you mean 'repeat'"),
        ("qqq=1", "unknown key 'qqq'. Known here: name, about"),
        ("epochs=0", "epochs = 0: Input should be greater than 0"),
        ("epochs=many", "epochs = 'many'"),
        ("seed=-1", "seed = -1"),
        ("precision=fp8", "precision = 'fp8'"),
        ("data.val_share=0.5", "data.val_share = 0.5"),
        ("data.train=[]", "data.train = []"),
        ("data.fold=[5, 5]", "data.fold = [5, 5]: Value error, should be (i, n)"),
        ("data.fold=[0, 0]", "should be (i, n)"),
        ("name=Tiny Net", "name = 'Tiny Net'"),
        (
            "schedule.name=cosin",
            "schedule.name = 'cosin' is unknown. Choose from: constant, cosine",
        ),
        ("loss.name=hinge", "loss.name = 'hinge' is unknown. Choose from: cross_entropy"),
        ("optim.lr=", "optim.lr = ''"),
        ("optim.lr=nan", "optim.lr = nan"),
        ("seed", "'seed' is not key=value"),
        ("=3", "'=3' is not key=value"),
        ("name.x=3", "'name' is not a table"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_value(path: Path, change: str, message: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)) as info:
        load_recipe(path, [change])
    assert info.value.exit_code == 4
    assert info.value.remedy.endswith(".")


def test_a_missing_key_is_named(path: Path) -> None:
    path.write_text(TOML.replace("epochs = 2", ""), "utf-8")
    with pytest.raises(RecipeError, match=r"small\.toml: epochs: Field required"):
        load_recipe(path)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"[data\n"])
def test_what_is_no_toml_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"small\.toml is not TOML"):
        load_recipe(path)


def test_no_file_is_told(tmp_path: Path) -> None:
    for name in ("absent.toml", "."):
        with pytest.raises(RecipeError, match="cannot be read"):
            load_recipe(tmp_path / name)


def test_parsing_leaves_the_tree_alone() -> None:
    tree = drawn_recipe()
    before = copy.deepcopy(tree)
    parse_recipe(tree, "drawn")
    assert tree == before
