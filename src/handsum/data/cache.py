"""Where fetched data lives on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

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
