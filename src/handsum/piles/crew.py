"""Worker processes: started, told to stop, buried and replaced."""

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
from typing import TypeVar

import cv2

from handsum.errors import HandsumError, StorageError
from handsum.piles.database import Database, parse_url, patiently
from handsum.piles.queue import give_back
from handsum.piles.worker import OpenReader, Worker

T = TypeVar("T")

_PATIENCE = 30.0  # seconds for a page to be finished when the crew is stopped


@dataclass(frozen=True)
class _Member:
    process: SpawnProcess
    line: Connection
    owner: str


class Crew:
    """Processes that read the pages of a pile (its id).

    Nothing is shared with them but a line each, over which they are told to stop and say what they
    die of: a lock that a killed process held would stop all others.
    """

    def __init__(self, database: Database, open_reader: OpenReader, pile: int) -> None:
        self._database = database
        self._open_reader = open_reader
        self._pile = pile
        self._members: list[_Member] = []
        self._stopping = False

    def __len__(self) -> int:
        return len(self._members)

    def patiently(self, call: Callable[[], T]) -> T:
        """``call``, while the server is away again and again; see `database.patiently`."""
        return patiently(call, lambda: self._stopping)

    def start(self) -> None:
        """One process more."""
        context = multiprocessing.get_context("spawn")  # a fork would copy the net's threads
        ours, theirs = context.Pipe()
        token = secrets.token_hex(4)
        address = self._database.address
        process = context.Process(
            target=_work, args=(address, self._pile, token, self._open_reader, theirs), daemon=True
        )
        with _no_interrupt():
            process.start()
        theirs.close()
        self._members.append(
            _Member(process, ours, f"{socket.gethostname()}:{process.pid}:{token}")
        )

    def bury(self) -> list[int]:
        """Exit codes of those that died, whose pages go back to the queue.

        Raises what one of them died of, if it could say so.
        """
        codes = []
        for dead in [one for one in self._members if not one.process.is_alive()]:
            self._members.remove(dead)
            code = self._bury(dead)
            if code != 0:
                codes.append(code)
        return codes

    def _bury(self, dead: _Member) -> int:
        dead.process.join()
        said = None
        with suppress(EOFError, OSError):
            said = dead.line.recv() if dead.line.poll() else None
        dead.line.close()
        code = dead.process.exitcode or 0
        dead.process.close()
        if said is not None:
            raise _error(*said)
        if code != 0:
            self.patiently(lambda: give_back(self._database, dead.owner, blameless=False))
        return code

    def stop(self) -> None:
        """Let every process finish its page, and end those that take too long over it."""
        self._stopping = True
        for one in self._members:
            with suppress(OSError):
                one.line.send("stop")
        until = time.monotonic() + _PATIENCE
        try:
            for one in self._members:
                one.process.join(max(0.0, until - time.monotonic()))
        finally:  # a second Ctrl-C ends the waiting
            for one in self._members:
                if one.process.is_alive():
                    one.process.terminate()
                    one.process.join()
                with suppress(StorageError):  # then the lease ends by itself
                    give_back(self._database, one.owner)
                one.line.close()
                one.process.close()
            self._members.clear()


def _work(address: str, pile: int, token: str, open_reader: OpenReader, line: Connection) -> None:
    """The life of a worker's process. Its end of the line reads as ended when the parent dies."""
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    owner = f"{socket.gethostname()}:{multiprocessing.current_process().pid}:{token}"
    try:
        url = parse_url(address)
        with patiently(lambda: Database(url), line.poll) as database:
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
