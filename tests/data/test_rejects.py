"""What is no digit: drawn the same each time, varied, and not blank."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from handsum.data.dataset import Dataset
from handsum.data.rejects import draw_blank_papers, draw_scribbles, draw_textures, join_digits
from handsum.imaging.normalize import normalize
from penned import draw_ink

INKS = [draw_ink(str(i), 28, 0.1) for i in range(10)]
DRAW: dict[str, Callable[[int, int], Dataset]] = {
    "reject:scribbles": draw_scribbles,
    "reject:textures": draw_textures,
    "reject:joined": lambda count, seed: join_digits(INKS, count, seed),
}


@pytest.mark.parametrize("name", DRAW)
def test_they_follow_the_seed_and_say_what_they_are(name: str) -> None:
    one, again, other = (DRAW[name](30, seed) for seed in (0, 0, 1))
    assert one.name == name
    assert (len(one), len(set(one.ids))) == (30, 30)
    assert set(one.contents) == {"not_a_number"}
    assert set(one.texts) == {""}
    assert all(image.dtype == np.uint8 and image.ndim == 2 for image in one.images)
    assert all(np.array_equal(a, b) for a, b in zip(one.images, again.images, strict=True))
    assert any(
        a.shape != b.shape or not np.array_equal(a, b)
        for a, b in zip(one.images, other.images, strict=True)
    )


@pytest.mark.parametrize("name", DRAW)
def test_they_are_varied_and_hold_ink(name: str) -> None:
    data = DRAW[name](60, 0)
    assert len({image.tobytes() for image in data.images}) > 55
    blank = [normalize(image).blank for image in data.images]
    assert sum(blank) <= 6


def test_more_begin_as_fewer_do() -> None:
    few, many = draw_scribbles(5, 0), draw_scribbles(9, 0)
    assert all(np.array_equal(a, b) for a, b in zip(few.images, many.images, strict=False))


def test_joined_digits_are_wider_than_one_and_dark_on_light() -> None:
    for image in join_digits(INKS, 40, 0).images:
        assert image.shape[0] == 28 + 6
        assert image.shape[1] > 20
        assert (image[0] == 255).all()
        assert (image < 100).any()


def test_blank_papers_are_blank_to_the_normalisation() -> None:
    papers = draw_blank_papers(200, 0)
    assert len({paper.shape for paper in papers}) > 100
    assert sum(normalize(paper).blank for paper in papers) >= 190
