"""A child process that decodes and reads what strangers send: ``-m handsum.service.decode_child``.

It holds the readers, takes messages (handsum.service.frames) from standard input and answers on
standard output, may not write files, and is killed by its parent when it takes too long. Once
warm, it may take only so much more memory than it has (Linux). When its input ends, so does it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from handsum.errors import HandsumError, TooCostlyError
from handsum.service import frames

Answer = tuple[dict[str, Any], list[bytes]]
Handler = Callable[[dict[str, Any], list[bytes], Callable[[], None]], Answer]
"""Head, blobs, and what to call after every page, so that the parent sees life."""

_PULSE = 0.5  # seconds between two signs of life


def main() -> None:
    """Warm up, then answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which tells us
    source, sink = _take_pipes()
    memory = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    try:
        from handsum.service.child_tasks import load_tasks  # noqa: PLC0415

        tasks, about = load_tasks()
    except HandsumError as error:
        _write(sink, {"error": describe(error)}, [])
        return
    except Exception as error:
        _write(sink, {"crash": crash(error)}, [])
        return
    confine(memory)
    _write(sink, {"ready": True, **about}, [])
    while (message := _read(source)) is not None:
        _write(sink, *answer(tasks, *message, _pulse(sink)))


def _pulse(sink: IO[bytes]) -> Callable[[], None]:
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > _PULSE:
            last = time.monotonic()
            _write(sink, {"progress": True}, [])

    return beat


def answer(
    tasks: dict[str, Handler],
    head: dict[str, Any],
    blobs: list[bytes],
    beat: Callable[[], None],
) -> Answer:
    """What a task gives, or the error that it raised."""
    try:
        return tasks[head["do"]](head, blobs, beat)
    except HandsumError as error:
        return {"error": describe(error)}, []
    except MemoryError:
        too_much = TooCostlyError(
            "Reading this took more memory than one request may use.",
            "Send a smaller picture, or fewer at once.",
        )
        return {"error": describe(too_much)}, []
    except Exception as error:
        return {"crash": crash(error)}, []


def crash(error: Exception) -> str:
    """What it was and where; its words may hold values and stay here."""
    places = traceback.extract_tb(error.__traceback__)[-3:]
    lines = " < ".join(f"{Path(p.filename).name}:{p.lineno}" for p in reversed(places))
    return f"{type(error).__name__} at {lines}"


def describe(error: HandsumError) -> dict[str, Any]:
    """An error as it crosses the pipe."""
    return {
        "code": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "status": error.http_status,
    }


def confine(memory: int) -> None:
    """From here on: no files written, no core dumps, ``memory`` bytes more than now (0: no limit).

    Systems without these limits (Windows; macOS for memory) are left with the time limit.
    """
    try:
        import resource  # noqa: PLC0415
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    held = Path("/proc/self/statm")
    if memory and held.exists():
        now = int(held.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes, hidden from libraries that print."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nowhere:
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 1)
    return source, sink


def _read(source: IO[bytes]) -> tuple[dict[str, Any], list[bytes]] | None:
    prefix = source.read(frames.LENGTHS.size)
    if len(prefix) < frames.LENGTHS.size:
        return None
    head, blobs = frames.check_lengths(prefix)
    sizes = frames.split_lengths(source.read(4 * blobs))
    parsed = frames.parse_head(source.read(head))
    return parsed, [source.read(size) for size in sizes]


def _write(sink: IO[bytes], head: dict[str, Any], blobs: list[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        for part in frames.pack(head, blobs):
            sink.write(part)
        sink.flush()


if __name__ == "__main__":
    main()
