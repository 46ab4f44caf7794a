"""Bodies that are too large, too many at once, or never end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from starlette.types import Message, Receive, Scope, Send

from handsum.errors import BusyError, HandsumError, RequestError, RequestTooLargeError
from handsum.service.limits import BodyLimit, ServiceLimits
from handsum.service.visitors import Visitor

LIMITS = ServiceLimits(max_body=1000, max_scans=2000, max_strange=100, max_held=1500, stalled=0.05)
ADA = Visitor("", "ada", "reader")
Result = TypeVar("Result")


def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """What comes of it; in a thread, since Playwright keeps a loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def drain(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        await asyncio.sleep(0)


def body(*sizes: int, ends: bool = True) -> Receive:
    parts = iter(sizes)
    left = len(sizes)

    async def receive() -> Message:
        nonlocal left
        size = next(parts, None)
        if size is None:
            await asyncio.sleep(10)
        left -= 1
        return {"type": "http.request", "body": b"x" * (size or 0), "more_body": left or not ends}

    return receive


async def send(_: Message) -> None: ...


def scope(path: str = "/api/v1/read", visitor: Visitor = ADA) -> dict[str, Any]:
    return {"type": "http", "path": path, "headers": [], "state": {"visitor": visitor}}


def outcome(limit: BodyLimit, asked: dict[str, Any], receive: Receive) -> HandsumError | None:
    async def work() -> None:
        await limit(asked, receive, send)

    try:
        finish(work())
    except HandsumError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("path", "visitor", "most"),
    [
        ("/api/v1/read", ADA, 1000),
        ("/api/v1/piles/a/files", ADA, 2000),
        ("/api/v1/read", Visitor("", None, None), 100),
        ("/api/v1/piles/a/files", Visitor("", None, None), 100),
    ],
)
def test_a_body_is_cut_off(path: str, visitor: Visitor, most: int) -> None:
    limit = BodyLimit(drain, ServiceLimits(max_body=1000, max_scans=2000, max_strange=100))
    assert outcome(limit, scope(path, visitor), body(most - 1, 1)) is None
    for receive in (body(most, 1), body(most + 1)):
        assert isinstance(outcome(limit, scope(path, visitor), receive), RequestTooLargeError)


def test_all_bodies_together_are_held_to_a_limit_and_let_go() -> None:
    async def crowd(limit: BodyLimit) -> list[BaseException | None]:
        asked = [limit(scope(), body(400, 400, 100), send) for _ in range(2)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    limit = BodyLimit(drain, LIMITS)
    kinds = [type(one) for one in finish(crowd(limit))]
    assert sorted(kind.__name__ for kind in kinds) == ["BusyError", "NoneType"]
    assert BusyError in kinds
    assert outcome(limit, scope(), body(900)) is None  # nothing is held any more
    assert limit._held == 0


def test_a_body_that_stops_coming_is_given_up() -> None:
    limit = BodyLimit(drain, LIMITS)
    error = outcome(limit, scope(), body(10, ends=False))
    assert isinstance(error, RequestError)
    assert error.http_status == 408
    assert limit._held == 0


def test_after_its_body_a_request_may_wait() -> None:
    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4 * LIMITS.stalled):
                await receive()  # until the other end has gone

    assert outcome(BodyLimit(waits, LIMITS), scope(), body(10)) is None
