"""Promises are made where the data carry them, and otherwise the nearest is offered."""

import numpy as np
import pytest

from handsum.errors import PromiseError
from handsum.promise.calibrate import calibrate_promise
from handsum.promise.terms import DataDescription, check_promise
from promise.cases import KEY, OLD, make


def test_the_sentence_is_the_one_that_was_agreed() -> None:
    people = np.arange(4000) % 40
    promise = make(groups=people, same_groups=True)
    assert promise.sentence() == (
        "of the accepted values at most 1 % are wrong, with 95 % confidence, from n = "
        f"{promise.n_accepted:,} values of m = 40 writers, k = {promise.n_wrong} errors, "
        "for forms like these by the same writers"
    )
    alone = make(groups=np.arange(4000))
    assert alone.sentence() == (
        "of the accepted values at most 1 % are wrong, with 95 % confidence, from n = "
        f"{alone.n_accepted:,} values of m = 4,000 writers, k = {alone.n_wrong} errors, "
        "for forms and hands like these"
    )
    assert alone.warnings() == ()


def test_without_groups_it_warns_that_values_count_as_independent() -> None:
    promise = make()
    assert promise.method == "values"
    assert "independent" in promise.warnings()[0]
    assert " of m = " not in promise.sentence()


def test_figures_are_those_of_the_data() -> None:
    promise = make()
    assert 1990 <= promise.n_accepted <= 2040
    assert promise.bound <= promise.max_risk == 0.01
    assert promise.accepts(promise.threshold)
    assert not promise.accepts(np.nextafter(promise.threshold, 0))
    chosen = [row for row in promise.table if row.threshold == promise.threshold]
    assert [(row.accepted, row.wrong) for row in chosen] == [(promise.n_accepted, promise.n_wrong)]
    assert len(promise.table) <= 22
    check_promise(promise, KEY)


def test_too_few_values_are_told_how_many_it_takes() -> None:
    with pytest.raises(PromiseError) as caught:
        make(n=200, wrong=0)
    assert "it takes 299 accepted values without an error, and here are 200 values" in str(
        caught.value
    )


def test_too_many_errors_get_the_nearest_risk_offered_and_promised_if_taken() -> None:
    with pytest.raises(PromiseError) as caught:
        make(wrong=100, first=0)
    assert "among the surest of these 4,000 values too many are wrong" in caught.value.message
    promise = make(wrong=100, first=0, accept_nearest=True)
    assert promise.max_risk > 0.01
    assert f"the nearest that they can, {100 * promise.max_risk:.4g} %" in caught.value.remedy
    assert promise.bound <= promise.max_risk


def test_few_writers_cannot_speak_for_new_ones() -> None:
    books = np.arange(4000) % 5
    with pytest.raises(PromiseError) as caught:
        make(groups=books, description=DataDescription("march", "11", "book"))
    assert "for new books it takes 299 books or more" in caught.value.message
    assert "here are 4,000 values of 5 books" in caught.value.message
    assert "for the same books only" in caught.value.remedy


@pytest.mark.parametrize(("max_risk", "delta"), [(0.0, 0.05), (1.0, 0.05), (0.01, 0.5)])
def test_terms_out_of_range_are_refused(max_risk: float, delta: float) -> None:
    with pytest.raises(PromiseError, match="0 < max_risk < 1"):
        make(max_risk=max_risk, delta=delta)


def test_the_same_groups_have_to_be_known() -> None:
    with pytest.raises(PromiseError, match="the labels name none"):
        calibrate_promise(
            [0.9], [True], [None], max_risk=0.01, delta=0.05, key=KEY, description=OLD,
            same_groups=True,
        )  # fmt: skip
