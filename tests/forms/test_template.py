"""Templates: what they mean, and that every mistake is told with file, key and remedy."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.charset import NUMBERS
from handsum.decode.constraint import compile_constraint
from handsum.decode.rules import DateRule, LinearRule, read_date
from handsum.errors import TemplateError
from handsum.forms.fields import date_pattern
from handsum.forms.template import Template, load_template, parse_template

HEAD = 'schema = 1\nname = "slip"\n'
A = '[[field]]\nname = "a"\nbox = [30, 40, 60, 48]\n'
B = '[[field]]\nname = "b"\nbox = [30, 50, 60, 58]\n'
GRID = """
[[table]]
name = "days"
box = [40, 60, 100, 100]
rows = 5
empty_rows = true
row_labels = "numbers"
[[table.column]]
name = "min"
label = "Min"
pattern = "[-]9{1,2}.9"
required = true
width = 25
[[table.column]]
name = "hits"
kind = "comb"
cells = 4
"""


def parse(text: str, folder: Path = Path()) -> Template:
    return parse_template(HEAD + text, "slip.toml", folder)


def test_a_table_becomes_a_field_for_every_cell() -> None:
    template = parse(A + GRID)
    assert [f.name for f in template.fields[:4]] == [
        "a", "days[1].min", "days[1].hits", "days[2].min",
    ]  # fmt: skip
    cell = template.by_name["days[5].hits"]
    assert cell.box == (65.0, 92.0, 100.0, 100.0)
    assert cell.cell_boxes[1] == (73.75, 92.0, 82.5, 100.0)
    assert cell.row_may_be_empty
    assert template.by_name["days[5].min"].may_be_empty  # with its whole row
    assert [f.name for f in template.row_of(cell)] == ["days[5].min", "days[5].hits"]
    assert template.tables[0].row_labels == ("1", "2", "3", "4", "5")
    assert template.tables[0].header_height == 8.0
    assert len(template.fields) == 11


def test_columns_without_names_make_a_grid_that_rules_can_add_up() -> None:
    template = parse(
        """
rules = ["g[i,3] = g[i,1] + g[i,2]", "a = sum(v[*])"]
decimal = "."
"""
        + A
        + """
[[table]]
name = "g"
box = [20, 60, 80, 90]
rows = 2
[[table.column]]
repeat = 3
[[table]]
name = "v"
box = [20, 100, 80, 120]
rows = 2
[[table.column]]
"""
    )
    assert "g[2,3]" in template.by_name
    assert "v[2]" in template.by_name
    assert [rule.text for rule in template.rules.rules] == [
        "g[1,3] = g[1,1] + g[1,2]", "g[2,3] = g[2,1] + g[2,2]", "a = sum(v[*])",
    ]  # fmt: skip


def test_inches_and_known_sheets() -> None:
    template = parse('[page]\nsize = "Letter"\nunit = "inch"\nmarks = false\n'
                     '[[field]]\nname = "a"\nbox = [1, 2, 3, 2.5]\n')  # fmt: skip
    assert (template.width, template.height) == (215.9, 279.4)
    assert template.fields[0].box == (25.4, 50.8, 76.2, 63.5)
    lying = parse('[page]\nsize = "A5"\nlandscape = true\n' + A)
    assert (lying.width, lying.height) == (210.0, 148.0)


def test_what_the_reader_is_told() -> None:
    template = parse('decimal = ","\n' + A + 'kind = "comb"\ncells = 6\ncheck = "luhn"\n' + B)
    comb, box = template.fields
    assert comb.constraint is not None
    assert comb.constraint.length == "1-6"
    assert comb.constraint.check == "luhn"
    assert box.constraint is None
    assert box.separators is not None
    assert box.separators.decimal == ","


def test_a_list_may_have_names_beside_its_numbers(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text('0012;Abara, Ngozi\n0034;"Costa; Inês"\n', "utf-8")
    (field,) = parse(A + 'list = "class.csv"\n', tmp_path).fields
    assert field.entries == ("0012", "0034")


def test_bounds_come_from_pattern_range_list_and_cells() -> None:
    text = 'rules = ["a <= b"]\n' + A + 'range = "900..2000"\n' + B
    parse(text + 'kind = "comb"\ncells = 4\n')
    for too_small in ('kind = "comb"\ncells = 2\n', 'pattern = "9{1,2}"\n', 'list = ["7", "12"]\n'):
        with pytest.raises(TemplateError, match="contradict"):
            parse(text + too_small)


@settings(deadline=None)  # what it checks takes long on a busy machine
@given(
    st.sampled_from(["dmy", "mdy", "ymd"]),
    st.sampled_from([None, 1900, 2000]),
    st.text("0123456789/-.", min_size=6, max_size=10),
)
def test_the_pattern_of_a_date_is_what_dates_look_like(
    order: str, century: int | None, text: str
) -> None:
    template = parse(A + f'kind = "date"\norder = "{order}"\n'
                     + ("" if century is None else f"century = {century}\n"))  # fmt: skip
    (rule,) = template.rules.rules
    assert isinstance(rule, DateRule)
    constraint = template.fields[0].constraint
    assert constraint is not None
    compiled = compile_constraint(constraint, NUMBERS)
    assert compiled is not None
    if read_date(text, rule) is not None:
        assert compiled.accepts(text)


def test_a_date_in_a_comb_fills_its_cells() -> None:
    assert date_pattern("dmy", None, 8) == "99999999"
    assert date_pattern("ymd", None, 10) == "9999/99/99|9999-99-99|9999.99.99"


def test_a_rule_is_about_values(tmp_path: Path) -> None:
    template = parse('rules = ["a = 12.50 * b within 0.005"]\ndecimal = "."\n' + A + B)
    (rule,) = template.rules.rules
    assert isinstance(rule, LinearRule)
    assert rule.within == Fraction(1, 200)


def test_the_fingerprint_is_of_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("1\n2\n", "utf-8")
    text = A + 'list = "list.txt"\n'
    first = parse(text, tmp_path)
    assert parse(text + "# a remark\n", tmp_path).sha256 == first.sha256
    (tmp_path / "list.txt").write_text("1\n3\n", "utf-8")
    assert parse(text, tmp_path).sha256 != first.sha256
    assert first.fields[0].entries == ("1", "2")


BLANK = '[[field]]\nname = "c"\nbox = [30, 60, 60, 68]\n'
REFUSED = [
    (A + 'patern = "9"\n', ['field "a"', "'patern'", "'pattern'"]),
    ("rule = []\n" + A, ["'rule'", "'rules'"]),
    ("[page]\nmarcs = true\n" + A, ["page", "'marcs'", "'marks'"]),
    (GRID.replace("required", "requird"), ['table "days", column "min"', "'required'"]),
    (A + A, ['"a"', "twice"]),
    (A + B.replace("50, 60, 58", "44, 60, 52"), ['"a"', '"b"', "overlap by 30.0 x 4.0 mm"]),
    (A.replace("60, 48", "260, 48"), ['field "a", box', "leaves the page of 210 x 297"]),
    (A.replace("[30, 40, 60, 48]", "[60, 40, 30, 48]"), ["no area"]),
    (A.replace("[30, 40, 60, 48]", "[5, 5, 30, 30]"), ["corner mark", "marks = false"]),
    (A.replace("[30, 40, 60, 48]", "[170, 10, 180, 18]"), ["page code"]),
    (A.replace("[30, 40, 60, 48]", "[30, 40, 31, 48]"), ["at least 2 mm"]),
    (A.replace('name = "a"\n', ""), ["field 1", "'name' is missing"]),
    (A.replace("[30, 40, 60, 48]", '[30, "x", 60, 48]'), ['field "a"', "box"]),
    (A.replace('"a"', '"a b"'), ["name", "letter"]),
    (A + 'kind = "comb"\n', ["cells", "cells = 6"]),
    (A + "cells = 4\n", ["a box has no cells"]),
    (A + 'kind = "comb"\ncells = 3\npattern = "9{5}"\n', ["needs 5 cells", "has 3"]),
    (A + 'kind = "kom"\n', ["kind", "'comb'"]),
    (A + 'pattern = "9{2"\n', ['field "a", pattern', "position", "^"]),
    (A + 'range = "10..1"\n', ['field "a", range', "counts down", "1..10"]),
    (A + 'check = "lun"\n', ['field "a", check', "lun"]),
    (A + 'length = "x"\n', ['field "a", length']),
    (A + 'list = ["12", "13", "12"]\n', ['field "a", list', "'12' in rows 1 and 3"]),
    (A + 'list = "no.txt"\n', ['field "a", list', "no.txt"]),
    (A + 'list = ["1x"]\n', ['field "a", list', "'x'"]),
    (A + 'pattern = "9{3}"\nrange = "..99"\nlength = "2"\n', ['field "a"', "satisf"]),
    (A + 'decimal = ","\nthousands = ","\n', ["decimal", "','"]),
    (A + 'kind = "date"\n', ["order", "03/04/2026"]),
    (A + 'order = "dmy"\n', ["no date"]),
    (A + 'kind = "date"\norder = "dmy"\ncells = 7\n', ["cells", "7"]),
    (A + 'kind = "tick"\npattern = "9"\n', ["pattern", "tick"]),
    ('rules = ["total = a + b"]\n' + A + B, ["rules", "total", "^"]),
    ('rules = ["aa = b"]\n' + A + B, ["rules", "'aa'", "Did you mean a?"]),
    ('rules = ["a < b", "b < a"]\n' + A + B, ["rules", "contradict"]),
    ('rules = ["a = b", "b = a"]\n' + A + B, ["rules", "say the same"]),
    ('rules = ["a = b"]\n' + A + 'pattern = "9{1,3},99"\n' + B, ["decimal", "','"]),
    ('rules = ["a = b"]\n' + A + 'kind = "date"\norder = "dmy"\n' + B, ["date", "sums"]),
    ('rules = ["c = a"]\n' + A + BLANK + 'kind = "tick"\n', ["rules", "'c'"]),
    ('blank = "no.pdf"\n' + A, ["blank", "no.pdf"]),
    ("", ["no fields"]),
    ("[page]\nwidth = 100\n" + A, ["page", "'height'"]),
    ('[page]\nwidth = 100\nheight = 100\nsize = "A4"\n' + A, ["page", "Keep one"]),
    ("[page]\nmarks = false\ncode = true\n" + A, ["code", "marks"]),
    (GRID.replace("width = 25", "width = 70"), ["widths of 70", "60 wide"]),
    (GRID.replace('"numbers"', '["x"]'), ["row_labels", "1 labels for 5 rows"]),
    (GRID.replace('name = "hits"\n', ""), ["some columns have names"]),
    ("schema_ = 1\n" + A, ["'schema_'"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_cannot_be_used_is_refused_with_a_remedy(
    text: str, said: list[str], tmp_path: Path
) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(text, tmp_path)
    for words in said:
        assert words in str(caught.value)
    assert str(caught.value).startswith("slip.toml: ")
    assert caught.value.remedy
    assert (caught.value.code, caught.value.exit_code) == ("template_invalid", 10)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"schema = 1\nname = = 3\n", "line 2"),
        (b'name = "x"', "no schema"),
        (b"schema = 2", "schema = 2"),
        (b"schema = true", "schema = True"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_files_that_are_no_template(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_bytes(content)
    with pytest.raises(TemplateError, match=r"t\.toml") as caught:
        load_template(path)
    assert said in str(caught.value)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="No such file"):
        load_template(tmp_path / "none.toml")
    with pytest.raises(TemplateError, match="cannot be read"):
        load_template(tmp_path)
