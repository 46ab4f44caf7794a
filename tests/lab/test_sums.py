"""Numbers, digit sums, the bound on monotone functions, and the nets that learn them."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from handsum.lab.fit_sums import (
    ArticleSettings,
    exact_share,
    fit_article,
    fit_sums,
    share_exact,
)
from handsum.lab.sums import (
    SUM_NETS,
    all_numbers,
    digit_sums,
    longest_monotone,
    numbers_of,
    some_numbers,
)


def test_digits_and_sums_are_those_of_the_written_number() -> None:
    digits = all_numbers(3)
    texts = [f"{n:03d}" for n in range(1000)]
    assert ["".join(map(str, row)) for row in digits.tolist()] == texts
    assert digit_sums(digits).tolist() == [sum(map(int, text)) for text in texts]
    assert numbers_of(digits).tolist() == list(range(1000))


@pytest.mark.parametrize("places", [3, 8])
def test_drawn_numbers_are_different_and_follow_from_the_seed(places: int) -> None:
    drawn = some_numbers(places, 100, seed=4)
    assert drawn.shape == (100, places)
    assert len(drawn.unique(dim=0)) == 100
    assert torch.equal(drawn, some_numbers(places, 100, seed=4))
    assert not torch.equal(drawn, some_numbers(places, 100, seed=5))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9))
def test_the_longest_monotone_run_is_that_of_trying_all(values: list[int]) -> None:
    def is_monotone(run: tuple[int, ...]) -> bool:
        return list(run) in (sorted(run), sorted(run, reverse=True))

    best = max(
        size
        for size in range(1, len(values) + 1)
        if any(is_monotone(run) for run in combinations(values, size))
    )
    length, indices = longest_monotone(values)
    assert length == best == len(indices)
    assert indices == sorted(set(indices))
    assert is_monotone(tuple(values[i] for i in indices))


def test_no_net_of_the_articles_shape_can_beat_the_bound() -> None:
    sums = digit_sums(all_numbers(3))
    bound, _ = longest_monotone(sums.tolist())
    assert bound < 200, "far below the 900 that are claimed"
    numbers = torch.arange(1000.0)
    chance = torch.Generator().manual_seed(0)
    for act in (torch.sigmoid, torch.tanh, torch.relu):
        for w, b, v, c in (3 * torch.randn(50, 4, generator=chance)).tolist():
            found = (v * 9 * act(w * (numbers / 500 - 1) + b) + 9 * c).round()
            assert int((found == sums).sum()) <= bound


def test_softmax_over_one_output_teaches_nothing_and_squares_do() -> None:
    samples = torch.stack([some_numbers(3, 100, seed) for seed in range(2)])
    still = fit_article(ArticleSettings(loss="softmax", passes=2), samples, all_numbers(3))
    assert (still.losses == 0.0).all()
    learned = fit_article(ArticleSettings(batch=100, passes=20), samples, all_numbers(3))
    assert (learned.losses[-1] < learned.losses[0]).all()


def test_seeds_side_by_side_learn_as_if_alone() -> None:
    net = next(net for net in SUM_NETS if net.name == "shared")
    own = torch.stack([some_numbers(3, 20, seed) for seed in range(3)])

    def build(seed: int) -> torch.nn.Module:
        torch.manual_seed(seed)
        return net.build(3)

    together = [build(seed) for seed in range(3)]
    fit_sums(together, own, 0.05, 30, 0.0)
    for seed in range(3):
        alone = build(seed)
        fit_sums([alone], own[seed : seed + 1], 0.05, 30, 0.0)
        for a, b in zip(together[seed].parameters(), alone.parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-5)


def test_digits_as_inputs_are_exact_after_100_numbers_and_at_any_length() -> None:
    net = next(net for net in SUM_NETS if net.name == "shared")
    torch.manual_seed(0)
    nets = [net.build(3)]
    fit_sums(nets, some_numbers(3, 100, 0)[None], net.lr, 1500, 0.005)
    assert share_exact(nets[0], all_numbers(3)) == 1.0
    assert share_exact(nets[0], some_numbers(8, 500, 1)) == 1.0


def test_what_diverged_is_wrong() -> None:
    sums = digit_sums(all_numbers(3)).double().numpy()
    assert exact_share(sums + 0.4, sums) == 1.0
    assert exact_share(sums * float("nan"), sums) == 0.0


@pytest.mark.parametrize("net", SUM_NETS, ids=lambda net: net.name)
def test_every_net_takes_its_lengths(net: object) -> None:
    from handsum.lab.sums import SumNet

    assert isinstance(net, SumNet)
    for places in (3, 8):
        assert net.build(places)(some_numbers(places, 5, 0)).shape == (5,)
    if net.any_length:
        assert net.build(3)(some_numbers(8, 5, 0)).shape == (5,)
