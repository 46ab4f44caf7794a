"""What a hostile file can do to the server: cost its own request."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from handsum.errors import HandsumError, TooCostlyError
from handsum.service.children import Answer, Children
from handsum.service.limits import ServiceLimits
from handsum.service.reading import Asked

Work = Callable[[Children], Awaitable[Any]]


def with_children(limits: ServiceLimits, work: Work) -> Any:
    """Run ``work`` with a pool of one child."""

    async def run() -> Any:
        children = Children(limits, 1)
        children.start()
        try:
            return await work(children)
        finally:
            await children.close()

    # In a thread: Playwright keeps a loop running in the main one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def noise(height: int, width: int) -> bytes:
    """A PNG whose page search has much to look at."""
    grey = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    return cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def head(kind: str = "digit", **more: Any) -> dict[str, Any]:
    return {
        "do": "read", "kind": kind, "options": Asked().to_json(), "names": ["a.png"],
        "beside": {}, "crops": False, "alone": True, "max_pixels": 89_000_000, "max_pages": 10,
        **more,
    }  # fmt: skip


async def read_seven(children: Children, digits: list[Path]) -> str:
    answer = await children.call(head(), [digits[7].read_bytes()])
    return str(json.loads(answer.blobs[0])[0]["text"])


async def refused(call: Awaitable[Answer]) -> HandsumError:
    with pytest.raises(HandsumError) as caught:
        await call
    return caught.value


def test_a_child_that_is_killed_costs_one_call(digits: list[Path]) -> None:
    async def work(children: Children) -> tuple[HandsumError, str]:
        await read_seven(children, digits)
        (child,) = children._all
        call = asyncio.ensure_future(children.call(head("page"), [noise(3000, 3000)]))
        await asyncio.sleep(0.05)
        os.kill(child._process.pid, signal.SIGKILL)
        return await refused(call), await read_seven(children, digits)

    error, text = with_children(ServiceLimits(), work)
    assert isinstance(error, TooCostlyError)
    assert text == "7"


def test_a_call_that_takes_too_long_ends_and_the_next_is_answered(digits: list[Path]) -> None:
    limits = ServiceLimits(seconds=0.01)

    async def work(children: Children) -> tuple[HandsumError, str]:
        error = await refused(children.call(head("page"), [noise(4000, 4000)]))
        children.limits = ServiceLimits()
        return error, await read_seven(children, digits)

    error, text = with_children(limits, work)
    assert (error.code, error.http_status) == ("too_costly", 422)
    assert "more time" in error.message
    assert text == "7"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no memory limits here")
def test_a_picture_that_needs_too_much_memory_is_refused(digits: list[Path]) -> None:
    wide = cv2.imencode(".png", np.zeros((6000, 6000, 3), np.uint8))[1].tobytes()

    async def work(children: Children) -> tuple[HandsumError, str]:
        return await refused(children.call(head(), [wide])), await read_seven(children, digits)

    error, text = with_children(ServiceLimits(memory=60 << 20), work)
    assert error.code == "too_costly"
    assert text == "7"


def test_pixels_are_counted_before_they_are_decoded(digits: list[Path]) -> None:
    async def work(children: Children) -> HandsumError:
        return await refused(children.call(head(max_pixels=500), [digits[0].read_bytes()]))

    error = with_children(ServiceLimits(), work)
    assert (error.code, error.http_status) == ("image_too_large", 413)


def test_an_unknown_task_is_our_fault_and_told_without_words() -> None:
    async def work(children: Children) -> HandsumError:
        return await refused(children.call({"do": "secret-value"}))

    error = with_children(ServiceLimits(), work)
    assert error.http_status == 500
    assert "secret" not in error.message


def test_a_child_is_renewed_after_its_calls(digits: list[Path]) -> None:
    async def work(children: Children) -> tuple[set[int], list[str]]:
        children.recycle = 2
        pids, texts = set(), []
        for _ in range(5):
            texts.append(await read_seven(children, digits))
            pids |= {child._process.pid for child in children._all}
        return pids, texts

    pids, texts = with_children(ServiceLimits(), work)
    assert texts == ["7"] * 5
    assert len(pids) >= 2
