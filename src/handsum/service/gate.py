"""The gate that every request passes: host name, who it is, where it comes from, and headers.

A page from elsewhere can make a browser send requests here. So a request that changes something
and comes from a browser must come from one of our pages (Origin, Sec-Fetch-Site) and carry that
page's token; programs, which send none of a browser's headers, need neither. On loopback, names
other than this machine's own are refused, or a page could have its name point here (DNS
rebinding).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handsum.errors import CrossSiteError, HandsumError
from handsum.service.visitors import Visitor, csrf_token

COOKIE = "handsum_session"
TOKEN_HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

Identify = Callable[[str, Headers], Awaitable[Visitor]]
"""From a session's id and a request's headers to who it is."""


class Gate:
    """Checks a request before anything else sees it, and puts headers on what goes out.

    ``hosts`` are the names (without port) that are answered to, None for all. ``owner`` is the
    application whose pages tell a person what was refused; without one all get a problem.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str] | None,
        secret: bytes,
        identify: Identify,
        owner: Starlette | None = None,
    ) -> None:
        self._app = app
        self._owner = owner
        self._hosts = hosts
        self._secret = secret
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or raise CrossSiteError."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = _session(headers)
        session = known or secrets.token_urlsafe(24)
        page = scope["method"] == "GET" and _is_page(scope["path"])

        async def adorned(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    out.setdefault(name, value)
                out.setdefault("Cache-Control", "no-store")
                if page and not known:
                    out.append("Set-Cookie", session_cookie(session, scope["scheme"]))
            await send(message)

        scope.setdefault("state", {})
        try:
            self._check_host(headers)
            scope["state"]["visitor"] = (
                Visitor(known, None, None)  # a store that is away shall not keep us from telling so
                if _is_open(scope["path"])
                else await self._identify(known, headers)
            )
            scope["state"]["csrf"] = csrf_token(self._secret, session)
            if scope["method"] not in _SAFE:
                self._check_origin(scope, headers, known)
        except HandsumError as error:
            from handsum.service.problems import answer_with  # noqa: PLC0415

            scope["state"].setdefault("visitor", Visitor(known, None, None))
            scope["state"].setdefault("csrf", "")
            if self._owner is not None:
                scope["app"] = self._owner
            await answer_with(Request(scope), error)(scope, receive, adorned)
            return
        await self._app(scope, receive, adorned)

    def _check_host(self, headers: Headers) -> None:
        name = host_name(headers.get("host", ""))
        if self._hosts is not None and name not in self._hosts:
            raise CrossSiteError(
                "This service does not go by that name.",
                "Use the address that handsum serve printed, or name the host with --name.",
            )

    def _check_origin(self, scope: Scope, headers: Headers, session: str) -> None:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if not (origin or site or session):
            return  # no browser
        own = f"{scope['scheme']}://{headers.get('host', '')}"
        if (site is not None and site != "same-origin") or (origin is not None and origin != own):
            raise CrossSiteError(
                "A page from elsewhere sent this request.", "Use the pages of this service."
            )
        given = headers.get(TOKEN_HEADER, "")
        if "authorization" in headers:
            return  # a token is never sent by a browser on its own
        if not hmac.compare_digest(given.encode(), csrf_token(self._secret, session).encode()):
            raise CrossSiteError(
                "The request lacks its page's token.", "Load the page again, and try again."
            )


def session_cookie(session: str, scheme: str) -> str:
    """The cookie, for this site's pages alone and out of reach of their scripts."""
    secure = "; Secure" if scheme == "https" else ""
    return f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict{secure}"


def host_name(host: str) -> str:
    """The name in a Host header, without the port, in lower case; empty if it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _session(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    value = "" if morsel is None else morsel.value
    return value if 20 <= len(value) <= 64 and value.isascii() else ""


def _is_page(path: str) -> bool:
    return not (_is_open(path) or path.startswith("/api/"))


def _is_open(path: str) -> bool:
    """Whether it is the same for everybody."""
    return path == "/healthz" or path.startswith("/static/")
