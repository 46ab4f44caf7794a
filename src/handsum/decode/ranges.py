"""Numeric ranges ``min..max`` as automata: exact for integers and decimals of any length.

A text is in the range if its value (handsum.decode.values) is: leading zeros are free, thousands
groups must be whole, a minus turns the comparison around. The automaton compares digit by digit
from the left and carries, for each bound, whether the digits so far are less, equal or greater.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from handsum.charset import Charset
from handsum.decode.automaton import Automaton, any_text, build_automaton, intersect
from handsum.decode.patterns import compile_pattern
from handsum.decode.values import Separators
from handsum.errors import DecodeError

_BOUND = r"(-?[0-9]+(?:\.[0-9]+)?)?"


@dataclass(frozen=True)
class ValueRange:
    """Least and greatest value, both included; None where there is no bound."""

    least: Decimal | None
    most: Decimal | None


def parse_range(text: str) -> ValueRange:
    """The bounds of ``0..1200``, ``-40..45.5``, ``10..`` or ``..500``; DecodeError if not one."""
    match = re.fullmatch(rf"\s*{_BOUND}\s*\.\.\s*{_BOUND}\s*", text)
    if match is None or not (match[1] or match[2]):
        raise DecodeError(
            f"range {text!r} is not two numbers with .. between them.",
            "Write it as 0..1200, -40..45.5, 10.. or ..500, with a point before decimals.",
        )
    least = Decimal(match[1]) if match[1] else None
    most = Decimal(match[2]) if match[2] else None
    if least is not None and most is not None and least > most:
        raise DecodeError(f"range {text!r} counts down.", f"Write it as {most}..{least}.")
    return ValueRange(least, most)


@dataclass(frozen=True)
class _Bound:
    """A bound that is not negative, as digits: no leading zeros before, no trailing ones after."""

    whole: str
    decimals: str

    @staticmethod
    def of(value: Decimal) -> _Bound:
        whole, _, decimals = f"{value:f}".partition(".")
        return _Bound(whole.lstrip("0"), decimals.rstrip("0"))


@dataclass(frozen=True)
class _Compared:
    """How the digits so far compare with a bound: ``sign`` -1, 0, 1 over the first ``count``."""

    in_decimals: bool = False
    count: int = 0
    sign: int = 0

    def digit(self, digit: int, bound: _Bound) -> _Compared:
        if not self.in_decimals and self.count == 0 and digit == 0:
            return self  # a leading zero
        digits = bound.decimals if self.in_decimals else bound.whole
        if self.count < len(digits):
            there = int(digits[self.count])
        elif self.in_decimals:
            there = 0
        else:
            return _Compared(count=len(digits) + 1, sign=1)
        sign = self.sign or (digit > there) - (digit < there)
        count = min(self.count + 1, len(digits)) if self.in_decimals else self.count + 1
        return _Compared(self.in_decimals, count, sign)

    def mark(self, bound: _Bound) -> _Compared:
        """After the decimal mark: fewer digits than the bound before it means less."""
        return _Compared(True, 0, -1 if self.count < len(bound.whole) else self.sign)

    def result(self, bound: _Bound) -> int:
        compared = self if self.in_decimals else self.mark(bound)
        if compared.sign == 0 and compared.count < len(bound.decimals):
            return -1  # the bound goes on with a digit that is not zero
        return compared.sign


@dataclass(frozen=True)
class _State:
    negative: bool = False
    begun: bool = False
    least: _Compared = _Compared()
    most: _Compared = _Compared()


def compile_range(bounds: ValueRange, separators: Separators, charset: Charset) -> Automaton:
    """The texts that are numbers under ``separators`` with a value within ``bounds``."""
    zero = Decimal(0)
    sides: dict[bool, tuple[_Bound | None, _Bound | None] | None] = {}
    for negative in (False, True):
        least, most = bounds.least, bounds.most
        if negative:  # least <= -m <= most is the same as -most <= m <= -least
            least, most = None if most is None else -most, None if least is None else -least
        sides[negative] = (
            None
            if most is not None and most < zero
            else (
                None if least is None or least <= zero else _Bound.of(least),
                None if most is None else _Bound.of(most),
            )
        )

    def step(state: _State, i: int) -> _State | None:
        symbol = charset.symbols[i - 1]
        if symbol == "-":
            return None if state.begun or sides[True] is None else _State(True, True)
        side = sides[state.negative]
        if side is None:
            return None
        least, most = side
        if symbol in "0123456789":
            digit = int(symbol)
            return _State(
                state.negative,
                True,
                state.least.digit(digit, least) if least else state.least,
                state.most.digit(digit, most) if most else state.most,
            )
        if symbol == separators.decimal and not state.least.in_decimals:
            return _State(
                state.negative,
                True,
                state.least.mark(least or _Bound("", "")),
                state.most.mark(most or _Bound("", "")),
            )
        return state if symbol == separators.thousands else None

    def accepts(state: _State) -> bool:
        side = sides[state.negative]
        if side is None:
            return False
        least, most = side
        return (least is None or state.least.result(least) >= 0) and (
            most is None or state.most.result(most) <= 0
        )

    compared = build_automaton([_State()], step, accepts, len(charset))
    return intersect(compared, compile_number(separators, charset))


def compile_number(separators: Separators, charset: Charset) -> Automaton:
    """The texts that have a value under ``separators`` (see handsum.decode.values)."""
    for mark in (separators.decimal, separators.thousands):
        if mark and mark not in charset.symbols:
            raise DecodeError(
                f"separator {mark!r} is none of the symbols {charset.symbols!r} that are read.",
                "Use one of those, or leave the separator out.",
            )
    minus = "[-]" if "-" in charset.symbols else ""
    whole = "9{1,}"
    if separators.thousands:
        whole = f"9{{1,}}|(1|2|3|4|5|6|7|8|\\9)9{{0,2}}(\\{separators.thousands}999){{1,}}"
    if not separators.decimal:
        return compile_pattern(f"{minus}({whole})", charset)
    mark = f"\\{separators.decimal}9{{1,}}"
    return compile_pattern(f"{minus}(({whole})[{mark}]|{mark})", charset)


def digits_only(charset: Charset) -> Automaton:
    """All texts of digits, the empty one too."""
    return any_text(charset.encode("0123456789"), len(charset))
