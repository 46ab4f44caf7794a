"""Templates as TOML text: the keys that `TemplateKeys` knows, in its order."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(tree: Mapping[str, Any]) -> str:
    """The TOML of a tree of texts, numbers, truths, lists, tables and lists of tables.

    ValueError for what TOML cannot say: nothing in a list, tables among other things, half of a
    pair of surrogates, tables within tables without end.
    """
    try:
        text = "\n".join(_table(tree, "")).strip() + "\n"
    except RecursionError as error:
        raise ValueError("it is too deep") from error
    text.encode()  # UnicodeEncodeError is a ValueError
    return text


def _table(tree: Mapping[str, Any], path: str) -> list[str]:
    plain = {key: value for key, value in tree.items() if not _is_part(value)}
    lines = [f"{_key(k)} = {_value(value)}" for k, value in plain.items() if value is not None]
    for key, value in tree.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_table(value, name)]
        elif _is_part(value):
            for one in value:
                lines += ["", f"[[{name}]]", *_table(one, name)]
    return lines


def _is_part(value: Any) -> bool:
    listed = isinstance(value, list) and bool(value)
    return isinstance(value, Mapping) or (listed and all(isinstance(one, Mapping) for one in value))


def _key(key: str) -> str:
    """A key that says itself and nothing more: it may hold line ends and brackets."""
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    raise ValueError(f"{type(value).__name__} where a text, a number or a list could be")
