import cv2
import numpy as np
import numpy.typing as npt
import pytest

from handsum.imaging.numbers import NumberConfig, prepare_number

CONFIG = NumberConfig()


def _crop(height: int = 60, width: int = 160, paper: int = 230) -> npt.NDArray[np.uint8]:
    return np.full((height, width), paper, np.uint8)


def _write(grey: npt.NDArray[np.uint8], x: int, y: int, tone: int = 40, size: int = 24) -> None:
    """A zero and a one, ``size`` pixels high, their foot at y."""
    cv2.ellipse(grey, (x + size // 3, y - size // 2), (size // 3, size // 2), 0, 0, 360, tone, 2)
    cv2.line(grey, (x + size, y - size), (x + size, y), tone, 2)


def _ink_rows(ink: npt.NDArray[np.float32]) -> tuple[int, int]:
    rows = np.flatnonzero((ink > 0.5).any(axis=1))
    return int(rows[0]), int(rows[-1])


@pytest.mark.parametrize("size", [14, 24, 48, 120])
def test_writing_of_any_size_comes_out_equally_high(size: int) -> None:
    grey = _crop(2 * size, 5 * size)
    _write(grey, size, int(1.5 * size), size=size)
    prepared = prepare_number(grey)
    assert prepared.ink.shape[0] == 48 and prepared.ink.shape[1] % 4 == 0
    top, foot = _ink_rows(prepared.ink)
    assert foot - top + 1 == pytest.approx(CONFIG.line, abs=5)


def test_shade_contrast_and_polarity_do_not_matter() -> None:
    plain = _crop()
    _write(plain, 60, 42)
    reference = prepare_number(plain)
    shade = np.linspace(1.0, 0.55, plain.shape[1])
    pale = (plain.astype(float) * 0.3 + 150).astype(np.uint8)
    for changed in ((plain * shade).astype(np.uint8), pale, 255 - plain):
        prepared = prepare_number(changed)
        assert prepared.scale == pytest.approx(reference.scale, rel=0.2)
        assert (prepared.ink > 0.5).mean() == pytest.approx((reference.ink > 0.5).mean(), rel=0.25)
        assert np.percentile(prepared.ink, 50) < 0.02


def test_a_small_number_in_a_tall_cell_with_margin_and_border() -> None:
    grey = _crop(190, 130)
    grey[:, :45] = 12
    grey[:, 124] = 30
    _write(grey, 70, 80, size=20)
    prepared = prepare_number(grey)
    assert 0.6 * 34 / 20 < prepared.scale < 1.3 * 34 / 20
    x0, y0, x1, y1 = prepared.to_crop(0, prepared.ink.shape[1], grey.shape)
    assert y0 < 60 and y1 > 80 and x0 < 70 and x1 > 90


def test_rows_that_the_edges_cut_do_not_set_the_scale() -> None:
    grey = _crop(70, 160)
    _write(grey, 60, 46)
    alone = prepare_number(grey).scale
    _write(grey, 55, 12)
    _write(grey, 50, 80)
    assert prepare_number(grey).scale == pytest.approx(alone, rel=0.15)


def test_blank_paper_is_no_ink() -> None:
    for paper in (255, 120):
        assert prepare_number(_crop(paper=paper)).ink.max() == 0.0
    noisy = _crop().astype(float) + np.random.default_rng(0).normal(0, 4, (60, 160))
    assert prepare_number(noisy.clip(0, 255).astype(np.uint8)).ink.mean() < 0.2


def test_columns_map_back_onto_the_crop() -> None:
    grey = _crop(200, 700)
    _write(grey, 300, 130, size=60)
    prepared = prepare_number(grey)
    columns = np.flatnonzero((prepared.ink > 0.5).any(axis=0))
    box = prepared.to_crop(float(columns[0]), float(columns[-1] + 1), grey.shape)
    assert box[0] == pytest.approx(300, abs=3)
    assert box[2] == pytest.approx(361, abs=3)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (5, 5)])
def test_degenerate_crops_give_a_strip(shape: tuple[int, int]) -> None:
    prepared = prepare_number(np.zeros(shape, np.uint8))
    assert prepared.ink.shape[0] == 48
    assert np.isfinite(prepared.ink).all()
