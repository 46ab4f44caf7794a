"""Download one file over HTTP, going on where an earlier try broke off."""

from __future__ import annotations

import http
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path
from typing import Literal

from handsum.errors import FetchError, StorageError
from handsum.version import __version__

Progress = Callable[[str, int, int | None], None]
"""Told (file name, bytes so far, bytes in all or None) again and again."""

TIMEOUT_S = 4.0
"""For connecting and for each read: a machine without network must learn it within seconds."""

TRIES = 4
_CHUNK = 1 << 16
_REMEDY = "Check the network, or use another source."


def no_progress(name: str, done: int, total: int | None) -> None:
    """A Progress that says nothing."""


def download(
    url: str,
    part: Path,
    max_bytes: int,
    progress: Progress = no_progress,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Complete ``part`` with the bytes of ``url``, keeping what is already there.

    A broken connection is taken up again, by a Range request, as long as each of at most four
    tries brought something. FetchError where that fails (``part`` stays, for the next time) or
    where the file is longer than ``max_bytes``; StorageError where ``part`` cannot be written.
    """
    reason = "no answer"
    for _ in range(TRIES):
        before = _size(part)
        try:
            if _continue(url, part, max_bytes, progress, timeout_s):
                return
            reason = f"the connection broke off after {_size(part):,} bytes"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                return  # nothing beyond what we have; the caller's check sum decides
            raise FetchError(f"HTTP status {error.code} {error.reason}.", _REMEDY) from error
        except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
            reason = str(getattr(error, "reason", None) or error or type(error).__name__)
        if _size(part) <= before:
            break
    raise FetchError(f"{reason}.", _REMEDY)


def _continue(url: str, part: Path, max_bytes: int, progress: Progress, timeout_s: float) -> bool:
    """One try; whether the file is now whole."""
    done = _size(part)
    headers = {"User-Agent": f"handsum/{__version__}"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            done = 0  # the server sends the whole file again
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length and length.isdecimal() else None
        name = part.name.removesuffix(".part")
        part_file = _open(part, "ab" if done else "wb")
        with part_file:
            while chunk := answer.read(_CHUNK):
                done += len(chunk)
                if done > max_bytes:
                    raise FetchError(f"it sends more than {max_bytes:,} bytes.", _REMEDY)
                try:
                    part_file.write(chunk)
                    part_file.flush()
                except OSError as error:
                    raise _unwritable(part, error) from error
                progress(name, done, total)
    return total is None or done >= total


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _open(part: Path, mode: Literal["ab", "wb"]) -> BufferedWriter:
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        return part.open(mode)
    except OSError as error:
        raise _unwritable(part, error) from error


def _unwritable(part: Path, error: OSError) -> StorageError:
    return StorageError(
        f"Cannot write {part}: {error.strerror or error}.",
        "Free some space there, or name another folder with --cache.",
    )
