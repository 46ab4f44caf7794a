"""SIGKILL in the middle of a pile: afterwards every page is there once, and no correction lost.

    handsum bench kill_pile

A pile of printed sheets of a form, in one PDF and as single scans, is read by `handsum form read`
with two workers. At random moments either one worker is killed, or the command alone (its workers
find themselves orphaned), or the command and all its workers; then the same command is given again.
When the pile is read, `handsum form apply` is killed at random moments while it takes in
corrections: after each kill all of a table's corrections have to be there, or none. Most kills
come once pages are being read, since those before prove little; every fourth comes earlier.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
from record import describe_machine, parse_options, record, run

from handsum.errors import PileNotFoundError, UsageError
from handsum.imaging.load import load_pictures
from handsum.piles.corrections import history
from handsum.piles.store import Pile

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "examples" / "forms" / "polling-station" / "template.toml"
SEED = 2026
SCANS = 20  # of the sheets are pictures of their own
HANDSUM = Path(sys.executable).with_name("handsum")
READING, EARLY = 6.0, 10.0  # seconds within which a reading command is killed


def make_scans(folder: Path, sheets: int) -> None:
    """Numbered sheets in one PDF, and the last of them as PNG."""
    folder.mkdir()
    whole = ["--sheets", str(sheets - SCANS)]
    _handsum("form", "print", str(TEMPLATE), "-o", str(folder / "form.pdf"), *whole)
    others = folder.parent / "others.pdf"
    rest = ["--first", str(sheets - SCANS + 1), "--sheets", str(SCANS)]
    _handsum("form", "print", str(TEMPLATE), "-o", str(others), *rest)
    for picture in load_pictures(others):
        small = cv2.resize(picture.grey, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"scan-{picture.page:03}.png"), small)


def kill_reading(home: Path, kills: int, rng: random.Random) -> dict[str, Any]:
    """Read the pile, killed so often, and then to its end; what became of the pages."""
    command = ["form", "read", str(TEMPLATE), "scans", "-o", "results", "--workers", "2"]
    done: list[int] = []
    kinds: Counter[str] = Counter()
    for _ in range(kills):
        kind = rng.choice(("a worker", "the command", "the command and its workers"))
        early = rng.random() < 0.25
        after = rng.uniform(0.0, EARLY if early else READING)
        hit = _kill(home, command, kind, after, rng, not early)
        kinds[kind if hit else "nothing, it had ended"] += 1
        done.append(_states(home)["done"])
    started = time.monotonic()
    ended = _handsum(*command, cwd=home)
    with Pile.open(home / "results") as pile:
        states = pile.states()
        sheets = Counter(reading.sheet for _, reading in pile.readings())
        attempts = [page.attempts for page in pile.pages()]
    return {
        "kills": dict(kinds),
        "read_after_each_kill": done,
        "last_run_seconds": round(time.monotonic() - started, 1),
        "exit_code": ended,
        "states": states,
        "sheets": len(sheets),
        "sheets_there_once": sum(n == 1 for n in sheets.values()),
        "sheets_there_twice": sum(n > 1 for n in sheets.values()),
        "most_attempts_at_a_page": max(attempts),
    }


def kill_applying(home: Path, kills: int, rng: random.Random) -> dict[str, Any]:
    """Apply a table of corrections so often, each time another value, killed at random moments.

    The moments are spread over the time that the same command needs when it is left alone.
    """
    whole = nothing = 0
    needed = 0.0
    with Pile.open(home / "results") as pile:
        pages = [page.id for page in pile.pages("done")]
        field = pile.templates[0].fields[-1][0]
    for n in range(-1, kills):
        lines = [f"{page},{field},{n + 2},as written" for page in pages]
        table = home / "corrections.csv"
        table.write_text("page_id,field,correct,reason\n" + "\n".join(lines) + "\n", "utf-8")
        before = _corrections(home)
        command = ["form", "apply", "results", str(table), "--who", f"person {n}"]
        if n < 0:
            started = time.monotonic()
            _handsum(*command, cwd=home)
            needed = time.monotonic() - started
            continue
        _kill(home, command, "the command", rng.uniform(0.2, 1.0) * needed, rng)
        new = _corrections(home) - before
        if new not in (0, len(pages)):
            raise UsageError(f"{new} of {len(pages)} corrections were kept.", "This is a mistake.")
        whole += new == len(pages)
        nothing += new == 0
    if _handsum(*command, cwd=home) not in (0, 1):
        raise UsageError("The last corrections were not taken.", "This is a mistake.")
    with Pile.open(home / "results") as pile:
        texts = Counter(reading.field(field).reading.text for _, reading in pile.readings())
    return {
        "kills": kills,
        "rows_a_table": len(pages),
        "kept_whole": whole,
        "kept_nothing": nothing,
        "values_at_the_end": dict(texts),
    }


def _kill(
    home: Path,
    command: Sequence[str],
    kind: str,
    after: float,
    rng: random.Random,
    reading: bool = False,
) -> bool:
    """Start a command and kill it so long ``after``; with ``reading`` after it reads pages.

    Whether it was still running then.
    """
    process = subprocess.Popen(
        [HANDSUM, *command],
        cwd=home,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    before = _states(home)["done"]
    while reading and process.poll() is None and _states(home)["done"] == before:
        time.sleep(0.1)
    until = time.monotonic() + after
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)
    hit = process.poll() is None
    with suppress(ProcessLookupError):  # it was faster
        if kind == "the command and its workers":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "a worker" and (workers := _children(process.pid)):
            os.kill(rng.choice(workers), signal.SIGKILL)
            time.sleep(rng.uniform(0.5, 3.0))  # the command goes on for a while with another
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    return hit


def _children(parent: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in listed.stdout.split()]


def _states(home: Path) -> dict[str, int]:
    if not (home / "results" / "pile.sqlite").is_file():
        return {"done": 0}
    try:
        with Pile.open(home / "results") as pile:
            return {**pile.states()}
    except PileNotFoundError:  # the store is there, and the pile not yet
        return {"done": 0}


def _corrections(home: Path) -> int:
    with Pile.open(home / "results") as pile:
        return len(history(pile.database, pile.info.id))


def _handsum(*arguments: str, cwd: Path | None = None) -> int:
    return subprocess.run(
        [HANDSUM, *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=20, help="of the reading command")
    parser.add_argument("--sheets", type=int, default=120, help="in the pile")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        make_scans(home / "scans", options.sheets)
        figures = {
            "sheets_in_the_pile": options.sheets,
            "reading": kill_reading(home, options.kills, rng),
            "applying": kill_applying(home, max(1, options.kills // 2), rng),
        }
    record(
        "kill_pile",
        "Pages and corrections of a pile after SIGKILL at random moments.",
        figures,
        options=options,
        machine=machine,
        seeds=[SEED],
    )


if __name__ == "__main__":
    run(main)
