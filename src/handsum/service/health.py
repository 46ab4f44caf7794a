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
    """Whether the readers run, and whether the store and its folder can be written to.

    ``status`` is ok, starting (no reader is warm yet) or failing; anything but ok is a 503.
    """
    state = state_of(request)
    readers = state.children.about()
    status = "ok" if readers["ready"] else "starting" if readers["fault"] is None else "failing"
    store = "none"
    if state.trial is not None:
        store = "writable" if await state.trial.is_writable() else "not writable"
        status = status if store == "writable" else "failing"
    tree: dict[str, Any] = {
        "status": status,
        "version": __version__,
        "readers": readers,
        "store": store,
    }
    return JSONResponse(tree, 200 if status == "ok" else 503)
