"""Logging in and out: sessions in memory, and a door that shuts after too many attempts."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from handsum.errors import LoginError, TooManyAttemptsError
from handsum.service.users import User, UserFile
from handsum.service.visitors import Visitor

IDLE_SECONDS = 8 * 3600.0
MOST_SESSIONS = 10_000
FREE_ATTEMPTS = 5
"""Wrong passwords in a row, of a name or from an address, before the door shuts."""
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
"""Seconds that it stays shut, doubled with every further attempt."""


@dataclass
class Attempts:
    """Wrong attempts by key (a name, an address); old ones are forgotten."""

    clock: Callable[[], float] = time.monotonic
    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)

    def check(self, key: str) -> None:
        """TooManyAttemptsError while the door is shut for this key."""
        count, last = self._wrong.get(key, (0, 0.0))
        if count >= FREE_ATTEMPTS and self.clock() < last + wait_after(count):
            raise TooManyAttemptsError(
                "There were too many wrong passwords.", "Wait a while before trying again."
            )

    def note(self, key: str, right: bool) -> None:
        """Count a wrong attempt; a right one clears the count."""
        if right:
            self._wrong.pop(key, None)
            return
        count, _ = self._wrong.get(key, (0, 0.0))
        self._wrong[key] = (count + 1, self.clock())
        if len(self._wrong) > MOST_SESSIONS:
            old = self.clock() - LONGEST_WAIT
            self._wrong = {k: v for k, v in self._wrong.items() if v[1] > old}


def wait_after(count: int) -> float:
    """Seconds that the door stays shut after so many wrong attempts in a row."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** max(0, min(count - FREE_ATTEMPTS, 20)))


@dataclass
class Access:
    """Who is behind a session or a token. Sessions end with the server, and when left alone."""

    users: UserFile
    clock: Callable[[], float] = time.monotonic
    attempts: Attempts = field(default_factory=Attempts)
    _sessions: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def identify(self, session: str, headers: Headers) -> Visitor:
        """The visitor of a request; LoginError for a token that is nobody's."""
        given = headers.get("authorization")
        if given is not None:
            kind, _, token = given.partition(" ")
            found = self.users.find_token(token.strip()) if kind.lower() == "bearer" else None
            if found is None:
                raise LoginError("The token is nobody's.", "Make one with: handsum user token")
            return Visitor("", found.name, found.role)
        with self._lock:
            name, seen = self._sessions.get(session, ("", 0.0))
            if name and self.clock() - seen > IDLE_SECONDS:
                del self._sessions[session]
                name = ""
            elif name:
                self._sessions[session] = (name, self.clock())
        user = self.users.load().users.get(name) if name else None
        if user is None:
            return Visitor(session, None, None)
        return Visitor(session, user.name, user.role)

    def log_in(self, name: str, password: str, address: str) -> tuple[User, str]:
        """The user and a new session; slow on purpose.

        LoginError where name and password do not fit, TooManyAttemptsError after too many such.
        """
        keys = (f"name {name.casefold()}", f"address {address}")
        with self._lock:
            for key in keys:
                self.attempts.check(key)
            for key in keys:  # counted before the slow check, or many at once would all get in
                self.attempts.note(key, right=False)
        user = self.users.check_password(name, password)
        if user is None:
            raise LoginError("Name and password do not fit.", "Type them again.")
        session = secrets.token_urlsafe(24)
        with self._lock:
            for key in keys:
                self.attempts.note(key, right=True)
            self._sessions[session] = (user.name, self.clock())
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.pop(min(self._sessions, key=lambda one: self._sessions[one][1]))
        return user, session

    def log_out(self, session: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(session, None)
