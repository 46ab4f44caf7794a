"""README.md says what the committed results say, and a change of either is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "benchmarks" / "readme_table.py"


def run_table(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=False
    )


def test_the_readme_and_the_results_agree() -> None:
    done = run_table("--check")
    assert done.returncode == 0, done.stderr


def test_a_figure_that_was_changed_by_hand_is_noticed_and_mended(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("a\n<!-- results -->\n| my own | 100 % |\n<!-- /results -->\nb\n")
    assert run_table("--check", "--readme", str(readme)).returncode == 1
    assert run_table("--readme", str(readme)).returncode == 0
    assert run_table("--check", "--readme", str(readme)).returncode == 0
    text = readme.read_text("utf-8")
    assert text.startswith("a\n<!-- results -->\n")
    assert text.endswith("\n<!-- /results -->\nb\n")
    assert "my own" not in text


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "results").glob("*.json")))
def test_a_result_says_how_it_was_made(path: Path) -> None:
    result = json.loads(path.read_text("utf-8"))
    assert result["command"]
    assert result["machine"]
