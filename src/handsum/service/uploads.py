"""The files of a request, from a multipart form or a raw body, under harmless names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from handsum.errors import FileEmptyError, RequestError
from handsum.service.limits import ServiceLimits

_MOST_NAME = 150  # bytes; file systems take 255, and what we add to it needs some
_ODD = re.compile(r'[<>:"|?*]')  # a drive, a stream or a pattern to Windows
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Upload:
    """One file that came in."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Uploads:
    """All files of a request; ``raw`` where the body itself is the one file."""

    files: tuple[Upload, ...]
    raw: bool


async def take_uploads(request: Request, name: str, limits: ServiceLimits) -> Uploads:
    """The files of a request; ``name`` is for a raw body. RequestError where there is none."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        data = await request.body()
        if not data:
            raise FileEmptyError("The request has no body.", "Send a picture or a PDF in it.")
        return Uploads((Upload(safe_name(name), data),), raw=True)
    async with request.form(max_files=limits.max_files, max_fields=20) as form:
        files = tuple(
            [
                Upload(safe_name(value.filename or "file"), await value.read())
                for _, value in form.multi_items()
                if isinstance(value, UploadFile)
            ]
        )
    if not files:
        raise RequestError(
            "The form has no file in it.", "Send each picture as a part with a file name."
        )
    return Uploads(files, raw=False)


def safe_name(name: str) -> str:
    """The last part of a name, so that it names a file in a folder of ours on any system."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = _ODD.sub("_", "".join(c for c in last if c.isprintable()))
    short = kept.encode()[:_MOST_NAME].decode(errors="ignore").strip(" .") or "file"
    return f"_{short}" if _DEVICE.fullmatch(short) else short
