"""Which values want eyes: kept in step with what the fields of a page say."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from handsum.piles.schema import FIELDS, ITEMS


def renew_items(connection: Connection, pile: int, page: int) -> None:
    """Open an item for every field of a page that is to be reviewed, close those of the others.

    An item that a person has answered is done, and stays so until the answer is undone.
    """
    fields = connection.execute(
        select(FIELDS.c.id, FIELDS.c.decision, FIELDS.c.basis, FIELDS.c.look_at, ITEMS.c.state)
        .outerjoin(ITEMS, (ITEMS.c.field_id == FIELDS.c.id) & (ITEMS.c.audit == 0))
        .where(FIELDS.c.page_id == page)
        .order_by(FIELDS.c.position)
    ).all()
    new = []
    for field in fields:
        wanted = field.decision == "review"
        priority = 0 if field.look_at else 1
        if field.state is None:
            if wanted:
                new.append(
                    {
                        "pile_id": pile,
                        "page_id": page,
                        "field_id": field.id,
                        "audit": 0,
                        "priority": priority,
                        "state": "open",
                        "parted": False,
                    }
                )
            continue
        state = "open" if wanted else "done" if field.basis == "person" else "closed"
        if (state, wanted) != (field.state, False):
            values: dict[str, object] = {"state": state, "priority": priority}
            if state != "open":
                values |= {"lease_owner": None, "lease_until": None}
            connection.execute(
                update(ITEMS)
                .where(ITEMS.c.field_id == field.id, ITEMS.c.audit == 0)
                .values(**values)
            )
    if new:
        connection.execute(insert(ITEMS), new)
