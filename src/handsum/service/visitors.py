"""Who sends a request, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from starlette.requests import HTTPConnection

from handsum.errors import AccessError, LoginError

Role = Literal["reader", "reviewer", "admin"]
ROLES: tuple[Role, ...] = ("reader", "reviewer", "admin")
"""What each may do, each all that those before it may: read pictures and look at piles; review and
correct; change forms, piles and users."""


@dataclass(frozen=True)
class Visitor:
    """Whoever sends a request.

    ``session`` is the browser's (empty without a cookie), ``name`` and ``role`` are None where
    nobody is logged in and a login is needed.
    """

    session: str
    name: str | None
    role: Role | None

    def may(self, role: Role) -> bool:
        """Whether their role is ``role`` or one above it."""
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(role)

    def check(self, role: Role) -> str:
        """Their name; LoginError for nobody, AccessError for a lower role."""
        if self.name is None:
            raise LoginError("Nobody is logged in.", "Log in, or send a token.")
        if not self.may(role):
            raise AccessError(
                f"This needs the role {role}.", "Ask an administrator of this service for it."
            )
        return self.name


def visitor_of(request: HTTPConnection) -> Visitor:
    """The visitor that the gate has found."""
    found: Visitor = request.state.visitor
    return found


def csrf_token(secret: bytes, session: str) -> str:
    """The token that a page of this session sends back with whatever it changes."""
    return hmac.new(secret, f"csrf {session}".encode(), hashlib.sha256).hexdigest()
