import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decode.brute_force import ctc_texts, log_probs, random_log_probs
from handsum.charset import NUMBERS
from handsum.decode.ctc import (
    checked_log_probs,
    collapse,
    ctc_log_prob,
    ctc_log_probs,
    greedy_ids,
)
from handsum.decode.texts import decode_text


@given(log_probs())
@settings(max_examples=40, deadline=None)
def test_score_is_the_sum_over_all_paths(rows):
    texts = ctc_texts(rows)
    for ids, probability in texts.items():
        assert ctc_log_prob(rows, ids) == pytest.approx(np.log(probability), abs=1e-9)


def test_texts_side_by_side_score_as_each_alone():
    rows = random_log_probs(3, 90, 15, 4.0)
    texts = [(), (1,), (2, 2), (1, 2, 3, 4, 5, 6), (7,) * 50, (3, 9, 3)]
    assert ctc_log_probs(rows, texts) == pytest.approx(
        [ctc_log_prob(rows, ids) for ids in texts], abs=1e-9
    )
    assert ctc_log_probs(rows, []) == []


def test_a_text_longer_than_the_frames_is_impossible():
    rows = random_log_probs(0, 3, 4, 1.0)
    assert ctc_log_prob(rows, (1, 2, 3, 1)) == -np.inf
    assert ctc_log_prob(rows, (1, 1)) > -np.inf
    assert ctc_log_prob(rows, (1, 1, 1)) == -np.inf  # needs two blanks more


def test_score_does_not_underflow():
    rows = np.full((500, 15), -np.log(15.0))
    assert -1400 < ctc_log_prob(rows, (3,) * 40) < -700


def test_score_equals_torch():
    torch = pytest.importorskip("torch")
    rows = random_log_probs(7, 30, 15, 3.0)
    ids = NUMBERS.encode("-100.55/77")
    loss = torch.nn.functional.ctc_loss(
        torch.tensor(rows)[:, None], torch.tensor([ids]), [30], [len(ids)], reduction="sum"
    )
    assert ctc_log_prob(rows, ids) == pytest.approx(-loss.item(), abs=1e-9)


@given(st.text("0123456789.,-/", max_size=12), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_any_path_of_a_text_reads_as_that_text(text, seed):
    """11 and 000 stay: a path has a blank between equal symbols, and no reading drops one."""
    rng = np.random.default_rng(seed)
    path: list[int] = []
    before = 0
    for i in NUMBERS.encode(text):
        path += [0] * int(rng.integers(i == before, 3)) + [i] * int(rng.integers(1, 4))
        before = i
    path += [0] * int(rng.integers(1, 3))
    assert NUMBERS.decode(collapse(path)) == text
    rows = np.log(np.full((len(path), len(NUMBERS)), 0.001 / 14))
    rows[np.arange(len(path)), path] = np.log(0.999)
    assert NUMBERS.decode(greedy_ids(rows)) == text
    assert decode_text(rows, NUMBERS).candidates[0].text == text


def test_rows_must_be_log_probabilities():
    rows = random_log_probs(0, 4, 4, 1.0).astype(np.float32)
    checked = checked_log_probs(rows, 4)
    assert np.abs(np.exp(checked).sum(axis=1) - 1).max() < 1e-15
    with pytest.raises(ValueError, match="sum to 1"):
        checked_log_probs(rows + 1.0, 4)
    with pytest.raises(ValueError, match="sum to 1"):
        checked_log_probs(np.where(rows < -1, np.nan, rows), 4)
    with pytest.raises(ValueError, match=r"expected \(T, 5\)"):
        checked_log_probs(rows, 5)
    with pytest.raises(ValueError, match="shape"):
        checked_log_probs(rows[:0], 4)
