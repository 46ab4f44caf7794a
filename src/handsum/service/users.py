"""Users and tokens of a store: passwords as argon2id hashes, tokens as SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handsum.errors import BusyError, UsageError
from handsum.piles.accounts import Accounts, TokenRow, UserRow
from handsum.piles.database import Database
from handsum.service.visitors import Role

TOKEN_PREFIX = "hs_"
SHORTEST_PASSWORD = 10
_NAME = re.compile(r"[\w.@-]{1,64}")
_AT_ONCE, _IN_LINE = 2, 8
"""Passwords that are checked at once (64 MB each), and those that may wait with them."""


class Users:
    """The users and tokens of a store; what any process changes holds at once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._accounts = Accounts(database)
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(16))
        self._line = threading.BoundedSemaphore(_IN_LINE)
        self._desk = threading.BoundedSemaphore(_AT_ONCE)

    @property
    def empty(self) -> bool:
        """Whether nobody could get in."""
        return not self.users() and not self.tokens()

    def users(self) -> tuple[UserRow, ...]:
        """All users by name."""
        return self._accounts.users()

    def tokens(self) -> tuple[TokenRow, ...]:
        """All tokens by name."""
        return self._accounts.tokens()

    def find(self, name: str) -> UserRow | None:
        """The user of that name."""
        return self._accounts.user(name) if _NAME.fullmatch(name) else None

    def find_token(self, token: str) -> TokenRow | None:
        """Whose token it is."""
        return self._accounts.token(hash_token(token))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A place among those whose password is checked; BusyError where too many wait."""
        if not self._line.acquire(blocking=False):
            raise BusyError("Too many log in at once.", "Try again in a few seconds.")
        try:
            with self._desk:
                yield
        finally:
            self._line.release()

    def check_password(self, name: str, password: str) -> UserRow | None:
        """The user, if the password is theirs; takes as long for a name that nobody has."""
        user = self.find(name)
        try:
            self._hasher.verify(self._decoy if user is None else user.password, _bytes(password))
        except (VerificationError, InvalidHashError):
            return None
        return user

    def put_user(self, name: str, role: Role, password: str) -> None:
        """Add a user, or give one another role and password; UsageError for a weak one."""
        _check_name(name)
        if len(password) < SHORTEST_PASSWORD:
            raise UsageError(
                f"The password has {len(password)} characters.",
                f"Choose one of at least {SHORTEST_PASSWORD}.",
            )
        self._accounts.put_user(UserRow(name, role, self._hasher.hash(_bytes(password))))

    def put_token(self, name: str, role: Role) -> str:
        """A new token of a program, to be shown once; one of the same name ends."""
        _check_name(name)
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        self._accounts.put_token(TokenRow(name, role, hash_token(token)))
        return token

    def remove(self, name: str) -> None:
        """Take a user and a program's token out; UsageError where there is none of that name."""
        if not (_NAME.fullmatch(name) and self._accounts.remove(name)):
            raise UsageError(f"There is no user or token {name!r}.", "See: handsum user list")


def role_of(row: UserRow | TokenRow) -> Role | None:
    """Their role; None for one that this version does not know."""
    return next((role for role in get_args(Role) if role == row.role), None)


def hash_token(token: str) -> str:
    """A token's SHA-256: it has 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(_bytes(token)).hexdigest()


def _bytes(text: str) -> bytes:
    """A text that a stranger sent: it may hold half of a pair of surrogates."""
    return text.encode(errors="surrogatepass")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a user.", "Use up to 64 letters, digits and . _ @ -"
        )
