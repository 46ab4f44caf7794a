"""Several worker processes over one pile, started, watched and replaced from here."""

from __future__ import annotations

import multiprocessing
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import cv2

from handsum.errors import HandsumError, PileError, StorageError
from handsum.piles.database import Database, parse_url, patiently
from handsum.piles.queue import give_back, give_back_of_dead
from handsum.piles.rows import State
from handsum.piles.store import Pile
from handsum.piles.worker import OpenReader, Worker

_LOOK = 0.1  # seconds between looks at the workers
_REPORT = 0.5  # seconds between reports
_PATIENCE = 30.0  # seconds for a page to be finished when the run is stopped


@dataclass(frozen=True)
class RunProgress:
    """Pages by state, pages that this run has finished, and seconds so far and yet to go.

    ``left`` is None until it can be told.
    """

    states: dict[State, int]
    finished: int
    seconds: float
    left: float | None


@dataclass(frozen=True)
class _Process:
    process: SpawnProcess
    line: Connection
    owner: str


def read_pile(
    pile: Pile,
    open_reader: OpenReader,
    *,
    workers: int = 1,
    progress: Callable[[RunProgress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> RunProgress:
    """Read every page that is queued, in ``workers`` processes; goes on where a run was stopped.

    Returns early, pages in hand finished, once ``stopped`` says so; KeyboardInterrupt does the
    same and is raised again. StorageError, BundleError and the like end the run: what has been
    written stays, what is left stays queued.
    """
    give_back_of_dead(pile.database, pile.info.id)
    run = _Run(pile, open_reader, workers)
    told = 0.0
    try:
        while run.look_after() and not stopped():
            now = time.monotonic()
            if now - told >= _REPORT:
                told = now
                progress(run.progress())
            time.sleep(_LOOK)
        run.stop()
    except BaseException:
        run.stop()
        raise
    final = run.progress()
    progress(final)
    return final


class _Run:
    def __init__(self, pile: Pile, open_reader: OpenReader, workers: int) -> None:
        self.pile = pile
        self.open_reader = open_reader
        self.workers = max(1, workers)
        self.processes: list[_Process] = []
        self.stopping = False
        self.started = time.monotonic()
        self.at_start = self._left()
        self.deaths = 0
        self.left_at_death = self.at_start

    def _left(self) -> int:
        states = self._states()
        return states["queued"] + states["leased"]

    def _states(self) -> dict[State, int]:
        return patiently(self.pile.database, self.pile.states, lambda: self.stopping)

    def progress(self) -> RunProgress:
        states = self._states()
        left = states["queued"] + states["leased"]
        finished = max(0, self.at_start - left)
        seconds = time.monotonic() - self.started
        return RunProgress(
            states, finished, seconds, seconds / finished * left if finished else None
        )

    def look_after(self) -> bool:
        """Start what is missing, bury what died; whether there is anything left to do."""
        for dead in [one for one in self.processes if not one.process.is_alive()]:
            self.processes.remove(dead)
            self._bury(dead)
        states = self._states()
        wanted = min(self.workers, states["queued"])
        while len(self.processes) < wanted:
            self.processes.append(self._start())
        return bool(self.processes)

    def _start(self) -> _Process:
        context = multiprocessing.get_context("spawn")  # a fork would copy the net's threads
        ours, theirs = context.Pipe()
        token = secrets.token_hex(4)
        process = context.Process(
            target=_work,
            args=(self.pile.database.address, self.pile.info.id, token, self.open_reader, theirs),
            daemon=True,
        )
        with _no_interrupt():
            process.start()
        theirs.close()
        return _Process(process, ours, f"{socket.gethostname()}:{process.pid}:{token}")

    def _bury(self, dead: _Process) -> None:
        """Give back what it held; raise what it died of, if it could say so."""
        dead.process.join()
        said = None
        with suppress(EOFError, OSError):
            said = dead.line.recv() if dead.line.poll() else None
        dead.line.close()
        code = dead.process.exitcode
        dead.process.close()
        if said is not None:
            raise _error(*said)
        if code == 0:
            return
        owner = dead.owner
        patiently(
            self.pile.database,
            lambda: give_back(self.pile.database, owner, blameless=False),
            lambda: self.stopping,
        )
        left = self._left()
        self.deaths = self.deaths + 1 if left == self.left_at_death else 1
        self.left_at_death = left
        if self.deaths > 3 * self.workers + 3:
            raise PileError(
                f"{self.deaths} workers ended one after another with exit code {code} before a "
                "page was read.",
                "Look whether memory or disk is full, and give the same command again.",
            )

    def stop(self) -> None:
        """Let every worker finish its page, and end those that take too long over it."""
        self.stopping = True
        for one in self.processes:
            with suppress(OSError):
                one.line.send("stop")
        until = time.monotonic() + _PATIENCE
        try:
            for one in self.processes:
                one.process.join(max(0.0, until - time.monotonic()))
        finally:  # a second Ctrl-C ends the waiting
            for one in self.processes:
                if one.process.is_alive():
                    one.process.terminate()
                    one.process.join()
                with suppress(StorageError):  # then the lease ends by itself
                    give_back(self.pile.database, one.owner)
                one.line.close()
                one.process.close()
            self.processes.clear()


def _work(address: str, pile: int, token: str, open_reader: OpenReader, line: Connection) -> None:
    """The life of a worker's process. Its end of the line reads as ended when the parent dies."""
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    owner = f"{socket.gethostname()}:{multiprocessing.current_process().pid}:{token}"
    try:
        with Database(parse_url(address)) as database:
            Worker(database, open_reader, owner, pile).run(line.poll)
    except HandsumError as error:
        with suppress(OSError):
            line.send((error.code, error.message, error.remedy))
    finally:
        line.close()


def _error(code: str, message: str, remedy: str) -> HandsumError:
    """The error that a worker spoke of, as its own class."""
    classes = [HandsumError]
    for cls in classes:
        if cls.code == code:
            return cls(message, remedy)
        classes += cls.__subclasses__()
    return HandsumError(message, remedy)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Children that start in here never hear Ctrl-C: they are told to stop over their line."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
