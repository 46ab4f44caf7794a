"""Users, tokens and wrong passwords in the store: what one process changes, all see."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")

from handsum.piles.accounts import Accounts, Attempts, TokenRow, UserRow
from handsum.piles.database import FILE, Database
from handsum.piles.store import Store

DAY = 86400.0


@pytest.fixture
def two(where: str | Path) -> Iterator[tuple[Database, Database]]:
    """The same store, as two processes have it open."""
    with Store.open(where) as one, Store.open(where) as other:
        yield one.database, other.database


def shut_after(most: int, seconds: float = 10.0) -> object:
    return lambda wrong: seconds if wrong >= most else 0.0


def test_what_one_process_changes_another_sees(two: tuple[Database, Database]) -> None:
    one, other = Accounts(two[0]), Accounts(two[1])
    one.put_user(UserRow("ada", "reviewer", "$1"))
    one.put_user(UserRow("bob", "reader", "$2"))
    other.put_user(UserRow("ada", "admin", "$3"))  # another role and password
    assert one.users() == (UserRow("ada", "admin", "$3"), UserRow("bob", "reader", "$2"))
    assert one.user("ada") == UserRow("ada", "admin", "$3")
    assert one.user("cleo") is None
    other.put_token(TokenRow("ada", "reader", "a" * 64))  # a token may go by a user's name
    one.put_token(TokenRow("ada", "reader", "b" * 64))
    assert other.token("a" * 64) is None  # one of the same name has ended
    assert other.tokens() == (TokenRow("ada", "reader", "b" * 64),)
    assert other.remove("ada") == 2
    assert (one.user("ada"), one.token("b" * 64)) == (None, None)
    assert one.remove("ada") == 0
    assert [user.name for user in one.users()] == ["bob"]


def test_many_who_add_the_same_user_at_once(two: tuple[Database, Database]) -> None:
    faults: list[BaseException] = []

    def put(number: int) -> None:
        try:
            Accounts(two[number % 2]).put_user(UserRow("ada", "admin", f"${number}"))
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(Accounts(two[0]).users()) == 1


def test_a_door_that_is_shut_by_one_process_is_shut_for_all(
    two: tuple[Database, Database],
) -> None:
    now = [1000.0]
    one, other = (
        Attempts(database, shut_after(3), DAY, clock=lambda: now[0])  # type: ignore[arg-type]
        for database in two
    )
    assert [one.count(["n", "a"]), other.count(["n", "b"]), one.count(["n", "c"])] == [True] * 3
    assert not other.count(["n", "d"])
    assert other.count(["m", "d"])  # what was refused was not counted
    now[0] += 10.0
    assert one.count(["n", "d"])
    assert not other.count(["n"])  # and each further one shuts it again
    other.forgive(["n"])
    assert one.count(["n"])


def test_of_many_at_once_no_more_get_in_than_may(two: tuple[Database, Database]) -> None:
    let_in: list[bool] = []

    def knock(number: int) -> None:
        keys = ["n", "a"] if number % 2 else ["a", "n"]  # in any order
        door = Attempts(two[number % 2], shut_after(5), DAY)  # type: ignore[arg-type]
        let_in.append(door.count(keys))

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False] * 7 + [True] * 5


def test_wrong_passwords_are_forgotten_after_a_day(two: tuple[Database, Database]) -> None:
    now = [0.0]
    door = Attempts(two[0], shut_after(1, 2 * DAY), DAY, clock=lambda: now[0])  # type: ignore[arg-type]
    assert door.count(["n"])
    now[0] += DAY - 1
    assert not door.count(["n"])
    now[0] += 2
    assert door.count(["n"])


def test_a_file_with_hashes_is_not_for_other_accounts(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        Accounts(store.database).put_user(UserRow("ada", "admin", "$1"))
        kept = sorted(path.name for path in tmp_path.iterdir())
        assert kept[0] == FILE
        assert [stat.S_IMODE(path.stat().st_mode) & 0o007 for path in tmp_path.iterdir()] == (
            [0] * len(kept)
        )
