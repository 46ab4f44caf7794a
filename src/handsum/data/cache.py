"""Where fetched data lives on this machine, and how a file gets there whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from handsum.errors import StorageError

ENV_CACHE = "HANDSUM_CACHE"


def cache_dir() -> Path:
    """The folder for fetched data: ``$HANDSUM_CACHE``, else the platform's own place for caches.

    That is ``%LOCALAPPDATA%\\handsum`` on Windows, ``~/Library/Caches/handsum`` on macOS and
    ``$XDG_CACHE_HOME/handsum`` (``~/.cache/handsum``) elsewhere. The folder may not exist yet.
    """
    named = os.environ.get(ENV_CACHE)
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "handsum"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "handsum"
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "handsum"


def write_atomically(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step, so that no reader ever sees half of it.

    Makes the folder if needed. StorageError where the system refuses; what stood at ``path``
    before then still stands.
    """
    # Not tempfile: its files are for their owner alone, and a cache may be shared.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(
            f"Cannot write {path}: {error.strerror or error}.",
            f"Free some space there, or set {ENV_CACHE} to a folder that can be written.",
        ) from error
