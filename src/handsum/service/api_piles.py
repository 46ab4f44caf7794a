"""``/api/v1/piles``: how far piles are, their pages, pictures and history."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse

from handsum.errors import FileMissingError, PileNotFoundError
from handsum.piles.corrections import history
from handsum.piles.export import draw_overlays
from handsum.piles.pictures import OVERLAYS, crop_png, load_upright, page_stem
from handsum.piles.store import Pile
from handsum.service.review_trees import correction_tree, page_tree, progress_tree
from handsum.service.schemas import PROBLEMS, RowId
from handsum.service.shelf import Shelf, stamp
from handsum.service.state import need, shelf_of

router = APIRouter(
    prefix="/api/v1/piles",
    tags=["piles"],
    responses=PROBLEMS,
    dependencies=[Depends(need("reader"))],
)

TheShelf = Annotated[Shelf, Depends(shelf_of)]
_KEPT = {"Cache-Control": "private, max-age=3600"}


@router.get("")
def list_piles(shelf: TheShelf) -> dict[str, Any]:
    """Every pile of the store with its progress."""
    return {"piles": [_pile_tree(pile) for pile in shelf.piles()]}


@router.get("/{pile}")
def one_pile(shelf: TheShelf, pile: str) -> dict[str, Any]:
    """A pile: its templates, how it is read, and how far it is."""
    return _pile_tree(shelf.pile(pile))


@router.get("/{pile}/pages")
def list_pages(
    shelf: TheShelf,
    pile: str,
    after: RowId = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Pages by rising id."""
    found = shelf.pile(pile)
    return {"pages": [page_tree(found, row) for row in found.pages(after=after, limit=limit)]}


@router.get("/{pile}/not-read")
def not_read(shelf: TheShelf, pile: str) -> dict[str, Any]:
    """Pages that were put aside or failed, and files that cannot be opened, with the reasons."""
    found = shelf.pile(pile)
    sources = [
        {
            "source": row.name,
            "error": {"code": row.code, "message": row.message, "remedy": row.remedy},
        }
        for row in found.sources()
        if row.code
    ]
    return {
        "pages": [page_tree(found, row) for row in found.pages("aside", "failed")],
        "sources": sources,
    }


@router.get("/{pile}/pages/{page}")
def one_page(shelf: TheShelf, pile: str, page: RowId) -> dict[str, Any]:
    """A page, with its fields and rules as they are now if it was read."""
    found = shelf.pile(pile)
    row = found.page(page)
    tree = page_tree(found, row)
    if row.state == "done":
        reading = found.reading(page)
        tree["fields"] = [
            {"name": field.name, "reading": field.reading.to_json(), "why": field.why,
             "look_at": field.look_at, "crop_box": list(field.crop_box)}
            for field in reading.fields
        ]  # fmt: skip
        tree["rules"] = [rule.to_json() for rule in reading.rules]
    return tree


@router.get("/{pile}/pages/{page}/picture", response_class=FileResponse)
def page_picture(shelf: TheShelf, pile: str, page: RowId) -> Response:
    """The upright page as JPEG."""
    found = shelf.pile(pile)
    path = found.upright_path(found.page(page).id)
    if not path.is_file():
        raise FileMissingError("The page's picture is not there.", "Read the scans again.")
    return FileResponse(path, media_type="image/jpeg", headers=_KEPT)


@router.get("/{pile}/pages/{page}/overlay", response_class=FileResponse)
def page_overlay(shelf: TheShelf, pile: str, page: RowId) -> Response:
    """The page with its values drawn in, corrections and all, as JPEG."""
    found = shelf.pile(pile)
    row = found.page(page)
    draw_overlays(found)  # only those that have changed
    path = found.folder / OVERLAYS / f"{page_stem(row.id, row.source, row.page)}.jpg"
    if not path.is_file():
        raise FileMissingError("The page has no overlay.", "Only pages that were read have one.")
    return FileResponse(path, media_type="image/jpeg")


@router.get("/{pile}/pages/{page}/crop", response_class=Response)
def field_crop(
    shelf: TheShelf,
    pile: str,
    page: RowId,
    field: Annotated[str, Query(max_length=200)],
    margin: Annotated[int, Query(ge=0, le=200, description="Pixels around it.")] = 10,
) -> Response:
    """A field's crop as PNG."""
    found = shelf.pile(pile)
    held = {one.name: one for one in found.reading(page).fields}
    if field not in held:
        raise PileNotFoundError(f"Page {page} has no such field.", "See the page for its fields.")
    path = found.upright_path(page)
    upright = _upright(path, path.stat().st_mtime_ns if path.is_file() else 0)
    png = crop_png(upright, held[field].crop_box, margin)
    return Response(png, media_type="image/png", headers=_KEPT)


@router.get("/{pile}/corrections")
def list_corrections(shelf: TheShelf, pile: str) -> dict[str, Any]:
    """All that persons said, and what rules made of it, in order; nothing is ever taken out."""
    found = shelf.pile(pile)
    return {"corrections": [correction_tree(row) for row in history(found.database, found.info.id)]}


@lru_cache(maxsize=8)
def _upright(path: Path, _changed: int) -> npt.NDArray[np.uint8]:
    """A page, kept while its crops are asked for one after another.

    It was written by our own worker, so it may be opened here.
    """
    return load_upright(path)


def _pile_tree(pile: Pile) -> dict[str, Any]:
    return {
        "name": pile.info.name,
        "state": pile.info.state,
        "created": stamp(pile.info.created),
        "templates": [
            {"name": t.name, "version": t.version, "sha256": t.sha256, "fields": len(t.fields)}
            for t in pile.templates
        ],
        "progress": progress_tree(pile.progress()),
    }
