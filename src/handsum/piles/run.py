"""Reading a pile with several worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from handsum.errors import PileError
from handsum.piles.crew import Crew
from handsum.piles.queue import allow_once_more, give_back_of_dead
from handsum.piles.rows import State
from handsum.piles.store import Pile
from handsum.piles.worker import OpenReader

_LOOK = 0.1  # seconds between looks at the workers
_REPORT = 0.5  # seconds between reports


@dataclass(frozen=True)
class RunProgress:
    """Pages by state, pages that this run has finished, and seconds so far and yet to go.

    ``left`` is None until it can be told.
    """

    states: dict[State, int]
    finished: int
    seconds: float
    left: float | None


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
    allow_once_more(pile.database, pile.info.id)
    run = _Run(pile, open_reader, workers)
    told = 0.0
    try:
        while run.look_after() and not stopped():
            now = time.monotonic()
            if now - told >= _REPORT:
                told = now
                progress(run.progress())
            time.sleep(_LOOK)
    finally:
        run.crew.stop()
    final = run.progress()
    progress(final)
    return final


class _Run:
    """One reading of one pile."""

    def __init__(self, pile: Pile, open_reader: OpenReader, workers: int) -> None:
        self.pile = pile
        self.workers = max(1, workers)
        self.crew = Crew(pile.database, open_reader, pile.info.id)
        self.started = time.monotonic()
        self.at_start = self._left()
        self.deaths = 0
        self.left_at_death = self.at_start

    def _left(self) -> int:
        states = self._states()
        return states["queued"] + states["leased"]

    def _states(self) -> dict[State, int]:
        return self.crew.patiently(self.pile.states)

    def progress(self) -> RunProgress:
        """How far it is."""
        states = self._states()
        left = states["queued"] + states["leased"]
        finished = max(0, self.at_start - left)
        seconds = time.monotonic() - self.started
        return RunProgress(
            states, finished, seconds, seconds / finished * left if finished else None
        )

    def look_after(self) -> bool:
        """Start what is missing, bury what died; whether there is anything left to do."""
        for code in self.crew.bury():
            self._count_death(code)
        wanted = min(self.workers, self._states()["queued"])
        while len(self.crew) < wanted:
            self.crew.start()
        return len(self.crew) > 0

    def _count_death(self, code: int) -> None:
        """PileError where workers die one after another before a page is read."""
        left = self._left()
        self.deaths = self.deaths + 1 if left == self.left_at_death else 1
        self.left_at_death = left
        if self.deaths > 3 * self.workers + 3:
            raise PileError(
                f"{self.deaths} workers ended one after another with exit code {code} before a "
                "page was read.",
                "Look whether memory or disk is full, and give the same command again.",
            )
