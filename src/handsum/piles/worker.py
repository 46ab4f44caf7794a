"""One worker: takes a page from the queue, reads it, writes what came of it, takes the next.

A worker may be killed at any moment: what it had not written yet is read again by another. It
stops between two pages when it is told to, or when the process that started it is no more.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from handsum.errors import (
    FileMissingError,
    HandsumError,
    InputError,
    PileConflictError,
    StorageError,
    StoreAwayError,
)
from handsum.forms.page_reading import PageAside, PageReading
from handsum.imaging.load import load_page, read_file
from handsum.piles.database import Database, patiently
from handsum.piles.pictures import ASIDE, OVERLAYS, UPRIGHT, Grey, page_stem, save_picture
from handsum.piles.queue import (
    LEASE_SECONDS,
    Lease,
    finish_page,
    give_back,
    lease_page,
    renew_leases,
)
from handsum.piles.store import Pile, Store

T = TypeVar("T")

PAGE_SECONDS = 300.0
"""How long a page may take before its worker ends itself; another tries it then."""
STUCK_EXIT_CODE = 70
_POLL = 0.2  # seconds between looks at an empty queue


@dataclass(frozen=True)
class Seen:
    """What came of a page, the upright picture (H, W), and an overlay (H, W, 3) to look at.

    Of a page that is put aside, ``upright`` is its picture as it came.
    """

    outcome: PageReading | PageAside
    upright: Grey
    overlay: Grey | None = None


class ReadPage(Protocol):
    """Reads one page; raises InputError where that cannot be."""

    def __call__(self, grey: Grey, source: str, page: int) -> Seen:
        """What the page (H, W) says; ``source`` and ``page`` name it."""


OpenReader = Callable[[Pile], ReadPage]
"""Loads what reads a pile's pages. Goes to other processes, so it has to be picklable."""


class Worker:
    """Reads pages of a pile, or of any pile of its store where ``pile`` is None."""

    def __init__(
        self, database: Database, open_reader: OpenReader, owner: str, pile: int | None = None
    ) -> None:
        self.database = database
        self.owner = owner
        self.pile = pile
        self._open_reader = open_reader
        self._store = Store(database)
        self._opened: dict[int, tuple[Pile, ReadPage]] = {}
        self._bytes: tuple[str, bytes] = ("", b"")
        self._began: float | None = None
        self._unsure = False

    def run(self, stopped: Callable[[], bool], forever: bool = False) -> int:
        """Read until ``stopped`` or until no page is left, and how many pages that were.

        ``forever``: wait for new pages instead. StorageError where results cannot be written;
        what opening the reader raises, where there is one pile; pages that fail are noted.
        """
        done = threading.Event()
        heart = threading.Thread(target=self._beat, args=(done,), daemon=True)
        heart.start()
        count = 0
        try:
            while not stopped():
                lease = self._patiently(self._take, stopped)
                if lease is not None:
                    self._read(lease, stopped)
                    count += 1
                elif not forever and not self._patiently(self._others_read, stopped):
                    break
                else:
                    time.sleep(_POLL)
        except BaseException:
            with suppress(StorageError):  # then the lease ends by itself
                give_back(self.database, self.owner)
            raise
        finally:
            done.set()
            heart.join()
        return count

    def _patiently(self, call: Callable[[], T], stopped: Callable[[], bool]) -> T:
        return patiently(call, stopped)

    def _take(self) -> Lease | None:
        """The next page.

        A server that goes away may have leased one to us without our learning which. It would be
        ours for as long as we live, so whatever we hold goes back first.
        """
        if self._unsure:
            give_back(self.database, self.owner)
            self._unsure = False
        try:
            return lease_page(self.database, self.owner, self.pile)
        except StoreAwayError:
            self._unsure = True
            raise

    def _others_read(self) -> bool:
        """Whether pages are out that may come back."""
        if self.pile is None:
            return False
        states = self._pile(self.pile).states()
        return states["leased"] + states["queued"] > 0

    def _pile(self, pile: int) -> Pile:
        if pile in self._opened:
            return self._opened[pile][0]
        info = next(info for info in self._store.piles() if info.id == pile)
        return Pile(self.database, info)

    def _read(self, lease: Lease, stopped: Callable[[], bool]) -> None:
        if self.pile is not None:
            self._open(self.pile)  # what cannot be opened ends a worker that is for it alone
        self._began = started = time.monotonic()
        outcome: PageReading | PageAside | HandsumError
        try:
            pile, read_page = self._open(lease.pile)
            picture = load_page(self._load(lease), lease.page, lease.name)
            seen = read_page(picture.grey, lease.name, lease.page)
            outcome = seen.outcome
            save_seen(pile.folder, lease, seen)
        except StorageError:
            raise
        except HandsumError as error:
            outcome = error
        except Exception as error:  # a mistake of ours costs one page, and is not hidden
            traceback.print_exc(file=sys.stderr)
            outcome = InputError(
                f"{lease.name}, page {lease.page}: {type(error).__name__}: {error}.",
                "This is a mistake in handsum: please report it.",
            )
        finally:
            self._began = None
        with suppress(PileConflictError):  # the lease had ended, and another worker reads it
            seconds = time.monotonic() - started
            self._patiently(lambda: finish_page(self.database, lease, outcome, seconds), stopped)

    def _open(self, pile: int) -> tuple[Pile, ReadPage]:
        if pile not in self._opened:
            found = self._pile(pile)
            self._opened[pile] = (found, self._open_reader(found))
        return self._opened[pile]

    def _load(self, lease: Lease) -> bytes:
        """The bytes that were queued, from wherever they lie now."""
        if self._bytes[0] == lease.sha256:
            return self._bytes[1]
        changed = False
        for path in lease.paths:
            try:
                data = read_file(path, lease.name)
            except InputError:
                continue
            if hashlib.sha256(data).hexdigest() == lease.sha256:
                self._bytes = (lease.sha256, data)
                return data
            changed = True
        raise FileMissingError(
            f"{lease.name}: {'it has changed since' if changed else 'it has gone since'} it was "
            "queued.",
            "Bring it back and give the same command again.",
        )

    def _beat(self, done: threading.Event) -> None:
        """Renew the lease while a page is read; end the process where one takes for ever."""
        renewed = time.monotonic()
        while not done.wait(1.0):
            now, began = time.monotonic(), self._began
            if began is not None and now - began > PAGE_SECONDS:
                os._exit(STUCK_EXIT_CODE)  # whatever hangs would not heed anything softer
            if now - renewed > LEASE_SECONDS / 4:
                renewed = now
                try:
                    renew_leases(self.database, self.owner)
                except StorageError:  # the page's own write will say so
                    continue


def save_seen(folder: Path, lease: Lease, seen: Seen) -> None:
    """Put a page's pictures where the tables and the service look for them.

    Before the page is written down: a kill between leaves a picture that is written once more.
    """
    if isinstance(seen.outcome, PageAside):
        stem = page_stem(lease.page_id, lease.name, lease.page)
        save_picture(folder / ASIDE / f"{stem}.jpg", seen.upright)
        return
    save_picture(folder / UPRIGHT / f"{lease.page_id:06}.jpg", seen.upright)
    if seen.overlay is not None:
        stem = page_stem(lease.page_id, lease.name, lease.page)
        save_picture(folder / OVERLAYS / f"{stem}.jpg", seen.overlay)
