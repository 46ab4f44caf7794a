"""``/api/v1/forms``: templates drafted from blanks, edited, printed."""

from __future__ import annotations

import asyncio
import tomllib
from contextlib import suppress
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from handsum.errors import HandsumError, NotFoundError, RequestError, TooCostlyError
from handsum.forms.print import draw_form
from handsum.service.cabinet import PICTURE, SHEET, Cabinet, Form
from handsum.service.children import Answer, Children
from handsum.service.form_check import check_form
from handsum.service.schemas import PROBLEMS
from handsum.service.state import cabinet_of, children_of, limits_of, need
from handsum.service.uploads import take_uploads

router = APIRouter(prefix="/api/v1/forms", tags=["forms"], responses=PROBLEMS)

TheCabinet = Annotated[Cabinet, Depends(cabinet_of)]
TheChildren = Annotated[Children, Depends(children_of)]
READER, ADMIN = Depends(need("reader")), Depends(need("admin"))
_ACROSS = 1400  # pixels of the picture that is edited on
_FIRST: dict[str, Any] = {
    "schema": 1,
    "version": "1",
    "rules": [],
    "page": {"size": "A4"},
    "field": [{"name": "a", "label": "A", "kind": "box", "box": [60.0, 50.0, 100.0, 60.0]}],
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("application/octet-stream", "application/pdf", "image/png")
        },
    }
}


@router.get("", dependencies=[READER])
def list_forms(cabinet: TheCabinet) -> dict[str, Any]:
    """Every form, in short; one that is spoiled comes with its error."""
    forms: list[dict[str, Any]] = []
    for name in cabinet.names():
        try:
            template = cabinet.load(name).template
        except HandsumError as error:
            told = {"code": error.code, "message": error.message, "remedy": error.remedy}
            forms.append({"name": name, "error": told})
            continue
        forms.append({
            "name": name, "title": template.title, "version": template.version,
            "fields": len(template.fields), "rules": len(template.rule_texts),
            "printable": template.blank is None,
        })  # fmt: skip
    return {"forms": forms}


@router.post("", status_code=201, dependencies=[ADMIN])
async def new_form(
    cabinet: TheCabinet,
    children: TheChildren,
    name: Annotated[str, Query(max_length=40)],
) -> dict[str, Any]:
    """A form of our own, with one field, to go on with."""
    if not await asyncio.to_thread(cabinet.claim, name):
        raise RequestError(f"There is a form {name!r} already.", "Give another name.")
    try:
        form = await asyncio.to_thread(cabinet.save, name, {**_FIRST, "name": name})
        await _draw(cabinet, children, form)
    except BaseException:
        _clear(cabinet, name)
        raise
    return form_tree(form)


@router.post("/draft", status_code=201, dependencies=[ADMIN], openapi_extra=_BODY)
async def draft_form(
    request: Request,
    cabinet: TheCabinet,
    children: TheChildren,
    name: Annotated[str, Query(max_length=100, description="The blank's file name.")] = "form.pdf",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> dict[str, Any]:
    """Find what is to be filled in on a blank form (a picture or PDF) and make a form of it."""
    uploads = await take_uploads(request, name, limits_of(request))
    file = uploads.files[0]
    made = await asyncio.to_thread(cabinet.claim_like, PurePath(file.name).stem)
    suffix = PurePath(file.name).suffix.lower()
    blank = f"{SHEET}{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
    try:
        path = await asyncio.to_thread(cabinet.put, made, blank, file.data)
        head = {"do": "draft", "path": str(path), "page": page}
        answer = await _find_boxes(children, head)
        if answer.head["straight"]:
            straight = str(answer.head["straight"])
            await asyncio.to_thread(cabinet.put, made, straight, answer.blobs[0])
        tree, notes = tomllib.loads(answer.head["toml"]), list(answer.head["notes"])
        coded = str(tree["name"]) if tree.get("page", {}).get("code") else made
        if coded != made:  # sheets are read by the form that their page code names
            if await asyncio.to_thread(cabinet.move, made, coded):
                made = coded
            else:
                notes.append(
                    f"The page code names the form {coded!r}, which is here already and reads "
                    "these sheets; this one would not."
                )
        form = await asyncio.to_thread(cabinet.save, made, {**tree, "name": made})
        await _draw(cabinet, children, form, page)
    except BaseException:
        _clear(cabinet, made)
        raise
    return {**form_tree(form), "notes": notes}


@router.get("/{form}", dependencies=[READER])
def one_form(cabinet: TheCabinet, form: str) -> dict[str, Any]:
    """A form: its template's keys as JSON, and every field with its place."""
    return form_tree(cabinet.load(form))


@router.put("/{form}", dependencies=[ADMIN])
async def save_form(
    cabinet: TheCabinet, children: TheChildren, form: str, tree: Annotated[dict[str, Any], Body()]
) -> dict[str, Any]:
    """Write a form's template, if all of it is right; else a problem that names the key."""
    saved = await asyncio.to_thread(cabinet.save, form, tree)
    if saved.sheet is None:  # else its picture stays what it is
        await _draw(cabinet, children, saved)
    return form_tree(saved)


@router.post("/{form}/check", dependencies=[ADMIN])
def check_keys(
    cabinet: TheCabinet, form: str, tree: Annotated[dict[str, Any], Body()]
) -> dict[str, Any]:
    """What is wrong with a template that is not saved yet: as a whole, and rule by rule.

    ``error`` and each rule's ``error`` are null where all is right; ``count`` is how many single
    rules a rule stands for, such as one a row of a table.
    """
    cabinet.load(form)
    return check_form(tree, lambda keys: cabinet.build(form, keys).template).to_json()


@router.delete("/{form}", status_code=204, dependencies=[ADMIN])
def remove_form(cabinet: TheCabinet, form: str) -> Response:
    """Take a form out of the list; piles keep what they were read with."""
    cabinet.remove(form)
    return Response(status_code=204)


@router.get("/{form}/picture", dependencies=[READER], response_class=FileResponse)
def form_picture(cabinet: TheCabinet, form: str) -> Response:
    """The empty form as a PNG."""
    path = cabinet.load(form).picture
    if not path.is_file():
        raise NotFoundError("The form has no picture.", "Save the form again.")
    return FileResponse(path, media_type="image/png")


@router.get("/{form}/template", dependencies=[READER], response_class=Response)
def form_template(cabinet: TheCabinet, form: str) -> Response:
    """The template as the TOML file that ``handsum form`` takes."""
    text = (cabinet.load(form).folder / "template.toml").read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{form}.toml"'}
    return Response(text, media_type="application/toml", headers=headers)


@router.get("/{form}/print", dependencies=[READER], response_class=Response)
def print_form(
    cabinet: TheCabinet,
    form: str,
    sheets: Annotated[int, Query(ge=1, le=2000)] = 1,
    first: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """A PDF to print, each sheet with its own number in its page code."""
    pdf = draw_form(cabinet.load(form).template, sheets, first)
    headers = {"Content-Disposition": f'inline; filename="{form}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def form_tree(form: Form) -> dict[str, Any]:
    """A form as JSON."""
    template = form.template
    return {
        "name": form.name,
        "tree": form.tree,
        "width": template.width,
        "height": template.height,
        "printable": template.blank is None,
        "picture": f"/api/v1/forms/{form.name}/picture",
        "fields": [
            {"name": f.name, "label": f.label, "kind": f.kind, "box": list(f.box),
             "cells": f.cells, "table": f.place.table if f.place else None}
            for f in template.fields
        ],
    }  # fmt: skip


async def _find_boxes(children: Children, head: dict[str, Any]) -> Answer:
    """What a child drafts; it says nothing until it is done, and has longer for that."""
    try:
        return await children.call(head, seconds=children.limits.drafting)
    except TooCostlyError as error:
        raise TooCostlyError(
            f"Finding the boxes took more than {children.limits.drafting:.0f} seconds, or more "
            "memory than one request may use.",
            "Try again when this machine has less to do, scan the form with fewer pixels, or draw "
            "it here.",
        ) from error


def _clear(cabinet: Cabinet, name: str) -> None:
    with suppress(HandsumError):
        cabinet.clear(name)


async def _draw(cabinet: Cabinet, children: Children, form: Form, page: int = 1) -> None:
    """Keep the form's picture; a sheet is opened by a child, as all that strangers made.

    ``page`` of the sheet is meant where the template does not say.
    """
    template, sheet = form.template, form.sheet
    if sheet is None:
        data, page = await asyncio.to_thread(draw_form, template), 1
    else:
        data = await asyncio.to_thread(sheet.read_bytes)
        page = page if template.blank is None else template.blank_page
    head = {"do": "render", "page": page, "width": _ACROSS}
    answer = await children.call(head, [data], children.limits.drafting)
    await asyncio.to_thread(cabinet.put, form.name, PICTURE, answer.blobs[0])
