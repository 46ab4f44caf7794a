"""Piles, files and pages, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError

from handsum.errors import PileConflictError, PileError, PileNotFoundError, StorageError
from handsum.piles.database import FILE, Database, parse_url
from handsum.piles.intake import Added
from handsum.piles.options import PileOptions
from handsum.piles.queue import finish_page, lease_page
from handsum.piles.schema import METADATA
from handsum.piles.store import Pile, Store
from handsum.readings import Failure
from piled import page_of, shade_of, small_scan, sums_template

Many = Callable[[int], list[Path]]


def test_the_migrations_give_the_tables_that_the_code_asks_for(where: str | Path) -> None:
    if isinstance(where, Path):
        where.mkdir()
    with Database(parse_url(where)) as database:
        found = MetaData()
        found.reflect(database.engine)
        assert found.tables.keys() - {"alembic_version"} == METADATA.tables.keys()
        for name, table in METADATA.tables.items():
            there = found.tables[name]
            assert [c.name for c in there.columns] == [c.name for c in table.columns], name
            for column in table.columns:
                assert there.c[column.name].nullable == column.nullable, column
                kinds = (there.c[column.name].type.python_type, column.type.python_type)
                assert kinds[0] is kinds[1], column
            assert {i.name for i in there.indexes} >= {i.name for i in table.indexes}
            unique = {
                tuple(c.columns.keys()) for c in there.constraints if type(c).__name__[0] == "U"
            }
            wanted = {
                tuple(c.columns.keys()) for c in table.constraints if type(c).__name__[0] == "U"
            }
            assert unique == wanted, name


def test_a_store_is_opened_again_and_knows_its_piles(where: str | Path, tmp_path: Path) -> None:
    template = sums_template(tmp_path)
    options = PileOptions(max_risk=0.05)
    for name in ("one", "two"):
        with Store.open(where) as store:
            store.add_pile(name, [template], options, tmp_path / name)
    with Store.open(where) as store:
        assert [info.name for info in store.piles()] == ["one", "two"]
        assert store.pile("two").info.options == options
        assert store.pile("one").folder == (tmp_path / "one").resolve()
        with pytest.raises(PileNotFoundError, match="one, two"):
            store.pile()
        with pytest.raises(PileConflictError, match="already"):
            store.add_pile("one", [template], options, tmp_path)
        assert len(store.piles()) == 2


def test_a_newer_store_is_left_alone(where: str | Path) -> None:
    with Store.open(where) as store, store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(PileError, match="newer handsum"):
        Store.open(where)


def test_files_are_queued_page_by_page_and_none_twice(pile: Pile, many: Many) -> None:
    files = many(3)
    assert pile.add_files(files) == Added(files=3, pages=3, known=0, same=0, unreadable=0)
    twin = files[0].with_name("twin.png")
    twin.write_bytes(files[0].read_bytes())
    torn = files[0].with_name("torn.pdf")
    torn.write_bytes(b"%PDF-1.7 and no more")
    gone = Path("no/such.png")
    odd = Path(os.fsdecode(b"odd\xff.png")) if os.name == "posix" else Path("odd.png")
    given = [
        *files,
        twin,
        torn,
        gone,
        odd,
        Failure("empty", "file_missing", "No pictures.", "Look."),
    ]
    assert pile.add_files(given) == Added(files=8, pages=0, known=3, same=1, unreadable=4)
    assert pile.add_files(given).known == 4
    assert pile.states() == {"queued": 3, "leased": 0, "done": 0, "aside": 0, "failed": 0}
    by_name = {Path(source.name).name: source for source in pile.sources()}
    assert by_name["twin.png"].same_as == str(files[0])
    assert by_name["torn.pdf"].code == "image_truncated"
    assert by_name["such.png"].code == "file_missing"
    assert by_name["such.png"].message
    assert {"odd\\udcff.png", "odd.png"} & by_name.keys()
    assert by_name["such.png"].remedy
    torn.write_bytes(small_scan(torn.with_name("whole.png"), 77).read_bytes())
    assert pile.add_files([torn]).pages == 1


def test_a_page_comes_back_as_it_was_written(pile: Pile, many: Many) -> None:
    pile.add_files(many(2))
    lease = lease_page(pile.database, "me", pile.info.id)
    assert lease is not None
    reading = page_of(4, lease.name)
    finish_page(pile.database, lease, reading, 0.5)
    assert pile.reading(lease.page_id) == reading
    row = pile.page(lease.page_id)
    assert (row.state, row.template, row.version, row.sheet) == ("done", "sums", "1", 4)
    assert [page.id for page, _ in pile.readings()] == [lease.page_id]
    progress = pile.progress()
    assert (progress.done, progress.queued, progress.left, progress.pages) == (1, 1, 1, 2)
    assert (progress.values, progress.accepted, progress.doubts) == (3, 2, 1)  # a wrong total
    with pytest.raises(PileNotFoundError):
        pile.reading(lease.page_id + 1)  # still to be read
    with pytest.raises(PileNotFoundError):
        pile.page(999)


def test_the_same_printed_sheet_is_noticed(pile: Pile, many: Many) -> None:
    pile.add_files(many(3))
    for shade in (5, 6, 5):
        lease = lease_page(pile.database, "me", pile.info.id)
        assert lease is not None
        finish_page(pile.database, lease, page_of(shade, lease.name), 0.1)
    ((one, other),) = pile.same_sheets()
    assert (one.sheet, other.sheet) == (5, 5)
    assert one.id < other.id


def test_corrections_can_be_neither_changed_nor_removed(pile: Pile, many: Many) -> None:
    pile.add_files(many(1))
    lease = lease_page(pile.database, "me", pile.info.id)
    assert lease is not None
    finish_page(pile.database, lease, page_of(0, lease.name), 0.1)
    with pile.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO corrections (page_id, field_id, batch, who, at, how, from_content, "
                "from_text, to_content, to_text, reason) VALUES (1, 1, 'b', 'ada', 0, 'review', "
                "'number', '1', 'number', '2', '')"
            )
        )
    for statement in ("UPDATE corrections SET who = 'eve'", "DELETE FROM corrections"):
        refused = pytest.raises((StorageError, DBAPIError), match="only added")
        with refused, pile.database.write() as connection:
            connection.execute(text(statement))


def test_templates_and_their_lists_travel_with_the_pile(where: str | Path, tmp_path: Path) -> None:
    home = tmp_path / "forms" / "deep"
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "class.txt").write_text("0012\n0345\n", "utf-8")
    body = (
        'schema = 1\nname = "marks"\n[[field]]\nname = "student"\nlist = "../class.txt"\n'
        "box = [20, 40, 60, 50]\n"
    )
    template = sums_template(home, body)
    with Store.open(where) as store:
        pile = store.add_pile("marks", [template], PileOptions(), tmp_path / "pictures")
        (tmp_path / "forms" / "class.txt").unlink()
        (home / "sums.toml").unlink()
        (kept,) = pile.load_templates()
        assert kept.sha256 == template.sha256
        assert kept.fields[0].entries == ("0012", "0345")
        assert pile.templates[0].fields == (("student", ""),)
        lists = list((tmp_path / "pictures").rglob("class.txt"))
        assert len(lists) == 1
        lists[0].write_text("9999\n", "utf-8")  # whoever spoils it is put right
        assert pile.load_templates()[0].fields[0].entries == ("0012", "0345")


def test_a_results_folder_holds_one_way_of_reading(tmp_path: Path, many: Many) -> None:
    template, folder = sums_template(tmp_path), tmp_path / "results"
    with Pile.create(folder, [template], PileOptions()) as pile:
        pile.add_files(many(1))
    with Pile.create(folder, [template], PileOptions()) as pile:
        assert pile.states()["queued"] == 1
    with pytest.raises(PileError, match="another max_risk"):
        Pile.create(folder, [template], PileOptions(max_risk=0.1))
    changed = sums_template(tmp_path, (tmp_path / "sums.toml").read_text() + "required = true\n")
    with pytest.raises(PileError, match="as written now"):
        Pile.create(folder, [changed], PileOptions())


def test_many_commands_may_begin_the_same_pile_at_once(tmp_path: Path, many: Many) -> None:
    template, scans = sums_template(tmp_path), many(3)
    barrier = threading.Barrier(6)

    def begin(_: int) -> int:
        barrier.wait()
        with Pile.create(tmp_path / "results", [template], PileOptions()) as pile:
            return pile.add_files(scans).pages

    with ThreadPoolExecutor(6) as pool:
        new = list(pool.map(begin, range(6)))
    assert sorted(new) == [0, 0, 0, 0, 0, 3]


def test_what_is_no_pile_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PileNotFoundError, match=FILE):
        Pile.open(tmp_path)
    (tmp_path / FILE).write_bytes(b"not a database, whatever it is" * 100)
    with pytest.raises(StorageError, match="not a database"):
        Pile.open(tmp_path)
    with pytest.raises(PileError, match="mysql"):
        Pile.open("mysql://host/name")
    with pytest.raises(PileError, match="no address"):
        Pile.open("://")


def test_a_store_that_another_program_writes_to_is_said_so(
    tmp_path: Path, many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handsum.piles.database._BUSY_SECONDS", 0)
    with Pile.create(tmp_path, [sums_template(tmp_path)], PileOptions()) as pile:
        other = sqlite3.connect(tmp_path / FILE)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked") as caught:
            pile.add_files(many(1))
        assert "Another program" in caught.value.remedy
        other.close()
        assert pile.add_files(many(1)).pages == 1


def test_scans_say_their_shade(tmp_path: Path) -> None:
    import cv2

    grey = cv2.imread(str(small_scan(tmp_path / "a.png", 1234)), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert shade_of(grey) == 1234  # type: ignore[arg-type]


def test_without_the_extra_the_remedy_is_said() -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from handsum.errors import MissingExtraError\n"
        "try:\n    import handsum.piles.store\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "handsum[forms]"' in done.stdout
