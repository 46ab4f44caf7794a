"""A random sample of a pile's accepted values, checked by persons, bounds the whole pile's error.

The sample is drawn when the pile is finished; who checks it types or confirms each value, through
`handsum.piles.review.Review` with the audit's id. What was accepted by a person is no part of it:
that the person is right is what an audit takes for granted.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from handsum.confidence.audit import AuditReport, audit_pile, draw_sample
from handsum.errors import PileConflictError, PileNotFoundError
from handsum.piles.corrections import check_name
from handsum.piles.schema import AUDITS, FIELDS, ITEMS, PAGES
from handsum.piles.store import Pile


@dataclass(frozen=True)
class AuditRow:
    """An audit and how far it is; ``report`` once every value of the sample is checked."""

    id: int
    who: str
    at: float
    pile_size: int
    drawn: int
    seed: int
    delta: float
    looks: int
    checked: int
    wrong: int
    report: AuditReport | None


def draw_audit(
    pile: Pile,
    n: int,
    who: str,
    *,
    delta: float = 0.05,
    looks: int = 1,
    seed: int | None = None,
) -> AuditRow:
    """Draw ``n`` of the values that were accepted without a person, each set equally likely.

    PileConflictError while pages are still to be read, UsageError for n outside 1..all of them.
    """
    check_name(who)
    seed = secrets.randbits(31) if seed is None else seed
    with pile.database.write() as connection:
        left = connection.execute(
            select(func.count()).where(
                PAGES.c.pile_id == pile.info.id, PAGES.c.state.in_(("queued", "leased"))
            )
        ).scalar_one()
        if left:
            raise PileConflictError(
                f"{left} pages are still to be read.", "Draw the sample when all of them are."
            )
        accepted = connection.execute(
            select(FIELDS.c.id, FIELDS.c.page_id, FIELDS.c.text, FIELDS.c.content)
            .join(PAGES, PAGES.c.id == FIELDS.c.page_id)
            .where(
                PAGES.c.pile_id == pile.info.id,
                FIELDS.c.decision == "accepted",
                FIELDS.c.basis != "person",
            )
            .order_by(FIELDS.c.id)
        ).all()
        drawn = [accepted[i] for i in draw_sample(len(accepted), n, seed)]
        written = {
            "pile_id": pile.info.id,
            "who": who,
            "at": time.time(),
            "pile_size": len(accepted),
            "drawn": n,
            "seed": seed,
            "delta": delta,
            "looks": looks,
        }
        key = connection.execute(insert(AUDITS).values(written)).inserted_primary_key
        assert key is not None
        connection.execute(
            insert(ITEMS),
            [
                {
                    "pile_id": pile.info.id,
                    "page_id": row.page_id,
                    "field_id": row.id,
                    "audit": key[0],
                    "priority": 1,
                    "state": "open",
                    "parted": False,
                    "drawn_text": row.text,
                    "drawn_content": row.content,
                }
                for row in drawn
            ],
        )
    return load_audit(pile, key[0])


def audits(pile: Pile) -> tuple[AuditRow, ...]:
    """All audits of a pile, the oldest first."""
    asked = select(AUDITS.c.id).where(AUDITS.c.pile_id == pile.info.id).order_by(AUDITS.c.id)
    with pile.database.read() as connection:
        ids = connection.execute(asked).scalars().all()
    return tuple(load_audit(pile, audit) for audit in ids)


def load_audit(pile: Pile, audit: int) -> AuditRow:
    """An audit by its id; PileNotFoundError where there is none."""
    with pile.database.read() as connection:
        row = connection.execute(
            select(AUDITS).where(AUDITS.c.id == audit, AUDITS.c.pile_id == pile.info.id)
        ).one_or_none()
        if row is None:
            raise PileNotFoundError(f"The pile has no audit {audit}.", "Draw a sample first.")
        checked, wrong = (
            connection.execute(
                select(func.count()).where(
                    ITEMS.c.audit == audit, ITEMS.c.pile_id == pile.info.id, condition
                )
            ).scalar_one()
            for condition in (ITEMS.c.right.is_not(None), ITEMS.c.right.is_(False))
        )
    report = None
    if checked == row.drawn:
        report = audit_pile(row.pile_size, checked, wrong, row.delta, row.looks)
    return AuditRow(
        row.id, row.who, row.at, row.pile_size, row.drawn, row.seed, row.delta, row.looks,
        checked, wrong, report,
    )  # fmt: skip
