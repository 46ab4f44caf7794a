"""Logging in and out: sessions in memory, and a door that shuts after too many attempts.

Users, tokens and wrong attempts are the store's, so that all servers on it know the same; a
session is its server's own.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers

from handsum.errors import LoginError, TooManyAttemptsError
from handsum.piles.accounts import Attempts, UserRow
from handsum.service.users import Users, role_of
from handsum.service.visitors import Visitor

IDLE_SECONDS = 8 * 3600.0
MOST_SESSIONS = 10_000
FREE_ATTEMPTS = 5
"""Wrong passwords in a row, of a name or from an address, before the door shuts."""
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
"""Seconds that it stays shut, doubled with every further attempt."""
FORGET = 24 * 3600.0
"""Seconds after the last of them when wrong attempts are forgotten."""


@dataclass(frozen=True)
class _Session:
    name: str
    password: str  # the hash that it was opened by: another password ends it
    seen: float


class Access:
    """Who is behind a session or a token.

    Sessions end with the server, when left alone, and when their user gets another password.
    ``clock`` gives seconds since 1970.
    """

    def __init__(self, users: Users, clock: Callable[[], float] = time.time) -> None:
        self.users = users
        self.clock = clock
        self._attempts = Attempts(users.database, wait_after, FORGET, clock)
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def identify(self, session: str, headers: Headers) -> Visitor:
        """The visitor of a request; LoginError for a token that is nobody's."""
        given = headers.get("authorization")
        if given is not None:
            kind, _, token = given.partition(" ")
            found = self.users.find_token(token.strip()) if kind.lower() == "bearer" else None
            if found is None:
                raise LoginError("The token is nobody's.", "Make one with: handsum user token")
            return Visitor("", found.name, role_of(found))
        held = self._touch(session)
        user = None if held is None else self.users.find(held.name)
        if user is None or held is None or user.password != held.password:
            return Visitor(session, None, None)
        return Visitor(session, user.name, role_of(user))

    def log_in(self, name: str, password: str, address: str) -> tuple[UserRow, str]:
        """The user and a new session; slow on purpose.

        LoginError where name and password do not fit, TooManyAttemptsError after too many such,
        BusyError where too many try at once.
        """
        keys = _key("name", name.casefold()), _key("address", network_of(address))
        with self.users.turn():
            if not self._attempts.count(keys):
                raise TooManyAttemptsError(
                    "There were too many wrong passwords.", "Wait a while before trying again."
                )
            user = self.users.check_password(name, password)
        if user is None:
            raise LoginError("Name and password do not fit.", "Type them again.")
        self._attempts.forgive(keys)
        session = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[session] = _Session(user.name, user.password, self.clock())
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.pop(min(self._sessions, key=lambda one: self._sessions[one].seen))
        return user, session

    def log_out(self, session: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(session, None)

    def _touch(self, session: str) -> _Session | None:
        now = self.clock()
        with self._lock:
            held = self._sessions.get(session)
            if held is None:
                return None
            if now - held.seen > IDLE_SECONDS:
                del self._sessions[session]
                return None
            self._sessions[session] = _Session(held.name, held.password, now)
            return held


def wait_after(count: int) -> float:
    """Seconds that the door stays shut after so many wrong attempts in a row."""
    if count < FREE_ATTEMPTS:
        return 0.0
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(count - FREE_ATTEMPTS, 20))


def network_of(address: str) -> str:
    """An address, or of IPv6 the /64 that it is in: who has one has all of them."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _key(kind: str, name: str) -> str:
    """What stands for a name in the store: a password may have been typed in its place."""
    text = f"{kind} {name}".encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()
