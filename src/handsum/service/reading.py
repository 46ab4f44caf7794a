"""Files to readings through the children: in groups, and one by one where a group failed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from handsum.errors import HandsumError, TooCostlyError
from handsum.readings import Failure
from handsum.service.children import Children
from handsum.service.limits import ServiceLimits
from handsum.service.uploads import Upload

What = Literal["digit", "number", "page"]

_GROUP_FILES, _GROUP_BYTES = 100, 16 << 20
_BESIDE = ("entries", "promise")


@dataclass(frozen=True)
class Asked:
    """What a request wants of its pictures; None where nothing is known of the text.

    ``entries`` is a closed list, ``promise`` a promise's file, each as the command line takes it;
    ``bundle`` is the name of one that ships.
    """

    max_risk: float | None = None
    top: int = 3
    pattern: str | None = None
    length: str | None = None
    check: str | None = None
    range: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    cells: int | None = None
    bundle: str | None = None
    entries: Upload | None = None
    promise: Upload | None = None

    def to_json(self) -> dict[str, Any]:
        """All but the files."""
        return {
            name: value
            for name, value in vars(self).items()
            if name not in _BESIDE and value is not None
        }

    def beside(self) -> dict[str, Upload]:
        """The files by name."""
        files = {name: getattr(self, name) for name in _BESIDE}
        return {name: file for name, file in files.items() if file is not None}


@dataclass(frozen=True)
class Desk:
    """Reads files with a pool of children, within limits."""

    children: Children
    limits: ServiceLimits

    async def read_one(self, file: Upload, what: What | None, asked: Asked, crops: bool) -> bytes:
        """The JSON array of one file's readings; the error that it fails with."""
        return await self._call([file], what, asked, crops, alone=True)

    async def read_many(
        self, files: Sequence[Upload], what: What | None, asked: Asked, crops: bool
    ) -> bytes:
        """The JSON array of all readings in order, with a failure in the place of what failed."""
        until = time.monotonic() + self.limits.patience
        texts = await asyncio.gather(
            *(self._read_group(group, what, asked, crops, until) for group in _groups(files))
        )
        return texts[0] if len(texts) == 1 else join_arrays(texts)

    async def _read_group(
        self, files: Sequence[Upload], what: What | None, asked: Asked, crops: bool, until: float
    ) -> bytes:
        try:
            return await self._call(files, what, asked, crops)
        except TooCostlyError as error:
            if len(files) == 1:
                return _failed(files[0], error)
        texts = []
        for file in files:  # one of them was too much; the others are still read
            if time.monotonic() > until:
                late = TooCostlyError(
                    "The request took too long before it came to this.", "Send fewer at once."
                )
                texts.append(_failed(file, late))
                continue
            try:
                texts.append(await self._call([file], what, asked, crops))
            except TooCostlyError as error:
                texts.append(_failed(file, error))
        return join_arrays(texts)

    async def _call(
        self,
        files: Sequence[Upload],
        what: What | None,
        asked: Asked,
        crops: bool,
        alone: bool = False,
    ) -> bytes:
        beside = asked.beside()
        head: dict[str, Any] = {
            "do": "read",
            "kind": what,
            "options": asked.to_json(),
            "names": [file.name for file in files],
            "beside": {name: file.name for name, file in beside.items()},
            "crops": crops,
            "alone": alone,
            "max_pixels": self.limits.max_pixels,
            "max_pages": self.limits.max_pages,
        }
        try:
            blobs = [file.data for file in (*files, *beside.values())]
            answer = await self.children.call(head, blobs)
        except HandsumError as error:
            if error.code == TooCostlyError.code and not isinstance(error, TooCostlyError):
                raise TooCostlyError(error.message, error.remedy) from error
            raise
        return answer.blobs[0]


def join_arrays(texts: Sequence[bytes]) -> bytes:
    """One JSON array of all elements of several."""
    inner = [text.strip()[1:-1].strip() for text in texts]
    return b"[" + b", ".join(part for part in inner if part) + b"]"


def _groups(files: Sequence[Upload]) -> list[list[Upload]]:
    groups: list[list[Upload]] = []
    size = 0
    for file in files:
        full = groups and (len(groups[-1]) >= _GROUP_FILES or size + len(file.data) > _GROUP_BYTES)
        if not groups or full:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += len(file.data)
    return groups


def _failed(file: Upload, error: HandsumError) -> bytes:
    tree = Failure(file.name, error.code, error.message, error.remedy).to_json()
    return json.dumps([tree], ensure_ascii=False).encode()
