"""The pages: templates with texts; what is on them comes from the API by scripts."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from handsum.errors import HandsumError
from handsum.service.state import state_of
from handsum.service.visitors import Role, visitor_of
from handsum.service.wording import (
    LANGUAGE_COOKIE,
    LANGUAGES,
    Wording,
    choose_language,
    load_wording,
)
from handsum.version import __version__

router = APIRouter(include_in_schema=False)

PAGES: dict[str, Role] = {
    "draw": "reader",
    "read": "reader",
    "review": "reviewer",
    "forms": "reader",
    "readers": "reader",
}
"""The pages by name, and the role that each needs."""


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("handsum.service"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def wording_of(request: Request) -> Wording:
    """The texts in the visitor's language."""
    return load_wording(
        choose_language(
            request.query_params.get("language"),
            request.cookies.get(LANGUAGE_COOKIE),
            request.headers.get("accept-language", ""),
        )
    )


def render(request: Request, page: str, template: str | None = None, **more: Any) -> HTMLResponse:
    """A page, by its own template or another one of its part, in the visitor's language.

    A language that was clicked is kept in a cookie.
    """
    texts = wording_of(request)
    visitor = visitor_of(request)
    html = _templates().get_template(f"{template or page}.html").render(
        t=texts,
        page=page,
        pages=[name for name, role in PAGES.items() if visitor.role and visitor.may(role)],
        languages=LANGUAGES,
        visitor=visitor,
        login=state_of(request).settings.needs_login,
        csrf=request.state.csrf,
        script_texts=texts.part("common", "content", "decision", "error", page),
        version=__version__,
        **more,
    )  # fmt: skip
    response = HTMLResponse(html)
    if request.query_params.get("language") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, texts.language, max_age=31_536_000, samesite="lax", httponly=True
        )
    return response


@router.get("/")
async def first(request: Request) -> Response:
    """Where to begin: with the pile, where there is one."""
    start = "/draw" if state_of(request).shelf is None else "/review"
    return RedirectResponse(start, 303)


@router.get("/draw")
async def draw(request: Request) -> Response:
    """Draw a digit or a number and see it read."""
    return page_for(request, "draw")


@router.get("/read")
async def read(request: Request) -> Response:
    """Drop pictures, take a table out."""
    return page_for(request, "read", checks=_checks())


@router.get("/review")
async def review(request: Request) -> Response:
    """Look at the doubtful values of a pile."""
    return page_for(request, "review", has_piles=state_of(request).shelf is not None)


@router.get("/forms")
async def forms(request: Request) -> Response:
    """Piles and forms."""
    return page_for(request, "forms", has_piles=state_of(request).shelf is not None)


@router.get("/forms/{form}")
async def form(request: Request, form: str) -> Response:
    """Edit a form."""
    return page_for(request, "forms", template="form", form=form, checks=_checks())


@router.get("/readers")
async def readers(request: Request) -> Response:
    """The bundles that read here."""
    return page_for(request, "readers")


@router.get("/login")
async def login(request: Request) -> Response:
    """Where to log in, if anybody has to."""
    if visitor_of(request).name is not None:
        return RedirectResponse("/", 303)
    return render(request, "login")


def trouble_page(request: Request, error: HandsumError) -> Response:
    """An error as a page, for a person who opened an address and not a program."""
    told = wording_of(request).describe(error.code, error.message, error.remedy)
    response = render(request, "trouble", told=told)
    response.status_code = error.http_status
    return response


def wants_page(request: Request) -> bool:
    """Whether a browser asks for this to show it."""
    accepted = request.headers.get("accept", "")
    return request.method == "GET" and accepted.startswith("text/html") and "app" in request.scope


def page_for(request: Request, page: str, template: str | None = None, **more: Any) -> Response:
    """A page for whoever may see it; others are sent to log in."""
    visitor = visitor_of(request)
    if visitor.name is None:
        return RedirectResponse("/login", 303)
    visitor.check(PAGES[page])
    return render(request, page, template, **more)


def _checks() -> list[str]:
    """The names of all check digits."""
    from handsum.decode.checks import CHECKS  # noqa: PLC0415 (the first page does without)

    return list(CHECKS)
