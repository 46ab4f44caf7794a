"""A sample of accepted values bounds the pile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handsum.confidence.audit import audit_pile
from handsum.errors import PileConflictError, PileNotFoundError, UsageError
from handsum.piles.audit import audits, draw_audit, load_audit
from handsum.piles.corrections import Keyed
from handsum.piles.review import Review
from handsum.piles.store import Pile
from piled import SumRules

Read = Callable[..., list[int]]


def test_a_checked_sample_gives_the_exact_bound(pile: Pile, read_shades: Read) -> None:
    read_shades(0, 1, 2, 3, 5)  # fifteen values, b of 0 and 3 doubtful
    rules = SumRules(pile.load_templates()[0])
    audit = draw_audit(pile, 4, "ada", seed=1)
    assert (audit.pile_size, audit.drawn, audit.checked, audit.report) == (13, 4, 0, None)
    review = Review(pile, rules, audit=audit.id)
    assert review.counts() == {"open": 4, "done": 0, "closed": 0}
    doubts = Review(pile, rules).counts()
    item = review.next_item("ada")
    assert item is not None
    assert item.field.reading.decision == "accepted"
    wrong = "9" if item.field.reading.text != "9" else "8"
    review.answer(item.id, "ada", Keyed("number", wrong), how="audit")
    while item := review.next_item("ada"):
        review.confirm(item.id, "ada")
    found = load_audit(pile, audit.id)
    assert (found.checked, found.wrong) == (4, 1)
    assert found.report == audit_pile(13, 4, 1, 0.05, 1)
    assert audits(pile) == (found,)
    assert Review(pile, rules).counts()["open"] >= doubts["open"]


def test_what_persons_accepted_is_no_part_of_the_sample(pile: Pile, read_shades: Read) -> None:
    read_shades(0)
    review = Review(pile, SumRules(pile.load_templates()[0]))
    item = review.next_item("ada")
    assert item is not None
    review.confirm(item.id, "ada")
    assert draw_audit(pile, 2, "ada").pile_size == 2


def test_undoing_an_answer_takes_the_verdict_back(pile: Pile, read_shades: Read) -> None:
    read_shades(1)
    audit = draw_audit(pile, 3, "ada", looks=2, delta=0.1)
    review = Review(pile, SumRules(pile.load_templates()[0]), audit=audit.id)
    item = review.next_item("ada")
    assert item is not None
    review.confirm(item.id, "ada")
    assert load_audit(pile, audit.id).checked == 1
    assert review.undo("ada") == (item.id,)
    assert load_audit(pile, audit.id).checked == 0
    assert load_audit(pile, audit.id).looks == 2


def test_a_sample_is_drawn_when_all_is_read(
    pile: Pile, read_shades: Read, many: Callable[[int], object]
) -> None:
    with pytest.raises(PileNotFoundError):
        load_audit(pile, 1)
    read_shades(1)
    with pytest.raises(UsageError, match="pile of 3"):
        draw_audit(pile, 4, "ada")
    pile.add_files(many(2))  # type: ignore[arg-type]
    with pytest.raises(PileConflictError, match="1 pages are still"):
        draw_audit(pile, 1, "ada")
    assert audits(pile) == ()
