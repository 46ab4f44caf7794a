"""``/api/v1/session``: who this is, logging in and out, and the token that pages send back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from handsum.errors import NotFoundError
from handsum.service.gate import session_cookie
from handsum.service.schemas import PROBLEMS
from handsum.service.state import state_of
from handsum.service.visitors import visitor_of

if TYPE_CHECKING:  # a server without a login does without argon2
    from handsum.service.access import Access

router = APIRouter(prefix="/api/v1/session", tags=["session"], responses=PROBLEMS)


class LoginBody(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    password: str = Field(max_length=1000)


@router.get("")
def session(request: Request) -> dict[str, Any]:
    """The visitor's name and role (null where nobody is logged in), and the page's token."""
    visitor = visitor_of(request)
    return {"name": visitor.name, "role": visitor.role, "csrf": request.state.csrf}


@router.post("")
def log_in(request: Request, body: LoginBody) -> Response:
    """Log in; the answer sets the session's cookie."""
    address = request.client.host if request.client else ""
    user, made = _access(request).log_in(body.name, body.password, address)
    response = JSONResponse({"name": user.name, "role": user.role})
    response.headers.append("Set-Cookie", session_cookie(made, request.url.scheme))
    return response


@router.delete("", status_code=204)
def log_out(request: Request) -> Response:
    """Log out."""
    _access(request).log_out(visitor_of(request).session)
    return Response(status_code=204)


def _access(request: Request) -> Access:
    access = state_of(request).access
    if access is None:
        raise NotFoundError("Nobody logs in here.", "Just use it: only this machine can.")
    return access
