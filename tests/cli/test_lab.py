"""``handsum lab`` and ``handsum search``: what they list, run and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handsum.lab import EXPERIMENTS, load_experiment

Handsum = Callable[..., Any]


def test_without_a_name_it_lists_every_experiment(handsum: Handsum) -> None:
    ended = handsum("lab")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == list(EXPERIMENTS)


def test_an_unknown_experiment_is_told(handsum: Handsum) -> None:
    ended = handsum("lab", "digit-sums")
    assert ended.code == 2
    assert "no experiment 'digit-sums'" in ended.err
    assert "Did you mean 'digit-sum'?" in ended.err


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda e: e.name)
def test_every_experiment_has_its_function(experiment: Any) -> None:
    assert callable(load_experiment(experiment))


@pytest.mark.slow
def test_a_quick_run_writes_json_and_a_page(handsum: Handsum, tmp_path: Path) -> None:
    ended = handsum("lab", "digit-sum", "--quick", "--out", tmp_path)
    assert ended.code == 0, ended.err
    assert "WRONG: Over 90 % right for the digit sum" in ended.out
    folder = tmp_path / "digit-sum"
    assert f"Page: {folder / 'index.html'}" in ended.out
    result = json.loads((folder / "digit-sum.json").read_text("utf-8"))
    assert result["quick"] is True
    assert result["command"] == "handsum lab digit-sum --quick"
    assert "prove nothing" in (folder / "index.html").read_text("utf-8")
    assert (folder / "digit-sum-why.svg").is_file()


@pytest.mark.usefixtures("drawn_sources")
def test_search_ends_in_a_training_with_what_it_found(
    handsum: Handsum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("drawn.toml").write_text(
        'name = "drawn"\nepochs = 9\nbatch_size = 64\nthreads = 1\ndevice = "cpu"\n'
        '[data]\ntrain = [{ name = "drawn:train" }]\ntest = "drawn:test"\nval_share = 0.3\n'
        '[model]\nname = "linear"\n',
        "utf-8",
    )
    Path("space.toml").write_text(
        '"optim.lr" = { low = 1e-4, high = 0.1, log = true }\n'
        '"optim.name" = { choices = ["adam", "sgd"] }\n',
        "utf-8",
    )
    ended = handsum("search", "drawn.toml", "space.toml", "epochs=1", "--trials", 2)
    assert ended.code == 0, ended.err
    *trials, last = ended.out.splitlines()
    assert [line.split()[0] for line in trials] == ["1/2", "2/2"]
    words = last.split()
    assert words[:4] == ["handsum", "train", "drawn.toml", "epochs=1"]
    trained = handsum(*words[1:])
    assert trained.code == 0, trained.err
