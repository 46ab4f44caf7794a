"""How much one request may ask for, held before a byte of it is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handsum.errors import RequestTooLargeError


@dataclass(frozen=True)
class ServiceLimits:
    """Upper bounds of the service.

    ``max_body`` bytes a request (``max_scans`` where scans go into a pile), ``max_files`` files in
    it, ``max_pages`` pages a file, ``max_pixels`` a page. ``seconds`` without a sign of life and
    ``memory`` (bytes beyond what an idle child holds; Linux only) are for one call of a child,
    ``patience`` seconds for a whole request. ``waiting`` requests may queue before more are sent
    away.
    """

    max_body: int = 64 << 20
    max_scans: int = 512 << 20
    max_files: int = 500
    max_pages: int = 200
    max_pixels: int = 89_000_000
    seconds: float = 30.0
    memory: int = 1536 << 20
    patience: float = 120.0
    waiting: int = 64


class BodyLimit:
    """Cuts a request off that brings more bytes than allowed, whatever it says of itself."""

    def __init__(self, app: ASGIApp, limits: ServiceLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scans = scope["path"].startswith("/api/v1/piles/") and scope["path"].endswith("/files")
        most = self._limits.max_scans if scans else self._limits.max_body
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > most:
            raise _refusal(most)
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            if message["type"] == "http.request":
                came += len(message.get("body", b""))
                if came > most:
                    raise _refusal(most)
            return message

        await self._app(scope, counted, send)


def _refusal(most: int) -> RequestTooLargeError:
    return RequestTooLargeError(
        f"The request brings more than {most >> 20} MB.", "Send fewer or smaller files at once."
    )
