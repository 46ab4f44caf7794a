"""Doubtful values, handed out to one person each, answered one by one or in groups, undone.

    review = Review(pile)
    item = review.next_item("ada")
    review.answer(item.id, "ada", Keyed("number", "0123"))

An item is leased to whoever is shown it: nobody else gets it until the lease ends or is given
back. An answer is taken only from who holds the lease, or where nobody does.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from handsum.errors import PileConflictError, PileNotFoundError
from handsum.forms.page_reading import FieldReading, PageReading, RuleFinding
from handsum.piles.corrections import (
    Change,
    How,
    Keyed,
    RunRules,
    check_name,
    correct_within,
    last_batch,
    lock_page,
    undo_batch,
)
from handsum.piles.rows import read_reading
from handsum.piles.rules import PileRules
from handsum.piles.schema import FIELDS, ITEMS, PAGES, SOURCES
from handsum.piles.store import Pile
from handsum.readings import Content

LEASE_SECONDS = 300.0
"""How long an item waits for the person who looks at it."""
GROUP = 60
"""Crops on a wall."""


@dataclass(frozen=True)
class ReviewItem:
    """A value to look at: its field as it is now, the rules that bind it, and its page.

    ``id`` is what answers name, ``page_id`` the page's id; ``label`` is the field's on the form.
    The crop is the field's ``crop_box`` of the upright picture, `Pile.upright_path`.
    ``until`` is when the lease ends (seconds since 1970).
    """

    id: int
    page_id: int
    source: str
    page: int
    template: str
    sheet: int | None
    label: str
    field: FieldReading
    rules: tuple[RuleFinding, ...]
    reading: PageReading
    audit: int
    until: float


@dataclass(frozen=True)
class Group:
    """How many open, unleased items are read as the same: of a number its ``text``."""

    content: Content
    text: str
    count: int


class Review:
    """The doubtful values of a pile; ``audit`` (its id) makes them those of an audit's sample."""

    def __init__(self, pile: Pile, run_rules: RunRules | None = None, audit: int = 0) -> None:
        self.pile = pile
        self.audit = audit
        self._given_rules = run_rules

    @cached_property
    def run_rules(self) -> RunRules:
        """How corrections reach other fields."""
        return self._given_rules or PileRules(self.pile)

    def counts(self) -> dict[str, int]:
        """Items by state: open, done, closed."""
        asked = select(ITEMS.c.state, func.count()).where(self._mine()).group_by(ITEMS.c.state)
        with self.pile.database.read() as connection:
            found: dict[str, int] = {state: n for state, n in connection.execute(asked)}  # noqa: C416
        return {state: found.get(state, 0) for state in ("open", "done", "closed")}

    def next_item(
        self, who: str, *, seconds: float = LEASE_SECONDS, after: int = 0
    ) -> ReviewItem | None:
        """The next value, leased to ``who`` for so long; None where none is free.

        One that this person holds already comes again. ``after`` (an item's id) passes over it
        and what comes before: what is skipped comes round again at the end.
        """
        check_name(who)
        now = time.time()
        with self.pile.database.write() as connection:
            held = self._first(connection, and_(ITEMS.c.lease_owner == who, self._leased(now)))
            found = held if held is not None and held != after else None
            if found is None:
                if held is not None:
                    self._release(connection, who)
                free = self._free(now)
                past = self._past(connection, after)
                found = None if past is None else self._first(connection, and_(free, past))
                if found is None:
                    found = self._first(connection, free)
            if found is None:
                return None
            self._lease(connection, [found], who, now + seconds)
            return self._item(connection, found)

    def item(self, item: int) -> ReviewItem:
        """An item, leased or not; PileNotFoundError where there is none."""
        with self.pile.database.read() as connection:
            return self._item(connection, item)

    def groups(self) -> tuple[Group, ...]:
        """What open items that nobody holds are read as, the most frequent first."""
        asked = (
            select(FIELDS.c.content, FIELDS.c.text, func.count().label("n"))
            .join(ITEMS, ITEMS.c.field_id == FIELDS.c.id)
            .where(self._free(time.time()), ITEMS.c.parted.is_(False))
            .group_by(FIELDS.c.content, FIELDS.c.text)
            .order_by(func.count().desc(), FIELDS.c.content, FIELDS.c.text)
        )
        with self.pile.database.read() as connection:
            return tuple(Group(c, t, n) for c, t, n in connection.execute(asked))

    def lease_group(
        self,
        who: str,
        content: Content,
        text: str,
        *,
        limit: int = GROUP,
        seconds: float = LEASE_SECONDS,
    ) -> tuple[ReviewItem, ...]:
        """Up to ``limit`` items that are read as the same, leased to ``who``."""
        check_name(who)
        now = time.time()
        mine = and_(ITEMS.c.lease_owner == who, self._leased(now))
        wanted = and_(
            self._mine(),
            ITEMS.c.state == "open",
            or_(self._free(now), mine),
            ITEMS.c.parted.is_(False),
            FIELDS.c.content == content,
            FIELDS.c.text == text,
        )
        with self.pile.database.write() as connection:
            found = connection.execute(self._ordered(wanted).limit(limit)).scalars().all()
            self._lease(connection, found, who, now + seconds)
            return tuple(self._item(connection, item) for item in found)

    def answer(self, item: int, who: str, keyed: Keyed, how: How = "review") -> None:
        """Say what stands there; the rules of the page are run again.

        Raises PileConflictError where somebody else holds or has answered it, and what
        `handsum.piles.corrections.check_keyed` raises.
        """
        with self.pile.database.write() as connection:
            row = self._held(connection, [item], who)[0]
            change = Change(row.page_id, row.name, keyed)
            self._answer(connection, [(row, change)], who, how)

    def confirm(self, item: int, who: str) -> None:
        """Say that a value is as it was read; raises what `answer` raises."""
        self.confirm_group([item], who, how="review")

    def confirm_group(
        self, items: Sequence[int], who: str, wrong: Collection[int] = (), how: How = "group"
    ) -> None:
        """Say of the items of a wall that they are as read, but for the ``wrong`` ones.

        Those are given back, to be asked for one by one. All or nothing.
        """
        with self.pile.database.write() as connection:
            rows = self._held(connection, items, who)
            sure = [row for row in rows if row.id not in wrong]
            answers = [
                (row, Change(row.page_id, row.name, Keyed(row.content, row.text))) for row in sure
            ]
            self._answer(connection, answers, who, how)
            connection.execute(
                update(ITEMS)
                .where(ITEMS.c.id.in_([row.id for row in rows if row.id in wrong]))
                .values(parted=True, lease_owner=None, lease_until=None)
            )

    def undo(self, who: str) -> tuple[int, ...]:
        """Take back what ``who`` said last, in one go as it was said; ids of the items, again open.

        They are leased to ``who`` again. Empty where there is nothing to take back.
        """
        check_name(who)
        now = time.time()
        with self.pile.database.write() as connection:
            batch = last_batch(connection, self.pile.info.id, who)
            if batch is None:
                return ()
            fields = undo_batch(connection, self.pile.info.id, batch, who, self.run_rules)
            mine = and_(ITEMS.c.field_id.in_(fields), self._mine())
            connection.execute(
                update(ITEMS)
                .where(mine, ITEMS.c.state == "done")
                .values(state="open", done_by=None, done_at=None, right=None)
            )
            items = (
                connection.execute(
                    select(ITEMS.c.id).where(mine, ITEMS.c.state == "open").order_by(ITEMS.c.id)
                )
                .scalars()
                .all()
            )
            self._lease(connection, items, who, now + LEASE_SECONDS)
            return tuple(items)

    def renew(self, who: str, *, seconds: float = LEASE_SECONDS) -> int:
        """Hold on to what ``who`` is looking at; how many items that are."""
        now = time.time()
        with self.pile.database.write() as connection:
            return connection.execute(
                update(ITEMS)
                .where(self._mine(), ITEMS.c.lease_owner == who, self._leased(now))
                .values(lease_until=now + seconds)
            ).rowcount

    def release(self, who: str) -> int:
        """Give back what ``who`` holds and has not answered; how many items that are."""
        with self.pile.database.write() as connection:
            return self._release(connection, who)

    def _release(self, connection: Connection, who: str) -> int:
        return connection.execute(
            update(ITEMS)
            .where(self._mine(), ITEMS.c.lease_owner == who)
            .values(lease_owner=None, lease_until=None)
        ).rowcount

    def _answer(
        self,
        connection: Connection,
        answers: Sequence[tuple[Row[Any], Change]],
        who: str,
        how: How,
    ) -> None:
        changes = [change for _, change in answers]
        correct_within(connection, self.pile.info.id, changes, who, how, self.run_rules)
        for row, change in answers:
            values: dict[str, Any] = {
                "state": "done",
                "done_by": who,
                "done_at": time.time(),
                "lease_owner": None,
                "lease_until": None,
            }
            if self.audit:
                said = (change.keyed.content, change.keyed.text)
                values["right"] = said == (row.drawn_content, row.drawn_text)
            connection.execute(update(ITEMS).where(ITEMS.c.id == row.id).values(**values))

    def _held(self, connection: Connection, items: Sequence[int], who: str) -> list[Row[Any]]:
        """The items' rows, in order; each is open, and nobody's or ``who``'s."""
        check_name(who)
        now = time.time()
        # Pages before items, as everywhere, or two of us would wait for each other.
        pages = select(ITEMS.c.page_id).where(self._mine(), ITEMS.c.id.in_(items))
        for page in sorted(set(connection.execute(pages).scalars())):
            lock_page(connection, page)
        rows = {
            row.id: row
            for row in connection.execute(
                select(
                    ITEMS,
                    FIELDS.c.name,
                    FIELDS.c.content,
                    FIELDS.c.text,
                )
                .join(FIELDS, FIELDS.c.id == ITEMS.c.field_id)
                .where(self._mine(), ITEMS.c.id.in_(items))
                .with_for_update(of=ITEMS)
            )
        }
        for item in items:
            row = rows.get(item)
            if row is None:
                raise PileNotFoundError(f"There is no item {item} to review.", "Ask for the next.")
            if row.state != "open":
                by = f" by {row.done_by}" if row.done_by else ""
                raise PileConflictError(
                    f"Item {item} has been settled{by} already.", "Ask for the next."
                )
            other = row.lease_owner not in (None, who) and row.lease_until > now
            if other:
                raise PileConflictError(
                    f"{row.lease_owner} is looking at item {item}.", "Ask for the next."
                )
        return [rows[item] for item in items]

    def _item(self, connection: Connection, item: int) -> ReviewItem:
        row = connection.execute(
            select(
                ITEMS.c.page_id,
                ITEMS.c.lease_until,
                FIELDS.c.name,
                PAGES.c.page,
                PAGES.c.sheet,
                SOURCES.c.name.label("source"),
            )
            .join(FIELDS, FIELDS.c.id == ITEMS.c.field_id)
            .join(PAGES, PAGES.c.id == ITEMS.c.page_id)
            .join(SOURCES, SOURCES.c.id == PAGES.c.source_id)
            .where(self._mine(), ITEMS.c.id == item)
        ).one_or_none()
        if row is None:
            raise PileNotFoundError(f"There is no item {item} to review.", "Ask for the next.")
        reading = read_reading(connection, self.pile.info.id, row.page_id)
        labels = self._labels.get((reading.template, reading.template_version), {})
        return ReviewItem(
            id=item,
            page_id=row.page_id,
            source=row.source,
            page=row.page,
            template=reading.template,
            sheet=row.sheet,
            label=labels.get(row.name, ""),
            field=reading.field(row.name),
            rules=tuple(rule for rule in reading.rules if row.name in rule.fields),
            reading=reading,
            audit=self.audit,
            until=row.lease_until or 0.0,
        )

    @cached_property
    def _labels(self) -> dict[tuple[str, str], dict[str, str]]:
        return {(t.name, t.version): dict(t.fields) for t in self.pile.templates}

    def _mine(self) -> ColumnElement[bool]:
        return and_(ITEMS.c.pile_id == self.pile.info.id, ITEMS.c.audit == self.audit)

    def _leased(self, now: float) -> ColumnElement[bool]:
        return and_(ITEMS.c.lease_until.is_not(None), ITEMS.c.lease_until > now)

    def _free(self, now: float) -> ColumnElement[bool]:
        ended = or_(ITEMS.c.lease_until.is_(None), ITEMS.c.lease_until <= now)
        return and_(self._mine(), ITEMS.c.state == "open", ended)

    def _ordered(self, wanted: ColumnElement[bool]) -> Select[Any]:
        return (
            select(ITEMS.c.id)
            .join(FIELDS, FIELDS.c.id == ITEMS.c.field_id)
            .where(wanted)
            .order_by(ITEMS.c.page_id, ITEMS.c.priority, FIELDS.c.position)
            .with_for_update(of=ITEMS, skip_locked=True)
        )

    def _first(self, connection: Connection, wanted: ColumnElement[bool]) -> int | None:
        asked = self._ordered(and_(self._mine(), ITEMS.c.state == "open", wanted)).limit(1)
        found: int | None = connection.execute(asked).scalar_one_or_none()
        return found

    def _past(self, connection: Connection, after: int) -> ColumnElement[bool] | None:
        """Items that come later than one in the order in which they are shown."""
        row = connection.execute(
            select(ITEMS.c.page_id, ITEMS.c.priority, FIELDS.c.position)
            .join(FIELDS, FIELDS.c.id == ITEMS.c.field_id)
            .where(ITEMS.c.id == after)
        ).one_or_none()
        if row is None:
            return None
        same_page = ITEMS.c.page_id == row.page_id
        same_place = and_(same_page, ITEMS.c.priority == row.priority)
        return or_(
            ITEMS.c.page_id > row.page_id,
            and_(same_page, ITEMS.c.priority > row.priority),
            and_(same_place, FIELDS.c.position > row.position),
        )

    def _lease(self, connection: Connection, items: Sequence[int], who: str, until: float) -> None:
        connection.execute(
            update(ITEMS).where(ITEMS.c.id.in_(items)).values(lease_owner=who, lease_until=until)
        )
