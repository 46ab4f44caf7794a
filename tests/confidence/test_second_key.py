"""Second key: what agrees is accepted, and the bound holds where errors are independent."""

import itertools

import numpy as np
import pytest

from handsum.confidence.second_key import agreement_risk, compare_keys
from handsum.errors import UsageError


@pytest.mark.parametrize(
    ("read", "typed", "decision", "text"),
    [
        ("0123", " 0123 ", "accepted", "0123"),
        ("0123", "123", "review", ""),
        ("1.50", "1,50", "review", ""),
        ("", "", "accepted", ""),
        ("7", "", "review", ""),
    ],
)
def test_only_the_same_text_is_accepted(read: str, typed: str, decision: str, text: str) -> None:
    compared = compare_keys(read, typed)
    assert (compared.decision, compared.text) == (decision, text)


def test_the_bound_covers_independent_errors_exactly() -> None:
    """Truth 0; reader and typist each write 0, 1 or 2 by their own chances: all 9 cases."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        read, typed = rng.dirichlet([20, 1, 1]), rng.dirichlet([20, 1, 1])
        agree = {i: read[i] * typed[j] for i, j in itertools.product(range(3), repeat=2) if i == j}
        risk = (agree[1] + agree[2]) / sum(agree.values())
        a, b = 1 - read[0], 1 - typed[0]
        alike = (agree[1] + agree[2]) / (a * b)
        assert risk <= agreement_risk(a, b, alike) + 1e-12
        assert risk <= agreement_risk(a, b) + 1e-12


def test_risks_from_which_nothing_follows_are_refused() -> None:
    with pytest.raises(UsageError, match=r"0\.6 and 0\.5"):
        agreement_risk(0.6, 0.5)
