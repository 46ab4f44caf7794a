import numpy as np
import torch

from handsum.charset import NUMBERS
from handsum.data.synthesis.drawn import draw_hands
from handsum.data.synthesis.sample import SynthesisConfig
from handsum.data.synthesis.shards import build_shard
from handsum.models.numbers import build_numbers
from handsum.train.numbers import collate, compute_loss, deal_batches, vary_strip
from handsum.train.numbers_config import NumbersRecipe, StripAugment

RECIPE = NumbersRecipe.model_validate(
    {
        "kind": "numbers", "name": "tiny", "epochs": 1, "batch_size": 8,
        "data": {"sources": [{"name": "drawn:2"}], "shard_size": 32, "keep": 1},
        "synthesis": {"defects": {}}, "model": {"name": "numbers"},
    }
)  # fmt: skip


def _shard(size: int, **changes: float):  # type: ignore[no-untyped-def]
    hands = draw_hands(2, seed=1, weight=1.0, variants=1)
    return build_shard(SynthesisConfig(**changes), hands, (), seed=1, number=0, size=size)  # type: ignore[arg-type]


def test_an_epoch_deals_every_strip_once_and_the_same_each_time() -> None:
    shard = _shard(30)
    first = list(deal_batches([shard], RECIPE, 0))
    again = list(deal_batches([shard], RECIPE, 0))
    assert sum(len(b.contents) for b in first) == 30
    assert sum(int(b.lengths.sum()) for b in first) == sum(len(t) for t in shard.texts)
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a.strips, b.strips)
    assert not torch.equal(first[0].strips, next(deal_batches([shard], RECIPE, 1)).strips)


def test_no_change_asked_no_change_made() -> None:
    strip = np.random.default_rng(0).integers(0, 256, (48, 80)).astype(np.uint8)
    still = StripAugment(shift=0, gamma=0, noise=0, stretch=0, zoom=0, shear=0)
    assert np.array_equal(vary_strip(strip, still, np.random.default_rng(1)), strip)


def test_the_loss_is_minus_the_log_probability_of_all_paths() -> None:
    # Two columns, text "1": the paths are 1-, -1 and 11.
    batch = collate([np.zeros((48, 8), np.uint8)], ["1"], ["number"])
    logits = torch.randn(1, 2, len(NUMBERS), generator=torch.Generator().manual_seed(0))
    p = logits.softmax(-1)[0]
    one = NUMBERS.encode("1")[0]
    paths = p[0, one] * p[1, 0] + p[0, 0] * p[1, one] + p[0, one] * p[1, one]
    content = torch.zeros(1, 4)
    got = compute_loss(logits, content, batch, content_weight=0.0)
    assert torch.isclose(got, -paths.log())


def test_it_overfits_a_handful_of_numbers() -> None:
    torch.manual_seed(0)
    shard = _shard(12, refuse=0.0, separators=0.0)
    batch = collate(shard.strips, shard.texts, shard.contents)
    net = build_numbers(len(NUMBERS), widths=(8, 16, 24, 32), temporal=48, depth=1, dropout=0.0)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    for _ in range(150):
        symbols, content = net(batch.strips)
        loss = compute_loss(symbols, content, batch, content_weight=0.5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.1
