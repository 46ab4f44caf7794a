"""Formats named in promises: told apart, read back, and held against what is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from handsum.decode.constraint import Constraint
from handsum.decode.values import Separators
from handsum.errors import PromiseError, UsageError
from handsum.promise.calibrate import calibrate_promise
from handsum.promise.terms import DataDescription, Promise
from handsum.reader import NumberReader
from handsum.reader.keys import describe_format, fingerprint_entries, parse_format
from handsum.reader.options import ReadOptions


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint(),
        Constraint(pattern="[-]9{1,3},99|99/99", length="4-6", check="luhn"),
        Constraint(range="0..1200", separators=Separators(",", ".")),
        Constraint(range="-40..45.5", separators=Separators("", "")),
    ],
)
def test_a_format_is_read_back(constraint: Constraint) -> None:
    assert parse_format(describe_format(constraint)) == constraint


def test_separators_matter_only_where_a_range_needs_them() -> None:
    asked = Constraint(pattern="9999", separators=Separators(","))
    assert describe_format(asked) == "pattern=9999"


@pytest.mark.parametrize("text", ["colour=red", "range=0..9 decimal=,", "nonsense"])
def test_a_format_of_another_version_is_refused(text: str) -> None:
    with pytest.raises(PromiseError, match="does not know"):
        parse_format(text)


def test_a_list_is_known_by_its_entries_not_their_order() -> None:
    one = Constraint(entries=("12", "34"))
    assert fingerprint_entries(one) == fingerprint_entries(Constraint(entries=("34", "12")))
    others = (
        Constraint(entries=("12", "35")),
        Constraint(entries=("12", "34"), weights=(1.0, 2.0)),
        Constraint(),
    )
    assert len({fingerprint_entries(c) for c in (one, *others)}) == 4
    assert fingerprint_entries(Constraint()) == ""


@pytest.fixture(scope="module")
def reader(number_bundle: Path) -> NumberReader:
    return NumberReader(number_bundle, threads=1)


def promise_for(reader: NumberReader, constraint: Constraint | None) -> Promise:
    options = reader.options(constraint=constraint)
    return calibrate_promise(
        [0.9] * 200,
        [True] * 200,
        None,
        max_risk=0.05,
        delta=0.05,
        key=reader.promise_key(options),
        description=DataDescription("a test", "0" * 64),
    )


def test_a_promise_decides_what_it_was_made_for(reader: NumberReader) -> None:
    asked = Constraint(pattern="9999")
    promise = promise_for(reader, asked)
    options = reader.options(promise=promise, constraint=asked, max_risk=0.5)
    assert options.decide(0.9) == ("accepted", "promise", 0.05)
    assert options.decide(promise.threshold - 1e-9) == ("review", "promise", 0.05)
    for other in (None, Constraint(pattern="999"), Constraint(pattern="9999", length="4")):
        with pytest.raises(PromiseError, match="for something else: format"):
            reader.options(promise=promise, constraint=other)
    with pytest.raises(PromiseError, match="broken"):
        reader.options(promise=replace(promise, status="broken"), constraint=asked)


def test_a_promise_of_another_bundle_is_refused(reader: NumberReader) -> None:
    promise = promise_for(reader, None)
    other = replace(promise.key.bundle, sha256="0" * 64)
    with pytest.raises(PromiseError, match=r"bundle\.sha256"):
        reader.options(promise=replace(promise, key=replace(promise.key, bundle=other)))


def test_without_a_promise_the_estimate_decides() -> None:
    options = ReadOptions(max_risk=0.1)
    assert options.decide(0.9) == ("accepted", "estimate", 0.1)
    assert options.decide(0.89) == ("review", "estimate", 0.1)
    with pytest.raises(UsageError, match="max_risk"):
        ReadOptions(max_risk=float("nan"))
    with pytest.raises(UsageError, match="top"):
        ReadOptions(top=0)
