r"""Formats of numbers as automata: ``9{4,6}``, ``[-]9{1,3},99``, ``99/99/9999``.

The language: ``9`` stands for any digit, every other symbol of the charset for itself
(``\9`` for a nine), ``(...)`` groups, ``[...]`` is an optional part, ``|`` separates
alternatives, and ``{n}``, ``{m,n}`` or ``{m,}`` after a part repeats it. The automaton follows
from Thompson's construction (CACM 11, 1968) and subsets of its states (Rabin and Scott 1959).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from handsum.charset import Charset
from handsum.decode.automaton import Automaton, build_automaton
from handsum.errors import DecodeError

REPEAT_LIMIT = 1000
NODE_LIMIT = 20_000

_DIGITS = "0123456789"
_LANGUAGE = (
    "Use 9 for a digit, {m,n} to repeat, [ ] for an optional part, ( | ) for alternatives and \\ "
    "before a symbol that stands for itself."
)


@dataclass
class _Graph:
    """States with silent edges and edges that write one of several ids."""

    silent: list[list[int]] = field(default_factory=list)
    writing: list[list[tuple[frozenset[int], int]]] = field(default_factory=list)

    def node(self) -> int:
        if len(self.silent) >= NODE_LIMIT:
            raise DecodeError(
                f"the pattern needs more than {NODE_LIMIT} steps.", "Shorten its repeats."
            )
        self.silent.append([])
        self.writing.append([])
        return len(self.silent) - 1

    def closure(self, nodes: frozenset[int]) -> frozenset[int]:
        """The nodes and all that silent edges reach from them."""
        seen = set(nodes)
        stack = list(nodes)
        while stack:
            for other in self.silent[stack.pop()]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return frozenset(seen)


# A part of a pattern, from the parser: what it is and what it holds.
@dataclass(frozen=True)
class _Symbol:
    ids: frozenset[int]


@dataclass(frozen=True)
class _Sequence:
    parts: tuple[_Part, ...]


@dataclass(frozen=True)
class _Either:
    parts: tuple[_Part, ...]


@dataclass(frozen=True)
class _Repeat:
    part: _Part
    least: int
    most: int | None


_Part = _Symbol | _Sequence | _Either | _Repeat


class _Parser:
    def __init__(self, pattern: str, charset: Charset) -> None:
        self.pattern = pattern
        self.charset = charset
        self.at = 0

    def fail(self, at: int, what: str, remedy: str = _LANGUAGE) -> DecodeError:
        return DecodeError(
            f"pattern {self.pattern!r}, position {at + 1}: {what}\n"
            f"  {self.pattern}\n  {' ' * at}^\n",
            remedy,
        )

    def peek(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def parse(self) -> _Part:
        part = self.alternatives()
        if self.peek():
            raise self.fail(self.at, f"{self.peek()!r} closes nothing that was opened.")
        return part

    def alternatives(self) -> _Part:
        parts = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else _Either(tuple(parts))

    def sequence(self) -> _Part:
        start = self.at
        parts: list[_Part] = []
        while self.peek() and self.peek() not in "|)]":
            part = self.atom()
            while self.peek() == "{":
                part = self.repeat(part)
            parts.append(part)
        if not parts:
            raise self.fail(
                start,
                "a part of the pattern is empty.",
                "Write what stands there, or put a part that may be missing into [ ].",
            )
        return parts[0] if len(parts) == 1 else _Sequence(tuple(parts))

    def atom(self) -> _Part:
        start, symbol = self.at, self.peek()
        self.at += 1
        if symbol in "([":
            inner = self.alternatives()
            closing = ")" if symbol == "(" else "]"
            if self.peek() != closing:
                raise self.fail(
                    start, f"{symbol!r} is never closed.", f"Add the missing {closing!r}."
                )
            self.at += 1
            return inner if symbol == "(" else _Repeat(inner, 0, 1)
        if symbol in "{}":
            raise self.fail(start, f"{symbol!r} repeats nothing.")
        if symbol == "9":
            digits = frozenset(self.charset.encode(_DIGITS))
            return _Symbol(digits)
        if symbol == "\\":
            symbol, start = self.peek(), self.at
            if not symbol:
                raise self.fail(self.at - 1, "a \\ needs a symbol after it.")
            self.at += 1
        if symbol not in self.charset.symbols:
            raise self.fail(
                start,
                f"the reader never writes {symbol!r}.",
                f"It writes {' '.join(self.charset.symbols)} only; 9 stands for any digit.",
            )
        return _Symbol(frozenset(self.charset.encode(symbol)))

    def repeat(self, part: _Part) -> _Part:
        start = self.at
        match = re.compile(r"\{([0-9]+)(,([0-9]*))?\}").match(self.pattern, start)
        if match is None:
            raise self.fail(
                start, "a repeat is written {n}, {m,n} or {m,}.", "Mend it, or write \\{ for a {."
            )
        least = int(match[1])
        most = least if match[2] is None else int(match[3]) if match[3] else None
        if most is not None and most < least:
            raise self.fail(start, f"the repeat counts down from {least} to {most}.", "Swap them.")
        if max(least, most or 0) > REPEAT_LIMIT:
            raise self.fail(start, f"more than {REPEAT_LIMIT} repeats.", "Repeat less often.")
        self.at = match.end()
        return _Repeat(part, least, most)


def _wire(graph: _Graph, part: _Part, start: int) -> int:
    """Add a part behind the node ``start``; gives the node behind the part."""
    match part:
        case _Symbol(ids):
            end = graph.node()
            graph.writing[start].append((ids, end))
            return end
        case _Sequence(parts):
            for inner in parts:
                start = _wire(graph, inner, start)
            return start
        case _Either(parts):
            end = graph.node()
            for inner in parts:
                first = graph.node()
                graph.silent[start].append(first)
                graph.silent[_wire(graph, inner, first)].append(end)
            return end
        case _Repeat(inner, least, most):
            for _ in range(least):
                start = _wire(graph, inner, start)
            end = graph.node()
            graph.silent[start].append(end)
            if most is None:  # a loop through a node of its own
                loop = graph.node()
                graph.silent[start].append(loop)
                back = _wire(graph, inner, loop)
                graph.silent[back].extend((loop, end))
                return end
            for _ in range(most - least):
                start = _wire(graph, inner, start)
                graph.silent[start].append(end)
            return end


def compile_pattern(pattern: str, charset: Charset) -> Automaton:
    """The smallest automaton of the texts that a pattern describes.

    DecodeError with the position, a caret under it and a remedy if the pattern is not in the
    language or names a symbol outside the charset.
    """
    part = _Parser(pattern, charset).parse()
    graph = _Graph()
    first = graph.node()
    end = _wire(graph, part, first)

    def step(nodes: frozenset[int], i: int) -> frozenset[int] | None:
        found = {to for node in nodes for ids, to in graph.writing[node] if i in ids}
        return graph.closure(frozenset(found)) if found else None

    start = graph.closure(frozenset([first]))
    return build_automaton([start], step, lambda nodes: end in nodes, len(charset))


def parse_length(length: str) -> tuple[int, int | None]:
    """Least and most digits of ``4``, ``4-6``, ``4-`` or ``-6`` (most is None for ``4-``)."""
    match = re.fullmatch(r"\s*(?:([0-9]+)|([0-9]*)\s*-\s*([0-9]*))\s*", length)
    if match is None or (match[1] is None and not match[2] and not match[3]):
        raise DecodeError(
            f"length {length!r} is not a number of digits.", "Write it as 4, 4-6, 4- or -6."
        )
    least = int(match[1] or match[2] or 1)
    most = int(match[1]) if match[1] else int(match[3]) if match[3] else None
    if least < 1 or (most is not None and most < least):
        raise DecodeError(f"length {length!r} counts down or starts at 0.", "Write it as 4-6.")
    if max(least, most or 0) > REPEAT_LIMIT:
        raise DecodeError(f"length {length!r} is above {REPEAT_LIMIT}.", "Name fewer digits.")
    return least, most


def compile_length(length: str, charset: Charset) -> Automaton:
    """The texts with so many digits (``4-6``); other symbols are free and do not count."""
    least, most = parse_length(length)
    digits = frozenset(charset.encode(_DIGITS))
    top = least if most is None else most + 1

    def step(count: int, i: int) -> int | None:
        after = min(count + (i in digits), top)
        return None if most is not None and after > most else after

    return build_automaton([0], step, lambda count: count >= least, len(charset))
