"""Corrections that were typed into a table: taken in whole, or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from handsum.errors import CorrectionError
from handsum.piles.corrections import Keyed, history
from handsum.piles.export import REVIEW, REVIEW_TABLE, export_results
from handsum.piles.options import PileOptions
from handsum.piles.review import Review
from handsum.piles.review_table import COLUMNS, apply_table, find_doubts, has_news, parse_typed
from handsum.piles.store import Pile
from handsum.piles.worker import Worker
from piled import OpenShade, SumRules, small_scan, sums_template

Apply = Callable[[str], int]


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    """Page 1 of shade 9 (b doubtful, total wrong), page 2 of shade 3 (b doubtful), page 3 of 1."""
    scans = [
        small_scan(tmp_path / "scans" / f"{n}.png", shade)
        for n, shade in enumerate((9, 3, 1, 2000))
    ]
    pile = Pile.create(tmp_path / "results", [sums_template(tmp_path)], PileOptions())
    pile.add_files(scans)
    Worker(pile.database, OpenShade(), "w").run(lambda: not pile.states()["queued"])
    return pile


@pytest.fixture
def rules(pile: Pile) -> SumRules:
    return SumRules(pile.load_templates()[0])


@pytest.fixture
def apply(pile: Pile, rules: SumRules) -> Apply:
    return lambda text: apply_table(pile, text.encode(), "c.csv", "ada", rules)


def typed(pile: Pile, **corrections: str) -> str:
    """The review table as it is written, with something typed into rows by ``pPAGE_field``."""
    export_results(pile, formats=())
    table = pile.folder / REVIEW / REVIEW_TABLE
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))))
    for row in rows:
        row["correct"] = corrections.get(f"p{row['page_id']}_{row['field']}", "")
        row["reason"] = "coffee" if row["correct"] == "(illegible)" else ""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def test_the_review_table_has_every_doubt_with_its_crop(pile: Pile) -> None:
    doubts = list(find_doubts(pile))
    assert [(d.page.id, d.field) for d in doubts] == [(1, "total"), (1, "b"), (2, "b")]
    assert doubts[0].rules == ("total = a + b",)
    exported = export_results(pile, formats=())
    assert exported.doubts == 3
    for doubt in doubts:
        assert (pile.folder / REVIEW / doubt.crop).read_bytes()[1:4] == b"PNG"


def test_typed_corrections_come_in_and_the_rules_run_again(
    pile: Pile, apply: Apply, rules: SumRules
) -> None:
    table = typed(pile, p1_total="ok", p1_b="8", p2_b="(illegible)")
    assert has_news(pile, table.encode())
    assert apply(table) == 3
    page = pile.reading(1)
    assert [f.reading.text for f in page.fields] == ["009", "8", "17"]
    assert page.rules[0].status == "holds"
    assert pile.reading(2).field("b").reading.content == "not_a_number"
    rows = history(pile.database, pile.info.id)
    assert {row.who for row in rows} == {"ada"}
    assert {row.how for row in rows} == {"table"}
    assert not has_news(pile, table.encode())
    assert apply(table) == 0  # given twice, it changes nothing
    assert len(history(pile.database, pile.info.id)) == len(rows)
    Review(pile, rules).undo("ada")
    assert pile.reading(1).rules[0].status == "broken"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_of_ones_own_needs_few_columns(pile: Pile, apply: Apply, delimiter: str) -> None:
    source = pile.page(2).source
    lines = [("Source", "PAGE", "Field", "correct"), (source, "1", "a", "004")]
    assert apply("\r\n".join(delimiter.join(line) for line in lines)) == 1
    assert pile.reading(2).field("a").reading.text == "004"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("77,,,total,,8,", "no page_id '77'"),
        ("x,,,total,,8,", "no page_id 'x'"),
        (",no.png,1,total,,8,", "no page 1 of 'no.png'"),
        ("1,,,sum,,8,", "no field 'sum'"),
        ("1,,,b,,12345,", r"its format is pattern 9\{1,3\}"),
        ("1,,,b,,seven,", "its format is pattern"),
        ("1,,,b,,(illegible),", "without a reason"),
        ("4,,,b,,7,", "was not read: blank_page"),
        ("1,,,total,99,ok,", "reads '17' now and not '99'"),
        ("2,,,b,,8,\n2,,,b,,9,", "another line with another value"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named_by_its_line_and_nothing_is(
    pile: Pile, apply: Apply, line: str, message: str
) -> None:
    head = "page_id,source,page,field,read,correct,reason\n1,,,a,,008,\n"
    with pytest.raises(CorrectionError, match=message) as caught:
        apply(head + line + "\n")
    assert "line 3" in caught.value.message or "line 4" in caught.value.message
    assert "Nothing was changed" in caught.value.remedy
    assert history(pile.database, pile.info.id) == ()
    assert pile.reading(1).field("a").reading.text == "009"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks correct, field, page_id"),
        (b"page_id,field\n1,a\n", "lacks correct"),
        (b"page_id,field,correct,field\n", "names field twice"),
        ("page_id,field,correct\n1,a,\u00e4\n".encode("latin-1"), "no UTF-8"),
        (b'page_id,field,correct\n1,a,"x"y\n', "line 2"),
    ],
)
def test_what_is_no_table_of_corrections_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(CorrectionError, match=message):
        parse_typed(content, "c.csv")


def test_empty_rows_and_apostrophes_of_ours_are_understood() -> None:
    table = "page_id,field,correct,reason\n1,a,,x\n2,b, '-x ,\n3,c,'12,\n"
    rows = parse_typed(table.encode("utf-8-sig"), "c.csv")
    assert [(row.line, row.correct) for row in rows] == [(3, "-x"), (4, "'12")]


def test_a_correction_made_elsewhere_meanwhile_is_not_overruled_unseen(
    pile: Pile, apply: Apply, rules: SumRules
) -> None:
    table = typed(pile, p2_b="9")
    review = Review(pile, rules)
    items = [review.next_item("bob", after=after) for after in (0, 0)]
    for item in items:
        assert item is not None
    wall = review.lease_group("bob", "number", "7")
    item = next(item for item in wall if item.page_id == 2)
    review.answer(item.id, "bob", Keyed("number", "8"))
    with pytest.raises(CorrectionError, match="bob has corrected b to '8'"):
        apply(table)
    assert apply(table.replace("b,Second,7,", "b,Second,,")) == 1


def test_what_was_typed_but_not_applied_survives_an_export(pile: Pile, apply: Apply) -> None:
    table = pile.folder / REVIEW / REVIEW_TABLE
    text = typed(pile, p2_b="9")
    table.write_text(text, "utf-8")
    exported = export_results(pile, formats=())
    assert exported.kept_aside is not None
    assert "typed" in exported.kept_aside.name
    assert exported.kept_aside.read_text("utf-8").splitlines() == text.splitlines()
    assert export_results(pile, formats=()).kept_aside is None
    assert apply(text) == 1
    exported = export_results(pile, formats=())
    crops = {path.name for path in (pile.folder / REVIEW).glob("*.png")}
    # Of page 2 the 9 is certain now, and its sum does not fit any more.
    assert crops == {"000001-total.png", "000001-b.png", "000002-total.png"}
