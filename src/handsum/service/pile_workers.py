"""The server's own workers: started when pages are queued, ended when none are for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from dataclasses import dataclass, field

from handsum.errors import HandsumError
from handsum.service.decode_child import crash
from handsum.service.shelf import Shelf

log = logging.getLogger("handsum.service")

_LOOK = 1.0  # seconds between looks at the queue
_CARE = 5.0  # seconds between looks for pages of workers that were killed, ours or another's
_IDLE = 30.0  # seconds without a page after which workers end
_GRACE = 20.0  # seconds for the page in hand when the server ends
_LONGEST_PAUSE = 60.0


@dataclass
class PileWorkers:
    """Up to ``size`` processes that read the queued pages of a shelf's piles."""

    shelf: Shelf
    size: int
    _processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None
    _pause: float = 0.0
    _not_before: float = 0.0
    _busy: float = 0.0
    _cared: float = -_CARE

    def start(self) -> None:
        """Look at the queue from now on."""
        self._task = asyncio.ensure_future(self._watch())

    async def close(self) -> None:
        """Let every worker finish its page; what is left goes back to the queue."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._end(_GRACE)

    @property
    def count(self) -> int:
        """How many processes there are."""
        return len(self._processes)

    async def _watch(self) -> None:
        begun, said = False, ""
        while True:
            try:
                if not begun:
                    await asyncio.to_thread(self.shelf.begin)
                    begun = True
                await self._look()
                trouble = ""
            except HandsumError as error:  # the store's disk or server will come back
                trouble = error.code
            except Exception as error:  # nothing ends this loop, or pages would wait for ever
                trouble = crash(error)
            if trouble and trouble != said:
                log.error("the queue cannot be looked at: %s", trouble)
            said = trouble
            await asyncio.sleep(_LOOK)

    async def _look(self) -> None:
        await self._bury()
        now = time.monotonic()
        if now - self._cared > _CARE:
            await asyncio.to_thread(self.shelf.give_back_of_dead)
            self._cared = now
        queued = await asyncio.to_thread(self.shelf.queued)
        if queued:
            self._busy = now
            await self._fill(min(self.size, queued))
        elif self._processes and now - self._busy > _IDLE:
            await self._end(_GRACE)

    async def _fill(self, wanted: int) -> None:
        while len(self._processes) < wanted and time.monotonic() >= self._not_before:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "handsum.service.pile_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,  # it may name files
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
            assert process.stdin is not None
            self._processes.append(process)
            with contextlib.suppress(OSError):  # it died at once, and is buried soon
                process.stdin.write(f"{self.shelf.store.database.address}\n".encode())
                await process.stdin.drain()

    async def _bury(self) -> None:
        dead = [process for process in self._processes if process.returncode is not None]
        for process in dead:
            self._processes.remove(process)
            self._pause = min(_LONGEST_PAUSE, 2 * self._pause or 1.0)
            self._not_before = time.monotonic() + self._pause
            log.error("a worker ended with code %s", process.returncode)
        if dead:
            await asyncio.to_thread(self.shelf.give_back_of_dead)
        elif self._processes and time.monotonic() > self._not_before + _IDLE:
            self._pause = 0.0

    async def _end(self, patience: float) -> None:
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await asyncio.gather(*(process.wait() for process in self._processes))
        for process in self._processes:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
        ended = bool(self._processes)
        self._processes.clear()
        if ended:
            with contextlib.suppress(HandsumError):
                await asyncio.to_thread(self.shelf.give_back_of_dead)
