"""Verdicts follow from figures; the small experiments behind them show what they are to show."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from handsum.lab.claims_page import judge_claims, tell_claims
from handsum.lab.slips import measure_adam, measure_sketch

DESCENT = {"rate": 0.1, "updates": 4, "test": 0.8, "loss": [2.0, 1.0], "seen": [50, 100]}
FIGURES: dict[str, Any] = {
    "printed": {
        "epochs": [
            {"epoch": 1, "as_printed": 0.78, "evaluation": 0.90},
            {"epoch": 2, "as_printed": 0.94, "evaluation": 0.981},
        ],
        "first_epoch": {"as_printed": [0.78, 0.77], "evaluation": [0.9, 0.91]},
        "reached_98": {"as_printed": None, "evaluation": 2},
    },
    "log_softmax": {"largest_difference_of_a_weight": 1e-7, "accuracy": [0.9, 0.9]},
    "descent": dict.fromkeys(("full batch", "batches of 100", "momentum", "Adam"), DESCENT)
    | {"full batch, as many updates": {"rate": 0.5, "updates": 400, "test": 0.8}},
    "adam": {"adam": 1.0, "sgd": -1.0, "amsgrad": -1.0},
    "overfitting": {
        name: {"strength": strength, "train": [1.0, 1.0], "test": [test, test],
               "test_loss": [loss, loss]}
        for name, strength, test, loss in (
            ("nothing", None, 0.85, 0.5), ("dropout", 0.5, 0.87, 0.4), ("L1", 1e-4, 0.85, 0.4),
            ("L2", 1e-2, 0.84, 0.5), ("augmentation", None, 0.9, 0.3),
        )
    },
    "backward": {
        reading: {
            "cosine": 0.9, "cosine_later": 0.8, "length_of_the_hidden_layers_slope": 4.0,
            "test": 0.8,
        }
        for reading in ("right", "without the sum", "delta by the activation")
    },
    "sketch": {"sketch": 0.1, "attention": 0.95},
    "parameters": 21_840,
    "residual_layers": ["Conv2d", "Residual"],
}  # fmt: skip


def verdict(figures: dict[str, Any], words: str) -> str:
    (claim,) = [claim for claim in judge_claims(figures) if words in claim.claim]
    return claim.verdict


def test_every_error_of_the_article_has_its_line() -> None:
    texts = " ".join(claim.claim for claim in judge_claims(FIGURES))
    for words in (
        "98 %", "Log-softmax", "optimisation methods", "ResNet", "no queries", "one product",
        "by the activation", "same listing", "DALL-E 2", "Adam", "Dropout", "L1", "L2",
    ):  # fmt: skip
        assert words in texts


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        ({"as_printed": 2, "evaluation": 1}, "right"),
        ({"as_printed": None, "evaluation": 12}, "in part"),
        ({"as_printed": None, "evaluation": None}, "wrong"),
    ],
)
def test_98_per_cent_is_judged_by_what_was_reached(reached: dict[str, Any], expected: str) -> None:
    figures = copy.deepcopy(FIGURES)
    figures["printed"]["reached_98"] = reached
    assert verdict(figures, "after several passes") == expected


def test_the_other_verdicts_follow_too() -> None:
    assert verdict(FIGURES, "The printed code recognises") == "wrong"
    good = copy.deepcopy(FIGURES)
    good["printed"]["first_epoch"]["as_printed"] = [0.99, 0.985]
    assert verdict(good, "The printed code recognises") == "right"
    assert verdict(FIGURES, "Dropout") == "right"
    assert verdict(FIGURES, "L1") == "in part"
    assert verdict(FIGURES, "L2") == "wrong"
    assert verdict(FIGURES, "Log-softmax") == "right"
    figures = copy.deepcopy(FIGURES)
    figures["log_softmax"]["largest_difference_of_a_weight"] = 0.1
    assert verdict(figures, "Log-softmax") == "wrong"


def test_the_page_has_its_tables_and_diagrams() -> None:
    parts = tell_claims(FIGURES)
    assert [len(part.rows) for part in parts] == [2, 5, 5]
    assert all(svg.startswith("<svg") for part in parts for _, svg in part.diagrams)


def test_adam_goes_to_the_wrong_end_where_theory_says_so() -> None:
    ends = measure_adam(3000)
    assert ends["adam"] > 0.9
    assert ends["sgd"] < -0.9
    assert ends["amsgrad"] < -0.5


@pytest.mark.slow
def test_attention_finds_by_its_key_what_fixed_weights_cannot() -> None:
    explained = measure_sketch(600)
    assert explained["attention"] > 0.8
    assert explained["sketch"] < 0.3
