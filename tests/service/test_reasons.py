"""Mistakes in a form are told in Chinese: each message that our rooms write is recognized."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from handsum.errors import HandsumError, TemplateError
from handsum.forms.template import parse_template
from handsum.service.form_check import check_form
from handsum.service.toml_text import write_toml
from handsum.service.wording import load_wording

REASONS = load_wording("zh").reasons
FIELDS: dict[str, dict[str, Any]] = {
    "a": {"box": [30.0, 40.0, 60.0, 50.0]},
    "b": {"box": [30.0, 60.0, 60.0, 70.0], "pattern": "9{1,3}"},
    "born": {"box": [30.0, 80.0, 90.0, 90.0], "kind": "date", "order": "dmy"},
}
TABLE = {"name": "t", "box": [30.0, 100.0, 90.0, 130.0], "rows": 3,
         "column": [{"name": "x", "pattern": "9{1,2}"}, {"name": "y"}]}  # fmt: skip


def meaning(error: HandsumError) -> str:
    """What the page makes of it."""
    return load_wording("zh").meaning(error.message)


def build(fields: dict[str, dict[str, Any]], rules: list[str], **more: Any) -> None:
    tree = {"schema": 1, "name": "test", "page": {"size": "A4"}, "rules": rules, **more}
    tree["field"] = [{"name": name.strip(), **keys} for name, keys in fields.items()]
    parse_template(write_toml({"table": [TABLE], **tree}), "test", Path())


def refusal(
    fields: dict[str, dict[str, Any]], rules: list[str] | None = None, **more: Any
) -> HandsumError:
    with pytest.raises(TemplateError) as found:
        build(fields, rules or [], **more)
    return found.value


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"b": {"box": [50.0, 45.0, 80.0, 55.0]}},
            'field "a"与field "b"的方框重叠了 10.0 x 5.0 毫米',
        ),
        ({"a": {"box": [30.0, 40.0, 960.0, 50.0]}}, "超出了页面"),
        ({"a": {"box": [30.0, 40.0, 31.0, 50.0]}}, "方框太小"),
        ({"a": {"box": [60.0, 40.0, 30.0, 50.0]}}, "没有面积"),
        ({"a": {"box": [0.0, 0.0, 30.0, 30.0]}}, "压住了页角标记"),
        ({"a ": {"box": [30.0, 140.0, 60.0, 150.0]}}, "名称“a”重复"),
        ({"t": {"box": [30.0, 140.0, 60.0, 150.0]}}, "名称“t”重复"),
        ({"within": {"box": [30.0, 140.0, 60.0, 150.0]}}, "“within”在规则中另有含义"),
        ({"1a": {"box": [30.0, 140.0, 60.0, 150.0]}}, "名称 '1a' 不合规则"),
        ({"a": {"kind": "comb"}}, "请填写格子的数量"),
        ({"a": {"cells": 3}}, "才有格数"),
        ({"a": {"kind": "date"}}, "没有说明日、月、年的顺序"),
        ({"a": {"order": "dmy"}}, "只有日期字段"),
        ({"born": {"cells": 5}}, "没有占 5 个格子的日期"),
        ({"a": {"kind": "tick", "pattern": "9"}}, "勾选框中没有文字"),
        ({"a": {"kind": "comb", "cells": 2, "pattern": "9999"}}, "需要 4 个格子，而这里只有 2 个"),
        ({"a": {"pattern": "9{2"}}, "格式第 2 个字符"),
        ({"a": {"pattern": "(9"}}, "“(”没有结束"),
        ({"a": {"pattern": "9)"}}, "“)”没有对应的开头"),
        ({"a": {"pattern": "9||9"}}, "处是空的"),
        ({"a": {"pattern": "A9"}}, "识别结果中不会有“A”"),
        ({"a": {"pattern": "9{4,2}"}}, "从小到大"),
        ({"a": {"pattern": "9{1,9999}"}}, "重复超过"),
        ({"a": {"length": "four"}}, "位数“four”无法理解"),
        ({"a": {"length": "6-4"}}, "位数“6-4”应从小到大"),
        ({"a": {"range": "9..1"}}, "范围“9..1”应从小到大"),
        ({"a": {"range": "1-9"}}, "范围“1-9”无法理解"),
        ({"a": {"check": "luhm"}}, "没有名为“luhm”的校验码"),
        ({"a": {"pattern": "99", "length": "4"}}, "没有任何文本能同时满足"),
        ({"a": {"decimal": ".", "thousands": "."}}, "不能同时是小数点和千位分隔符"),
        ({"a": {"decimal": "ab"}}, "不能使用"),
        ({"a": {"list": ["12", "12"]}}, "有重复的项"),
        ({"a": {"list": ["1x"]}}, "“x”不会出现"),
        ({"a": {"list": ["12"], "pattern": "999"}}, "没有一项符合"),
        ({"a": {"colour": "red"}}, "没有名为“colour”的设置"),
        ({"c": {}}, "缺少设置“box”"),
        ({"a": {"kind": "circle"}}, "设置“kind”的值 'circle' 不正确"),
    ],
)
def test_a_mistake_in_a_field_is_told_in_chinese(
    change: dict[str, dict[str, Any]], told: str
) -> None:
    merged = {name: {**FIELDS.get(name, {}), **change.get(name, {})} for name in FIELDS | change}
    assert told in meaning(refusal(merged))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"column": [{"name": "x"}, {"name": "x"}]}, "列名“x”重复"),
        ({"column": [{"name": "x"}, {}]}, "有的列有名称"),
        ({"column": [{"name": "x", "width": 10.0}, {"name": "y", "width": 10.0}]}, "列宽之和"),
        ({"rows": 0}, "设置“rows”的值 0 不正确"),
        ({"row_labels": ["a"]}, "3 行却有 1 个行标签"),
    ],
)
def test_a_mistake_in_a_table_is_told_in_chinese(change: dict[str, Any], told: str) -> None:
    assert told in meaning(refusal(FIELDS, table=[{**TABLE, **change}]))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("a = nothing", "没有名为“nothing”的字段"),
        ("a", "缺少关系符号"),
        ("a =", "规则不完整"),
        ("a = + * b", "此处应为字段或数"),
        ("a = (b", "末尾缺少“)”"),
        ("a = b b", "此处多了“b”"),
        ("a = b & 3", "“&”在规则中没有含义"),
        ("a = 12,50 * b", "小数请用点书写"),
        ("a = a", "两边相抵"),
        ("a = b / 0", "只能除以非零的数"),
        ("a = a * b", "不能将两个字段相乘"),
        ("a = b within b", "within 后面需要一个数"),
        ("a = born", "日期没有数值"),
        ("date(a)", "没有说明日、月、年的顺序"),
        ("date(born, dmy, 1950)", "世纪写作"),
        ("a = t[?].x", "下标“?”"),
        ("a = t[1,2].x", "没有名为“t[1,2].x”的字段"),
        ("a = t[i+1].x", "没有说明 i 代表哪些行"),
        ("1 = 1", "两边相抵"),
    ],
)
def test_a_mistake_in_a_rule_is_told_in_chinese(rule: str, told: str) -> None:
    assert told in meaning(refusal(FIELDS, [rule]))


def test_rules_that_clash_are_told_of_in_chinese() -> None:
    def build_tree(tree: dict[str, Any]) -> Any:
        return parse_template(write_toml(tree), "test", Path())

    fields = [{"name": name, **keys} for name, keys in FIELDS.items()]
    tree = {"schema": 1, "name": "test", "page": {"size": "A4"}, "field": fields,
            "rules": ["a = b", "b = a", "a < b"]}  # fmt: skip
    notes = check_form(tree, build_tree)
    told = [meaning(note.error) if note.error else "" for note in notes.rules]
    assert told == ["", "规则“a = b”与“b = a”含义相同，请去掉一条。",
                    "规则或格式互相矛盾，任何表单都无法满足。"]  # fmt: skip


def test_the_expressions_are_a_scripts_too() -> None:
    """The same to Python and to a browser: no named groups, no look-behind, no inline flags."""
    for pattern, told in REASONS:
        assert not re.search(r"\(\?[P<i]", pattern)
        gaps = {int(n) for n in re.findall(r"\{(\d)\}", told)}
        assert max(gaps, default=0) <= re.compile(pattern).groups
    assert load_wording("en").reasons == ()
    json.dumps(REASONS)
