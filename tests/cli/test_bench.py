"""``handsum bench`` finds a checkout's benchmarks, runs what is named, and says what failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from handsum.cli import app
from handsum.cli.bench import find_benchmarks, find_checkout
from handsum.errors import UsageError

HERE = Path(__file__).parent.parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "src" / "handsum").mkdir(parents=True)
    folder = tmp_path / "benchmarks"
    (folder / "pairs").mkdir(parents=True)
    write = "from pathlib import Path\nPath('ran-{0}').touch()\n"
    (folder / "good.py").write_text('"""Goes well.\n\nhandsum bench good\n"""\n' + write.format(1))
    (folder / "bad.py").write_text('"""Fails.\n\nhandsum bench bad\n"""\nraise SystemExit(5)\n')
    (folder / "part.py").write_text('"""Only a part of good."""\n')
    (folder / "pairs" / "__main__.py").write_text(
        '"""A package.\n\nhandsum bench pairs\n"""\n' + write.format(2)
    )
    return tmp_path


def test_it_runs_what_is_named_and_tells_what_failed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    done = CliRunner().invoke(app, ["bench", "bad", "good", "pairs"])
    assert done.exit_code == 1
    assert "failed: bad." in done.output
    assert (checkout / "ran-1").exists()
    assert (checkout / "ran-2").exists()


def test_the_list_has_what_says_how_to_run_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout / "benchmarks")
    done = CliRunner().invoke(app, ["bench", "--list"])
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == ["bad", "good", "pairs"]
    assert "Goes well." in done.output


@pytest.mark.parametrize("names", [[], ["god"]])
def test_a_wrong_name_or_none_is_told(
    names: list[str], checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    done = CliRunner().invoke(app, ["bench", *names])
    assert isinstance(done.exception, UsageError)


def test_outside_a_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in no checkout"):
        find_checkout(tmp_path)


def test_the_figures_of_the_readme_have_their_benchmarks() -> None:
    expected = {
        "digits_accuracy",
        "fast",
        "install",
        "lowo",
        "peers",
        "refusing",
        "rerendered",
        "speed",
    }
    assert expected <= set(find_benchmarks(HERE))
