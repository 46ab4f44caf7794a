"""The pool of child processes that decode and read; the server itself never opens a picture."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from handsum.errors import BundleError, BusyError, HandsumError, ServiceError, TooCostlyError
from handsum.service import frames
from handsum.service.limits import ServiceLimits

log = logging.getLogger("handsum.service")

_WARM_UP = 120.0  # seconds that a child may take to load its readers
_LONGEST_PAUSE = 60.0  # seconds between two attempts to start one
_STREAM = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What a child gave: a small JSON head, and blobs."""

    head: dict[str, Any]
    blobs: list[bytes]


class Child:
    """One child process with warm readers; after a failure it is not used again."""

    def __init__(self, process: asyncio.subprocess.Process, about: dict[str, Any]) -> None:
        self._process = process
        self.about = about
        self.calls = 0

    @classmethod
    async def start(cls, memory: int) -> Child:
        """A child that has loaded its readers; BundleError where they cannot be loaded."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handsum.service.decode_child", str(memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # what libraries print of a picture is nobody's
            limit=_STREAM,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        child = cls(process, {})
        try:
            async with asyncio.timeout(_WARM_UP):
                first = await child._receive()
        except BaseException as error:
            await child.close()
            if isinstance(error, TimeoutError | asyncio.IncompleteReadError):
                raise BundleError(
                    "The readers could not be started.", "Run handsum doctor, and see what it says."
                ) from error
            raise
        if "ready" not in first.head:
            await child.close()
            log.error("a child could not be started: %s", first.head.get("crash", "bundle"))
            told = first.head.get("error", {})
            raise BundleError(
                told.get("message", "The readers could not be started."),
                told.get("remedy", "Run handsum doctor, and see what it says."),
            )
        child.about = {key: value for key, value in first.head.items() if key != "ready"}
        return child

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.returncode is None

    async def call(
        self, head: dict[str, Any], blobs: Sequence[bytes], seconds: float, patience: float
    ) -> Answer:
        """Ask one thing; EOFError or OSError if it dies over it.

        TimeoutError if it says nothing for ``seconds``, or is not done within ``patience``.
        """
        self.calls += 1
        assert self._process.stdin is not None
        async with asyncio.timeout(patience):
            self._process.stdin.writelines(frames.pack(head, blobs))
            await self._process.stdin.drain()
            while True:
                async with asyncio.timeout(seconds):
                    answer = await self._receive()
                if "progress" not in answer.head:
                    return answer

    async def close(self, patience: float = 0.0) -> None:
        """End it: by closing its input where there is patience, else at once."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if patience and self.alive:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._process.wait()
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()

    async def _receive(self) -> Answer:
        out = self._process.stdout
        assert out is not None
        head, blobs = frames.check_lengths(await out.readexactly(frames.LENGTHS.size))
        sizes = frames.split_lengths(await out.readexactly(4 * blobs))
        parsed = frames.parse_head(await out.readexactly(head))
        return Answer(parsed, [await out.readexactly(size) for size in sizes])


@dataclass
class Children:
    """A pool: every call goes to a free child; one that dies or is too slow is replaced.

    ``size`` processes, each replaced after ``recycle`` calls, so that nothing leaks for long.
    """

    limits: ServiceLimits
    size: int
    recycle: int = 20_000
    _free: asyncio.Queue[Child] = field(default_factory=asyncio.LifoQueue)
    _all: set[Child] = field(default_factory=set)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _waiting: int = 0
    _fault: HandsumError | None = None
    _closed: bool = False

    def start(self) -> None:
        """Start all children; returns at once, calls wait for the first that is warm."""
        for _ in range(self.size):
            self._spawn(self._add())

    async def close(self) -> None:
        """End all children."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(child.close(patience=1.0) for child in self._all))

    def about(self) -> dict[str, Any]:
        """The bundles of a living child, or why there is none: ``ready`` of ``size``."""
        living = [child for child in self._all if child.alive]
        return {
            "ready": len(living),
            "size": self.size,
            "bundles": living[0].about.get("bundles", []) if living else [],
            "fault": None if self._fault is None else self._fault.message,
        }

    async def call(
        self, head: dict[str, Any], blobs: Sequence[bytes] = (), seconds: float | None = None
    ) -> Answer:
        """Ask a free child one thing and wait for its answer.

        ``seconds`` that it may say nothing, where that is not the limits' own. The error that it
        reports; TooCostlyError where it dies or takes longer than the limits allow; BusyError where
        too many wait.
        """
        if self._fault is not None and not self._all:
            raise self._fault
        if self._waiting >= self.limits.waiting:
            raise BusyError("Too many requests are waiting.", "Try again in a few seconds.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.limits.patience):
                child = await self._free.get()
        except TimeoutError as error:
            raise BusyError("No reader became free.", "Try again in a few seconds.") from error
        finally:
            self._waiting -= 1
        # Whoever stops waiting leaves the child to finish: its pipe must not be cut in a message.
        return await asyncio.shield(self._spawn(self._use(child, head, blobs, seconds)))

    async def _use(
        self, child: Child, head: dict[str, Any], blobs: Sequence[bytes], seconds: float | None
    ) -> Answer:
        silence = self.limits.seconds if seconds is None else seconds
        try:
            answer = await child.call(head, blobs, silence, max(silence, self.limits.patience))
        except (TimeoutError, OSError, EOFError, frames.BrokenFrameError) as error:
            self._replace(child)
            log.warning("a child was replaced: %s", type(error).__name__)
            spent = "more time" if isinstance(error, TimeoutError) else "more"
            raise TooCostlyError(
                f"Reading this took {spent} than one request may use.",
                "Send a smaller picture, or fewer at once.",
            ) from error
        if child.calls >= self.recycle:
            self._replace(child)
        else:
            self._free.put_nowait(child)
        if "error" in answer.head:
            raise told(answer.head["error"])
        if "crash" in answer.head:
            log.error("a child failed: %s", answer.head["crash"])
            raise ServiceError("The service failed at this request.", "Report it, with the log.")
        return answer

    def _replace(self, child: Child) -> None:
        self._all.discard(child)
        self._spawn(child.close())
        if not self._closed:
            self._spawn(self._add())

    async def _add(self, pause: float = 1.0) -> None:
        try:
            child = await Child.start(self.limits.memory)
        except (BundleError, OSError) as error:
            self._fault = (
                error
                if isinstance(error, BundleError)
                else ServiceError(
                    "No process for reading can be started.",
                    "Look at the machine's memory and limits.",
                )
            )
            await asyncio.sleep(pause)  # the fault may pass: memory, a bundle being copied
            await self._add(min(2 * pause, _LONGEST_PAUSE))
            return
        if self._closed:
            await child.close()
            return
        self._fault = None
        self._all.add(child)
        self._free.put_nowait(child)

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whoever waited has it, or has gone


def told(tree: dict[str, Any]) -> HandsumError:
    """The error that a child described, with its code and status."""
    error = HandsumError(str(tree["message"]), str(tree["remedy"]))
    error.code, error.http_status = str(tree["code"]), int(tree["status"])
    return error
