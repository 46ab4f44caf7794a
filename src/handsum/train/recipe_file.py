"""A recipe's TOML file: read, changed key by key, and its mistakes told."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from handsum.errors import RecipeError


def load_tree(path: Path, changes: Sequence[str] = ()) -> dict[str, Any]:
    """A recipe's tables, with ``key.sub=value`` changes (values in TOML, bare words as text).

    RecipeError for a file that cannot be read, is no TOML, or a change that is none.
    """
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(
            f"The recipe {path} cannot be read: {error.strerror}.", "Name a .toml file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not TOML: {error}.", "Mend the line it names.") from error
    for change in changes:
        _apply_change(tree, change)
    return tree


def explain(error: ValidationError, source: str, model: type[BaseModel]) -> RecipeError:
    """The first mistake in words: file, key, value, and the nearest key that ``model`` has.

    An unknown key comes first: where a required one is misspelt, pydantic says that it is missing
    before it says what stands there instead.
    """
    mistakes = error.errors()
    first = next((one for one in mistakes if one["type"] == "extra_forbidden"), mistakes[0])
    place = [str(part) for part in first["loc"]]
    key = ".".join(place)
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, [part for part in place[:-1] if not part.isdigit()])
        near = difflib.get_close_matches(place[-1], known, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return RecipeError(
            f"{source}: unknown key {key!r}.", f"{hint}Known here: {', '.join(known)}."
        )
    value = "" if first["type"] == "missing" else f" = {first['input']!r}"
    return RecipeError(f"{source}: {key}{value}: {first['msg']}.", "Mend that key.")


def _apply_change(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise RecipeError(f"{change!r} is not key=value.", "Write, for example, optim.lr=0.01.")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = key.strip().split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise RecipeError(f"{key}: {parent!r} is not a table.", "Name a key of the recipe.")
    tree[last] = value


def _known_keys(model: type[BaseModel], parents: list[str]) -> list[str]:
    for parent in parents:
        annotation = model.model_fields[parent].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
