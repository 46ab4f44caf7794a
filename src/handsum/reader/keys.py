"""How a promise names what was known of the text: a format that can be read back, a list's hash."""

from __future__ import annotations

from dataclasses import replace

from handsum.decode.constraint import Constraint
from handsum.decode.values import Separators
from handsum.errors import PromiseError
from handsum.promise.terms import fingerprint

_PARTS = ("pattern", "length", "check", "range")


def describe_format(constraint: Constraint) -> str:
    """All of a constraint but its list: ``pattern=9{4} check=luhn``, empty for nothing.

    What the marks mean is said where a range needs it: ``range=0..99 decimal=,``.
    """
    values = {name: getattr(constraint, name) for name in _PARTS}
    # None of the four languages has a use for white space.
    parts = {name: "".join(value.split()) for name, value in values.items() if value is not None}
    if constraint.range is not None and constraint.separators is not None:
        parts["decimal"] = constraint.separators.decimal
        parts["thousands"] = constraint.separators.thousands
    return " ".join(f"{name}={value}" for name, value in parts.items())


def parse_format(text: str) -> Constraint:
    """The constraint that `describe_format` described, without its list; PromiseError if none."""
    named = dict(part.partition("=")[::2] for part in text.split())
    unknown = named.keys() - {*_PARTS, "decimal", "thousands"}
    if unknown or ("decimal" in named) != ("thousands" in named):
        raise PromiseError(
            f"The promise is for the format {text!r}, which this handsum does not know.",
            "Update handsum, or calibrate again.",
        )
    pattern, length, check, limits = (named.get(name) for name in _PARTS)
    found = Constraint(pattern, length, check, limits)
    if "decimal" in named:
        found = replace(found, separators=Separators(named["decimal"], named["thousands"]))
    return found


def fingerprint_entries(constraint: Constraint) -> str:
    """SHA-256 of a constraint's list and weights, whatever the order; empty without a list."""
    if constraint.entries is None:
        return ""
    weights = constraint.weights or (1.0,) * len(constraint.entries)
    return fingerprint(sorted(zip(constraint.entries, weights, strict=True)))
