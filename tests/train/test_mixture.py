"""The recipe's data: splits that never cut through a writer, and epochs dealt as promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsum.data.digits import NOT_A_DIGIT, DigitArrays
from handsum.data.sources import SOURCES
from handsum.errors import DataError, RecipeError
from handsum.train.config import DataConfig
from handsum.train.mixture import check_test_set, deal_epoch, load_mixture
from penned import drawn_digits, source_of


@pytest.fixture(autouse=True)
def registry(drawn_sources: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("drawn:many", "drawn:other"):
        data = drawn_digits(100, len(name), name)
        monkeypatch.setitem(SOURCES, name, source_of(data))


def config(**changes: Any) -> DataConfig:
    return DataConfig.model_validate(
        {"train": [{"name": "drawn:many"}, {"name": "drawn:other"}], "test": None} | changes
    )


def groups(part: DigitArrays | None) -> set[str | None]:
    return set(part.groups) if part is not None else set()


@pytest.mark.parametrize(
    "changes", [{"val_share": 0.3}, {"val_share": 0.1}, *({"fold": [i, 3]} for i in range(3))]
)
def test_no_split_cuts_through_a_writer(changes: dict[str, Any]) -> None:
    mixture = load_mixture(config(**changes), seed=0)
    assert not groups(mixture.train) & groups(mixture.val)
    rows = [*mixture.train.ids, *(mixture.val.ids if mixture.val else ())]
    assert len(rows) == len(set(rows)) == 200


def test_folds_cover_every_row_once() -> None:
    data = SOURCES["drawn:scribbles"].load()  # without writers: by picture
    held: list[str] = []
    for i in range(4):
        mixture = load_mixture(config(train=[{"name": data.name}], fold=[i, 4]), seed=0)
        assert mixture.val is not None
        assert abs(len(mixture.val) - len(data) / 4) < len(data) / 4
        held += mixture.val.ids
    assert sorted(held) == sorted(data.ids)


def test_what_is_made_of_other_sets_gives_nothing_to_val_and_belongs_to_no_fold() -> None:
    derived = {"train": [{"name": "drawn:many"}, {"name": "drawn:other", "val": False}]}
    mixture = load_mixture(config(**derived, val_share=0.3), seed=0)
    assert mixture.val is not None
    assert set(mixture.val.sources) == {"drawn:many"}
    assert mixture.train.sources.count("drawn:other") == 100
    out = load_mixture(config(**derived, leave_out=["w1"]), seed=0).left_out
    assert out is not None
    assert set(out.sources) == {"drawn:many"}
    with pytest.raises(RecipeError, match="drawn:other is made of"):
        load_mixture(config(**derived, fold=[0, 3]), seed=0)


def test_writers_left_out_are_in_no_other_part() -> None:
    mixture = load_mixture(config(leave_out=["w1", "w4"], val_share=0.3), seed=0)
    out = {f"drawn:{name}/{w}" for name in ("many", "other") for w in ("w1", "w4")}
    assert groups(mixture.left_out) == out
    assert not out & (groups(mixture.train) | groups(mixture.val))


def test_a_writer_that_nobody_knows_is_told() -> None:
    with pytest.raises(RecipeError, match=r"names 'w9', which no set has\. Choose from: w0, w1"):
        load_mixture(config(leave_out=["w1", "w9"]), seed=0)


def test_rejects_are_the_eleventh_class_and_repeats_are_kept() -> None:
    mixture = load_mixture(
        config(
            train=[{"name": "drawn:many", "repeat": 2.5}],
            reject=[{"name": "drawn:scribbles", "repeat": 0.5}],
            val_share=0.0,
        ),
        seed=0,
    )
    assert mixture.val is None
    assert set(mixture.train.repeats[mixture.train.labels < NOT_A_DIGIT]) == {2.5}
    assert set(mixture.train.repeats[mixture.train.labels == NOT_A_DIGIT]) == {0.5}
    assert [source["count"] for source in mixture.sources] == [100, 80]


def test_only_training_pictures_are_rendered_again() -> None:
    mixture = load_mixture(config(rerender=2, val_share=0.3), seed=0)
    assert mixture.val is not None
    assert (mixture.train.inks.shape[1], mixture.val.inks.shape[1]) == (3, 1)
    plain = load_mixture(config(val_share=0.3), seed=0)
    assert np.array_equal(plain.train.inks[:, 0], mixture.train.inks[:, 0])


def test_a_limit_takes_that_many_by_the_seed() -> None:
    chosen = [load_mixture(config(limit=20, val_share=0), seed).train.ids for seed in (0, 0, 1)]
    assert [len(ids) for ids in chosen] == [40, 40, 40]
    assert chosen[0] == chosen[1] != chosen[2]


@pytest.mark.parametrize("name", ["drawn:val", "drawn:test"])
@pytest.mark.parametrize("key", ["train", "reject"])
def test_sets_to_measure_by_may_not_train(name: str, key: str) -> None:
    with pytest.raises(RecipeError, match=f"{name} is there to measure by"):
        load_mixture(config(**{key: [{"name": name}]}), seed=0)


def test_nothing_to_learn_from_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = source_of(drawn_digits(10, 0, "drawn:many").take([]))
    monkeypatch.setitem(SOURCES, "drawn:many", empty)
    with pytest.raises(DataError, match="Nothing is left to learn from"):
        load_mixture(config(train=[{"name": "drawn:many"}]), seed=0)


def test_the_test_set_is_looked_for_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise AssertionError("the test set was read")

    present = source_of(drawn_digits(10, 0, "drawn:test"), "test")
    object.__setattr__(present, "load", refuse)
    monkeypatch.setitem(SOURCES, "drawn:test", present)
    check_test_set("drawn:test")
    check_test_set(None)
    check_test_set("some/path")  # a path is looked for when it is read


@given(
    repeats=st.lists(st.floats(0, 3), min_size=1, max_size=40),
    seed=st.integers(0, 9),
    epoch=st.integers(0, 9),
)
def test_an_epoch_holds_each_row_its_times(repeats: list[float], seed: int, epoch: int) -> None:
    order = deal_epoch(np.array(repeats), seed, epoch)
    counts = np.bincount(order, minlength=len(repeats))
    assert all(np.floor(r) <= count <= np.ceil(r) for r, count in zip(repeats, counts, strict=True))
    assert np.array_equal(order, deal_epoch(np.array(repeats), seed, epoch))


def test_fractions_come_out_on_average() -> None:
    repeats = np.full(1000, 1.3)
    lengths = [len(deal_epoch(repeats, 0, epoch)) for epoch in range(30)]
    # 30,000 chances of 0.3: the mean of a length has a standard error of 2.6
    assert abs(np.mean(lengths) - 1300) < 13
    assert len(set(lengths)) > 1


def test_epochs_are_shuffled_otherwise_each_time() -> None:
    one, two = (deal_epoch(np.ones(50), 0, epoch) for epoch in (0, 1))
    assert sorted(one) == sorted(two) == list(range(50))
    assert not np.array_equal(one, two)
