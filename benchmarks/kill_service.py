"""SIGKILL of the service's parts in the middle of a pile: every page once, no correction lost.

    handsum bench kill_service

`handsum serve`, with a worker of its own, and one `handsum worker` read a pile that grows: before
every kill a scan of a few numbered sheets is submitted over HTTP, and again until the server has
said that it is kept. Meanwhile a reviewer answers one doubtful value after another, each with a
text of its own, and notes which answers the server has acknowledged. At a random moment the
server, one of the workers or (on PostgreSQL) the database with all its processes is killed and
started again: in three of four cases once pages of the last scan are being read, else earlier. In
the end every sheet has to be there once, and every acknowledged answer. Which sheet a page is
follows from its scan and its place in it; how many page codes were not read is told beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import httpx
from record import describe_machine, parse_options, record, run

from handsum.errors import UsageError
from handsum.piles.corrections import history
from handsum.piles.rows import PageRow
from handsum.piles.store import Store

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))  # the processes that the tests start, too
from clusters import Cluster, find_binaries  # noqa: E402
from served import Hired, Served, children_of  # noqa: E402

SEED = 2026
SHEETS = 4  # a scan
READING, EARLY = 1.0, 3.0  # seconds within which the kill comes
PAUSE = 0.1  # seconds between two answers of the reviewer
PATIENCE = 120.0  # seconds for a scan to be taken, or all pages to be read
PILE, FORM = "Monday", "sums"
WORKER = "handsum.service.pile_worker"
FIELDS = [
    {"name": name, "kind": "box", "box": [60.0, y, 100.0, y + 10.0], "required": True}
    for name, y in (("a", 50.0), ("b", 70.0))
]
CUT_OFF = (httpx.HTTPError, RuntimeError)  # RuntimeError: of a client that has been closed
Target = Literal["server", "worker", "PostgreSQL"]


class Reviewer:
    """Answers what is doubtful, each with another number, until told to stop."""

    def __init__(self, office: Office) -> None:
        self.acknowledged: dict[tuple[int, str], str] = {}
        self.cut_off = 0
        self._office = office
        self._said = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the answer in hand."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(PAUSE):
            self.answer_one()

    def answer_one(self) -> bool:
        """Whether there was something to answer."""
        base = f"/api/v1/piles/{PILE}/review"
        try:
            asked = self._office.post(f"{base}/next")
            item = asked.json()["item"] if asked.status_code == 200 else None
        except CUT_OFF:
            return False
        if item is None:
            return False
        self._said += 1
        path, text = f"{base}/items/{item['id']}/answer", str(self._said)
        try:
            answered = self._office.post(path, json={"text": text}).status_code == 200
        except CUT_OFF:
            answered = False
        if answered:
            self.acknowledged[item["page_id"], item["field"]] = text
        self.cut_off += not answered
        return True


class Office:
    """A store with a server, a worker and a reviewer; parts of it are killed and started again."""

    def __init__(self, home: Path, cluster: Cluster | None, rng: random.Random) -> None:
        self.home = home
        self.cluster = cluster
        self.rng = rng
        self.store = str(home) if cluster is None else cluster.new_url()
        self.folder = None if cluster is None else home
        self.served = Served(self.store, folder=self.folder)
        self.hired = Hired(self.store)
        self.submitted = 0
        self.again = 0
        self.seen: list[dict[str, int]] = []
        self.reviewer = Reviewer(self)

    def post(self, path: str, **what: Any) -> httpx.Response:
        """A request to whichever server runs now."""
        return self.served.client.post(path, **what)

    def open(self) -> None:
        """A form and an empty pile."""
        self.served.make_form(FORM, FIELDS)
        self.post("/api/v1/piles", json={"name": PILE, "forms": [FORM]}).raise_for_status()
        self.reviewer.start()

    def disturb(self, target: Target) -> None:
        """Submit a scan, kill ``target`` at a random moment, start it again."""
        first = self.submitted * SHEETS + 1
        scan = self._print(first)
        sender = threading.Thread(target=self._submit, args=(first, scan), daemon=True)
        sender.start()
        self.submitted += 1
        early = self.rng.random() < 0.25
        moment = self.rng.uniform(0.0, EARLY if early else READING)
        until = time.monotonic() + PATIENCE
        while not early and time.monotonic() < until and self._look().get("done", 0) < first:
            time.sleep(0.03)
        time.sleep(moment)
        self.seen.append(self._look())
        self._kill(target)
        sender.join(PATIENCE)
        if sender.is_alive():
            raise UsageError(f"Scan {first} was not taken.", "This is a mistake.")

    def close(self) -> dict[str, Any]:
        """Wait until all is read and answered, end everything; what is there."""
        self.served.wait_until_read(PILE, PATIENCE)
        self.reviewer.stop()
        while self.reviewer.answer_one():
            pass
        codes = [self.hired.end(signal.SIGTERM)[0], self.served.end(signal.SIGINT)]
        return {**self._count(), "exit_codes": codes}

    def abandon(self) -> None:
        """End what still runs."""
        for process in (self.served.process, self.hired.process):
            if process.poll() is None:
                process.kill()
                process.wait()

    def _print(self, first: int) -> bytes:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.served.print_form(FORM, SHEETS, first)
            except CUT_OFF:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def _submit(self, first: int, scan: bytes) -> None:
        """Send a scan until it is acknowledged."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                files = {"file": (f"scan-{first}.pdf", scan)}
                answer = self.post(f"/api/v1/piles/{PILE}/files", files=files)
                if answer.status_code == 202 and not answer.json()["failures"]:
                    return
            except CUT_OFF:
                pass
            self.again += 1
            time.sleep(0.3)

    def _look(self) -> dict[str, int]:
        """Pages by state, where somebody can tell."""
        try:
            progress = self.served.progress(PILE)
        except CUT_OFF:
            return {}
        return {state: progress[state] for state in ("queued", "leased", "done")}

    def _kill(self, target: Target) -> None:
        if target == "server":
            self.served.end(signal.SIGKILL)
            self.served = Served(self.store, folder=self.folder)
        elif target == "PostgreSQL":
            assert self.cluster is not None
            self.cluster.kill()
            time.sleep(self.rng.uniform(0.0, 3.0))
            self.cluster.start()
        elif (own := children_of(self.served.process.pid, WORKER)) and self.rng.random() < 0.5:
            os.kill(self.rng.choice(own), signal.SIGKILL)
        else:
            self.hired.end(signal.SIGKILL)
            self.hired = Hired(self.store)

    def _count(self) -> dict[str, Any]:
        sheets = Counter(range(1, self.submitted * SHEETS + 1))
        with Store.open(self.store) as store:
            pile = store.pile(PILE)
            read = list(pile.readings())
            pages = {row.id: reading for row, reading in read}
            numbers = {row.id: _number(row) for row, _ in read}
            found = Counter(numbers.values())
            said = history(pile.database, pile.info.id)
            kept = {(row.page_id, row.field): row.to_text for row in said if not row.undone}
            values = {
                (page, one.name): one.reading.text
                for page, reading in pages.items() for one in reading.fields
            }  # fmt: skip
            acknowledged = self.reviewer.acknowledged
            return {
                "scans_sent_again": self.again,
                "states": pile.states(),
                "sheets": sum(sheets.values()),
                "sheets_there_once": sum(found[sheet] == 1 for sheet in sheets),
                "sheets_missing": sum((sheets - found).values()),
                "sheets_too_many": sum((found - sheets).values()),
                "page_codes_not_read": sum(pages[k].sheet != n for k, n in numbers.items()),
                "pictures_missing": sum(not pile.upright_path(page).is_file() for page in pages),
                "most_attempts_at_a_page": max(row.attempts for row in pile.pages()),
                "answers_acknowledged": len(acknowledged),
                "answers_cut_off": self.reviewer.cut_off,
                "answers_lost": sum(kept.get(k) != t for k, t in acknowledged.items()),
                "values_that_are_not_the_answer": sum(values[k] != t for k, t in kept.items()),
                "values_corrected_twice": len(said) - len(kept),
            }


def _number(row: PageRow) -> int:
    """The number of the sheet that a page is."""
    return int(Path(row.source).stem.rpartition("-")[2]) + row.page - 1


def kill_parts(
    home: Path, cluster: Cluster | None, targets: Sequence[Target], rng: random.Random
) -> dict[str, Any]:
    """Kill all of these, one after another, in one growing pile; what is there afterwards."""
    office = Office(home, cluster, rng)
    try:
        office.open()
        for target in targets:
            office.disturb(target)
        figures = office.close()
    finally:
        office.abandon()
    return {"kills": dict(Counter(targets)), "pages_at_each_kill": office.seen, **figures}


def is_sound(figures: dict[str, Any]) -> bool:
    """Whether every page is there once and nothing that was acknowledged is lost."""
    wrong = ("sheets_missing", "sheets_too_many", "pictures_missing", "answers_lost",
             "values_that_are_not_the_answer", "values_corrected_twice")  # fmt: skip
    states = figures["states"]
    return (
        not any(figures[name] for name in wrong)
        and states["done"] == figures["sheets"] == sum(states.values())
        and set(figures["exit_codes"]) <= {0, -signal.SIGTERM}  # of a worker that just began
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=10, help="of each part on each store")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine, rng = describe_machine(), random.Random(SEED)
    binaries = find_binaries()
    if binaries is None:
        raise UsageError("PostgreSQL's programs are not here.", "Install Debian's postgresql.")
    figures: dict[str, Any] = {}
    parts: tuple[Target, ...] = ("server", "worker", "PostgreSQL")
    for name, killed in (("sqlite", parts[:2]), ("postgresql", parts)):
        targets = [part for part in killed for _ in range(options.limit or options.kills)]
        rng.shuffle(targets)
        cluster = None if name == "sqlite" else Cluster(binaries, durable=True)
        with tempfile.TemporaryDirectory() as home:
            if cluster is not None:
                cluster.start()
            try:
                figures[name] = kill_parts(Path(home), cluster, targets, rng)
            finally:
                if cluster is not None:
                    cluster.stop()
        if not is_sound(figures[name]):
            raise UsageError(f"Not all is there: {figures[name]}", "This is a mistake.")
        print(f"{name}: all is there after {len(targets)} kills", file=sys.stderr, flush=True)
    figures["kills"] = sum(sum(figures[name]["kills"].values()) for name in figures)
    record(
        "kill_service",
        "Pages and corrections of a growing pile after SIGKILL of the service's parts.",
        figures,
        options=options,
        machine=machine,
        seeds=[SEED],
    )


if __name__ == "__main__":
    run(main)
