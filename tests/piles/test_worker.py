"""Worker processes: every page once, whatever is killed and whenever."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clusters import Cluster
from handsum.errors import BundleError, FileMissingError, StoreAwayError
from handsum.piles import worker
from handsum.piles.options import PileOptions
from handsum.piles.queue import ATTEMPTS, Lease, give_back, lease_page
from handsum.piles.run import RunProgress, read_pile
from handsum.piles.store import Pile, Store
from handsum.piles.worker import Worker
from piled import CannotOpen, OpenShade, ReadShade, page_of, small_scan, sums_template

Many = Callable[[int], list[Path]]


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    return [small_scan(tmp_path / "scans" / f"{i:03}.png", i) for i in range(12)]


def make(tmp_path: Path) -> Pile:
    return Pile.create(tmp_path / "results", [sums_template(tmp_path)], PileOptions())


def test_a_worker_reads_everything_and_leaves_pictures(tmp_path: Path, scans: list[Path]) -> None:
    odd = [small_scan(tmp_path / "odd" / f"{n}.png", n) for n in (1000, 2000)]
    with make(tmp_path) as pile:
        pile.add_files([*scans[:2], *odd])
        worker = Worker(pile.database, OpenShade(), "w", pile.info.id)
        assert worker.run(lambda: False) == 4
        assert pile.states() == {"queued": 0, "leased": 0, "done": 2, "aside": 1, "failed": 1}
        first = pile.pages("done")[0]
        assert pile.reading(first.id) == page_of(0, str(scans[0]))
        assert pile.upright_path(first.id).is_file()
        (aside,) = pile.pages("aside")
        assert [p.name for p in (pile.folder / "aside").iterdir()] == [f"{aside.id:06}-2000-p1.jpg"]


def test_pages_of_one_file_are_read_one_by_one(tmp_path: Path) -> None:
    shades = (3, 1000, 5)
    pages = [Image.open(small_scan(tmp_path / f"{n}.png", n)) for n in shades]
    pages[0].save(tmp_path / "all.tif", save_all=True, append_images=pages[1:])
    with make(tmp_path) as pile:
        assert pile.add_files([tmp_path / "all.tif"]).pages == 3
        Worker(pile.database, OpenShade(), "w", pile.info.id).run(lambda: False)
        read = {page.page: reading.sheet for page, reading in pile.readings()}
        assert read == {1: 3, 3: 5}
        assert [page.page for page in pile.pages("failed")] == [2]
    for page in pages:
        page.close()


def test_a_mistake_of_ours_costs_one_page(
    tmp_path: Path, scans: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    class Buggy(OpenShade):
        def __call__(self, pile: object) -> ReadShade:
            read = ReadShade()

            class _Read(ReadShade):
                def __call__(self, grey, source, page):  # type: ignore[no-untyped-def]
                    if source.endswith("001.png"):
                        raise ZeroDivisionError("division by zero")
                    return read(grey, source, page)

            return _Read()

    with make(tmp_path) as pile:
        pile.add_files(scans[:3])
        Worker(pile.database, Buggy(), "w", pile.info.id).run(lambda: False)
        (failed,) = pile.pages("failed")
        assert "ZeroDivisionError" in failed.message
        assert "report" in failed.remedy
        assert pile.states()["done"] == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_scan_that_moved_is_found_and_one_that_changed_is_not_read(
    tmp_path: Path, scans: list[Path]
) -> None:
    with make(tmp_path) as pile:
        pile.add_files(scans[:3])
        moved = scans[0].rename(tmp_path / "moved.png")
        pile.add_files([moved])
        small_scan(scans[1], 99)
        scans[2].unlink()
        Worker(pile.database, OpenShade(), "w", pile.info.id).run(lambda: False)
        (done,) = pile.pages("done")
        assert pile.reading(done.id).sheet == 0
        changed, gone = pile.pages("failed")
        assert changed.code == gone.code == FileMissingError.code
        assert "changed" in changed.message
        assert "gone" in gone.message


def test_several_processes_read_a_pile_and_tell_how_far_they_are(
    tmp_path: Path, scans: list[Path]
) -> None:
    told: list[RunProgress] = []
    with make(tmp_path) as pile:
        pile.add_files(scans)
        final = read_pile(pile, OpenShade(0.05), workers=3, progress=told.append)
        assert final.states["done"] == final.finished == 12
        assert final.left == 0
        assert [reading.sheet for _, reading in pile.readings()] == list(range(12))
        assert told[-1] == final
        again = read_pile(pile, OpenShade(), workers=3)
        assert again.finished == 0
    assert multiprocessing.active_children() == []


def test_runs_that_were_killed_are_not_held_against_a_page(
    tmp_path: Path, scans: list[Path]
) -> None:
    with make(tmp_path) as pile:
        pile.add_files(scans[:1])
        for _ in range(ATTEMPTS):
            assert lease_page(pile.database, "killed", pile.info.id)
            give_back(pile.database, "killed", blameless=False)
        read_pile(pile, OpenShade())
        assert pile.states()["done"] == 1


def test_a_page_that_kills_workers_is_set_aside_and_the_rest_is_read(
    tmp_path: Path, scans: list[Path]
) -> None:
    with make(tmp_path) as pile:
        pile.add_files(scans[:5])
        read_pile(pile, OpenShade(deadly=frozenset({2})), workers=2)
        assert pile.states()["done"] == 4
        (poison,) = pile.pages("failed")
        assert poison.code == "page_poison"
        assert poison.source == str(scans[2])


def test_what_ends_a_worker_ends_the_run_and_is_said(tmp_path: Path, scans: list[Path]) -> None:
    with make(tmp_path) as pile:
        pile.add_files(scans[:2])
        with pytest.raises(BundleError, match="damaged") as caught:
            read_pile(pile, CannotOpen(), workers=2)
        assert caught.value.remedy == "Copy it again."
        states = pile.states()
        assert states["queued"] == 2
        assert all(page.attempts == 0 for page in pile.pages())


def test_a_run_that_is_stopped_finishes_its_pages_and_goes_on_later(
    tmp_path: Path, scans: list[Path]
) -> None:
    stop = threading.Event()
    with make(tmp_path) as pile:
        pile.add_files(scans)

        def look(progress: RunProgress) -> None:
            if progress.states["done"] >= 2:
                stop.set()

        read_pile(pile, OpenShade(0.3), workers=2, progress=look, stopped=stop.is_set)
        states = pile.states()
        assert states["leased"] == 0
        assert 2 <= states["done"] < 12
        read_pile(pile, OpenShade(), workers=1)
        assert pile.states()["done"] == 12


_COMMAND = """
import sys
from pathlib import Path
from typing import Any
from handsum.piles import worker
from handsum.piles.queue import ATTEMPTS, Lease, give_back, lease_page
from handsum.piles.run import read_pile
from handsum.piles.options import PileOptions
from handsum.piles.store import Pile, Store
from handsum.forms.template import load_template
from piled import OpenShade
if __name__ == "__main__":
    home = Path(sys.argv[1])
    with Pile.create(home / "results", [load_template(home / "sums.toml")], PileOptions()) as pile:
        pile.add_files(sorted((home / "scans").iterdir()))
        print(pile.states(), flush=True)
        read_pile(pile, OpenShade(0.08), workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killed_at_random_moments_every_page_is_there_once(
    tmp_path: Path, scans: list[Path]
) -> None:
    random.seed(5)
    sums_template(tmp_path)
    script = tmp_path / "command.py"
    script.write_text(_COMMAND)
    tests = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": tests}
    for _ in range(4):
        command = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        time.sleep(random.uniform(0.8, 3.0))
        if random.random() < 0.5:
            os.killpg(command.pid, signal.SIGKILL)  # the command and all its workers
        else:
            command.kill()  # its workers find themselves alone
        command.wait()
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with make(tmp_path) as pile:
        assert pile.states() == {"queued": 0, "leased": 0, "done": 12, "aside": 0, "failed": 0}
        sheets = [reading.sheet for _, reading in pile.readings()]
        assert sheets == list(range(12))
        assert pile.progress().values == 36


@pytest.mark.slow
def test_two_commands_at_once_share_a_pile(tmp_path: Path, scans: list[Path]) -> None:
    sums_template(tmp_path)
    script = tmp_path / "command.py"
    script.write_text(_COMMAND)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    commands = [
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [command.communicate(timeout=120)[1] for command in commands]
    assert [command.returncode for command in commands] == [0, 0], said
    with make(tmp_path) as pile:
        assert pile.states()["done"] == len(scans)
        assert [reading.sheet for _, reading in pile.readings()] == list(range(12))
        assert all(page.attempts == 1 for page in pile.pages())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pg8000 drops the sockets of a dead server
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_is_killed_and_started_again_costs_no_page(
    postgres: Cluster, tmp_path: Path, scans: list[Path]
) -> None:
    random.seed(6)
    with Store.open(postgres.new_url()) as store:
        template = sums_template(tmp_path)
        pile = store.add_pile("sums", [template], PileOptions(), tmp_path / "pictures")
        pile.add_files(scans)
        ended: list[RunProgress] = []
        run = threading.Thread(
            target=lambda: ended.append(read_pile(pile, OpenShade(0.3), workers=2))
        )
        run.start()
        for _ in range(3):
            time.sleep(random.uniform(0.5, 2.5))
            postgres.kill()
            time.sleep(random.uniform(0.0, 1.0))
            postgres.start()
        run.join(timeout=120)
        assert ended[0].states["done"] == 12
        assert [reading.sheet for _, reading in pile.readings()] == list(range(12))
        assert pile.progress().values == 36


def test_a_page_that_a_worker_got_without_learning_of_it_is_read(
    tmp_path: Path, scans: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that goes away after the commit and before its answer; the lease stays with us."""
    told: list[bool] = []

    def lease_and_go_away(*asked: Any) -> Lease | None:
        found = lease_page(*asked)
        told.append(len(told) != 1)
        if not told[-1]:
            raise StoreAwayError("The store pile refuses: gone.", "Try again.")
        return found

    monkeypatch.setattr(worker, "lease_page", lease_and_go_away)
    with make(tmp_path) as pile:
        pile.add_files(scans[:4])
        one = Worker(pile.database, OpenShade(), "one", pile.info.id)
        assert one.run(lambda: False) == 4
        pages = pile.pages()
    assert not all(told)
    assert [(page.state, page.attempts) for page in pages] == [("done", 1)] * 4
