"""``/api/v1/read``: pictures in, readings out; ``/api/v1/tables``: readings as files."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import Field

from handsum.bundle import list_bundles
from handsum.errors import NotFoundError, RequestError, UsageError
from handsum.readings import Failure, Reading
from handsum.service.reading import Asked, Desk, What
from handsum.service.schemas import PROBLEMS, FailureTree, ReadingTree
from handsum.service.state import desk_of, limits_of, need, state_of
from handsum.service.tables import MEDIA_TYPES, TableFormat, write_table
from handsum.service.uploads import Upload, take_uploads

router = APIRouter(prefix="/api/v1", tags=["read"], responses=PROBLEMS)

_MOST_ROWS = 20_000
_BESIDE = ("list", "promise", "second_key")
_FILE = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "array", "items": _FILE},
                        "list": {**_FILE, "description": "A closed list, an entry a line."},
                        "promise": {**_FILE, "description": "A promise's file."},
                        "second_key": {
                            **_FILE,
                            "description": "A CSV (file,text) of what a person typed: compare.",
                        },
                    },
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
Entry = Annotated[str, Field(max_length=64)]


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
    what: Annotated[
        What | None,
        Query(alias="as", description="What a picture holds: number, or what the bundle reads."),
    ] = None,
    form: Annotated[TableFormat, Query(alias="format")] = "json",
    max_risk: Annotated[
        float | None, Query(ge=0.0, le=1.0, description="0.01 unless a promise says otherwise.")
    ] = None,
    top: Annotated[int, Query(ge=1, le=10, description="Candidates a reading.")] = 3,
    pattern: Known = None,
    length: Known = None,
    check: Known = None,
    range_: Annotated[str | None, Query(alias="range", max_length=200)] = None,
    decimal: Known = None,
    thousands: Known = None,
    cells: Annotated[
        int | None, Query(ge=1, le=200, description="A picture is a comb of so many cells.")
    ] = None,
    entries: Annotated[
        list[Entry] | None,
        Query(alias="list", description="An entry of a closed list; a long list is a part."),
    ] = None,
    promise: Annotated[
        str | None,
        Query(max_length=200, description="A promise that this server has, by its name."),
    ] = None,
    bundle: Annotated[
        str | None,
        Query(max_length=64, description="Another one of this server's bundles, by its name."),
    ] = None,
    crops: Annotated[bool, Query(description="Add each reading's crop as a PNG.")] = False,
    name: Annotated[str, Query(max_length=200, description="A raw body's name.")] = "picture",
) -> Response:
    """Read one picture or PDF (a raw body), or many (a multipart form).

    The objects are those of ``handsum read --format json``. A raw body that cannot be read is
    answered with its problem; among the files of a form, a failure stands in its place. A form
    may bring a closed list, a promise and what a person typed as its parts ``list``, ``promise``
    and ``second_key``.
    """
    uploads = await take_uploads(request, name, limits_of(request), _BESIDE)
    typed = await _typed(what, uploads.beside.get("second_key"))
    asked = Asked(
        max_risk=max_risk,
        top=top,
        pattern=pattern,
        length=length,
        check=check,
        range=range_,
        decimal=decimal,
        thousands=thousands,
        cells=cells,
        entries=_one("list", _listed(entries), uploads.beside.get("list")),
        promise=_one("promise", _kept(request, promise), uploads.beside.get("promise")),
        bundle=_listed_bundle(bundle),
    )
    if uploads.raw:
        text = await desk.read_one(uploads.files[0], what, asked, crops)
    else:
        text = await desk.read_many(uploads.files, what, asked, crops)
    if typed is not None:
        text = await asyncio.to_thread(_compare, text, typed)
    if form != "json":
        text = await asyncio.to_thread(lambda: write_table(json.loads(text), form))
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
    table = await asyncio.to_thread(write_table, trees, form)
    return Response(table, media_type=MEDIA_TYPES[form], headers=headers)


async def _typed(what: What | None, sent: Upload | None) -> dict[str, str] | None:
    if sent is None:
        return None
    if what == "page":
        raise UsageError(
            "--second-key compares one value a picture, and a page has many.",
            "Cut the values out, or leave --second-key out.",
        )
    from handsum.reader.second_key import parse_typed  # noqa: PLC0415 (as the other rooms)

    return await asyncio.to_thread(parse_typed, sent.data, sent.name)


def _compare(text: bytes, typed: dict[str, str]) -> bytes:
    """Readings with the decisions that agreement with what was typed gives."""
    from handsum.forms.page_reading import reading_from_json  # noqa: PLC0415
    from handsum.reader.second_key import hold_against  # noqa: PLC0415

    trees: list[dict[str, Any]] = json.loads(text)
    results = [
        Failure(tree["source"], **tree["error"]) if "error" in tree else reading_from_json(tree)
        for tree in trees
    ]
    for tree, result in zip(trees, hold_against(results, typed).results, strict=True):
        if isinstance(result, Reading):
            tree["decision"], tree["basis"] = result.decision, result.basis
    return json.dumps(trees, ensure_ascii=False).encode(errors="backslashreplace")


def _listed_bundle(name: str | None) -> str | None:
    """A bundle of this server by its name; never a path, which a stranger shall not try out."""
    if name is None:
        return None
    names = [folder.name for folder in list_bundles()]
    if name not in names:
        raise NotFoundError(f"There is no bundle {name!r}.", f"Name one of: {', '.join(names)}.")
    return name


def _listed(entries: list[str] | None) -> Upload | None:
    """A list from the address as its file would be."""
    return None if entries is None else Upload("list", "\n".join(entries).encode())


def _kept(request: Request, name: str | None) -> Upload | None:
    """A promise that this server has."""
    return None if name is None else Upload(*state_of(request).promises.find(name))


def _one(what: str, named: Upload | None, sent: Upload | None) -> Upload | None:
    if named is not None and sent is not None:
        raise RequestError(f"There are two of {what}.", "Name it in the address, or send it.")
    return named or sent
