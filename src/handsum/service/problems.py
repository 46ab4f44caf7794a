"""Errors as problem+json (RFC 9457), made from handsum.errors; nothing else ever leaves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handsum.errors import HandsumError, NotFoundError, RequestError, ServiceError
from handsum.service.decode_child import crash

log = logging.getLogger("handsum.service")


class ProblemResponse(JSONResponse):
    """A problem+json answer."""

    media_type = "application/problem+json"


def problem(error: HandsumError, more: Mapping[str, str] | None = None) -> ProblemResponse:
    """The answer for an error: its HTTP status, and its code, message and remedy.

    ``more`` are headers that belong to it.
    """
    headers = dict(more or {})
    if error.http_status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = (
            "2" if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE else "60"
        )
    if error.http_status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return ProblemResponse(
        {
            "type": f"urn:handsum:error:{error.code}",
            "title": HTTPStatus(error.http_status).phrase,
            "status": error.http_status,
            "detail": error.message,
            "code": error.code,
            "remedy": error.remedy,
        },
        error.http_status,
        headers,
    )


def from_validation(error: RequestValidationError) -> HandsumError:
    """What of a request is not as described, without repeating what it held."""
    faults = [
        f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
    ]
    return RequestError(
        f"The request is not as described: {'; '.join(faults)}.",
        "See /api/v1/openapi.json for what is taken.",
    )


def from_http(error: HTTPException) -> HandsumError:
    """Starlette's own refusals (no such address, wrong method, broken multipart), as ours."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFoundError("There is nothing at this address.", "Check the address.")
    made = RequestError(
        f"{HTTPStatus(error.status_code).phrase}.", "See /api/v1/openapi.json for what is taken."
    )
    made.http_status = error.status_code
    return made


async def answer_error(request: Request, error: Exception) -> Response:
    """FastAPI's handler for all three kinds, and for errors that nobody meant."""
    if isinstance(error, HandsumError):
        return answer_with(request, error)
    if isinstance(error, RequestValidationError):
        return answer_with(request, from_validation(error))
    if not isinstance(error, HTTPException):
        return answer_with(request, _unmeant())  # and `LastResort` logs it
    # Allow, of a method that is not taken
    return answer_with(request, from_http(error), error.headers)


def answer_with(
    request: Request, error: HandsumError, more: Mapping[str, str] | None = None
) -> Response:
    """A page where a person's browser asks for one to show, else a problem."""
    from handsum.service.pages import trouble_page, wants_page  # noqa: PLC0415

    return trouble_page(request, error) if wants_page(request) else problem(error, more)


class LastResort:
    """The outermost layer: an error that nobody meant is told as a 500 without its words.

    The log gets the error's type and where it was raised, never its message, which may hold a
    value or a file's name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and catch what comes back up."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except HandsumError as error:
            if scope["type"] != "http" or begun:
                raise
            await problem(error)(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.error("unexpected %s", crash(error))
            if not begun:
                await problem(_unmeant())(scope, receive, send)


def _unmeant() -> ServiceError:
    return ServiceError(
        "The service failed at this request.",
        "Try again; if it fails again, report what was asked, with the server's log.",
    )
