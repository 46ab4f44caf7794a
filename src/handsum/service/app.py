"""The application: routes, the gate before them, and the children that live as long as it."""

from __future__ import annotations

import getpass
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from handsum.errors import HandsumError, ServiceError
from handsum.service import api_bundles, api_read, api_session, health, pages
from handsum.service.children import Children
from handsum.service.gate import Gate, Identify
from handsum.service.limits import BodyLimit
from handsum.service.openapi import describe
from handsum.service.problems import LastResort, answer_error
from handsum.service.promises import Promises
from handsum.service.reading import Desk
from handsum.service.reports import Reports
from handsum.service.settings import ServiceSettings, is_loopback
from handsum.service.state import ServiceState, no_pile
from handsum.service.visitors import Visitor
from handsum.version import __version__

if TYPE_CHECKING:
    from handsum.service.access import Access
    from handsum.service.cabinet import Cabinet
    from handsum.service.pile_workers import PileWorkers
    from handsum.service.shelf import Shelf
    from handsum.service.trial import StoreTrial

log = logging.getLogger("handsum.service")


def build_app(settings: ServiceSettings, shelf: Shelf | None = None) -> ASGIApp:
    """The whole service as one ASGI application; it closes the shelf in the end."""
    children = Children(settings.limits, settings.children)
    access = _open_access(settings, shelf)
    desk = Desk(children, settings.limits)
    cabinet, trial = _open_cabinet(settings, shelf), _open_trial(settings, shelf)
    kept = Promises(settings.promises), Reports(settings.reports)
    state = ServiceState(settings, children, desk, shelf, access, cabinet, trial, *kept)
    workers = _open_workers(settings, shelf)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        children.start()
        if workers is not None:
            workers.start()
        try:
            yield
        finally:
            if workers is not None:
                await workers.close()
            await children.close()
            if shelf is not None:
                shelf.close()

    app = FastAPI(
        title="handsum",
        version=__version__,
        summary="Reads handwritten numbers from paper, and says how sure it is.",
        lifespan=life,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.service = state
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    for kind in (HandsumError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer_error)
    routers = (api_read, api_bundles, api_session, health, pages)
    for router in (*(module.router for module in routers), *_pile_routers(shelf)):
        app.include_router(router)
    app.mount("/static", StaticFiles(packages=[("handsum.service", "static")]))
    inner = LastResort(BodyLimit(app, settings.limits))
    identify = everybody(local_name()) if access is None else in_a_thread(access)
    return Gate(inner, settings.answers_to, secrets.token_bytes(32), identify, app)


def _open_cabinet(settings: ServiceSettings, shelf: Shelf | None) -> Cabinet | None:
    """The forms beside the store; on a database server, in the folder that the settings name."""
    if shelf is None:
        return None
    from handsum.service.cabinet import Cabinet  # noqa: PLC0415

    folder = settings.folder or shelf.store.database.folder
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceError(
            f"Cannot make the folder {folder}: {error.strerror}.", "Name another --folder."
        ) from error
    return Cabinet(folder / "forms")


def _open_trial(settings: ServiceSettings, shelf: Shelf | None) -> StoreTrial | None:
    if shelf is None:
        return None
    from handsum.service.trial import StoreTrial  # noqa: PLC0415

    return StoreTrial(shelf.store.database, settings.folder or shelf.store.database.folder)


def _open_workers(settings: ServiceSettings, shelf: Shelf | None) -> PileWorkers | None:
    if shelf is None or not settings.children:
        return None
    from handsum.service.pile_workers import PileWorkers  # noqa: PLC0415

    return PileWorkers(shelf, settings.children)


def _open_access(settings: ServiceSettings, shelf: Shelf | None) -> Access | None:
    """Who may come in; None where only this machine can, which needs no login.

    ServiceError where others can and nobody would be let in.
    """
    if not settings.needs_login:
        return None
    why = (
        "A login was asked for"
        if is_loopback(settings.host)
        else f"Other machines could reach {settings.host}"
    )
    if shelf is None:
        raise ServiceError(
            f"{why}, and no store is named that could hold users.",
            "Name one: mkdir office; handsum user add office NAME --role admin; "
            "handsum serve office",
        )
    from handsum.service.access import Access  # noqa: PLC0415 (it brings argon2)
    from handsum.service.users import Users  # noqa: PLC0415

    users = Users(shelf.store.database)
    if users.empty:
        raise ServiceError(
            f"{why}, and the store holds no users.",
            "Add one with: handsum user add STORE NAME --role admin",
        )
    return Access(users)


def _pile_routers(shelf: Shelf | None) -> tuple[APIRouter, ...]:
    if shelf is None:
        return (no_piles,)
    # They bring OpenCV and SQLAlchemy.
    from handsum.service import api_forms, api_piles, api_review, api_submit  # noqa: PLC0415

    return api_forms.router, api_piles.router, api_submit.router, api_review.router


no_piles = APIRouter(include_in_schema=False)


@no_piles.api_route("/api/v1/forms{rest:path}", methods=["GET", "POST", "PUT", "DELETE"])
@no_piles.api_route("/api/v1/piles{rest:path}", methods=["GET", "POST"])
async def say_no_piles() -> None:
    """Why there are no piles here."""
    raise no_pile()


def everybody(name: str) -> Identify:
    """Whoever reaches this server is the one who started it."""

    async def identify(session: str, _: Headers) -> Visitor:
        return Visitor(session, name, "admin")

    return identify


def in_a_thread(access: Access) -> Identify:
    """Whoever has logged in, or has a token; the store is asked beside the server's own loop."""

    async def identify(session: str, headers: Headers) -> Visitor:
        if not session and "authorization" not in headers:
            return Visitor("", None, None)
        return await run_in_threadpool(access.identify, session, headers)

    return identify


def local_name() -> str:
    """The name of the account that runs the server."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
