"""Leases: one page, one worker; nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from handsum.errors import ImageDamagedError, PileConflictError
from handsum.forms.page_reading import PageAside
from handsum.piles.queue import (
    ATTEMPTS,
    finish_page,
    give_back,
    give_back_of_dead,
    lease_page,
    new_owner,
    renew_leases,
)
from handsum.piles.store import Pile
from piled import page_of

Many = Callable[[int], list[Path]]


def test_a_page_goes_to_one_worker_and_comes_back_when_its_lease_ends(
    pile: Pile, many: Many
) -> None:
    pile.add_files(many(1))
    first = lease_page(pile.database, "first", pile.info.id, now=100.0, seconds=10)
    assert first is not None
    assert lease_page(pile.database, "second", pile.info.id, now=109.0) is None
    second = lease_page(pile.database, "second", pile.info.id, now=111.0)
    assert second is not None
    assert second.page_id == first.page_id
    with pytest.raises(PileConflictError, match="another worker"):
        finish_page(pile.database, first, page_of(1, first.name), 0.1)
    assert pile.states()["leased"] == 1
    finish_page(pile.database, second, page_of(2, second.name), 0.1)
    with pytest.raises(PileConflictError):  # and not twice either
        finish_page(pile.database, second, page_of(2, second.name), 0.1)
    assert pile.reading(second.page_id).sheet == 2


def test_a_lease_holds_as_long_as_it_is_renewed(pile: Pile, many: Many) -> None:
    pile.add_files(many(1))
    now = time.time()
    assert lease_page(pile.database, "a", pile.info.id, now=now - 50, seconds=60)
    assert renew_leases(pile.database, "a") == 1
    assert lease_page(pile.database, "b", pile.info.id, now=now + 30) is None
    assert give_back(pile.database, "a") == 1
    again = lease_page(pile.database, "b", pile.info.id)
    assert again is not None
    assert pile.page(again.page_id).attempts == 1  # being stopped was not the page's fault


def test_a_page_that_ends_its_workers_comes_last_and_is_set_aside(pile: Pile, many: Many) -> None:
    pile.add_files(many(2))
    poison = lease_page(pile.database, "w", pile.info.id)
    assert poison is not None
    seen = []
    for _ in range(ATTEMPTS):
        give_back(pile.database, "w", blameless=False)
        lease = lease_page(pile.database, "w", pile.info.id)
        if lease is not None:
            seen.append(lease.page_id)
            if lease.page_id != poison.page_id:
                finish_page(pile.database, lease, page_of(1, lease.name), 0.1)
    assert seen == [poison.page_id + 1, poison.page_id, poison.page_id]
    give_back(pile.database, "w", blameless=False)
    assert lease_page(pile.database, "w", pile.info.id) is None
    row = pile.page(poison.page_id)
    assert (row.state, row.code) == ("failed", "page_poison")
    pile.add_files([Path(source.path) for source in pile.sources()])  # the same command again
    assert pile.page(poison.page_id).state == "queued"


def test_what_failed_or_is_aside_says_why(pile: Pile, many: Many) -> None:
    pile.add_files(many(2))
    outcomes = (
        ImageDamagedError("The page is torn.", "Scan it again."),
        PageAside("x", 1, "wrong_form", "Another form.", "Name its template.", "0" * 64),
    )
    for outcome in outcomes:
        lease = lease_page(pile.database, "w", pile.info.id)
        assert lease is not None
        finish_page(pile.database, lease, outcome, 0.1)
    failed, aside = pile.pages()
    assert (failed.state, failed.code, failed.message) == (
        "failed", "image_damaged", "The page is torn.",
    )  # fmt: skip
    assert (aside.state, aside.code, aside.remedy) == ("aside", "wrong_form", "Name its template.")
    progress = pile.progress()
    assert (progress.failed, progress.aside, progress.left) == (1, 1, 0)


def test_pages_of_a_worker_that_was_killed_here_are_free_at_once(pile: Pile, many: Many) -> None:
    pile.add_files(many(2))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mine = new_owner()
    its = mine.replace(f":{mine.split(':')[1]}:", f":{child.pid}:")
    assert lease_page(pile.database, its, pile.info.id)
    assert lease_page(pile.database, mine, pile.info.id)
    assert give_back_of_dead(pile.database, pile.info.id) == 0
    child.kill()
    child.communicate()
    assert give_back_of_dead(pile.database, pile.info.id) == 1
    assert pile.states()["queued"] == 1


def test_many_workers_at_once_share_out_the_pages(pile: Pile, many: Many) -> None:
    pile.add_files(many(24))
    taken: list[int] = []

    def work(name: str) -> None:
        while lease := lease_page(pile.database, name, pile.info.id):
            taken.append(lease.page_id)
            finish_page(pile.database, lease, page_of(3, lease.name), 0.1)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert pile.states()["done"] == len(taken) == 24
