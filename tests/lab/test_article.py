"""docs/article.md is what the committed results say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handsum.lab.article import SOURCES, render_article

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
    assert result["claims"]
