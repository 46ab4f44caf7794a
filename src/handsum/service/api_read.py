"""``/api/v1/read``: pictures in, readings out; ``/api/v1/tables``: readings as files."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from handsum.errors import RequestError
from handsum.service.reading import Asked, Desk, What
from handsum.service.schemas import PROBLEMS, FailureTree, ReadingTree
from handsum.service.state import desk_of, limits_of, need
from handsum.service.tables import MEDIA_TYPES, TableFormat, write_table
from handsum.service.uploads import take_uploads

router = APIRouter(prefix="/api/v1", tags=["read"], responses=PROBLEMS)

_MOST_ROWS = 20_000
_FILE = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "array", "items": _FILE}},
                    "required": ["file"],
                }
            },
            "application/octet-stream": {"schema": _FILE},
            "image/png": {"schema": _FILE},
            "application/pdf": {"schema": _FILE},
        },
    }
}
Known = Annotated[str | None, Query(max_length=200)]


@router.post(
    "/read",
    response_model=None,
    responses={200: {"model": list[ReadingTree | FailureTree], "description": "The readings."}},
    openapi_extra=_BODY,
    dependencies=[Depends(need("reader"))],
)
async def read_pictures(
    request: Request,
    desk: Annotated[Desk, Depends(desk_of)],
    what: Annotated[What, Query(alias="as", description="What a picture holds.")] = "number",
    form: Annotated[TableFormat, Query(alias="format")] = "json",
    max_risk: Annotated[float, Query(ge=0.0, le=1.0)] = 0.01,
    top: Annotated[int, Query(ge=1, le=10, description="Candidates a reading.")] = 3,
    pattern: Known = None,
    length: Known = None,
    check: Known = None,
    range_: Annotated[str | None, Query(alias="range", max_length=200)] = None,
    decimal: Known = None,
    thousands: Known = None,
    crops: Annotated[bool, Query(description="Add each reading's crop as a PNG.")] = False,
    name: Annotated[str, Query(max_length=200, description="A raw body's name.")] = "picture",
) -> Response:
    """Read one picture or PDF (a raw body), or many (a multipart form).

    The objects are those of ``handsum read --format json``. A raw body that cannot be read is
    answered with its problem; among the files of a form, a failure stands in its place.
    """
    asked = Asked(max_risk, top, pattern, length, check, range_, decimal, thousands)
    uploads = await take_uploads(request, name, limits_of(request))
    if uploads.raw:
        text = await desk.read_one(uploads.files[0], what, asked, crops)
    else:
        text = await desk.read_many(uploads.files, what, asked, crops)
    if form != "json":
        text = write_table(json.loads(text), form)
    return Response(text, media_type=MEDIA_TYPES[form])


@router.post(
    "/tables",
    response_model=None,
    responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}},
    dependencies=[Depends(need("reader"))],
)
async def make_table(
    rows: Annotated[list[ReadingTree | FailureTree], Body()],
    form: Annotated[TableFormat, Query(alias="format")] = "csv",
) -> Response:
    """Readings, as `/read` gave them, as a file: CSV, XLSX, JSON or JSON lines."""
    if len(rows) > _MOST_ROWS:
        raise RequestError(
            f"A table of {len(rows):,} rows is more than {_MOST_ROWS:,}.", "Ask for it in parts."
        )
    trees = [row.model_dump(by_alias=True, mode="json", exclude={"crop"}) for row in rows]
    for tree in trees:
        if tree.get("left_over", 0) is None:
            del tree["left_over"]
    headers = {"Content-Disposition": f'attachment; filename="readings.{form}"'}
    return Response(write_table(trees, form), media_type=MEDIA_TYPES[form], headers=headers)
