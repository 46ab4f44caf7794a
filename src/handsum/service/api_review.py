"""``/api/v1/piles/.../review``: doubtful values handed out, answered, undone; audits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from handsum.confidence.audit import sample_size_for
from handsum.errors import HandsumError
from handsum.piles.audit import audits, draw_audit
from handsum.piles.corrections import Change, Keyed, correct
from handsum.piles.review import GROUP, Review, ReviewItem
from handsum.readings import Content
from handsum.service.review_trees import audit_tree, item_tree, wall_tree
from handsum.service.schemas import PROBLEMS, RowId
from handsum.service.shelf import Shelf
from handsum.service.state import need, shelf_of, who_of

router = APIRouter(
    prefix="/api/v1/piles/{pile}",
    tags=["review"],
    responses=PROBLEMS,
    dependencies=[Depends(need("reviewer"))],
)

TheShelf = Annotated[Shelf, Depends(shelf_of)]
Who = Annotated[str, Depends(who_of)]
Audit = Annotated[RowId, Query(description="An audit's id; 0: the doubtful values.")]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
"""A text without the one sign that PostgreSQL cannot keep."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyedBody(_Body):
    """What a person says stands there."""

    content: Content = "number"
    text: Text = ""
    reason: Text = ""

    def keyed(self) -> Keyed:
        """As the pile takes it."""
        return Keyed(self.content, self.text, self.reason)


class GroupBody(_Body):
    """A group: what its values are read as."""

    content: Content = "number"
    text: Text = ""
    limit: int = Field(GROUP, ge=1, le=500)


class ConfirmBody(_Body):
    """Items of a wall; the wrong ones among them go back to be asked for one by one."""

    items: list[RowId] = Field(min_length=1, max_length=500)
    wrong: list[RowId] = Field(default_factory=list, max_length=500)


class DrawBody(_Body):
    """How many accepted values to check."""

    n: int = Field(ge=1, le=1_000_000)
    delta: float = Field(0.05, gt=0.0, lt=1.0)
    looks: int = Field(1, ge=1, le=100)


@router.post("/review/next")
def next_item(
    shelf: TheShelf, pile: str, who: Who, audit: Audit = 0, after: RowId = 0
) -> dict[str, Any]:
    """The next value to look at, leased to whoever asks; ``item`` is null where none is free."""
    review = shelf.review(pile, audit)
    return _answer(shelf, pile, review, review.next_item(who, after=after))


@router.post("/review/items/{item}/confirm")
def confirm(shelf: TheShelf, pile: str, item: RowId, who: Who, audit: Audit = 0) -> dict[str, Any]:
    """The value is as it was read; answered with the next one."""
    review = shelf.review(pile, audit)
    review.confirm_group([item], who, how="audit" if audit else "review")
    return _answer(shelf, pile, review, review.next_item(who, after=item))


@router.post("/review/items/{item}/answer")
def answer(
    shelf: TheShelf, pile: str, item: RowId, body: KeyedBody, who: Who, audit: Audit = 0
) -> dict[str, Any]:
    """What stands there; the page's rules run again. Answered with the next value."""
    review = shelf.review(pile, audit)
    review.answer(item, who, body.keyed(), how="audit" if audit else "review")
    return _answer(shelf, pile, review, review.next_item(who, after=item))


@router.get("/review/items/{item}")
def one_item(shelf: TheShelf, pile: str, item: RowId, audit: Audit = 0) -> dict[str, Any]:
    """An item, whoever holds it."""
    review = shelf.review(pile, audit)
    return _answer(shelf, pile, review, review.item(item))


@router.post("/review/undo")
def undo(shelf: TheShelf, pile: str, who: Who, audit: Audit = 0) -> dict[str, Any]:
    """Take back what this person said last; ``items`` are open again, and the first is shown."""
    review = shelf.review(pile, audit)
    items = review.undo(who)
    found = review.next_item(who) if items else None
    return {**_answer(shelf, pile, review, found), "items": list(items)}


@router.post("/review/renew")
def renew(shelf: TheShelf, pile: str, who: Who, audit: Audit = 0) -> dict[str, int]:
    """Hold on to what is being looked at."""
    return {"held": shelf.review(pile, audit).renew(who)}


@router.post("/review/release")
def release(shelf: TheShelf, pile: str, who: Who, audit: Audit = 0) -> dict[str, int]:
    """Give back what is held and not answered."""
    return {"released": shelf.review(pile, audit).release(who)}


@router.get("/review/groups")
def groups(shelf: TheShelf, pile: str, audit: Audit = 0) -> dict[str, Any]:
    """What open values are read as, the most frequent first."""
    review = shelf.review(pile, audit)
    found = [{"content": g.content, "text": g.text, "count": g.count} for g in review.groups()]
    return {"groups": found, "counts": review.counts()}


@router.post("/review/groups/lease")
def lease_group(
    shelf: TheShelf, pile: str, body: GroupBody, who: Who, audit: Audit = 0
) -> dict[str, Any]:
    """A wall of values that are read as the same, leased to whoever asks."""
    review = shelf.review(pile, audit)
    items = review.lease_group(who, body.content, body.text, limit=body.limit)
    return {"items": [wall_tree(review.pile, item) for item in items]}


@router.post("/review/groups/confirm")
def confirm_group(
    shelf: TheShelf, pile: str, body: ConfirmBody, who: Who, audit: Audit = 0
) -> dict[str, Any]:
    """All of a wall are as read, but for the wrong ones."""
    review = shelf.review(pile, audit)
    how = "audit" if audit else "group"
    review.confirm_group(body.items, who, body.wrong, how=how)  # type: ignore[arg-type]
    return {"counts": review.counts()}


@router.post("/pages/{page}/fields/{field}")
def correct_field(
    shelf: TheShelf, pile: str, page: RowId, field: str, body: KeyedBody, who: Who
) -> dict[str, Any]:
    """Say what any field of a page holds, doubtful or not; the page's rules run again."""
    found = shelf.pile(pile)
    changes = [Change(page, field, body.keyed())]
    count = correct(found.database, found.info.id, changes, who, "review", shelf.rules(pile))
    return {"changed": count}


@router.get("/audits")
def list_audits(shelf: TheShelf, pile: str) -> dict[str, Any]:
    """All audits of the pile, the oldest first."""
    return {"audits": [audit_tree(audit) for audit in audits(shelf.pile(pile))]}


@router.get("/audits/plan")
def plan_audit(
    shelf: TheShelf,
    pile: str,
    bound: Annotated[float, Query(gt=0.0, lt=1.0, description="The wished share of errors.")],
    expected_wrong: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    delta: Annotated[float, Query(gt=0.0, lt=1.0)] = 0.05,
) -> dict[str, int]:
    """How many accepted values to check for a wished bound, if so many of them are wrong."""
    size = shelf.accepted(pile)
    return {"pile_size": size, "n": sample_size_for(size, bound, expected_wrong, delta)}


@router.post("/audits", status_code=201)
def new_audit(shelf: TheShelf, pile: str, body: DrawBody, who: Who) -> dict[str, Any]:
    """Draw a sample of the accepted values; its items are then reviewed with ``?audit=``."""
    found = draw_audit(shelf.pile(pile), body.n, who, delta=body.delta, looks=body.looks)
    return audit_tree(found)


def _answer(shelf: Shelf, pile: str, review: Review, item: ReviewItem | None) -> dict[str, Any]:
    tree = None
    if item is not None:
        try:
            asked = shelf.rules(pile).template(item.reading).by_name.get(item.field.name)
        except HandsumError:  # without its template a value can still be looked at
            asked = None
        tree = item_tree(review.pile, item, asked)
    return {"item": tree, "counts": review.counts()}
