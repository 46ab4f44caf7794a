"""What a running server holds, and how a route gets at it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request

from handsum.errors import PileNotFoundError
from handsum.service.children import Children
from handsum.service.limits import ServiceLimits
from handsum.service.promises import Promises
from handsum.service.reading import Desk
from handsum.service.reports import Reports
from handsum.service.settings import ServiceSettings
from handsum.service.visitors import Role, Visitor, visitor_of

if TYPE_CHECKING:  # a server without piles does without SQLAlchemy and OpenCV
    from handsum.service.access import Access
    from handsum.service.cabinet import Cabinet
    from handsum.service.shelf import Shelf
    from handsum.service.trial import StoreTrial


@dataclass(frozen=True)
class ServiceState:
    """The parts of one server."""

    settings: ServiceSettings
    children: Children
    desk: Desk
    shelf: Shelf | None = None
    access: Access | None = None
    cabinet: Cabinet | None = None
    trial: StoreTrial | None = None
    promises: Promises = field(default_factory=Promises)
    reports: Reports = field(default_factory=Reports)


def state_of(request: Request) -> ServiceState:
    """The server's parts."""
    found: ServiceState = request.app.state.service
    return found


def desk_of(request: Request) -> Desk:
    """Where files are read."""
    return state_of(request).desk


def limits_of(request: Request) -> ServiceLimits:
    """How much a request may ask for."""
    return state_of(request).settings.limits


def shelf_of(request: Request) -> Shelf:
    """The piles of this server; PileNotFoundError where it was started without any."""
    shelf = state_of(request).shelf
    if shelf is None:
        raise no_pile()
    return shelf


def cabinet_of(request: Request) -> Cabinet:
    """The forms of this server; PileNotFoundError where it has no folder for them."""
    state = state_of(request)
    if state.cabinet is not None:
        return state.cabinet
    if state.shelf is None:
        raise no_pile()
    raise PileNotFoundError(
        "This server was started without a folder for forms and scans.",
        "Start it with one that its workers reach too: handsum serve URL --folder FOLDER.",
    )


def children_of(request: Request) -> Children:
    """The processes that open what strangers send."""
    return state_of(request).children


def no_pile() -> PileNotFoundError:
    """Why there is no pile to be had."""
    return PileNotFoundError(
        "This server was started without a pile.", "Start it with one: handsum serve RESULTS."
    )


def who_of(request: Request) -> str:
    """Who reviews: the name that is logged in.

    Without a login all browsers of this machine share the name of its account; a sign of the
    browser's own tells them apart, so that two of them never get the same item.
    """
    visitor = visitor_of(request)
    name = visitor.check("reviewer")
    if state_of(request).settings.needs_login or not visitor.session:
        return name
    return f"{name}-{hashlib.sha256(visitor.session.encode()).hexdigest()[:4]}"


def need(role: Role) -> Callable[[Request], Visitor]:
    """A dependency: the visitor, who must have this role."""

    def check(request: Request) -> Visitor:
        visitor = visitor_of(request)
        visitor.check(role)
        return visitor

    return check
