"""Normalised digits from any set: labels, renderings, the cache, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handsum.data import digits as digits_module
from handsum.data.dataset import Dataset
from handsum.data.digits import NOT_A_DIGIT, join_arrays, prepare_digits
from handsum.data.rejects import draw_scribbles
from handsum.data.rerender import rerender
from handsum.errors import DataError
from handsum.imaging.normalize import normalize
from penned import draw_ink, drawn_digits


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSUM_CACHE", str(tmp_path))
    return tmp_path / "prepared"


def forbid(*_: object) -> None:
    raise AssertionError("rendered again")


def squares(count: int = 6, side: int = 28, ink: str = "light") -> Dataset:
    """Pictures of ``side`` pixels as MNIST has them."""
    return replace(
        drawn_digits(count, 0),
        images=[draw_ink(str(i % 10), side, 0.1) for i in range(count)],
        ink=ink,  # type: ignore[arg-type]
    )


def test_plain_inks_are_those_of_the_normalisation() -> None:
    data = drawn_digits(20, 0)
    arrays = prepare_digits(data, repeat=1.5)
    assert arrays.inks.shape == (20, 1, 28, 28)
    for ink, image in zip(arrays.inks, data.images, strict=True):
        assert np.array_equal(ink[0], normalize(image, "dark").ink)
    assert "".join(map(str, arrays.labels)) == "".join(data.texts)
    assert (set(arrays.repeats), set(arrays.sources)) == ({1.5}, {"drawn"})
    assert (arrays.groups, arrays.ids) == (data.groups, data.ids)


def test_renderings_follow_the_seed_and_the_plain_one_comes_first() -> None:
    data = drawn_digits(12, 0)
    plain, one, other = (prepare_digits(data, renderings=n, seed=s).inks
                         for n, s in ((0, 0), (2, 0), (2, 1)))  # fmt: skip
    assert one.shape == (12, 3, 28, 28)
    assert np.array_equal(one[:, :1], plain)
    assert not np.array_equal(one[:, 1:], other[:, 1:])
    assert not np.array_equal(one[:, 1], one[:, 2])
    assert one.any(axis=(2, 3)).all()


def test_the_second_time_comes_from_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = drawn_digits(12, 0)
    first = prepare_digits(data, renderings=1)
    (file,) = cache.iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(digits_module, "_render", forbid)
        again = prepare_digits(data, renderings=1)
    assert np.array_equal(first.inks, again.inks)
    file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(prepare_digits(data, renderings=1).inks, first.inks)


@pytest.mark.parametrize(
    "other",
    [
        {"renderings": 1},
        {"seed": 1},
        {"squeezed": True},
    ],
)
def test_the_cache_tells_what_differs(cache: Path, other: dict[str, int]) -> None:
    data = drawn_digits(12, 0)
    prepare_digits(data)
    prepare_digits(data, **other)  # type: ignore[arg-type]
    prepare_digits(replace(data, ink="auto"))
    prepare_digits(data.take(range(11)))
    assert len(list(cache.iterdir())) == 4


@pytest.mark.parametrize("name", ["/home/me/digits", "../../away", "C:\\digits", "a:b" * 90])
def test_a_set_named_by_a_path_stays_in_the_cache_folder(
    cache: Path, name: str, tmp_path: Path
) -> None:
    prepare_digits(replace(drawn_digits(10, 0), name=name))
    assert [path.parent for path in tmp_path.rglob("*.npy")] == [cache]


def test_an_upright_digit_that_was_squeezed_is_made_narrow_again() -> None:
    block = np.pad(np.full((24, 24), 255, np.uint8), 6)
    for text in "17":
        data = replace(squares(30), images=[block] * 30, texts=(text,) * 30)
        inks = prepare_digits(data, squeezed=True).inks[:, 0]
        widths = [int(np.ptp(np.flatnonzero(ink.any(axis=0)))) + 1 for ink in inks]
        if text == "1":
            assert 0.25 * 20 <= min(widths) < max(widths) <= 0.85 * 20
            assert len(set(widths)) > 3
        else:
            assert set(widths) == {20}


@pytest.mark.parametrize("ink", ["light", "dark", "auto"])
def test_mnists_own_size_may_be_taken_as_it_is(ink: str, cache: Path) -> None:
    data = squares(6, ink=ink)
    inks = prepare_digits(data, normalized=False).inks
    assert inks.shape == (6, 1, 28, 28)
    exact = np.stack(list(data.images))
    assert np.array_equal(inks[:, 0], exact if ink == "light" else 255 - exact)
    assert not cache.exists()


def test_other_sizes_may_not() -> None:
    mixed = replace(squares(2), images=[np.zeros((28, 28), np.uint8), np.zeros((9, 7), np.uint8)])
    with pytest.raises(DataError, match=r"drawn/0001 has \(9, 7\) pixels.*data\.normalize = true"):
        prepare_digits(mixed, normalized=False)


@pytest.mark.parametrize("text", ["12", "", "a", "²", "٣"])
def test_what_is_no_single_digit_is_refused(text: str) -> None:
    data = drawn_digits(10, 0)
    with pytest.raises(DataError, match="drawn/0003 says"):
        prepare_digits(replace(data, texts=(*data.texts[:3], text, *data.texts[4:])))


def test_what_is_no_number_has_the_eleventh_label() -> None:
    assert set(prepare_digits(draw_scribbles(5, 0)).labels) == {NOT_A_DIGIT}


@pytest.mark.parametrize("normalized", [True, False])
def test_none_at_all_is_an_empty_array(normalized: bool) -> None:
    arrays = prepare_digits(drawn_digits(10, 0).take([]), normalized=normalized)
    assert arrays.inks.shape == (0, 1, 28, 28)
    assert (arrays.labels.shape, len(arrays)) == ((0,), 0)


def test_joining_keeps_every_row() -> None:
    parts = [prepare_digits(drawn_digits(n, n, f"set{n}"), repeat=n) for n in (10, 13)]
    joined = join_arrays(parts)
    assert len(joined) == 23
    assert joined.sources == ("set10",) * 10 + ("set13",) * 13
    assert list(joined.repeats) == [10.0] * 10 + [13.0] * 13
    assert np.array_equal(joined.inks[10:], parts[1].inks)


def test_a_rendering_is_dark_ink_on_lighter_paper() -> None:
    rng = np.random.default_rng(0)
    for i in range(60):
        picture = rerender(draw_ink(str(i % 10), 28, 0.12), rng)
        assert picture.dtype == np.uint8
        assert 28 <= min(picture.shape) <= max(picture.shape) <= 160
        assert float(np.median(picture)) > float(picture.min()) + 20
