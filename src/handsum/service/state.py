"""What a running server holds, and how a route gets at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from handsum.service.children import Children
from handsum.service.limits import ServiceLimits
from handsum.service.reading import Desk
from handsum.service.settings import ServiceSettings
from handsum.service.visitors import Role, Visitor, visitor_of


@dataclass(frozen=True)
class ServiceState:
    """The parts of one server."""

    settings: ServiceSettings
    children: Children
    desk: Desk


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


def need(role: Role) -> Callable[[Request], Visitor]:
    """A dependency: the visitor, who must have this role."""

    def check(request: Request) -> Visitor:
        visitor = visitor_of(request)
        visitor.check(role)
        return visitor

    return check
