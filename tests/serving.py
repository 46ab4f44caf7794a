"""A server of the service in this process, on a free port, for as long as a test needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import uvicorn

from handsum.service.app import build_app
from handsum.service.server import address_of, bind, configure
from handsum.service.settings import ServiceSettings

if TYPE_CHECKING:
    from handsum.service.shelf import Shelf

WARM = 60.0


@dataclass(frozen=True)
class Running:
    """Where a server answers, without the last slash."""

    address: str

    def client(self) -> httpx.Client:
        """A client that is no browser, and asks no proxy."""
        return httpx.Client(base_url=self.address, trust_env=False, timeout=60)


@contextmanager
def serving(
    settings: ServiceSettings, warm: bool = True, shelf: Shelf | None = None
) -> Iterator[Running]:
    """A running server; ``warm`` waits until a reader is."""
    listening = bind(settings.host, 0)
    server = uvicorn.Server(configure(build_app(settings, shelf)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    running = Running(address_of(listening).rstrip("/"))
    try:
        until = time.monotonic() + WARM
        while not server.started or (warm and not is_warm(running)):
            assert thread.is_alive(), "the server ended"
            assert time.monotonic() < until, "the server did not get warm"
            time.sleep(0.05)
        yield running
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


def is_warm(running: Running) -> bool:
    """Whether its health is good."""
    with running.client() as client:
        return client.get("/healthz").status_code == 200
