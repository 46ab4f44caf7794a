"""Templates as TOML text: the keys that `TemplateKeys` knows, in its order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def write_toml(tree: Mapping[str, Any]) -> str:
    """The TOML of a tree of texts, numbers, truths, lists, tables and lists of tables."""
    return "\n".join(_table(tree, "")).strip() + "\n"


def _table(tree: Mapping[str, Any], path: str) -> list[str]:
    plain = {key: value for key, value in tree.items() if not _is_part(value)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items() if value is not None]
    for key, value in tree.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_table(value, name)]
        elif _is_part(value):
            for one in value:
                lines += ["", f"[[{name}]]", *_table(one, name)]
    return lines


def _is_part(value: Any) -> bool:
    listed = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return isinstance(value, Mapping) or listed


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)
