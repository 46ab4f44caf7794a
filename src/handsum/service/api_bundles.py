"""``/api/v1/bundles``, ``promises``, ``reports``: the readers here, and what is known of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Depends, Request

from handsum.bundle import Bundle, list_bundles, load_bundle
from handsum.errors import HandsumError, NotFoundError
from handsum.service.schemas import PROBLEMS
from handsum.service.state import need, state_of

router = APIRouter(
    prefix="/api/v1",
    tags=["bundles"],
    responses=PROBLEMS,
    dependencies=[Depends(need("reader"))],
)


@router.get("/bundles")
def bundles() -> dict[str, Any]:
    """Every bundle of this installation; one that is damaged comes with its error."""
    found: list[dict[str, Any]] = []
    for folder in list_bundles():
        try:
            found.append(_tree(load_bundle(folder.name)))
        except HandsumError as error:
            told = {"code": error.code, "message": error.message, "remedy": error.remedy}
            found.append({"name": folder.name, "error": told})
    return {"bundles": found}


@router.get("/bundles/{name}")
def one_bundle(name: str) -> dict[str, Any]:
    """One bundle, with all of its card: training data, metrics and calibration as it has them."""
    if name not in {folder.name for folder in list_bundles()}:
        raise NotFoundError(f"There is no bundle {name!r}.", "See the list of bundles.")
    bundle = load_bundle(name)
    info = bundle.info
    return {
        **_tree(bundle),
        "input": info.input,
        "imaging": info.imaging,
        "training": info.training,
        "metrics": info.metrics,
        "calibration": info.calibration,
    }


@router.get("/promises", tags=["promises"])
def promises(request: Request) -> dict[str, Any]:
    """The promises that this server has: what each says, whether it is broken, and what it fits.

    ``fits`` tells whether its bundle is here as it was when the promise was made.
    """
    shas: dict[str, str] = {}
    for folder in list_bundles():
        with suppress(HandsumError):
            shas[folder.name] = load_bundle(folder.name).ref.sha256
    return {"promises": state_of(request).promises.trees(shas)}


@router.get("/reports", tags=["reports"])
def reports(request: Request) -> dict[str, Any]:
    """What ``handsum evaluate --format json`` wrote, of the folder that the server was given."""
    return {"reports": state_of(request).reports.trees()}


def _tree(bundle: Bundle) -> dict[str, Any]:
    info = bundle.info
    size = bundle.model_path.stat().st_size
    return {
        "name": info.name,
        "version": info.version,
        "kind": info.kind,
        "about": info.about,
        "charset": info.charset,
        "classes": list(info.classes),
        "sha256": bundle.ref.sha256,
        "bytes": size,
        "golden": len(info.golden),
    }
