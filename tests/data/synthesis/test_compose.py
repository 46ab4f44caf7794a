from dataclasses import replace

import numpy as np
import pytest

from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.hands import Hand, cut_glyph
from handsum.data.synthesis.kerning import NOWHERE, RowEdge
from handsum.data.synthesis.texts import RAISED_POINT, THIN_SPACE, read_text, sample_text


def test_a_hand_is_as_slanted_as_its_style_says(hands: tuple[Hand, ...]) -> None:
    rng = np.random.default_rng(0)
    style = replace(sample_style(rng), height=40.0, waves=0.0, pen=0.1, as_found=False)
    slants = {}
    for slant in (-0.3, 0.4):
        written = [
            compose_number("0", hands[i % 4], replace(style, slant=slant), rng) for i in range(20)
        ]
        glyphs = [cut_glyph(w.ink) for w in written]
        slants[slant] = np.mean([g.slant for g in glyphs if g is not None])
    assert slants[0.4] - slants[-0.3] > 0.35


def test_boxes_run_from_left_to_right_and_hold_ink(hands: tuple[Hand, ...]) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        style = replace(sample_style(rng), gap=0.3, gap_jitter=0.0, as_found=False)
        written = compose_number("-10.75", hands[seed % 4], style, rng)
        assert len(written.boxes) == 6
        # A point may stand under the arm of a 7, but not behind it.
        middles = (written.boxes[:, 0] + written.boxes[:, 2]) / 2
        assert (np.diff(middles) > 0).all()
        assert written.ink[:2].max() < 128 and written.ink[-2:].max() < 128, "cut off"


def test_glyphs_as_found_keep_their_slant_and_pen(hands: tuple[Hand, ...]) -> None:
    rng = np.random.default_rng(0)
    style = replace(
        sample_style(rng), height=40.0, slant=0.5, pen=0.2, aspect=1.0, as_found=True, barred=False
    )
    thin = [cut_glyph(compose_number("7", hands[0], style, rng).ink) for _ in range(20)]
    found = hands[0].glyphs["7"]
    assert np.mean([g.slant for g in thin if g]) < max(g.slant for g in found) + 0.1
    assert np.mean([g.pen for g in thin if g]) < max(g.pen for g in found) + 0.03


@pytest.mark.parametrize("gap", [0.1, 0.5])
def test_gaps_are_measured_between_strokes(gap: float, hands: tuple[Hand, ...]) -> None:
    # Two upright bars: the clear columns between them are the gap.
    rng = np.random.default_rng(3)
    style = replace(
        sample_style(rng), height=40.0, gap=gap, gap_jitter=0.0, slant=0.0, waves=0.0, pen=0.05,
        size_jitter=0.0, wobble=0.0, drift=0.0, barred=False, as_found=False,
    )  # fmt: skip
    written = compose_number("00", hands[0], style, rng)
    clear = ~(written.ink > 128).any(axis=0)
    inner = clear[np.argmax(~clear) : len(clear) - np.argmax(~clear[::-1])]
    runs = np.diff(np.flatnonzero(np.diff(np.pad(inner, 1).astype(int))))[::2]
    assert runs.max(initial=0) == pytest.approx(gap * 40, abs=5)


def test_row_edge_by_brute_force() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        edge = RowEdge(60, 24.0)
        placed = []
        for _ in range(2):
            ink = ((rng.random((20, 12)) < 0.1) * 255).astype(np.uint8)
            top, left = int(rng.integers(0, 40)), int(rng.integers(0, 40))
            edge.advance(ink, top, left)
            placed += [(top + r, left + c + 1) for r, c in zip(*np.nonzero(ink), strict=True)]
        ink = ((rng.random((20, 12)) < 0.1) * 255).astype(np.uint8)
        top = int(rng.integers(0, 40))
        wanted = [
            right - c
            for r, c in zip(*np.nonzero(ink), strict=True)
            for row, right in placed
            if top + r - row in (-2, 0, 2)
        ]
        assert edge.fit(ink, top) == max(wanted, default=NOWHERE) or not wanted
        assert bool(wanted) == (edge.fit(ink, top) > NOWHERE / 2)


def test_read_text_drops_gaps_and_lowers_points() -> None:
    assert read_text(f"1{THIN_SPACE}234{RAISED_POINT}5") == "1234.5"


def test_numbers_of_every_kind_turn_up() -> None:
    rng = np.random.default_rng(0)
    texts = [sample_text(rng, 0.5) for _ in range(600)]
    digits = [sum(c.isdigit() for c in t) for t in texts]
    assert min(digits) == 1 and max(digits) == 12
    for sign in (",", ".", "-", "/", RAISED_POINT, THIN_SPACE):
        assert any(sign in t for t in texts), sign
    assert any(t.startswith("00") for t in texts)
    assert any("111" in t or "777" in t or "333" in t for t in texts)
