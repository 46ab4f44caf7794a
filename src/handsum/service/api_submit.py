"""``/api/v1/piles``: new piles, files into them, progress as it goes, cancel, and tables out."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from handsum.errors import BusyError, HandsumError, RequestError
from handsum.files import write_atomically
from handsum.piles.intake import Given
from handsum.piles.options import PileOptions
from handsum.piles.reader import note_weights
from handsum.piles.store import Pile
from handsum.piles.table_files import ONE_TABLE, xlsx_bytes
from handsum.piles.tables import build_tables
from handsum.promise.file import parse_promise
from handsum.readings import Failure
from handsum.service.cabinet import Cabinet
from handsum.service.children import Children
from handsum.service.limits import ServiceLimits
from handsum.service.review_trees import progress_tree
from handsum.service.schemas import PROBLEMS
from handsum.service.shelf import Shelf
from handsum.service.state import cabinet_of, children_of, limits_of, need, shelf_of, state_of
from handsum.service.uploads import Upload, take_uploads

router = APIRouter(prefix="/api/v1/piles", tags=["piles"], responses=PROBLEMS)

TheShelf = Annotated[Shelf, Depends(shelf_of)]
READER, ADMIN = Depends(need("reader")), Depends(need("admin"))
PileFormat = Literal["csv", "xlsx", "json", "parquet"]
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                    "required": ["file"],
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_STREAM_SECONDS = 10  # then a browser asks again, so that a server that ends waits no longer
_UPLOADS = "uploads"
_MOST_NAME = 200  # bytes; file systems take 255


class PileBody(BaseModel):
    """A new pile: its name, the forms that its pages may be, and the risk to accept up to.

    ``promises`` are names of promises that this server has; each decides where it fits.
    """

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=64)
    forms: list[str] = Field(min_length=1, max_length=50)
    max_risk: float = Field(0.01, ge=0.0, le=1.0)
    promises: list[str] = Field(default_factory=list, max_length=50)


@router.post("", status_code=201, dependencies=[ADMIN])
def new_pile(
    request: Request,
    shelf: TheShelf,
    cabinet: Annotated[Cabinet, Depends(cabinet_of)],
    body: PileBody,
) -> dict[str, Any]:
    """A new pile, empty; files are then put into it."""
    known = re.fullmatch(r"\w[\w .-]*", body.name) and ".." not in body.name
    if not known or len(body.name.encode()) > _MOST_NAME:
        raise RequestError(
            f"{body.name!r} is no name for a pile.", "Use letters, digits, spaces and . _ -"
        )
    templates = [cabinet.load(form).template for form in body.forms]
    kept = [state_of(request).promises.find(name) for name in body.promises]
    for file, data in kept:
        parse_promise(data, file)
    texts = tuple(data.decode() for _, data in kept)
    options = note_weights(PileOptions(body.max_risk, texts))
    folder = cabinet.folder.parent / "piles" / body.name
    pile = shelf.store.add_pile(body.name, templates, options, folder)
    return {"name": pile.info.name, "progress": progress_tree(pile.progress())}


@router.post("/{pile}/files", status_code=202, dependencies=[ADMIN], openapi_extra=_BODY)
async def add_files(
    request: Request,
    shelf: TheShelf,
    children: Annotated[Children, Depends(children_of)],
    pile: str,
    name: Annotated[str, Query(max_length=200, description="A raw body's name.")] = "scan",
) -> dict[str, Any]:
    """Scans into a pile: kept in its folder, and queued to be read page by page.

    The same bytes are read once. A file that cannot be opened is noted in the pile with its
    reason, and is in ``failures`` here.
    """
    found = await asyncio.to_thread(shelf.pile, pile)
    limits = limits_of(request)
    uploads = await take_uploads(request, name, limits)
    taken: list[Given | Failure] = []
    for file in uploads.files:
        taken.append(await _take(found, children, file, limits))
    added = await asyncio.to_thread(found.add_files, taken)
    failures = [one.to_json() for one in taken if isinstance(one, Failure)]
    return {
        "pages": added.pages, "known": added.known, "same": added.same, "failures": failures,
        "progress": progress_tree(await asyncio.to_thread(found.progress)),
    }  # fmt: skip


@router.post("/{pile}/cancel", dependencies=[ADMIN])
def cancel(shelf: TheShelf, pile: str) -> dict[str, str]:
    """Read no more pages of it; those in hand are finished, and what was read stays."""
    shelf.set_state(pile, "cancelled")
    return {"state": "cancelled"}


@router.post("/{pile}/resume", dependencies=[ADMIN])
def resume(shelf: TheShelf, pile: str) -> dict[str, str]:
    """Go on reading it."""
    shelf.set_state(pile, "open")
    return {"state": "open"}


@router.get("/{pile}/events", dependencies=[READER], response_class=StreamingResponse)
async def events(request: Request, shelf: TheShelf, pile: str) -> Response:
    """Progress as server-sent events: one whenever it has changed, and one at once."""
    found = await asyncio.to_thread(shelf.pile, pile)
    return StreamingResponse(
        _tell(request, found), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


@router.get("/{pile}/results", dependencies=[READER], response_class=Response)
def results(
    shelf: TheShelf,
    pile: str,
    form: Annotated[PileFormat, Query(alias="format")] = "csv",
    template: Annotated[str, Query(max_length=100, description="NAME-VERSION")] = "",
) -> Response:
    """The pile's table as ``handsum form export`` writes it, corrections and all.

    Of a pile with several forms a workbook holds all; for the other formats name a template.
    """
    tables = build_tables(shelf.pile(pile))
    if template:
        tables = tuple(table for table in tables if table.title == template)
    if not tables or (form != "xlsx" and len(tables) > 1):
        titles = ", ".join(table.title for table in build_tables(shelf.pile(pile)))
        raise RequestError("Which form's table is not said.", f"Add template=, one of: {titles}.")
    data = xlsx_bytes(tables) if form == "xlsx" else ONE_TABLE[form](tables[0])
    stem = re.sub(r"[^\w.-]+", "_", pile, flags=re.ASCII) or "table"
    headers = {"Content-Disposition": f'attachment; filename="{stem}.{form}"'}
    return Response(data, media_type=_MEDIA[form], headers=headers)


async def _take(
    pile: Pile, children: Children, file: Upload, limits: ServiceLimits
) -> Given | Failure:
    """Keep an upload, once a child has opened it and lived."""
    head = {
        "do": "count", "name": file.name, "max_pixels": limits.max_pixels, "max_pages": 1000,
    }  # fmt: skip
    try:
        await children.call(head, [file.data])
    except BusyError:  # it has nothing to do with the file
        raise
    except HandsumError as error:
        return Failure(file.name, error.code, error.message, error.remedy)
    return await asyncio.to_thread(_keep, pile.folder / _UPLOADS, file)


def _keep(folder: Path, file: Upload) -> Given:
    """Where an upload lies; another file of that name keeps its own place."""
    path = folder / file.name
    if path.exists() and path.read_bytes() != file.data:
        mark = hashlib.sha256(file.data).hexdigest()[:8]
        path = folder / f"{path.stem}-{mark}{path.suffix}"
    if not path.exists():
        write_atomically(path, file.data)
    return Given(path, file.name)


async def _tell(request: Request, pile: Pile) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    before = None
    for _ in range(2 * _STREAM_SECONDS):
        if await request.is_disconnected():
            return
        try:
            progress = progress_tree(await asyncio.to_thread(pile.progress))
        except HandsumError:  # the store is away: the browser asks again, and is told why then
            return
        if progress != before:
            before = progress
            yield f"event: progress\ndata: {json.dumps(progress)}\n\n"
        await asyncio.sleep(0.5)
