"""Normalised ink of digits drawn here: the same whatever the paper, light, size and place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.imaging.normalize import NormalizeConfig, normalize
from penned import as_grey, draw_ink, on_paper

Grey = npt.NDArray[np.uint8]
Page = npt.NDArray[np.float32]
DIGITS = "0123456789"


def correlation(a: Grey, b: Grey) -> float:
    """Of two inks, up to a pixel of placement: a centre of mass may fall between two pixels."""
    return max(
        float(np.corrcoef(np.roll(a, (y, x), (0, 1)).ravel(), b.ravel())[0, 1])
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
    )


def reference(digit: str) -> Grey:
    """The digit's ink from a large, clean, centred picture of it."""
    return normalize(as_grey(on_paper(draw_ink(digit, 100), (140, 140), (20, 20)))).ink


def mnist_like(digit: str) -> Grey:
    """Ink-high 28 x 28 made as MNIST's was: 20 pixels at most, its centre of mass in the middle."""
    ink = cv2.resize(draw_ink(digit, 160, 0.1), (20, 20), interpolation=cv2.INTER_AREA)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 24), np.flatnonzero(ink.max(axis=0) > 24)
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / max(ink.shape)
    size = (round(ink.shape[1] * scale), round(ink.shape[0] * scale))
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR)
    mass = ink.sum(dtype=float)
    y = round(14 - float((ink.sum(axis=1) * np.arange(ink.shape[0])).sum()) / mass)
    x = round(14 - float((ink.sum(axis=0) * np.arange(ink.shape[1])).sum()) / mass)
    out = np.zeros((28, 28), np.uint8)
    out[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return out


@pytest.mark.parametrize("digit", DIGITS)
def test_a_picture_of_mnists_kind_passes_nearly_unchanged(digit: str) -> None:
    before = mnist_like(digit)
    after = normalize(before, "light").ink
    assert correlation(before, after) > 0.97
    assert abs(float(after.mean()) - float(before.mean())) < 6


@pytest.mark.parametrize("digit", DIGITS)
def test_the_geometry_is_mnists(digit: str) -> None:
    ink = reference(digit)
    assert ink.shape == (28, 28) and ink.dtype == np.uint8
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    mass = ink.astype(float) / ink.sum()
    centre = np.array(
        [(mass.sum(axis=1) * np.arange(28)).sum(), (mass.sum(axis=0) * np.arange(28)).sum()]
    )
    assert np.abs(centre - 14).max() <= 0.51
    assert ink.max() == 255


def shaded(page: Page) -> Page:
    across = np.linspace(1.0, 0.6, page.shape[1], dtype=np.float32)
    return page * across * np.linspace(0.85, 1.0, page.shape[0], dtype=np.float32)[:, None]


def noisy(page: Page) -> Page:
    return page + np.random.default_rng(0).normal(0, 8, page.shape).astype(np.float32)


def jpeg(page: Page) -> Page:
    _, data = cv2.imencode(".jpg", as_grey(page), [cv2.IMWRITE_JPEG_QUALITY, 50])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)


def blurred(page: Page) -> Page:
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 1.2), np.float32)


def inverted(page: Page) -> Page:
    return 255 - page


def faint(page: Page) -> Page:
    return 200 - (255 - page) * 0.2


CONDITIONS: dict[str, Callable[[Page], Page]] = {
    function.__name__: function for function in (shaded, noisy, jpeg, blurred, inverted, faint)
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("digit", DIGITS)
def test_paper_and_light_make_no_difference(digit: str, name: str) -> None:
    page = on_paper(draw_ink(digit, 90), (120, 130), (14, 22))
    found = normalize(as_grey(CONDITIONS[name](page)))
    assert not found.blank
    assert correlation(found.ink, reference(digit)) > 0.9


@pytest.mark.parametrize("side", [20, 28, 64, 150, 400])
@pytest.mark.parametrize("digit", DIGITS)
def test_size_makes_no_difference(digit: str, side: int) -> None:
    ink = cv2.resize(draw_ink(digit, 300), (side - 4, side - 4), interpolation=cv2.INTER_AREA)
    found = normalize(as_grey(on_paper(ink, (side, side), (2, 2))))
    assert correlation(found.ink, reference(digit)) > (0.78 if side < 28 else 0.88)


@pytest.mark.parametrize("corner", [(0, 0), (0, 60), (50, 30), (52, 62)])
@pytest.mark.parametrize("digit", "0257")
def test_the_place_makes_no_difference(digit: str, corner: tuple[int, int]) -> None:
    found = normalize(as_grey(on_paper(draw_ink(digit, 60), (112, 122), corner)))
    assert correlation(found.ink, reference(digit)) > 0.9


@pytest.mark.parametrize("digit", DIGITS)
def test_polarity_makes_no_difference_and_can_be_named(digit: str) -> None:
    dark = as_grey(on_paper(draw_ink(digit, 70), (96, 96), (13, 13)))
    light = np.asarray(255 - dark, np.uint8)
    named, found = normalize(dark, "dark").ink, normalize(dark, "auto").ink
    assert np.array_equal(named, found)
    assert np.array_equal(normalize(light, "light").ink, normalize(light, "auto").ink)
    assert correlation(named, normalize(light).ink) > 0.99


@pytest.mark.parametrize("tone", [0, 40, 128, 255])
@pytest.mark.parametrize("size", [(30, 30), (64, 200), (400, 300)])
def test_blank_paper_is_blank(tone: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(tone)
    flat = np.full(size, tone, np.float32)
    for page in (flat, shaded(flat), flat + rng.normal(0, 5, size).astype(np.float32)):
        found = normalize(as_grey(page))
        assert found.blank
        assert not found.ink.any()
        assert found.box == (0, 0, size[1], size[0])


def test_a_neighbours_strokes_at_the_edges_are_dropped() -> None:
    page = on_paper(draw_ink("8", 70), (100, 100), (15, 15))
    clean = normalize(as_grey(page))
    edges: list[tuple[slice, slice]] = [
        (slice(20, 60), slice(96, 100)),  # the neighbour to the right
        (slice(0, 3), slice(10, 50)),  # the line above
        (slice(0, 100), slice(0, 2)),  # a margin that is all dark
        (slice(50, 53), slice(92, 95)),  # a speck
    ]
    for rows, columns in edges:
        spoilt = page.copy()
        spoilt[rows, columns] = 30
        found = normalize(as_grey(spoilt))
        assert correlation(found.ink, clean.ink) > 0.99
        assert found.box == clean.box


def test_the_two_parts_of_one_digit_stay_together() -> None:
    page = on_paper(draw_ink("5", 80), (100, 100), (10, 10))
    page[10:40, 34:37] = 255  # the pen was lifted between flag and bow
    found = normalize(as_grey(page))
    assert correlation(found.ink, reference("5")) > 0.85
    x0, y0, x1, y1 = found.box
    assert y0 < 20 and y1 > 80 and x1 - x0 > 35


@pytest.mark.parametrize("side", [24, 60, 128, 300])
@pytest.mark.parametrize("pen", [0.02, 0.08, 0.15])
@pytest.mark.parametrize("digit", "017")
def test_the_box_is_where_the_ink_is(digit: str, pen: float, side: int) -> None:
    ink = draw_ink(digit, side, pen)
    corner = (round(0.3 * side), round(0.5 * side))
    size = (round(1.7 * side), round(1.9 * side))
    found = normalize(as_grey(on_paper(ink, size, corner)))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    exact = (
        corner[1] + columns[0], corner[0] + rows[0],
        corner[1] + columns[-1] + 1, corner[0] + rows[-1] + 1,
    )  # fmt: skip
    step = max(1.0, max(size) / NormalizeConfig().work_side)  # a pixel of the reduced picture
    assert np.abs(np.subtract(found.box, exact)).max() <= 1 + step


def test_hair_thin_strokes_are_widened_and_thick_ones_are_not() -> None:
    thin = normalize(as_grey(on_paper(draw_ink("2", 120, 0.01), (140, 140), (10, 10))))
    thick = normalize(as_grey(on_paper(draw_ink("2", 120, 0.14), (140, 140), (10, 10))))
    assert thin.stroke < 1.0
    assert thick.stroke > 2.0
    assert float((thin.ink > 127).mean()) > 0.05
    assert correlation(thin.ink, reference("2")) > 0.75


def test_contrast_is_in_grey_levels() -> None:
    for darkness in (40.0, 100.0, 200.0):
        page = on_paper(draw_ink("3", 70, 0.12), (90, 90), (10, 10), 240, darkness)
        assert normalize(as_grey(page)).contrast == pytest.approx(darkness, abs=0.1 * darkness)


def test_limits_are_the_configs() -> None:
    page = as_grey(on_paper(draw_ink("3", 70), (90, 90), (10, 10), 240, 30))
    assert not normalize(page).blank
    assert normalize(page, config=replace(NormalizeConfig(), min_contrast=60.0)).blank
    wide = normalize(page, config=replace(NormalizeConfig(), size=40, ink_side=30)).ink
    assert wide.shape == (40, 40)
    assert 29 <= np.ptp(np.flatnonzero(wide.any(axis=1))) + 1 <= 30


def test_the_picture_is_left_as_it_was() -> None:
    page = as_grey(noisy(on_paper(draw_ink("6", 200), (240, 240), (20, 20))))
    before = page.copy()
    page.flags.writeable = False
    normalize(page)
    assert np.array_equal(page, before)


@pytest.mark.parametrize("size", [(1, 1), (4, 1), (1, 4), (2, 2), (3, 3), (1, 5000), (900, 3)])
def test_slivers_end_in_ink_or_blank(size: tuple[int, int]) -> None:
    for grey in (np.zeros(size, np.uint8), np.indices(size).sum(axis=0).astype(np.uint8) % 2 * 200):
        found = normalize(grey)
        assert found.blank == (not found.ink.any())


@settings(max_examples=300, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 200),
    seed=st.integers(0, 10_000),
    levels=st.sampled_from([2, 5, 256]),
    ink=st.sampled_from(["auto", "dark", "light"]),
)
def test_any_picture_ends_in_ink_or_blank(
    height: int, width: int, seed: int, levels: int, ink: str
) -> None:
    rng = np.random.default_rng(seed)
    grey = (rng.integers(0, levels, (height, width)) * (255 // (levels - 1))).astype(np.uint8)
    found = normalize(grey, ink)  # type: ignore[arg-type]
    assert found.ink.shape == (28, 28)
    assert found.blank == (not found.ink.any())
    x0, y0, x1, y1 = found.box
    assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), digit=st.sampled_from(DIGITS))
def test_strokes_over_the_whole_picture_do_no_harm(seed: int, digit: str) -> None:
    rng = np.random.default_rng(seed)
    page = on_paper(draw_ink(digit, 50), (80, 80), (15, 15))
    for _ in range(int(rng.integers(1, 5))):
        a, b = (tuple(int(v) for v in rng.integers(-5, 85, 2)) for _ in range(2))
        cv2.line(page, a, b, float(rng.integers(0, 255)), int(rng.integers(1, 9)))
    found = normalize(as_grey(page))
    assert found.blank == (not found.ink.any())
