"""Running the service: bind, tell the address once it answers, end without dropping work."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from handsum.errors import ServiceError
from handsum.service.app import build_app
from handsum.service.settings import ServiceSettings

if TYPE_CHECKING:
    from handsum.service.shelf import Shelf

_GRACE = 15  # seconds that running requests have once the server is told to end


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            self._tell()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; ``port`` 0 takes a free one. ServiceError where it is taken."""
    made = None
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
        # asyncio sends small answers at once (TCP_NODELAY) only where it knows the protocol.
        made = socket.socket(family, kind, protocol)
        if os.name != "nt":  # there it would let two servers have one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        if made is not None:
            made.close()
        raise ServiceError(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}.",
            "Choose another --port (0 takes a free one), or stop what uses it.",
        ) from error
    return made


def address_of(made: socket.socket) -> str:
    """The address of a page on a bound socket."""
    host, port = made.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def open_shelf(settings: ServiceSettings) -> Shelf | None:
    """The piles that the settings name; PileNotFoundError where there are none."""
    if settings.pile is None:
        return None
    from handsum.service.shelf import Shelf  # noqa: PLC0415 (it brings OpenCV)
    from handsum.service.stores import open_named  # noqa: PLC0415

    return Shelf(open_named(settings.pile))


def configure(app: ASGIApp) -> uvicorn.Config:
    """How Uvicorn runs the application: no log of requests, no name of the server."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE,
    )


def serve(
    settings: ServiceSettings, listening: socket.socket, started: Callable[[str], None]
) -> None:
    """Answer on a bound socket until interrupted; ``started`` gets the address once it does.

    Nothing of a request is logged: no path, no file's name, no value.
    """
    logging.getLogger("handsum.service").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it shows what was asked
    config = configure(build_app(settings, open_shelf(settings)))
    address = address_of(listening)
    _Server(config, lambda: started(address)).run(sockets=[listening])
