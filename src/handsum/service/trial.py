"""Whether the store can be written to: found out by writing to it."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from handsum.errors import HandsumError

if TYPE_CHECKING:
    from handsum.piles.database import Database

_FRESH = 1.0  # seconds that an answer holds: whoever asks in a loop shall not wear the disk out
_PATIENCE = 10.0  # seconds; a store that takes longer is of no use now
_SIZE = 65536  # bytes; less may fit into what a full disk has set aside


@dataclass
class StoreTrial:
    """Tries a database and the folder beside it (None where nothing lies in files)."""

    database: Database
    folder: Path | None
    _task: asyncio.Future[bool] | None = None
    _at: float = 0.0

    async def is_writable(self) -> bool:
        """Whether both took what was written to them, now or within the last second."""
        now = time.monotonic()
        if self._task is None or (self._task.done() and now - self._at > _FRESH):
            self._at = now
            self._task = asyncio.ensure_future(asyncio.to_thread(self._try))
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.shield(self._task)  # who else waits for it still gets it
        except TimeoutError:
            return False

    def _try(self) -> bool:
        try:
            self.database.try_writing()
            if self.folder is not None:
                with TemporaryFile(dir=self.folder) as file:
                    file.write(b"\0" * _SIZE)
                    file.flush()
                    os.fsync(file.fileno())
        except (HandsumError, OSError):
            return False
        return True
