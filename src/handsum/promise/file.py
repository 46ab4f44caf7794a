"""A promise as a JSON file: saved whole or not at all, checked in full when loaded."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from handsum.confidence.acceptance import AcceptanceRow
from handsum.confidence.bounds import upper_bound
from handsum.confidence.evidence import MAX_DELTA
from handsum.errors import PromiseError
from handsum.files import write_atomically
from handsum.promise.terms import (
    PROMISE_SCHEMA,
    DataDescription,
    Promise,
    PromiseKey,
    check_promise,
)
from handsum.readings import BundleRef

_REMEDY = "Calibrate again, or copy the promise again from where it came."


def save_promise(path: Path, promise: Promise) -> None:
    """Write a promise as JSON, whole or not at all; StorageError where that fails."""
    text = json.dumps(asdict(promise), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, (text + "\n").encode())


def load_promise(path: Path, key: PromiseKey | None = None) -> Promise:
    """Read and check a promise; with ``key`` also that it may be used for that (`check_promise`).

    PromiseError for a file that is absent, no promise, of another schema, or whose figures
    contradict each other.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PromiseError(f"{path} cannot be read: {error.strerror}.", _REMEDY) from error
    promise = parse_promise(data, str(path))
    if key is not None:
        check_promise(promise, key)
    return promise


def parse_promise(data: bytes, source: str) -> Promise:
    """A promise from its file's bytes; PromiseError as for `load_promise`, naming ``source``."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PromiseError(f"{source} is not JSON: {error}.", _REMEDY) from error
    if not isinstance(tree, dict) or "schema" not in tree:
        raise PromiseError(f"{source} is not a promise.", _REMEDY)
    if tree["schema"] != PROMISE_SCHEMA:
        raise PromiseError(
            f"{source} has schema {tree['schema']!r}; this handsum knows {PROMISE_SCHEMA}.",
            "Update handsum, or calibrate again with this version.",
        )
    try:
        promise = _parse(tree)
        _check_figures(promise)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise PromiseError(f"{source}: {what}.", _REMEDY) from error
    return promise


def _parse(tree: dict[str, Any]) -> Promise:
    """A promise from its JSON; KeyError, TypeError or ValueError say what does not fit."""
    key = _typed(tree["key"], PromiseKey)
    table = tuple(AcceptanceRow(**_typed(row, AcceptanceRow)) for row in tree["table"])
    bundle = BundleRef(**_typed(key.pop("bundle"), BundleRef))
    values = _typed(tree, Promise)
    values |= {
        "key": PromiseKey(bundle=bundle, **key),
        "data": DataDescription(**_typed(tree["data"], DataDescription)),
        "table": table,
    }
    return Promise(**values)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str, "int": int, "float": (int, float), "int | None": (int, type(None)),
    "Task": str, "Method": str, "Status": str,
}  # fmt: skip
_CHOICES = {
    "Task": ("digit", "number", "page", "comb"),
    "Method": ("values", "groups", "same_groups"),
    "Status": ("valid", "broken"),
}


def _typed(tree: Any, kind: type) -> dict[str, Any]:
    """The fields of a dataclass from JSON, each of its declared type, none missing, none more."""
    if not isinstance(tree, dict):
        raise TypeError(f"{kind.__name__} is {type(tree).__name__}, not an object")
    declared: dict[str, str] = kind.__annotations__
    for name in tree.keys() - declared.keys():
        raise ValueError(f"{kind.__name__} has an unknown key {name!r}")
    for name, annotation in declared.items():
        value = tree[name]
        expected = _TYPES.get(annotation)
        if expected and (not isinstance(value, expected) or isinstance(value, bool)):
            raise TypeError(f"{kind.__name__}.{name} is {value!r}, not {annotation}")
        if annotation in _CHOICES and value not in _CHOICES[annotation]:
            raise ValueError(f"{kind.__name__}.{name} is {value!r}, not of {_CHOICES[annotation]}")
    return dict(tree)


def _check_figures(promise: Promise) -> None:
    """ValueError where a promise's own figures cannot be true together."""
    p = promise
    if not (0.0 < p.max_risk < 1.0 and 0.0 < p.delta <= MAX_DELTA):
        raise ValueError(f"max_risk {p.max_risk} or delta {p.delta} is out of range")
    if not (0 <= p.n_wrong <= p.n_accepted <= p.n and p.n_accepted > 0 and p.threshold >= 0.0):
        raise ValueError("n, n_accepted, n_wrong and threshold do not fit together")
    if (p.groups is None) != (p.method == "values"):
        raise ValueError(f"method {p.method!r} does not go with groups = {p.groups}")
    bound = p.bound
    if p.method != "groups":  # else it rests on counts by group, which the file does not hold
        bound = upper_bound(p.n_wrong, p.n_accepted, p.delta)
    if not (math.isclose(bound, p.bound, rel_tol=1e-9) and bound <= p.max_risk * (1.0 + 1e-9)):
        raise ValueError(
            f"{p.n_wrong} wrong of {p.n_accepted} do not carry the bound {p.bound} "
            f"and the risk {p.max_risk}"
        )
