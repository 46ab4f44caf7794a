"""docs/lab.md: every change it tells of trains, and every test that it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from handsum.data.digits import prepare_digits
from handsum.models import build_model
from handsum.train.config import load_recipe
from handsum.train.loop import train
from handsum.train.mixture import Mixture
from penned import drawn_digits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lab.md").read_text("utf-8")
ROWS = [
    line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "tests/" in line
]
CHANGES = {row[0].strip("| "): shlex.split(found[0]) for row in ROWS
           if (found := re.findall(r"`([a-z]+\.[a-z_0-9]+=[^`]*)`", row[1]))}  # fmt: skip


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("handsum.data.digits.write_atomically", lambda *_: None)
        return Mixture(prepare_digits(drawn_digits(40, 0)), None, None, ())


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_trains(changes: list[str], mixture: Mixture, tmp_path: Path) -> None:
    recipe = load_recipe(ROOT / "recipes" / "lab.toml", [*changes, "epochs=1"])
    data = recipe.data.model_copy(update={"test": None, "val_share": 0.0})
    report = train(recipe.model_copy(update={"data": data}), tmp_path, mixture=mixture)
    assert report["train/pictures"] == 40


def test_the_residual_net_of_the_page_has_a_skip() -> None:
    recipe = load_recipe(ROOT / "recipes" / "lab.toml", CHANGES["residual net"])
    net = build_model(recipe.model.name, 10, recipe.model.options)
    assert any(type(module).__name__ == "Residual" for module in net.modules())


@pytest.mark.parametrize("name", sorted(set(re.findall(r"tests/[a-z_/]+\.py::test_\w+", PAGE))))
def test_every_check_that_the_page_names_is_there(name: str) -> None:
    path, _, function = name.partition("::")
    assert f"def {function}(" in (ROOT / path).read_text("utf-8")
