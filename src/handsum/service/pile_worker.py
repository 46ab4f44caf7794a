"""A process that reads pages of a store's piles: ``-m handsum.service.pile_worker``.

The first line of its input is the store's address (which may hold a password, so it stands in no
list of processes); when the input ends, or on SIGTERM, it finishes its page and ends.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import cv2

from handsum.errors import HandsumError, PileNotFoundError
from handsum.piles.database import FILE, Database, parse_url, patiently
from handsum.piles.queue import new_owner
from handsum.piles.reader import OpenForms
from handsum.piles.worker import Worker


def work(address: str, stopped: Callable[[], bool], forever: bool = True) -> int:
    """Read pages of any pile of the store until ``stopped``; how many they were.

    PileNotFoundError where there is no store, and what `Worker.run` raises.
    """
    cv2.setNumThreads(1)
    url = parse_url(address)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise PileNotFoundError(f"{address} holds no {FILE}.", "Name the folder that is served.")
    with patiently(lambda: Database(url), stopped) as database:
        return Worker(database, OpenForms(), new_owner()).run(stopped, forever)


def stop_on_signals() -> Callable[[], bool]:
    """From here on SIGTERM and Ctrl-C ask to stop; whether they have."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return asked.is_set


def main() -> None:
    """Work for the server that started this process."""
    asked = stop_on_signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which tells us
    address = sys.stdin.readline().rstrip("\n")
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        work(address, lambda: asked() or ended.is_set())
    except HandsumError as error:
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
