"""The service is killed in the middle of a pile: every page is there once, no correction is lost.

A few kills here; `handsum bench kill_service` does fifty. And it is told to end: its pages go back.
"""

from __future__ import annotations

import importlib
import random
import signal
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
pytest.importorskip("reportlab", reason="the extra forms is not installed")

from clusters import Cluster
from handsum.piles.store import Store
from served import Hired, Served

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHEETS = 12

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("kill_service")


def check(bench: ModuleType, figures: dict[str, Any]) -> None:
    assert bench.is_sound(figures), figures
    assert figures["answers_acknowledged"] + figures["answers_cut_off"] >= 2 * figures["sheets"]


def test_kills_on_sqlite(bench: ModuleType, tmp_path: Path) -> None:
    figures = bench.kill_parts(tmp_path, None, ["server", "worker"], random.Random(1))
    check(bench, figures)
    assert figures["kills"] == {"server": 1, "worker": 1}


def test_kills_on_postgresql(bench: ModuleType, postgres: Cluster, tmp_path: Path) -> None:
    figures = bench.kill_parts(tmp_path, postgres, ["PostgreSQL", "server"], random.Random(2))
    check(bench, figures)
    assert figures["kills"] == {"PostgreSQL": 1, "server": 1}


def test_what_is_missing_is_seen(bench: ModuleType) -> None:
    names = ("sheets_missing", "sheets_too_many", "pictures_missing", "answers_lost",
             "values_that_are_not_the_answer", "values_corrected_twice")  # fmt: skip
    states = {"done": 8, "queued": 0, "leased": 0, "aside": 0, "failed": 0}
    sound = {"sheets": 8, "states": states, "exit_codes": [0, 0], **dict.fromkeys(names, 0)}
    assert bench.is_sound(sound)
    for name in names:
        assert not bench.is_sound({**sound, name: 1})
    assert not bench.is_sound({**sound, "states": {**states, "done": 7, "failed": 1}})
    assert not bench.is_sound({**sound, "states": {**states, "failed": 1}})


@pytest.mark.parametrize("part", ["server", "worker"])
def test_what_is_told_to_end_gives_its_pages_back(part: str, tmp_path: Path) -> None:
    served = Served(tmp_path)
    hired = None
    try:
        served.make_form("sums")
        scan = served.print_form("sums", SHEETS)
        client = served.client
        body = {"name": "Monday", "forms": ["sums"]}
        client.post("/api/v1/piles", json=body).raise_for_status()
        if part == "worker":
            hired = Hired(tmp_path)
        files = {"file": ("a.pdf", scan)}
        client.post("/api/v1/piles/Monday/files", files=files).raise_for_status()
        until = time.monotonic() + 120
        while not served.progress("Monday")["done"]:
            assert time.monotonic() < until
            time.sleep(0.02)
        if hired is not None:
            code, said = hired.end(signal.SIGTERM)
            assert (code, "pages read" in said) == (0, True)
            served.wait_until_read("Monday")  # whatever it gave back, the others read
        assert served.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    finally:
        for process in (served.process, *([] if hired is None else [hired.process])):
            if process.poll() is None:
                process.kill()
    with Store.open(tmp_path) as store:
        pages = store.pile("Monday").pages()
    assert len(pages) == SHEETS
    assert {page.state for page in pages} <= ({"done"} if part == "worker" else {"queued", "done"})
    assert all(page.attempts == (page.state == "done") for page in pages)  # none was to blame
