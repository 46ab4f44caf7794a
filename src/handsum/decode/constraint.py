"""What is known about a number before it is read, in one place: format, length, check, list, range.

A constraint is compiled once for a charset; handsum.decode.texts then finds the most
probable texts that satisfy all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from handsum.charset import Charset
from handsum.decode.automaton import DEAD, Automaton, intersect
from handsum.decode.check_automata import compile_check
from handsum.decode.lists import EntryList, build_list
from handsum.decode.patterns import compile_length, compile_pattern
from handsum.decode.ranges import compile_range, digits_only, parse_range
from handsum.decode.values import Separators
from handsum.errors import DecodeError


@dataclass(frozen=True)
class Constraint:
    """All that a text must satisfy, each part None where nothing is known.

    ``pattern``: see handsum.decode.patterns. ``length``: number of digits, ``4-6``. ``check``: a
    name of handsum.decode.checks. ``range``: ``0..1200``, both ends included, read with
    ``separators``. ``entries``: a closed list, with ``weights`` as prior weights. With none of
    pattern, range and entries, only digits are read.
    """

    pattern: str | None = None
    length: str | None = None
    check: str | None = None
    range: str | None = None
    entries: tuple[str, ...] | None = None
    weights: tuple[float, ...] | None = None
    separators: Separators | None = None


@dataclass(frozen=True, eq=False)
class CompiledConstraint:
    """A constraint ready for decoding: an automaton, or a list with all else already applied."""

    constraint: Constraint
    charset: Charset
    automaton: Automaton | None
    entries: EntryList | None

    def accepts(self, text: str) -> bool:
        """Whether a text satisfies the constraint."""
        if any(symbol not in self.charset.symbols for symbol in text):
            return False
        ids = self.charset.encode(text)
        if self.entries is not None:
            return self.entries.holds(ids)
        return self.automaton is None or self.automaton.accepts(ids)


def compile_constraint(constraint: Constraint, charset: Charset) -> CompiledConstraint | None:
    """The product of all parts of a constraint; None if nothing is constrained.

    DecodeError if a part is wrong, or if no text satisfies all of them.
    """
    parts = _parts(constraint, charset)
    automaton = intersect(parts[0], *parts[1:]) if parts else None
    if automaton is not None and len(automaton) == 0:
        raise DecodeError(
            f"no text satisfies {_described(constraint)} together.",
            "Leave one of them out, or mend the one that is wrong.",
        )
    if constraint.entries is None:
        if constraint.weights is not None:
            raise DecodeError("weights without a list.", "Give the list that they weigh.")
        if automaton is None:
            return None
        return CompiledConstraint(constraint, charset, automaton, None)
    entries = build_list(constraint.entries, charset, constraint.weights, automaton)
    return CompiledConstraint(constraint, charset, automaton, entries)


def _parts(constraint: Constraint, charset: Charset) -> list[Automaton]:
    parts: list[Automaton] = []
    if constraint.pattern is not None:
        parts.append(compile_pattern(constraint.pattern, charset))
        if constraint.range is not None and constraint.separators is None:
            _refuse_unknown_marks(constraint, parts[0], charset)
    if constraint.length is not None:
        parts.append(compile_length(constraint.length, charset))
    if constraint.check is not None:
        parts.append(compile_check(constraint.check, charset))
    if constraint.range is not None:
        separators = constraint.separators or Separators(decimal="", thousands="")
        parts.append(compile_range(parse_range(constraint.range), separators, charset))
    if parts and (constraint.pattern, constraint.range, constraint.entries) == (None, None, None):
        parts.append(digits_only(charset))
    return parts


def _refuse_unknown_marks(constraint: Constraint, pattern: Automaton, charset: Charset) -> None:
    for mark in ".,":
        if (
            mark in charset.symbols
            and (pattern.transitions[:, charset.encode(mark)[0]] != DEAD).any()
        ):
            raise DecodeError(
                f"range {constraint.range!r} with pattern {constraint.pattern!r}: nothing says "
                f"what {mark!r} means.",
                "Declare the decimal and thousands separators of the field.",
            )


def _described(constraint: Constraint) -> str:
    named = {
        "pattern": constraint.pattern,
        "length": constraint.length,
        "check": constraint.check,
        "range": constraint.range,
    }
    return ", ".join(f"{key} {value!r}" for key, value in named.items() if value is not None)
