"""One training: same seed same weights, stop and resume, and all the ways to break off."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from handsum.data.sources import SOURCES
from handsum.errors import DataError, RecipeError, StorageError, TrainingError
from handsum.evaluate.predictions import DigitPredictions, load_predictions
from handsum.train import loop
from handsum.train.checkpoint import load_checkpoint
from handsum.train.config import Recipe, parse_recipe
from handsum.train.loop import CHECKPOINT, LOG, REPORT, WEIGHTS, Progress, load_net, train
from handsum.train.losses import weight_penalty
from handsum.train.mixture import Mixture, load_mixture
from penned import drawn_recipe, source_of

pytestmark = pytest.mark.usefixtures("drawn_sources")


def recipe(**changes: Any) -> Recipe:
    """Three epochs with all that draws random numbers: dropout, augmentation, repeats, EMA."""
    tree = drawn_recipe() | {
        "epochs": 3,
        "batch_size": 64,
        "ema": 0.9,
        "model": {"name": "convnet", "stem": 4, "widths": [6, 8], "dropout": 0.2},
        "optim": {"name": "adamw", "lr": 0.01, "weight_decay": 0.01},
        "schedule": {"name": "cosine", "warmup": 0.2},
        "augment": {"rotate": 10, "elastic": 1, "thickness": 0.3, "noise": 0.1, "erase": 0.2},
    }
    data = {**tree["data"], "train": [{"name": "drawn:train", "repeat": 0.7}], "test": None}
    tree["data"] = data | changes.pop("data", {})
    return parse_recipe(tree | changes, "test")


@pytest.fixture
def mixture() -> Mixture:
    config = recipe()
    return load_mixture(config.data, config.seed)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(folder / WEIGHTS)["net"])


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / LOG).read_text("utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def stop_at(epoch: int, error: type[BaseException] = KeyboardInterrupt) -> Callable[..., None]:
    def stop(progress: Progress) -> None:
        if progress.epoch == epoch and progress.step == 2:
            raise error

    return stop


def test_same_seed_same_weights(tmp_path: Path, mixture: Mixture) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(recipe(seed=seed), tmp_path / name, mixture=mixture)
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


@pytest.mark.parametrize("epoch", [2, 3])
def test_stop_and_resume_equals_the_straight_run(
    tmp_path: Path, mixture: Mixture, epoch: int
) -> None:
    train(recipe(), tmp_path / "straight", mixture=mixture)
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), tmp_path / "halted", mixture=mixture, on_progress=stop_at(epoch))
    assert load_checkpoint(tmp_path / "halted" / CHECKPOINT)["epoch"] == epoch - 1
    assert not (tmp_path / "halted" / WEIGHTS).exists()
    torch.manual_seed(99)  # whatever else drew random numbers in between
    train(recipe(), tmp_path / "halted", mixture=mixture, resume=True)
    assert same(weights(tmp_path / "straight"), weights(tmp_path / "halted"))
    assert log_of(tmp_path / "straight") == log_of(tmp_path / "halted")


def test_an_epoch_that_was_told_but_not_saved_is_told_once(
    tmp_path: Path, mixture: Mixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = loop.save_checkpoint

    def save_or_crash(path: Path, state: dict[str, Any]) -> None:
        if state.get("epoch") == 2:
            raise KeyboardInterrupt
        save(path, state)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", save_or_crash)
        with pytest.raises(KeyboardInterrupt):
            train(recipe(), tmp_path, mixture=mixture)
    assert [line["epoch"] for line in log_of(tmp_path)] == [1, 2]
    train(recipe(), tmp_path, mixture=mixture, resume=True)
    assert [line["epoch"] for line in log_of(tmp_path)] == [1, 2, 3]


def test_a_finished_run_resumes_to_itself(tmp_path: Path, mixture: Mixture) -> None:
    first = train(recipe(), tmp_path, mixture=mixture)
    before = weights(tmp_path)
    assert train(recipe(), tmp_path, mixture=mixture, resume=True) == first
    assert same(before, weights(tmp_path))


def test_a_loss_that_is_no_number_stops_and_keeps_the_checkpoint(
    tmp_path: Path, mixture: Mixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = loop.learning_rate

    def explode(name: str, lr: float, warmup: float, step: int, steps: int) -> float:
        return 1e30 if step > 5 else rate(name, lr, warmup, step, steps)

    monkeypatch.setattr(loop, "learning_rate", explode)
    with pytest.raises(TrainingError, match=r"The loss is (nan|inf) in epoch \d.*is kept") as info:
        train(recipe(), tmp_path, mixture=mixture)
    assert info.value.exit_code == 6
    state = load_checkpoint(tmp_path / CHECKPOINT)
    assert 1 <= state["epoch"] < 3
    assert all(value.isfinite().all() for value in state["net"].values())


def test_a_loss_that_never_was_a_number_says_so(tmp_path: Path, mixture: Mixture) -> None:
    broken = recipe(optim={"name": "sgd", "lr": 1e30})
    with pytest.raises(TrainingError, match=r"Lower optim\.lr \(now 1e\+30\)\.$"):
        train(broken, tmp_path, mixture=mixture)
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_full_disk_keeps_the_former_checkpoint(
    tmp_path: Path, mixture: Mixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = 0

    def fill_up(_: int) -> None:
        nonlocal saved
        saved += 1
        if saved > 4:  # recipe, log, two checkpoints
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StorageError, match=r"No space left on device.*--resume"):
            train(recipe(), tmp_path, mixture=mixture)
    assert load_checkpoint(tmp_path / CHECKPOINT)["epoch"] == 2
    train(recipe(), tmp_path, mixture=mixture, resume=True)
    train(recipe(), tmp_path / "straight", mixture=mixture)
    assert same(weights(tmp_path), weights(tmp_path / "straight"))


def test_a_log_that_cannot_be_written_is_a_storage_error(tmp_path: Path, mixture: Mixture) -> None:
    def spoil(progress: Progress) -> None:
        if progress.step == progress.steps:
            (tmp_path / LOG).unlink(missing_ok=True)
            (tmp_path / LOG).mkdir(exist_ok=True)

    with pytest.raises(StorageError, match=r"Cannot write .*log\.jsonl"):
        train(recipe(), tmp_path, mixture=mixture, on_progress=spoil)


def test_a_fresh_run_leaves_nothing_of_the_former_one(tmp_path: Path, mixture: Mixture) -> None:
    train(recipe(), tmp_path, mixture=mixture)
    with pytest.raises(KeyboardInterrupt):
        train(recipe(seed=1), tmp_path, mixture=mixture, on_progress=stop_at(1))
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOG, "recipe.json"]


def test_resume_refuses_another_recipe_and_a_damaged_checkpoint(
    tmp_path: Path, mixture: Mixture
) -> None:
    with pytest.raises(TrainingError, match="no checkpoint"):
        train(recipe(), tmp_path, mixture=mixture, resume=True)
    train(recipe(), tmp_path, mixture=mixture)
    with pytest.raises(TrainingError, match="made by another recipe"):
        train(recipe(seed=1), tmp_path, mixture=mixture, resume=True)
    whole = (tmp_path / CHECKPOINT).read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / CHECKPOINT).write_bytes(content)
        with pytest.raises(TrainingError, match="is damaged") as info:
            train(recipe(), tmp_path, mixture=mixture, resume=True)
        assert "weights_only" not in str(info.value)
    torch.save({"net": {}}, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingError, match="does not fit this version"):
        train(recipe(), tmp_path, mixture=mixture, resume=True)


def test_the_report_tells_all_parts(tmp_path: Path) -> None:
    config = recipe(data={"test": "drawn:test", "leave_out": ["w3"]})
    report = train(config, tmp_path)
    assert report == json.loads((tmp_path / REPORT).read_text("utf-8"))
    assert report["parameters"] == sum(p.numel() for p in load_net(tmp_path)[0].parameters())
    for part in ("val", "left_out", "test"):
        found = load_predictions(tmp_path / f"{part}.npz")
        assert isinstance(found, DigitPredictions)
        assert found.classes == (*"0123456789", "not_a_number")
        assert report[f"{part}/accuracy"] == pytest.approx(found.correct.mean())
    left_out = load_predictions(tmp_path / "left_out.npz")
    assert set(left_out.groups) == {"drawn:train/w3"}
    others = load_predictions(tmp_path / "val.npz").groups
    assert "drawn:train/w3" not in others
    assert {s["name"]: s["licence"] for s in report["sources"]}["drawn:train"] == "public domain"


def test_the_net_that_is_loaded_gives_the_saved_predictions(
    tmp_path: Path, mixture: Mixture
) -> None:
    train(recipe(), tmp_path, mixture=mixture)
    net, config = load_net(tmp_path)
    assert not net.training
    assert mixture.val is not None
    logits = loop.predict_logits(net, mixture.val.inks[:, 0], config.data.scale)
    found = load_predictions(tmp_path / "val.npz")
    assert isinstance(found, DigitPredictions)
    exact = np.exp(logits.astype(float))
    assert np.allclose(exact / exact.sum(axis=1, keepdims=True), found.probs, atol=1e-6)


def test_load_net_refuses_what_is_no_finished_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no trained net.*--resume"):
        load_net(tmp_path)
    torch.save({"recipe": "{}", "net": {}}, tmp_path / WEIGHTS)
    with pytest.raises(TrainingError, match="does not fit"):
        load_net(tmp_path)


def test_sets_to_measure_by_may_not_train(tmp_path: Path) -> None:
    for name, use in (("drawn:val", "val"), ("drawn:test", "test")):
        with pytest.raises(RecipeError, match=rf"{name} is there to measure by \({use}\)"):
            train(recipe(data={"train": [{"name": name}]}), tmp_path)


def test_an_absent_test_set_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = source_of(SOURCES["drawn:test"].load(), "test", present=False)
    monkeypatch.setitem(SOURCES, "drawn:test", absent)
    with pytest.raises(DataError, match=r"drawn:test is not here.*Draw it"):
        train(recipe(data={"test": "drawn:test"}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_full_batch_is_one_step_an_epoch(tmp_path: Path, mixture: Mixture) -> None:
    seen: list[Progress] = []
    train(recipe(full_batch=True), tmp_path, mixture=mixture, on_progress=seen.append)
    assert [(p.epoch, p.step, p.steps) for p in seen] == [(1, 1, 1), (2, 1, 1), (3, 1, 1)]


def test_progress_counts_up_to_the_end(tmp_path: Path, mixture: Mixture) -> None:
    seen: list[Progress] = []
    train(recipe(), tmp_path, mixture=mixture, on_progress=seen.append)
    assert (seen[-1].epoch, seen[-1].step) == (seen[-1].epochs, seen[-1].steps)
    assert all(a.epoch < b.epoch or a.step + 1 == b.step for a, b in pairwise(seen))


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_a_weight_penalty_is_its_formula(penalty: str) -> None:
    torch.manual_seed(0)
    net = torch.nn.Linear(5, 3)
    found = weight_penalty(net, **{"l1": 0.0, "l2": 0.0, penalty: 0.3})
    exact = {"l1": 0.3 * net.weight.abs().sum(), "l2": 0.15 * (net.weight**2).sum()}[penalty]
    assert torch.allclose(torch.as_tensor(found), exact)


def test_no_cuda_is_told() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    assert loop.choose_device("auto").type == "cpu"
    with pytest.raises(TrainingError, match="no CUDA device"):
        loop.choose_device("cuda")
