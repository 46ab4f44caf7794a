"""Handwritten-looking words to refuse, drawn once from fonts and reused in any size and slant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from handsum.data.fonts import HandFont, render_glyphs

_SIZE = 48
_SYLLABLES = (
    "an", "ber", "cor", "da", "el", "fi", "gra", "ho", "in", "jun", "ka", "lo", "mar", "ne", "or",
    "pa", "qui", "ra", "si", "tor", "un", "ve", "wil", "xa", "yn", "zeu", "sch", "au", "che", "st",
    "pro", "ment", "tion", "ler", "gen", "Mr", "Dr", "St", "A", "M", "K", "W", "R", "H", "N", "F",
)  # fmt: skip
_KNOWN = (
    "Total", "Amount", "zwei", "three", "cuatro", "mille", "Herr", "Frau", "Mai", "Jan", "March",
    "avril", "Nr", "No", "kg", "cash", "ok", "yes", "nein", "void", "none", "nil", "kein", "ditto",
    "Basel", "Lima", "Quito", "Santiago", "and", "per", "von", "de", "la", "paid", "gut", "abs",
    "ill", "sick", "krank", "n/a", "NA", "same", "idem", "cancel", "ungültig", "error", "see below",
)  # fmt: skip


def draw_words(
    fonts: Sequence[HandFont], count: int, seed: int
) -> tuple[npt.NDArray[np.uint8], ...]:
    """``count`` words, names and nonsense as ink-high uint8 (h, w), from fonts in turn."""
    rng = np.random.default_rng([seed, 11])
    out: list[npt.NDArray[np.uint8]] = []
    for turn in range(4 * count if fonts else 0):
        picture = 255 - render_glyphs(fonts[turn % len(fonts)], _sample_word(rng), _SIZE)
        if min(picture.shape) > 4:  # some fonts lack some letters
            out.append(picture)
        if len(out) == count:
            break
    return tuple(out)


def _sample_word(rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        return str(rng.choice(_KNOWN))
    word = "".join(rng.choice(_SYLLABLES, size=int(rng.integers(1, 4))))
    return word.capitalize() if rng.random() < 0.4 else word.lower()
