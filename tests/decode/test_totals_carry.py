import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.decode.totals_carry import solve_carry_chain
from handsum.decode.totals_evidence import DigitCells


def random_cells(rng, length, blanks):
    """Cells (length, 10), few digits each, so that all fillings can be counted."""
    probs = np.zeros((length, 10))
    for row in probs:
        row[rng.choice(10, 3, replace=False)] = rng.uniform(0.01, 1.0, 3)
    blank = rng.uniform(0.0, 0.5, length) if blanks else np.zeros(length)
    whole = probs.sum(axis=1) + blank
    return DigitCells(probs / whole[:, None], blank / whole)


def fillings(cells, zero_if_blank):
    """Every text of a field with its value and probability."""
    length = len(cells.blank)
    for first in range(length + 1 if cells.blank.any() else 1):
        if first == length and not zero_if_blank:
            return
        for digits in itertools.product(range(10), repeat=length - first):
            p = math.prod(cells.blank[:first]) * math.prod(
                cells.probs[first + n, d] for n, d in enumerate(digits)
            )
            if p:
                text = "".join(map(str, digits))
                yield text, int(text or 0), p


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(1, 2), st.booleans(), st.booleans()), min_size=2, max_size=3),
    st.lists(st.sampled_from([1, -1, 2, -3]), min_size=3, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_the_chain_equals_all_fillings(seed, shapes, factors):
    rng = np.random.default_rng(seed)
    cells = [random_cells(rng, length, blanks) for length, blanks, _ in shapes]
    zero = [allowed for _, _, allowed in shapes]
    factors = factors[: len(cells)]
    found = {}
    for combination in itertools.product(*map(fillings, cells, zero)):
        if sum(f * value for f, (_, value, _) in zip(factors, combination, strict=True)) == 0:
            texts = tuple(text for text, _, _ in combination)
            found[texts] = math.prod(p for _, _, p in combination)
    chain = solve_carry_chain(cells, factors, zero)
    assert chain is not None
    if not found:
        assert chain.log_mass == -math.inf
        assert chain.texts == ()
        return
    assert math.exp(chain.log_mass) == pytest.approx(math.fsum(found.values()))
    assert found[chain.texts] == pytest.approx(max(found.values()))


def test_a_long_column_with_carries():
    """999 + 999 + ... : the carry passes through every column."""
    nines = DigitCells(np.eye(10)[[9, 9, 9]], np.zeros(3))
    total = np.full((5, 10), 0.1)
    chain = solve_carry_chain(
        [DigitCells(total, np.zeros(5)), *[nines] * 20], [1, *[-1] * 20], [False] * 21
    )
    assert chain is not None
    assert chain.texts[0] == str(20 * 999)
    assert chain.log_mass == pytest.approx(5 * math.log(0.1))


def test_too_many_phases():
    field = DigitCells(np.full((2, 10), 0.09), np.full(2, 0.1))
    assert solve_carry_chain([field] * 11, [1] + [-1] * 10, [True] * 11) is None
