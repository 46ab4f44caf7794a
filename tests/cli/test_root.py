"""What holds for every command: help with an example, versions, errors, Ctrl-C."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pytest
import typer.main

from handsum import errors
from handsum.cli import app

Handsum = Callable[..., Any]


def commands(
    group: Any = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the tree that does something, with its words."""
    command = group or typer.main.get_command(app)
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
    else:
        for name, child in children.items():
            yield from commands(child, (*path, name))


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_shows_an_example_that_parses(handsum: Handsum, path: tuple[str, ...]) -> None:
    ended = handsum(*path, "--help")
    assert ended.code == 0
    example = re.search(r"Example: handsum (.+)", re.sub(r"\s*\n\s*", " ", ended.out))
    assert example is not None, "--help shows no example"
    words = example[1].split()
    assert tuple(words[: len(path)]) == path
    rest = words[len(path) :]
    end = next((i for i, word in enumerate(rest) if word[0] in "│╰╭" or word == "Arguments"), None)
    COMMANDS[path].make_context("handsum", rest[:end], resilient_parsing=False)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_does(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), f"{parameter.name} has no help"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_option_that_is_none_is_exit_code_2(handsum: Handsum, path: tuple[str, ...]) -> None:
    ended = handsum(*path, "--no-such-option")
    assert (ended.code, ended.out) == (2, "")


def test_version(handsum: Handsum) -> None:
    ended = handsum("--version")
    assert (ended.code, ended.out) == (0, f"handsum {version('handsum')}\n")


def test_nothing_at_all_is_help(handsum: Handsum) -> None:
    ended = handsum()
    assert ended.code in (0, 2)
    for path in COMMANDS:
        assert path[0] in ended.out + ended.err


def test_version_and_help_load_no_room() -> None:
    code = (
        "import sys, handsum.cli\n"
        "heavy = {'numpy', 'cv2', 'onnxruntime', 'torch', 'matplotlib', 'PIL', 'pydantic'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


def every_error(cls: type[errors.HandsumError] = errors.HandsumError) -> Iterator[type]:
    yield cls
    for child in cls.__subclasses__():
        yield from every_error(child)


@pytest.mark.parametrize("cls", list(every_error()), ids=lambda cls: cls.__name__)
def test_an_error_ends_in_message_remedy_and_exit_code(
    handsum: Handsum, monkeypatch: pytest.MonkeyPatch, cls: type[errors.HandsumError]
) -> None:
    def fail() -> None:
        raise cls("It broke.", "Mend it.")

    monkeypatch.setattr("handsum.bundle.list_bundles", fail)
    ended = handsum("doctor")
    assert ended.code == cls.exit_code != 0
    assert ended.err == "handsum: It broke.\n  Mend it.\n"
    assert 400 <= cls.http_status < 600
    assert re.fullmatch(r"[a-z_]+", cls.code)


def test_ctrl_c_is_exit_code_130(handsum: Handsum, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("handsum.bundle.list_bundles", interrupt)
    ended = handsum("doctor")
    assert ended.code == 130
    assert "Traceback" not in ended.err
