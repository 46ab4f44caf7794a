"""docs/article.md is what the committed results say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from handsum.lab.article import RECIPES, SOURCES, render_article

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_results() -> None:
    page = (ROOT / "docs" / "article.md").read_text("utf-8")
    assert page == render_article(ROOT / "benchmarks" / "results")


def test_what_was_not_measured_is_said_to_be_open(tmp_path: Path) -> None:
    assert render_article(tmp_path).count("Not measured yet: `handsum lab ") == len(SOURCES)
    (tmp_path / "lab_claims.json").write_text(json.dumps({"quick": True}), "utf-8")
    assert "Not measured yet: `handsum lab claims`" in render_article(tmp_path)


@pytest.mark.parametrize("name", SOURCES)
def test_committed_results_are_of_full_runs(name: str) -> None:
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{name} was not run yet")
    result = json.loads(path.read_text("utf-8"))
    assert result["quick"] is False
    assert result["claims"] or name == "lab_algorithms"


def test_the_diagrams_of_the_page_stand_beside_it() -> None:
    if not (ROOT / "benchmarks" / "results" / "lab_algorithms.json").is_file():
        pytest.skip("lab algorithms was not run yet")
    page = (ROOT / "docs" / "article.md").read_text("utf-8")
    names = re.findall(r"\]\((article-[a-z]+\.svg)\)", page)
    assert len(names) == 2
    for name in names:
        text = (ROOT / "docs" / name).read_text("utf-8")
        ElementTree.fromstring(text)
        assert "var(" not in text


def test_the_recipes_of_the_printed_code_stand_there() -> None:
    page = (ROOT / "docs" / "article.md").read_text("utf-8")
    for name in RECIPES:
        figures = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text("utf-8"))
        mean = 100 * figures["figures"]["test/accuracy"]["mean"]
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`: ")]
        assert f"| {mean:.2f} " in line
