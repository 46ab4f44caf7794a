"""How much one request may ask for, held before a byte of it is looked at."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handsum.errors import BusyError, RequestError, RequestTooLargeError


@dataclass(frozen=True)
class ServiceLimits:
    """Upper bounds of the service.

    ``max_body`` bytes a request (``max_scans`` where scans go into a pile, ``max_strange`` of
    somebody who has not logged in), ``max_held`` of all requests at once, ``max_files`` files in a
    request, ``max_pages`` pages a file, ``max_pixels`` a page. ``seconds`` without a sign of life
    (``drafting`` for the boxes of a form, which come all at once) and ``memory`` (bytes beyond what
    an idle child holds; Linux only) are for one call of a child, ``patience`` seconds for a whole
    request, ``stalled`` seconds for the next bytes of its body. ``waiting`` requests may queue
    before more are sent away.
    """

    max_body: int = 64 << 20
    max_scans: int = 512 << 20
    max_strange: int = 64 << 10
    max_held: int = 1 << 30
    max_files: int = 500
    max_pages: int = 200
    max_pixels: int = 89_000_000
    seconds: float = 30.0
    drafting: float = 120.0
    memory: int = 1536 << 20
    patience: float = 120.0
    stalled: float = 60.0
    waiting: int = 64


class BodyLimit:
    """Cuts a request off that brings more bytes than allowed, whatever it says of itself.

    All bodies together are held to a limit as well, and one that stops coming is given up.
    """

    def __init__(self, app: ASGIApp, limits: ServiceLimits) -> None:
        self._app = app
        self._limits = limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most(scope)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > most:
            raise _refusal(most)
        came, more = 0, True

        async def counted() -> Message:
            nonlocal came, more
            if not more:  # what still comes is that the other end has gone
                return await receive()
            try:
                async with asyncio.timeout(self._limits.stalled):
                    message = await receive()
            except TimeoutError:
                raise _stalled() from None
            more = bool(message.get("more_body"))
            size = len(message.get("body", b""))
            came += size
            self._held += size
            if came > most:
                raise _refusal(most)
            if self._held > self._limits.max_held:
                raise BusyError("Too much is being sent at once.", "Try again in a few seconds.")
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held -= came

    def _most(self, scope: Scope) -> int:
        visitor = scope.get("state", {}).get("visitor")
        if visitor is not None and visitor.name is None:
            return self._limits.max_strange
        scans = scope["path"].startswith("/api/v1/piles/") and scope["path"].endswith("/files")
        return self._limits.max_scans if scans else self._limits.max_body


def _refusal(most: int) -> RequestTooLargeError:
    size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} kB"
    return RequestTooLargeError(
        f"The request brings more than {size}.", "Send fewer or smaller files at once."
    )


def _stalled() -> RequestError:
    error = RequestError("The rest of the request did not come.", "Send it again.")
    error.http_status = 408
    return error
