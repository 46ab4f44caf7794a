"""``/api/v1/session``: who this is, and the token that its pages send back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from handsum.service.visitors import visitor_of

router = APIRouter(prefix="/api/v1/session", tags=["session"])


@router.get("")
def session(request: Request) -> dict[str, Any]:
    """The visitor's name and role (null where nobody is logged in), and the page's token."""
    visitor = visitor_of(request)
    return {"name": visitor.name, "role": visitor.role, "csrf": request.state.csrf}
