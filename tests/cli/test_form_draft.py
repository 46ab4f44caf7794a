"""``handsum form print`` and ``form draft``: from a template to paper and back."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from cli.conftest import Handsum
from forms.strange import Sheet
from handsum.forms.template import load_template

TEMPLATE = """
schema = 1
name = "slip"
[[field]]
name = "amount"
label = "Amount"
kind = "comb"
cells = 6
box = [60, 60, 102, 68]
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "slip.toml"
    path.write_text(TEMPLATE, "utf-8")
    return path


def test_printed_and_drafted_again(handsum: Handsum, template: Path, tmp_path: Path) -> None:
    form, drafted = tmp_path / "slip.pdf", tmp_path / "again.toml"
    printed = handsum("form", "print", template, "-o", form, "--sheets", 3, "--first", 7)
    assert printed.code == 0, printed.err
    assert "3 sheets, 7 to 9" in printed.out
    done = handsum("form", "draft", form, "-o", drafted, "--page", 2)
    assert done.code == 0, done.err
    assert "1 comb" in done.out
    assert "Page 2 of 3" in done.err
    found = load_template(drafted)
    assert (found.name, found.marks, found.blank) == ("slip", True, None)
    assert found.fields[0].cells == 6
    assert cv2.imread(str(tmp_path / "again-overlay.png")) is not None


def test_a_crooked_form_is_kept_straightened(handsum: Handsum, tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.comb((60, 46, 108, 54), 8)
    sheet.comb((60, 90, 108, 98), 8)
    blank, out, picture = tmp_path / "old.png", tmp_path / "new" / "t.toml", tmp_path / "o.png"
    cv2.imwrite(str(blank), sheet.scan(2.0))
    done = handsum(
        "form", "draft", blank, "-o", out, "--overlay", picture, "--size", "A4", "--name", "old-1"
    )
    assert done.code == 0, done.err
    assert "2.00 degrees crooked" in done.err
    assert picture.exists()
    found = load_template(out)
    assert found.name == "old-1"
    assert found.blank == out.parent / "old-straight.png"
    again = tmp_path / "again.toml"
    assert handsum("form", "draft", found.blank, "-o", again, "--size", "210x297").code == 0
    assert load_template(again).fields[0].box == pytest.approx(found.fields[0].box, abs=0.2)


def test_what_is_refused(handsum: Handsum, template: Path, tmp_path: Path) -> None:
    for arguments, code, said in (
        (("draft", template, "-o", tmp_path / "x.toml"), 1, "picture"),
        (("draft", template, "-o", template), 2, "exists"),
        (("draft", template, "-o", tmp_path / "x.toml", "--size", "B9"), 2, "A4"),
        (("draft", template, "-o", tmp_path / "x.toml", "--name", "A b"), 2, "small letters"),
        (("print", tmp_path / "none.toml", "-o", tmp_path / "x.pdf"), 10, "none.toml"),
        (("print", template, "-o", tmp_path / "x.pdf", "--first", 99_999, "--sheets", 3), 10,
         "100000"),
    ):  # fmt: skip
        ended = handsum("form", *arguments)
        assert (ended.code, said in ended.err) == (code, True), ended
    assert not (tmp_path / "x.toml").exists()
    assert not (tmp_path / "x.pdf").exists()
