"""Doubtful values: one person each, in groups, undone; the rules follow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from handsum.errors import CorrectionError, PileConflictError, PileNotFoundError
from handsum.piles.corrections import BY_RULES, Keyed, history
from handsum.piles.review import Group, Review
from handsum.piles.store import Pile
from piled import SumRules

Read = Callable[..., list[int]]


@pytest.fixture
def review(pile: Pile) -> Review:
    return Review(pile, SumRules(pile.load_templates()[0]))


def test_every_doubt_comes_once_the_one_that_a_rule_names_first(
    read_shades: Read, review: Review
) -> None:
    pages = read_shades(9, 1, 3)  # 9: b doubtful and the total wrong; 1: nothing; 3: b doubtful
    first = review.next_item("ada")
    assert first is not None
    assert (first.page_id, first.field.name, first.label) == (pages[0], "total", "Sum")
    assert [rule.text for rule in first.rules] == ["total = a + b"]
    assert first.reading.sheet == 9
    assert review.next_item("ada") == review.item(first.id)  # the same, until it is answered
    other = review.next_item("bob")
    assert other is not None
    assert (other.page_id, other.field.name) == (pages[0], "b")
    third = review.next_item("eve")
    assert third is not None
    assert third.page_id == pages[2]
    assert review.next_item("dan") is None


def test_an_answer_is_kept_with_who_and_when_and_the_rules_run_again(
    pile: Pile, read_shades: Read, review: Review
) -> None:
    (page,) = read_shades(9)  # a 009, b 7, total 17 for 16
    first = review.next_item("ada")
    assert first is not None
    review.answer(first.id, "ada", Keyed("number", "16"))
    field = pile.reading(page).field("total")
    assert (field.reading.text, field.reading.decision) == ("16", "accepted")
    assert (field.reading.basis, field.reading.origin) == ("person", "keyed")
    assert pile.reading(page).rules[0].status == "holds"
    (row,) = history(pile.database, pile.info.id)
    assert (row.who, row.how, row.from_text, row.to_text) == ("ada", "review", "17", "16")
    assert abs(row.at - time.time()) < 60
    assert review.counts() == {"open": 1, "done": 1, "closed": 0}
    with pytest.raises(PileConflictError, match="by ada"):
        review.answer(first.id, "bob", Keyed("number", "18"))


def test_a_correction_that_mends_a_rule_closes_the_doubt_of_another_field(
    pile: Pile, read_shades: Read, review: Review
) -> None:
    (page,) = read_shades(9)
    review.next_item("ada")  # the total
    b = review.next_item("bob")
    assert b is not None
    review.answer(b.id, "bob", Keyed("number", "8"))  # 9 + 8 = 17: the total was right
    assert review.counts() == {"open": 0, "done": 1, "closed": 1}
    assert pile.reading(page).field("total").reading.decision == "accepted"
    assert review.next_item("ada") is None
    review.undo("bob")
    assert review.counts()["open"] == 2
    assert BY_RULES not in {row.who for row in history(pile.database, pile.info.id)}


def test_two_people_never_hold_the_same_item(read_shades: Read, review: Review) -> None:
    read_shades(*[0] * 12)
    got: dict[str, list[int]] = {name: [] for name in ("ada", "bob", "eve")}

    def work(name: str) -> None:
        while item := review.next_item(name):
            got[name].append(item.id)
            review.confirm(item.id, name)

    threads = [threading.Thread(target=work, args=(name,)) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = sorted(item for mine in got.values() for item in mine)
    assert everything == sorted(set(everything))
    assert len(everything) == 12


def test_a_lease_ends_and_can_be_given_back(read_shades: Read, review: Review) -> None:
    read_shades(0)
    item = review.next_item("ada", seconds=-1)  # over before it began
    assert item is not None
    taken = review.next_item("bob")
    assert taken is not None
    assert taken.id == item.id
    with pytest.raises(PileConflictError, match="bob is looking"):
        review.confirm(item.id, "ada")
    assert review.renew("bob") == 1
    assert review.release("bob") == 1
    review.confirm(item.id, "ada")  # nobody holds it now


def test_what_is_skipped_comes_round_again(read_shades: Read, review: Review) -> None:
    read_shades(0, 0, 0)
    first = review.next_item("ada")
    assert first is not None
    order = [first.id]
    for _ in range(3):
        item = review.next_item("ada", after=order[-1])
        assert item is not None
        order.append(item.id)
    assert order[3] == order[0]
    assert len(set(order)) == 3


def test_a_wall_of_the_same_text_is_confirmed_but_for_some(
    pile: Pile, read_shades: Read, review: Review
) -> None:
    read_shades(0, 3, 6, 9)
    assert review.groups() == (Group("number", "7", 4), Group("number", "17", 1))
    wall = review.lease_group("ada", "number", "7", limit=3)
    assert [item.field.reading.text for item in wall] == ["7", "7", "7"]
    assert review.groups()[0].count == 1  # the others are taken
    assert len(review.lease_group("bob", "number", "7")) == 1
    ids = [item.id for item in wall]
    review.confirm_group(ids, "ada", wrong=[ids[1]])
    assert review.counts()["done"] == 2
    apart = review.next_item("eve")
    assert apart is not None
    assert apart.id == ids[1]
    assert review.lease_group("ada", "number", "7") == ()  # it is out of the group for good
    assert {row.how for row in history(pile.database, pile.info.id)} == {"group"}


def test_undo_takes_back_the_last_thing_said_as_a_whole(
    pile: Pile, read_shades: Read, review: Review
) -> None:
    pages = read_shades(0, 3, 4)
    before = [pile.reading(page) for page in pages]
    wall = review.lease_group("ada", "number", "7")
    review.confirm_group([item.id for item in wall], "ada")
    total = review.next_item("ada")
    assert total is not None
    review.answer(total.id, "ada", Keyed("number", "11"))
    assert review.undo("ada") == (total.id,)
    assert pile.reading(pages[2]) == before[2]
    held = review.next_item("ada")
    assert held is not None
    assert held.id == total.id  # it is ada's again
    assert set(review.undo("ada")) == {item.id for item in wall}
    assert [pile.reading(page) for page in pages] == before
    assert review.undo("ada") == ()
    assert review.undo("bob") == ()
    rows = history(pile.database, pile.info.id)
    assert [row.how for row in rows] == ["group", "group", "review", "undo", "undo", "undo"]
    assert [row.undone for row in rows] == [True, True, True, False, False, False]


def test_illegible_wants_a_reason_and_a_text_its_format(
    pile: Pile, read_shades: Read, review: Review
) -> None:
    (page,) = read_shades(0)
    item = review.next_item("ada")
    assert item is not None
    for keyed, message in (
        (Keyed("not_a_number"), "without a reason"),
        (Keyed("number", ""), "0 characters"),
        (Keyed("number", "7\0"), "cannot be printed"),
        (Keyed("not_a_number", "", "a\nb"), "cannot be printed"),
        (Keyed("number", "12345"), r"pattern 9\{1,3\}"),
        (Keyed("blank", "7"), "blank and to read '7'"),
    ):
        with pytest.raises(CorrectionError, match=message):
            review.answer(item.id, "ada", keyed)
    assert history(pile.database, pile.info.id) == ()
    review.answer(item.id, "ada", Keyed("not_a_number", "", "coffee over it"))
    (row,) = history(pile.database, pile.info.id)
    assert (row.to_content, row.reason) == ("not_a_number", "coffee over it")
    assert pile.reading(page).field("b").reading.content == "not_a_number"
    review.undo("ada")
    review.answer(item.id, "ada", Keyed("number", "12345", "as written: too many"))
    assert pile.reading(page).field("b").reading.text == "12345"


def test_nobody_and_nothing_are_refused(read_shades: Read, review: Review) -> None:
    read_shades(0)
    with pytest.raises(CorrectionError, match="Nobody"):
        review.next_item(" ")
    with pytest.raises(PileNotFoundError, match="item 99"):
        review.answer(99, "ada", Keyed("number", "7"))
    with pytest.raises(PileNotFoundError, match="item 99"):
        review.item(99)


def test_several_people_correct_one_page_at_once(
    pile: Pile, read_shades: Read, review: Review
) -> None:
    (page,) = read_shades(9)
    names = ("ada", "bob")
    items = [review.next_item(name) for name in names]
    threads = [
        threading.Thread(target=review.answer, args=(item.id, name, Keyed("number", "16")))
        for item, name in zip(items, names, strict=True)
        if item is not None
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading = pile.reading(page)
    assert [field.reading.text for field in reading.fields] == ["009", "16", "16"]
    assert reading.rules[0].status == "broken"
    assert pile.page(page).revision == 3
