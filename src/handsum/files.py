"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from handsum.errors import StorageError


def write_atomically(
    path: Path, content: bytes, remedy: str = "Free some space, or name another folder."
) -> None:
    """Put ``content`` at ``path`` in one step, so that no reader ever sees half of it.

    Makes the folder if needed, and follows a link to what it names. A pipe or a device cannot be
    replaced, so it is written to. StorageError where the system refuses; what stood at ``path``
    before then still stands.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise StorageError(f"Cannot write {path}: {error.strerror or error}.", remedy) from error


def _replace(path: Path, content: bytes) -> None:
    # Not tempfile: its files are for their owner alone, and a folder may be shared.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # Ctrl-C leaves no half file behind either
        with suppress(OSError):
            temporary.unlink()
        raise
