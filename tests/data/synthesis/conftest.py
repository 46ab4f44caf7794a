"""Hands and words that need no data: made up from templates."""

import pytest

from handsum.data.synthesis.drawn import draw_hands
from handsum.data.synthesis.hands import Hand


@pytest.fixture(scope="session")
def hands() -> tuple[Hand, ...]:
    return draw_hands(4, seed=5, weight=1.0, variants=2)
