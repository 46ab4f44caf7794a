"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from handsum.errors import StorageError


def write_atomically(
    path: Path, content: bytes, remedy: str = "Free some space, or name another folder."
) -> None:
    """Put ``content`` at ``path`` in one step, so that no reader ever sees half of it.

    Makes the folder if needed. StorageError where the system refuses; what stood at ``path``
    before then still stands.
    """
    # Not tempfile: its files are for their owner alone, and a folder may be shared.
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
        raise StorageError(f"Cannot write {path}: {error.strerror or error}.", remedy) from error
