"""``handsum form read``, ``apply`` and ``export``, with a reader that needs no net."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")

from cli.conftest import Handsum
from handsum.cli import form_read
from handsum.errors import INTERRUPTED_EXIT_CODE
from handsum.piles import reader
from handsum.piles.store import Pile
from piled import OpenShade, small_scan, sums_template


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a template and six scans, where commands run."""
    monkeypatch.setattr(reader, "OpenForms", OpenShade)
    monkeypatch.chdir(tmp_path)
    sums_template(tmp_path)
    for shade in range(6):
        small_scan(tmp_path / "scans" / f"{shade}.png", shade)
    return tmp_path


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_from_scans_to_a_table_and_corrections_back(home: Path, handsum: Handsum) -> None:
    ended = handsum("form", "read", "sums.toml", "scans", "-o", "results", "--workers", 2)
    assert ended.code == 0, ended.err
    assert "Pages read: 6, put aside: 0, failed: 0" in ended.out
    assert "Values: 18; accepted: 15, to review: 3" in ended.out
    rows = table(home / "results" / "table.csv")
    assert [row["a"] for row in rows] == ["000", "001", "002", "003", "004", "005"]
    assert rows[4]["review"] == "total"

    review = home / "results" / "review" / "review.csv"
    text = review.read_text("utf-8-sig").replace(".png,,", ".png,ok,")
    review.write_text(text.replace("000005-total.png,ok", "000005-total.png,11"), "utf-8")
    ended = handsum("form", "apply", "results", review, "--who", "ada")
    assert ended.code == 0, ended.err
    assert "3 values corrected or confirmed by ada" in ended.out
    rows = table(home / "results" / "table.csv")
    assert (rows[4]["total"], rows[4]["total:origin"]) == ("11", "keyed")
    assert {row["review"] for row in rows} == {""}
    changed = table(home / "results" / "history.csv")
    assert {row["who"] for row in changed} == {"ada"}
    assert ["12", "11"] in [[row["from"], row["to"]] for row in changed]

    ended = handsum("form", "export", "results", "--format", "json", "-o", "-")
    assert json.loads(ended.out)[4]["fields"]["total"]["text"] == "11"
    ended = handsum("form", "export", "results", "--format", "parquet", "-o", "x/y.parquet")
    assert ended.out.strip() == str(Path("x") / "y.parquet")
    assert (home / "x" / "y.parquet").is_file()
    assert handsum("form", "export", "results").code == 0


def test_what_was_not_read_is_said_and_a_later_run_goes_on(home: Path, handsum: Handsum) -> None:
    small_scan(home / "scans" / "torn.png", 1000)
    small_scan(home / "scans" / "white.png", 2000)
    shutil.copy(home / "scans" / "1.png", home / "scans" / "1-again.png")
    ended = handsum("form", "read", "sums.toml", "scans", "gone.png", "-o", "results")
    assert ended.code == 1
    assert "read once: 1" in ended.err
    rows = table(home / "results" / "not-read.csv")
    assert {row["code"] for row in rows} == {"image_damaged", "blank_page", "file_missing"}
    small_scan(home / "gone.png", 7)
    ended = handsum("form", "read", "sums.toml", "scans", "gone.png", "-o", "results")
    assert "given before: 9" in ended.err
    assert len(table(home / "results" / "table.csv")) == 7


def test_results_among_the_scans_are_no_scans(home: Path, handsum: Handsum) -> None:
    for _ in range(2):
        ended = handsum("form", "read", "sums.toml", ".", "-o", "results")
        assert "Pages read: 6, put aside: 0, failed: 0" in ended.out


def test_wrong_calls_are_explained(home: Path, handsum: Handsum) -> None:
    for arguments, code, message in (
        (("read", "scans", "-o", "r"), 2, "No template"),
        (("read", "sums.toml", "-o", "r"), 2, "No scans"),
        (("read", "none.toml", "scans", "-o", "r"), 10, "none.toml"),
        (("apply", "r", "c.csv"), 11, "c.csv cannot be read"),
        (("export", "r"), 11, "no pile.sqlite"),
        (("export", "r", "-o", "x"), 2, "--out needs a --format"),
    ):
        ended = handsum("form", *arguments)
        assert (ended.code, message in ended.err) == (code, True), ended.err
    assert not (home / "r").exists()
    handsum("form", "read", "sums.toml", "scans", "-o", "results")
    (home / "c.csv").write_text("page_id,field,correct\n1,a,4567890\n")
    ended = handsum("form", "apply", "results", "c.csv")
    assert ended.code == 11
    assert "line 2" in ended.err
    assert "Nothing was changed" in ended.err
    ended = handsum("form", "read", "sums.toml", "scans", "-o", "results", "--max-risk", "0.2")
    assert ended.code == 11
    assert "another max_risk" in ended.err


def test_two_tables_do_not_go_to_one_output(home: Path, handsum: Handsum) -> None:
    other = 'schema = 1\nname = "other"\n[[field]]\nname = "x"\nbox = [20, 40, 60, 50]\n'
    (home / "other.toml").write_text(other)
    ended = handsum("form", "read", "sums.toml", "other.toml", "scans", "-o", "results")
    assert ended.code == 0, ended.err
    assert handsum("form", "export", "results", "--format", "csv", "-o", "-").code == 2
    assert (home / "results" / "table-sums-1.csv").is_file()


@pytest.mark.parametrize(
    ("seconds", "spoken"), [(4.4, "4 s"), (75, "1 min 15 s"), (3900, "1 h 05 min")]
)
def test_time_left_in_words(seconds: float, spoken: str) -> None:
    assert form_read._spoken(seconds) == spoken


_INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
from handsum.cli import run
from handsum.piles import reader
from piled import OpenShade
reader.OpenForms = lambda: OpenShade(2.0)  # a page, so that there is time to interrupt
sys.argv = ["handsum", "form", "read", "sums.toml", "scans", "-o", "results", "--workers", "2"]
run()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_finishes_the_pages_in_hand_and_says_how_to_go_on(
    home: Path, handsum: Handsum
) -> None:
    for shade in range(6, 20):
        small_scan(home / "scans" / f"{shade}.png", shade)
    tests = str(Path(__file__).parent.parent)
    command = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED],
        env={**os.environ, "PYTHONPATH": tests}, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until and _done(home) < 2:
        time.sleep(0.1)
    os.killpg(command.pid, signal.SIGINT)  # a terminal tells the whole group
    _, said = command.communicate(timeout=60)
    assert command.returncode == INTERRUPTED_EXIT_CODE, said
    assert "give the same command again to go on" in said
    assert "Traceback" not in said
    with Pile.open(home / "results") as pile:
        states = pile.states()
        assert states["leased"] == 0
        assert states["queued"] > 0
        assert all(page.attempts == (page.state == "done") for page in pile.pages())
    ended = handsum("form", "read", "sums.toml", "scans", "-o", "results")
    assert ended.code == 0, ended.err
    assert len(table(home / "results" / "table.csv")) == 20


def _done(home: Path) -> int:
    if not (home / "results" / "pile.sqlite").is_file():
        return 0
    with Pile.open(home / "results") as pile:
        return pile.states()["done"]
