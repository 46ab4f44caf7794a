"""Optional parts: whether they are installed, and what to do if not."""

from __future__ import annotations

from importlib.util import find_spec

from handsum.errors import MissingExtraError


def check_extra(extra: str, *modules: str) -> None:
    """MissingExtraError unless every module of the extra can be imported."""
    absent = [module for module in modules if find_spec(module) is None]
    if absent:
        raise MissingExtraError(
            f"This command needs {', '.join(absent)}.", f'Run: pip install "handsum[{extra}]"'
        )
