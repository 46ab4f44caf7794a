"""Promises held to account: holds, cannot tell, broken, each only by an exact test."""

import numpy as np
import pytest

from handsum.confidence.bounds import lower_bound, upper_bound
from handsum.errors import PromiseError
from handsum.promise.terms import check_promise
from handsum.promise.verify import verify_promise
from promise.cases import KEY, NEW, OLD, make


def _sure(n: int, wrong: int) -> tuple[np.ndarray, np.ndarray]:
    correct = np.ones(n, bool)
    correct[:wrong] = False
    return np.ones(n), correct


@pytest.mark.parametrize(
    ("n", "wrong", "outcome"),
    [
        (298, 0, "cannot_tell"),
        (299, 0, "holds"),
        (1000, 4, "holds"),  # 0.91 % at most
        (1000, 5, "cannot_tell"),  # 1.05 % at most: the sample's rate is half of it
        (1000, 15, "cannot_tell"),  # 1.5 % seen, 0.92 % at least
        (1000, 16, "broken"),  # 1.008 % at least
        (3, 3, "broken"),
    ],
)
def test_the_true_risk_is_tested_and_not_the_samples_rate(n, wrong, outcome) -> None:
    seen = verify_promise(make(), *_sure(n, wrong), None, description=NEW)
    assert seen.outcome == outcome
    assert (seen.n_accepted, seen.n_wrong) == (n, wrong)
    assert seen.upper == upper_bound(wrong, n, 0.05)
    assert seen.lower == lower_bound(wrong, n, 0.05)
    assert (seen.upper <= 0.01, seen.lower > 0.01) == (outcome == "holds", outcome == "broken")


def test_values_below_the_threshold_do_not_count() -> None:
    confidence, correct = np.zeros(1000), np.zeros(1000, bool)
    seen = verify_promise(make(), confidence, correct, None, description=NEW)
    assert (seen.outcome, seen.n_accepted) == ("cannot_tell", 0)
    assert (seen.lower, seen.upper) == (0.0, 1.0)


def test_a_broken_promise_is_marked_and_accepts_nothing_more() -> None:
    promise = make()
    seen = verify_promise(promise, *_sure(1000, 30), None, description=NEW)
    assert seen.sentence().startswith("The promise is broken: of 1,000 accepted values 30 are")
    assert not seen.promise.accepts(1.0)
    with pytest.raises(PromiseError, match="april: The promise is broken"):
        check_promise(seen.promise, KEY)
    again = verify_promise(seen.promise, *_sure(1000, 0), None, description=NEW)
    assert again.outcome == "holds"  # of these values; what is broken stays so till recalibrated
    assert again.promise.status == "broken"


def test_a_promise_over_writers_is_held_against_writers() -> None:
    promise = make(groups=np.arange(4000))
    with pytest.raises(PromiseError, match="april names none"):
        verify_promise(promise, *_sure(1000, 0), None, description=NEW)
    # 30 errors, all of one hand, say nothing of other hands; 30 errors of 30 hands do
    one = verify_promise(promise, *_sure(1000, 30), np.arange(1000) // 50, description=NEW)
    assert one.outcome == "cannot_tell"
    many = verify_promise(promise, *_sure(1000, 30), np.arange(1000), description=NEW)
    assert many.outcome == "broken"
    assert many.lower > 0.01


def test_the_very_same_labels_prove_nothing() -> None:
    with pytest.raises(PromiseError, match="made from"):
        verify_promise(make(), *_sure(1000, 0), None, description=OLD)
