"""``/healthz``: what works now, as tried now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from handsum.service.state import state_of
from handsum.version import __version__

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    responses={503: {"description": "Something does not work; the body says what."}},
)
async def healthz(request: Request) -> JSONResponse:
    """Whether the readers run, and whether the pile can be written to.

    ``status`` is ok, starting (no reader is warm yet) or failing; anything but ok is a 503.
    """
    readers = state_of(request).children.about()
    status = "ok" if readers["ready"] else "starting" if readers["fault"] is None else "failing"
    tree: dict[str, Any] = {"status": status, "version": __version__, "readers": readers}
    return JSONResponse(tree, 200 if status == "ok" else 503)
