"""``handsum train`` and ``handsum export``, from a recipe to a bundle that reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handsum.train import loop
from handsum.train.numbers_config import NumbersRecipe
from penned import save_digit

Handsum = Callable[..., Any]

TOML = """
name = "drawn"
epochs = 3
batch_size = 32
threads = 1
device = "cpu"

[data]
train = [{ name = "drawn:train" }]
test = "drawn:test"
val_share = 0.3

[model]
name = "linear"

[optim]
name = "adam"
lr = 0.01
"""

pytestmark = pytest.mark.usefixtures("drawn_sources")


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drawn.toml").write_text(TOML, "utf-8")
    return tmp_path / "drawn.toml"


def test_from_a_recipe_to_a_reading(handsum: Handsum, recipe: Path, tmp_path: Path) -> None:
    ended = handsum("train", recipe, "seed=3", "epochs=20")
    assert ended.code == 0
    assert "Run: runs/drawn-3" in ended.out
    assert "test/accuracy" in ended.out
    exported = handsum("export", "runs/drawn-3", "-o", "mine", "--version", "7")
    assert exported.code == 0
    assert "mine: digits drawn 7, sha256" in exported.out
    assert "0 digits changed" in exported.out
    picture = save_digit(tmp_path / "5.png", "5")
    read = handsum("read", picture, "--bundle", "mine", "--format", "jsonl")
    reading = json.loads(read.out)
    assert (reading["text"], reading["bundle"]["version"]) == ("5", "7")


def test_ctrl_c_keeps_the_checkpoint_and_resume_goes_on(
    handsum: Handsum, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = loop.deal_epoch

    def interrupt(*arguments: Any) -> Any:
        if arguments[-1] == 2:
            raise KeyboardInterrupt
        return deal(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "deal_epoch", interrupt)
        ended = handsum("train", recipe, "-o", "run")
    assert ended.code == 130
    assert "the last epoch's checkpoint is kept, go on with --resume" in ended.err
    assert handsum("train", recipe, "-o", "run", "--resume").code == 0
    assert handsum("train", recipe, "-o", "straight").code == 0
    one, other = (loop.load_net(Path(name))[0].state_dict() for name in ("run", "straight"))
    assert all((one[key] == other[key]).all() for key in one)


def test_ctrl_c_before_the_first_checkpoint_says_so(
    handsum: Handsum, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "deal_epoch", interrupt)
    ended = handsum("train", recipe)
    assert ended.code == 130
    assert "there is no checkpoint" in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("absent.toml",), 4, "absent.toml cannot be read"),
        (("drawn.toml", "epoch=1"), 4, "Did you mean 'epochs'"),
        (("drawn.toml", "model.nam=mlp", "model.name=mlp"), 4, "no option 'nam'"),
        (("drawn.toml", "optim.lr=1e38", "optim.name=sgd"), 6, "The loss is"),
        (("drawn.toml", "--resume", "-o", "nowhere"), 6, "There is no checkpoint"),
        (("drawn.toml", 'data.train=[{ name = "drawn:val" }]'), 4, "may not train"),
        (("drawn.toml", 'data.train=[{ name = "drown:train" }]'), 5, "drown:train"),
    ],
)
def test_what_cannot_be_trained_is_told(
    handsum: Handsum, recipe: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ended = handsum("train", *arguments)
    assert ended.code == code
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_a_run_that_is_none_is_not_exported(handsum: Handsum, recipe: Path) -> None:
    ended = handsum("export", ".", "-o", "mine")
    assert ended.code == 6
    assert ". is no run" in ended.err
    assert not Path("mine").exists()


NUMBERS = """
kind = "numbers"
name = "small"
epochs = 1
batch_size = 8
threads = 1

[data]
sources = [{ name = "drawn:2", smallest = 1 }]
shard_size = 16
keep = 1

[synthesis.defects]
underline = [0.1, 1.0]

[model]
name = "numbers"
widths = [4, 6, 8, 8]
temporal = 8
"""


def test_a_recipe_of_numbers_is_trained_as_one(
    handsum: Handsum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pool = NumbersRecipe.pool
    monkeypatch.setattr(NumbersRecipe, "pool", lambda self: replace(pool(self), fonts=False))
    Path("small.toml").write_text(NUMBERS, "utf-8")
    ended = handsum("train", "small.toml", "seed=2")
    assert ended.code == 0
    assert "train/loss" in ended.out
    assert "Run: runs/small-2" in ended.out
    assert Path("runs/small-2/model.pt").is_file()
    wrong = handsum("train", "small.toml", "data.shard_sise=2")
    assert wrong.code == 4
    assert "Did you mean 'shard_size'" in wrong.err


@pytest.mark.parametrize("command", [("train", "drawn.toml"), ("export", "run", "-o", "mine")])
def test_without_the_extra_it_is_named(
    handsum: Handsum, recipe: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr("handsum.cli.extras.find_spec", lambda name: None)
    ended = handsum(*command)
    assert ended.code == 9
    assert 'pip install "handsum[train]"' in ended.err
