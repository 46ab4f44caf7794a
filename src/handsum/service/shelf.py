"""The piles that this server shows, from the store that it was started with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import func, select, update

from handsum.piles.corrections import RunRules
from handsum.piles.queue import allow_once_more, give_back_of_dead
from handsum.piles.review import Review
from handsum.piles.rules import PileRules
from handsum.piles.schema import FIELDS, PAGES, PILES
from handsum.piles.store import Pile, Store


@dataclass
class Shelf:
    """Piles by name, opened once; ``run_rules`` stands in for a pile's own rules in tests."""

    store: Store
    run_rules: RunRules | None = None
    _piles: dict[str, Pile] = field(default_factory=dict)
    _rules: dict[str, RunRules] = field(default_factory=dict)

    def piles(self) -> list[Pile]:
        """Every pile, the oldest first."""
        return [self.pile(info.name) for info in self.store.piles()]

    def pile(self, name: str) -> Pile:
        """The pile of that name; PileNotFoundError where there is none."""
        if name not in self._piles:
            self._piles[name] = self.store.pile(name)
        return self._piles[name]

    def rules(self, name: str) -> RunRules:
        """The rules of a pile's templates."""
        if name not in self._rules:
            self._rules[name] = self.run_rules or PileRules(self.pile(name))
        return self._rules[name]

    def review(self, name: str, audit: int = 0) -> Review:
        """A pile's doubtful values, or those of an audit's sample."""
        return Review(self.pile(name), self.rules(name), audit)

    def accepted(self, name: str) -> int:
        """How many values of a pile were accepted without a person: what an audit draws from."""
        pile = self.pile(name)
        asked = (
            select(func.count())
            .select_from(FIELDS.join(PAGES, PAGES.c.id == FIELDS.c.page_id))
            .where(
                PAGES.c.pile_id == pile.info.id,
                FIELDS.c.decision == "accepted",
                FIELDS.c.basis != "person",
            )
        )
        with pile.database.read() as connection:
            count: int = connection.execute(asked).scalar_one()
        return count

    def queued(self) -> int:
        """Pages of all open piles that wait to be read."""
        asked = (
            select(func.count())
            .select_from(PAGES.join(PILES, PILES.c.id == PAGES.c.pile_id))
            .where(PAGES.c.state == "queued", PILES.c.state == "open")
        )
        with self.store.database.read() as connection:
            count: int = connection.execute(asked).scalar_one()
        return count

    def begin(self) -> None:
        """Put right what a server that was killed has left: its pages wait, and get another try."""
        self.give_back_of_dead()
        for info in self.store.piles():
            if info.state == "open":
                allow_once_more(self.store.database, info.id)

    def give_back_of_dead(self) -> None:
        """Put pages that killed workers of this machine held back into the queue."""
        give_back_of_dead(self.store.database)

    def set_state(self, name: str, state: Literal["open", "cancelled"]) -> None:
        """Stop reading a pile (pages in hand are finished), or go on with it."""
        pile = self.pile(name)
        with self.store.database.write() as connection:
            connection.execute(update(PILES).where(PILES.c.id == pile.info.id).values(state=state))
        self._piles.pop(name)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def stamp(seconds: float) -> str:
    """A time of the store as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
