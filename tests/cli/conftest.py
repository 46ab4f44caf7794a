"""The command line, run in this process as the shell would run it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


Handsum = Callable[..., Ended]


@pytest.fixture
def handsum(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Handsum:
    """``handsum("read", "a.png", stdin=b"...")``."""
    from handsum.cli import run

    def call(*arguments: object, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["handsum", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        try:
            run()
            code: object = 0
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        written = capfdbinary.readouterr()
        assert isinstance(code, int)
        return Ended(code, written.out.decode(), written.err.decode())

    return call
