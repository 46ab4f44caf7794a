"""The service under load: one digit, batches of 100, a soak, and the first page after a cold start.

    handsum bench service

Server and load run on the same machine; the server is `handsum serve` in a process of its own.
single  one MNIST test digit as a 112 px PNG a request, on kept connections, at a steady rate of
        50 a second whatever the server does (a late answer makes no later request wait); p50 and
        p99 from the moment a request was due.
batch   multipart forms of 100 such PNG, two at a time; digits a second, median over the forms.
first   from starting `handsum serve` to the whole first page and its style and scripts; and to the
        first reading, which waits for the nets.
soak    single's load, 10 minutes by default: errors, and how much the memory of the server and its
        children grows from the end of the first minute to the end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from drawings import draw_black_on_white
from PIL import Image
from record import describe_machine, parse_options, record, run, spread_of, take_part

from handsum.bundle import load_bundle
from handsum.data.sources import load_dataset

PARTS = ("single", "batch", "first", "soak")
RATE = 50  # requests a second
CONNECTIONS = 16
BATCH = 100
SIDE = 112


@dataclass(frozen=True)
class Server:
    """A running `handsum serve`."""

    address: str
    process: subprocess.Popen[str]
    started: float

    def memory(self) -> int:
        """Resident bytes of the server and of all its children (Linux)."""
        listing = subprocess.run(
            ["ps", "-o", "rss=", "--pid", str(self.process.pid), "--ppid", str(self.process.pid)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return 1024 * sum(map(int, listing.stdout.split()))


@contextmanager
def serving() -> Iterator[Server]:
    """A server on a free port, from the moment it is started."""
    started = time.perf_counter()
    command = [sys.executable, "-c", "from handsum.cli import run; run()", "serve", "--no-open"]
    process = subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None, "the server did not start"
        yield Server(found[0].rstrip("/"), process, started)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def wait_until_warm(server: Server) -> None:
    """Wait for the nets."""
    with httpx.Client(base_url=server.address, trust_env=False) as client:
        while client.get("/healthz").status_code != 200:
            time.sleep(0.02)


def draw_pictures(n: int) -> list[bytes]:
    """PNG files of MNIST test digits, black on white."""
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        data, rng = take_part(load_dataset("mnist:test"), n), np.random.default_rng(0)
        for index, ink in enumerate(data.images):
            path = Path(folder) / f"{index}.png"
            Image.fromarray(draw_black_on_white(ink, SIDE, rng)).save(path)
            pictures.append(path.read_bytes())
    return pictures


async def load(address: str, pictures: list[bytes], seconds: float) -> tuple[list[float], int]:
    """Seconds from when each request was due to its answer, and how many failed."""
    taken: list[float] = []
    failed = 0
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=address, limits=limits, trust_env=False) as client:

        async def one(picture: bytes, due: float) -> None:
            nonlocal failed
            try:
                answer = await client.post("/api/v1/read?as=digit", content=picture)
                failed += answer.status_code != 200
            except httpx.TransportError:
                failed += 1
            taken.append(time.perf_counter() - due)

        start = time.perf_counter()
        running: set[asyncio.Task[None]] = set()
        for number in range(round(seconds * RATE)):
            due = start + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.ensure_future(one(pictures[number % len(pictures)], due))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
    return taken, failed


def measure_single(server: Server, pictures: list[bytes], seconds: float) -> dict[str, Any]:
    """Latency at a steady rate, after a warm-up of two seconds."""
    asyncio.run(load(server.address, pictures, 2.0))
    taken, failed = asyncio.run(load(server.address, pictures, seconds))
    p50, p99 = (1000 * float(np.percentile(taken, q)) for q in (50, 99))
    return {"rate": RATE, "requests": len(taken), "failed": failed,
            "p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}  # fmt: skip


def measure_batch(server: Server, pictures: list[bytes], times: int) -> dict[str, Any]:
    """Digits a second in multipart forms of 100, two forms at a time."""
    files = [("file", (f"{n}.png", pictures[n % len(pictures)])) for n in range(BATCH)]

    async def work() -> list[float]:
        rates = []
        async with httpx.AsyncClient(
            base_url=server.address, trust_env=False, timeout=60
        ) as client:
            for number in range(times + 1):
                started = time.perf_counter()
                answers = await asyncio.gather(
                    *(client.post("/api/v1/read?as=digit", files=files) for _ in range(2))
                )
                spent = time.perf_counter() - started
                assert all(len(answer.json()) == BATCH for answer in answers)
                if number:
                    rates.append(2 * BATCH / spent)
        return rates

    return {"digits_per_second": spread_of(asyncio.run(work()), 0)}


def measure_first(times: int) -> dict[str, Any]:
    """Seconds from the command to the first page and to the first reading."""
    page, reading = [], []
    picture = draw_pictures(1)[0]
    for _ in range(times):
        with serving() as server, httpx.Client(base_url=server.address, trust_env=False) as client:
            html = client.get("/draw").text
            for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
                client.get(path).raise_for_status()
            page.append(time.perf_counter() - server.started)
            client.cookies.clear()  # from here on a program, which needs no page's token
            client.post("/api/v1/read?as=digit", content=picture, timeout=60).raise_for_status()
            reading.append(time.perf_counter() - server.started)
    return {"page_seconds": spread_of(page, 3), "reading_seconds": spread_of(reading, 3)}


def measure_soak(server: Server, pictures: list[bytes], seconds: float) -> dict[str, Any]:
    """Errors, and growth of memory after the first tenth, under a steady load."""
    _, early = asyncio.run(load(server.address, pictures, seconds / 10))
    before = server.memory()
    taken, failed = asyncio.run(load(server.address, pictures, seconds))
    after = server.memory()
    return {"seconds": seconds, "requests": len(taken), "failed": failed + early,
            "memory_before": before, "memory_after": after,
            "growth": round(after / before - 1, 5)}  # fmt: skip


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seconds", type=float, default=30.0, help="of part single")
    parser.add_argument("--soak", type=float, default=600.0, help="seconds of part soak")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = {**describe_machine(), "server_and_load": "same machine"}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pictures = draw_pictures(options.limit or 1000)
    figures: dict[str, Any] = {}
    if "first" in options.parts:
        figures["first"] = measure_first(5)
    with serving() as server:
        wait_until_warm(server)
        if "single" in options.parts:
            figures["single"] = measure_single(server, pictures, options.seconds)
        if "batch" in options.parts:
            figures["batch"] = measure_batch(server, pictures, 20)
        if "soak" in options.parts:
            figures["soak"] = measure_soak(server, pictures, options.soak)
    if set(options.parts) != set(PARTS):
        options.limit = options.limit or 0  # a part alone does not replace the whole
    record(
        "service",
        "The service under load: one digit, batches, the first page, and a soak.",
        figures,
        options=options,
        machine=machine,
        bundles=[load_bundle("digits")],
    )


if __name__ == "__main__":
    run(main)
