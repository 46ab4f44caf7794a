"""Who may use a store's service, as its tables keep them: users, tokens, wrong passwords.

What a password or a token is, and who may do what, is the service's business: here are names,
roles and hashes. Every call is a transaction of its own, so that what one process changes is what
all others see with their next request.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from handsum.piles.database import Database
from handsum.piles.schema import LOGIN_ATTEMPTS, TOKENS, USERS


@dataclass(frozen=True)
class UserRow:
    """A person; ``password`` is its argon2id hash."""

    name: str
    role: str
    password: str


@dataclass(frozen=True)
class TokenRow:
    """A program's key; ``sha256`` is that of the token, which is kept nowhere."""

    name: str
    role: str
    sha256: str


class Accounts:
    """The users and tokens of a store."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def users(self) -> tuple[UserRow, ...]:
        """All users by name."""
        rows = self._read(USERS)
        return tuple(UserRow(row.name, row.role, row.password) for row in rows)

    def tokens(self) -> tuple[TokenRow, ...]:
        """All tokens by name."""
        rows = self._read(TOKENS)
        return tuple(TokenRow(row.name, row.role, row.sha256) for row in rows)

    def user(self, name: str) -> UserRow | None:
        """The user of that name."""
        rows = self._read(USERS, USERS.c.name == name)
        return UserRow(rows[0].name, rows[0].role, rows[0].password) if rows else None

    def token(self, sha256: str) -> TokenRow | None:
        """The token with that hash."""
        rows = self._read(TOKENS, TOKENS.c.sha256 == sha256)
        return TokenRow(rows[0].name, rows[0].role, rows[0].sha256) if rows else None

    def put_user(self, user: UserRow) -> None:
        """Add a user, or change the one of that name."""
        self._put(USERS, asdict(user))

    def put_token(self, token: TokenRow) -> None:
        """Add a token; one of the same name ends."""
        self._put(TOKENS, asdict(token))

    def remove(self, name: str) -> int:
        """Take out the user and the token of that name; how many they were."""
        with self.database.write() as connection:
            return sum(
                connection.execute(delete(table).where(table.c.name == name)).rowcount
                for table in (USERS, TOKENS)
            )

    def _read(self, table: Table, *conditions: ColumnElement[bool]) -> Sequence[Any]:
        with self.database.read() as connection:
            return connection.execute(select(table).where(*conditions).order_by("name")).all()

    def _put(self, table: Table, values: dict[str, str]) -> None:
        self._hide()
        try:
            with self.database.write() as connection:
                _change_or_add(connection, table, values)
        except IntegrityError:  # another process added that name just now
            with self.database.write() as connection:
                _change_or_add(connection, table, values)

    def _hide(self) -> None:
        """Take a file that will hold hashes away from the machine's other accounts."""
        if not self.database.is_sqlite or not self.database.url.database:
            return
        for end in ("", "-wal", "-shm"):
            path = Path(self.database.url.database + end)
            with suppress(OSError):  # none of that name, or another account's
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~stat.S_IRWXO)


class Attempts:
    """Wrong passwords in a row by key (the hash of a name or an address), for all servers.

    ``wait`` gives the seconds that the door stays shut after so many, 0 while it is open; what is
    older than ``forget`` seconds does not count.
    """

    def __init__(
        self,
        database: Database,
        wait: Callable[[int], float],
        forget: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database
        self.clock = clock
        self._wait = wait
        self._forget = forget

    def count(self, keys: Sequence[str]) -> bool:
        """Count one attempt as wrong, or False, and nothing counted, where a door is shut.

        It is counted before the password is looked at, or many at once would all get in.
        """
        table, now = LOGIN_ATTEMPTS, self.clock()
        with self.database.write() as connection:
            self._drop_old(connection, now)
            held = {key: self._hold(connection, key, now) for key in sorted(keys)}
            for wrong, last in held.values():
                shut = self._wait(wrong)
                if shut and now < last + shut:  # another's clock may be ahead of ours
                    return False
            for key, (wrong, _) in held.items():
                changed = {"wrong": wrong + 1, "last": now}
                connection.execute(update(table).where(table.c.sha256 == key).values(changed))
        return True

    def forgive(self, keys: Sequence[str]) -> None:
        """The password was right after all."""
        table = LOGIN_ATTEMPTS
        with self.database.write() as connection:
            for key in sorted(keys):  # in one order everywhere, or two would wait for each other
                connection.execute(delete(table).where(table.c.sha256 == key))

    def _drop_old(self, connection: Connection, now: float) -> None:
        table = LOGIN_ATTEMPTS
        old = select(table.c.sha256).where(table.c.last < now - self._forget)
        free = old.with_for_update(skip_locked=True)  # on SQLite nobody else writes anyway
        connection.execute(delete(table).where(table.c.sha256.in_(free)))

    def _hold(self, connection: Connection, key: str, now: float) -> tuple[int, float]:
        """A key's count, which nobody else changes until the transaction ends."""
        table = LOGIN_ATTEMPTS
        add = sqlite.insert if self.database.is_sqlite else postgresql.insert
        fresh = add(table).values(sha256=key, wrong=0, last=now)
        connection.execute(  # one that is there is held by writing what it holds
            fresh.on_conflict_do_update(index_elements=["sha256"], set_={"wrong": table.c.wrong})
        )
        asked = select(table.c.wrong, table.c.last).where(table.c.sha256 == key)
        wrong, last = connection.execute(asked).one()
        return wrong, last


def _change_or_add(connection: Connection, table: Table, values: dict[str, str]) -> None:
    mine = table.c.name == values["name"]
    if not connection.execute(update(table).where(mine).values(values)).rowcount:
        connection.execute(insert(table).values(values))
