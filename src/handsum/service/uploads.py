"""The files of a request, from a multipart form or a raw body, under harmless names."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

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
    """All files of a request; ``raw`` where the body itself is the one file.

    ``beside`` holds what came with the files under a name of its own, such as a closed list.
    """

    files: tuple[Upload, ...]
    raw: bool
    beside: dict[str, Upload] = field(default_factory=dict)


async def take_uploads(
    request: Request, name: str, limits: ServiceLimits, beside: Collection[str] = ()
) -> Uploads:
    """The files of a request; ``name`` is for a raw body, ``beside`` are parts that are no scans.

    RequestError where there is no file, or a part that would go unheeded.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        data = await request.body()
        if not data:
            raise FileEmptyError("The request has no body.", "Send a picture or a PDF in it.")
        return Uploads((Upload(safe_name(name), data),), raw=True)
    files: list[Upload] = []
    named: dict[str, Upload] = {}
    async with request.form(max_files=limits.max_files + len(beside), max_fields=20) as form:
        for key, value in form.multi_items():
            if not isinstance(value, UploadFile):
                raise RequestError(
                    f"The part {key!r} is no file.", f"Options stand in the address: ?{key}=..."
                )
            upload = Upload(safe_name(value.filename or "file"), await value.read())
            if key not in beside:
                files.append(upload)
            elif key in named:
                raise RequestError(f"The part {key!r} is there twice.", "Send it once.")
            else:
                named[key] = upload
    if not files:
        raise RequestError(
            "The form has no file in it.", "Send each picture as a part with a file name."
        )
    return Uploads(tuple(files), raw=False, beside=named)


def safe_name(name: str) -> str:
    """The last part of a name, so that it names a file in a folder of ours on any system."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = _ODD.sub("_", "".join(c for c in last if c.isprintable()))
    short = kept.encode()[:_MOST_NAME].decode(errors="ignore").strip(" .") or "file"
    return f"_{short}" if _DEVICE.fullmatch(short) else short
