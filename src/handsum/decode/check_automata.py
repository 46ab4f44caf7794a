"""Check digits as automata: the scheme is obeyed while decoding, not tested afterwards.

Schemes that weigh from the right are read from the left with one start for each length modulo
their period, so that a text has one path that can accept and probabilities add up exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from handsum.charset import Charset
from handsum.decode.automaton import Automaton, build_automaton, intersect
from handsum.decode.checks import CHECKS, D5, DAMM, MOD11_WEIGHTS, VERHOEFF
from handsum.decode.patterns import compile_length, compile_pattern
from handsum.errors import DecodeError

_LUHN = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # the digit sum of twice the digit


@dataclass(frozen=True)
class _Scheme:
    """How a remainder takes in a digit at ``place`` (from the right, modulo ``period``; 0 = last).

    ``last`` is whether the number may end with this digit, told the remainder before it.
    """

    period: int
    take: Callable[[int, int, int], int]
    last: Callable[[int, int], bool]
    least: int = 2


def _mod10(weigh: Callable[[int, int], int]) -> _Scheme:
    return _Scheme(
        period=2,
        take=lambda state, place, d: (state + weigh(place, d)) % 10,
        last=lambda state, d: (state + weigh(0, d)) % 10 == 0,
    )


_SCHEMES: dict[str, _Scheme] = {
    "luhn": _mod10(lambda place, d: _LUHN[d] if place else d),
    "ean8": _mod10(lambda place, d: d * (1 + 2 * place)),
    "ean13": _mod10(lambda place, d: d * (1 + 2 * place)),
    "isbn13": _mod10(lambda place, d: d * (1 + 2 * place)),
    "isbn10": _Scheme(
        period=11,
        take=lambda state, place, d: (state + d * (place + 1)) % 11,
        last=lambda state, d: (state + d) % 11 == 0,
    ),
    # Place 0 of the period carries weight 7 within the number; the check digit weighs 1.
    "mod11": _Scheme(
        period=6,
        take=lambda state, place, d: (state + d * MOD11_WEIGHTS[(place - 1) % 6]) % 11,
        last=lambda state, d: (state + d) % 11 == 0,
    ),
    "mod97": _Scheme(
        period=1,
        take=lambda state, _, d: (10 * state + d) % 97,
        last=lambda state, d: (10 * state + d) % 97 == 1,
        least=3,
    ),
    # D5 does not commute: the product starts with the last digit, so each further digit that is
    # read from the left is multiplied in from the left.
    "verhoeff": _Scheme(
        period=8,
        take=lambda state, place, d: D5[VERHOEFF[place][d]][state],
        last=lambda state, d: D5[d][state] == 0,
    ),
    "damm": _Scheme(
        period=1,
        take=lambda state, _, d: DAMM[state][d],
        last=lambda state, d: DAMM[state][d] == 0,
    ),
}


class _State(NamedTuple):
    place: int  # of the next digit
    remainder: int
    taken: int  # digits so far, up to the least number
    ends: bool


def compile_check(name: str, charset: Charset) -> Automaton:
    """The texts that satisfy a check-digit scheme of CHECKS; other symbols are passed over.

    DecodeError for a name that is not there.
    """
    if name not in CHECKS:
        raise DecodeError(
            f"there is no check {name!r}.", f"Use one of {', '.join(sorted(CHECKS))}."
        )
    scheme = _SCHEMES[name]

    def step(state: _State, i: int) -> _State | None:
        symbol = charset.symbols[i - 1]
        if symbol not in "0123456789":
            return state if symbol not in "Xx" else ten(state)
        return take(state, int(symbol))

    def take(state: _State, digit: int) -> _State:
        taken = min(state.taken + 1, scheme.least)
        ends = state.place == 0 and taken == scheme.least and scheme.last(state.remainder, digit)
        return _State(
            (state.place - 1) % scheme.period,
            scheme.take(state.remainder, state.place, digit),
            taken,
            ends,
        )

    def ten(state: _State) -> _State | None:
        """An X, which ends an ISBN-10; the place that is left has no digits after it."""
        if name != "isbn10":
            return state
        return take(state, 10) if state.place == 0 else None

    starts = [_State(place, 0, 0, False) for place in range(scheme.period)]
    checked = build_automaton(starts, step, lambda state: state.ends, len(charset))
    match name:
        case "ean8":
            return intersect(checked, compile_length("8", charset))
        case "ean13":
            return intersect(checked, compile_length("13", charset))
        case "isbn13":
            return intersect(checked, compile_length("13", charset), _prefixed(charset))
        case "isbn10":
            return intersect(checked, _ten_places(charset))
        case _:
            return checked


def _marks(charset: Charset) -> str:
    """A pattern for any marks between digits."""
    marks = [f"\\{symbol}" for symbol in charset.symbols if symbol not in "0123456789Xx"]
    return f"({'|'.join(marks)}){{0,}}" if marks else ""


def _prefixed(charset: Charset) -> Automaton:
    between = _marks(charset)
    rest = "|".join(f"\\{symbol}" for symbol in charset.symbols)
    return compile_pattern(
        f"{between}\\9{between}7{between}(8|\\9)({rest}){{0,}}",
        charset,
    )


def _ten_places(charset: Charset) -> Automaton:
    between = _marks(charset)
    ends = "|".join(["9", *(symbol for symbol in "Xx" if symbol in charset.symbols)])
    return compile_pattern(f"{between}(9{between}){{9}}({ends}){between}", charset)
