"""The results folder: everything that people look for, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import cv2
import openpyxl
import pytest

from handsum import files
from handsum.errors import StorageError
from handsum.piles.corrections import Change, Keyed, correct
from handsum.piles.export import draw_overlays, export_results, export_tables
from handsum.piles.options import PileOptions
from handsum.piles.store import Pile
from handsum.piles.worker import Worker
from piled import OpenShade, SumRules, small_scan, sums_template


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    shades = (0, 1, 4, 1, 1000, 2000)
    scans = [small_scan(tmp_path / "scans" / f"{n}.png", s) for n, s in enumerate(shades)]
    grey = cv2.imread(str(scans[3]))
    assert grey is not None
    grey[-1, -1] = 0  # the same sheet in another scan
    cv2.imwrite(str(scans[3]), grey)
    twin = Path(shutil.copy(scans[0], tmp_path / "scans" / "twin.png"))
    pile = Pile.create(tmp_path / "results", [sums_template(tmp_path)], PileOptions())
    pile.add_files([*scans, twin, tmp_path / "gone.png"])
    Worker(pile.database, OpenShade(), "w", pile.info.id).run(lambda: False)
    return pile


def test_the_folder_says_everything(pile: Pile) -> None:
    exported = export_results(pile)
    assert [path.name for path in exported.files] == ["table.csv", "table.xlsx"]
    summary = json.loads((pile.folder / "summary.json").read_text("utf-8"))
    assert summary == exported.summary
    assert summary["pages"] == {"read": 4, "aside": 1, "failed": 1, "left": 0}
    assert summary["values"]["all"] == 12
    assert summary["values"]["review"] == exported.doubts == 2
    assert summary["rules"] == {"kept": 3, "writer": 1, "unclear": 0}
    assert summary["same_sheet"] == [[2, 4]]
    assert [names[0].rpartition(os.sep)[2] for names in summary["same_file"]] == ["twin.png"]
    rows = list(csv.DictReader(io.StringIO((pile.folder / "not-read.csv").read_text("utf-8"))))
    assert [row["code"] for row in rows] == ["image_damaged", "blank_page", "file_missing"]
    assert all(row["message"] and row["remedy"] for row in rows)
    assert (pile.folder / rows[1]["picture"]).is_file()
    table = list(csv.DictReader(io.StringIO((pile.folder / "table.csv").read_text("utf-8"))))
    assert [row["same_sheet"] for row in table] == ["", "4", "", "2"]
    book = openpyxl.load_workbook(pile.folder / "table.xlsx")
    assert book.sheetnames == ["sums-1", "not read", "history"]


def test_only_pages_that_changed_are_drawn_again(pile: Pile) -> None:
    assert draw_overlays(pile) == 0
    rules = SumRules(pile.load_templates()[0])
    change = Change(3, "total", Keyed("number", "11"))
    assert correct(pile.database, pile.info.id, [change], "ada", "table", rules) == 1
    assert draw_overlays(pile) == 1
    assert [path.name for path in (pile.folder / "overlays").iterdir()] == ["000003-2-p1.jpg"]
    assert draw_overlays(pile) == 0
    change = Change(2, "total", Keyed("number", "11"))
    correct(pile.database, pile.info.id, [change], "ada", "table", rules)
    pile.upright_path(2).unlink()  # whoever tidies up loses pictures, not tables
    assert draw_overlays(pile) == 0
    assert export_results(pile).summary["values"]["keyed"] == 2


def test_a_table_that_is_open_elsewhere_keeps_no_other_from_being_written(
    pile: Pile, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_results(pile)
    before = (pile.folder / "table.csv").read_bytes()
    (pile.folder / "summary.json").unlink()
    replace = Path.replace

    def locked(self: Path, target: Path) -> Path:
        if target.name == "table.csv":
            raise PermissionError(13, "The process cannot access the file")
        return replace(self, target)

    monkeypatch.setattr(files.Path, "replace", locked)
    with pytest.raises(StorageError, match=r"table\.csv") as caught:
        export_results(pile)
    assert "Close it in other programs" in caught.value.remedy
    assert (pile.folder / "table.csv").read_bytes() == before
    assert (pile.folder / "summary.json").is_file()
    assert not [path for path in pile.folder.iterdir() if path.name.startswith(".table")]


def test_several_forms_have_a_table_each(tmp_path: Path) -> None:
    other = 'schema = 1\nname = "other"\n[[field]]\nname = "x"\nbox = [20, 40, 60, 50]\n'
    forms = [sums_template(tmp_path / "one"), sums_template(tmp_path / "two", other)]
    with Pile.create(tmp_path / "results", forms, PileOptions()) as pile:
        paths = export_tables(pile, "csv", tmp_path / "out.csv")
        assert [path.name for path in paths] == ["out-sums-1.csv", "out-other-1.csv"]
        assert paths[1].read_text("utf-8").startswith("page_id,source,page,sheet,review,rules,")
        (book,) = export_tables(pile, "xlsx", tmp_path / "out.xlsx")
        assert openpyxl.load_workbook(book).sheetnames[:2] == ["sums-1", "other-1"]
