"""What the service is started with."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from handsum.service.limits import ServiceLimits

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ServiceSettings:
    """Frozen settings of one server.

    ``pile`` is the folder or URL whose values are reviewed. ``host`` is bound, ``names`` are the
    further host names answered to. ``login`` says whether the store's users have to log in.
    ``children`` processes decode and read, and as many read the pages of piles. ``folder`` is
    where forms and uploads go if the store is no folder itself. ``promises`` and ``reports`` are
    folders of promises and of what ``handsum evaluate`` wrote.
    """

    pile: str | None = None
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    login: bool = False
    folder: Path | None = None
    promises: Path | None = None
    reports: Path | None = None
    children: int = field(default_factory=lambda: max(1, min(4, os.cpu_count() or 1)))
    limits: ServiceLimits = field(default_factory=ServiceLimits)

    @property
    def needs_login(self) -> bool:
        """Whether somebody has to be logged in."""
        return self.login or not is_loopback(self.host)

    @property
    def answers_to(self) -> frozenset[str] | None:
        """Host names answered to; None for all, where a login guards the door anyway."""
        if is_loopback(self.host) or self.names:
            return LOOPBACK_NAMES | {self.host.lower()} | {name.lower() for name in self.names}
        return None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
