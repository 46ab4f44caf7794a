"""Texts are set within their room, whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.forms.fonts import choose_fonts
from handsum.forms.typeset import ASCENT, POINTS_PER_MM, SMALLEST, set_text

WORDS = st.lists(st.text("abcdefgWM", min_size=1, max_size=9), min_size=1, max_size=12)


@settings(deadline=None)
@given(WORDS, st.floats(3, 80), st.floats(1, 30))
def test_a_text_that_is_set_fits_and_is_whole(
    words: list[str], width: float, height: float
) -> None:
    fonts = choose_fonts("t.toml", words, None)
    found = set_text(" ".join(words), (width, height), fonts, 9.0)
    if found is None:  # not even the longest word fits, or the smallest lines are too many
        longest = max(fonts.width(word, SMALLEST) for word in words)
        lines = len(words) * SMALLEST * 1.2 / POINTS_PER_MM
        assert longest > width * POINTS_PER_MM or lines > height
        return
    assert " ".join(found.lines).split() == words
    assert SMALLEST <= found.size <= 9.0
    assert found.height <= height
    assert max(fonts.width(line, found.size) for line in found.lines) <= width * POINTS_PER_MM
    top = found.baselines(10.0)[0] - found.size * ASCENT / POINTS_PER_MM
    assert abs(top - 10.0) < 1e-9
