"""How much one request may ask for, held before a byte of it is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handsum.errors import RequestTooLargeError


@dataclass(frozen=True)
class ServiceLimits:
    """Upper bounds of the service.

    ``max_body`` bytes and ``max_files`` a request, ``max_pages`` pages a file, ``max_pixels`` a
    page; ``seconds`` and ``memory`` (bytes beyond what an idle child holds; Linux only) for what a
    child process may spend on one call, ``patience`` seconds for a whole request, ``waiting``
    requests in the queue before more are sent away.
    """

    max_body: int = 64 << 20
    max_files: int = 500
    max_pages: int = 200
    max_pixels: int = 89_000_000
    seconds: float = 30.0
    memory: int = 1536 << 20
    patience: float = 120.0
    waiting: int = 64


class BodyLimit:
    """Cuts a request off that brings more than ``max_body`` bytes, whatever it says of itself."""

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        self._app = app
        self._max = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._max:
            raise self._refusal()
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            if message["type"] == "http.request":
                came += len(message.get("body", b""))
                if came > self._max:
                    raise self._refusal()
            return message

        await self._app(scope, counted, send)

    def _refusal(self) -> RequestTooLargeError:
        return RequestTooLargeError(
            f"The request brings more than {self._max >> 20} MB.",
            "Send fewer or smaller files at once.",
        )
