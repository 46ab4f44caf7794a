"""What a call asks of a reader, checked in one order by the command line and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handsum.errors import UsageError
from handsum.reader.digits import DigitReader
from handsum.reader.options import ReadOptions

if TYPE_CHECKING:
    from handsum.decode.constraint import Constraint
    from handsum.decode.values import Separators
    from handsum.promise.terms import Promise
    from handsum.reader.combs import CombReader
    from handsum.reader.numbers import NumberReader
    from handsum.reader.pages import PageReader

DEFAULT_RISK = 0.01


def agree_risk(wished: float | None, promise: Promise | None) -> float:
    """What to accept up to; UsageError where a promise is asked for less than it holds."""
    if promise is None:
        return DEFAULT_RISK if wished is None else wished
    if wished is not None and wished < promise.max_risk:
        raise UsageError(
            f"--max-risk {wished:g} is below the {promise.max_risk:g} that the promise keeps.",
            "Calibrate a promise for that risk, or leave --max-risk out.",
        )
    return promise.max_risk


def check_combs(what: str | None) -> None:
    """UsageError where cells are named and something else than one number is to be read."""
    if what not in (None, "number"):
        raise UsageError(
            f"--cells says that a picture holds one number, and --as {what} that it does not.",
            "Leave one of them out.",
        )


def ask(
    reader: NumberReader | DigitReader | PageReader | CombReader,
    *,
    max_risk: float,
    top: int = 1,
    promise: Promise | None = None,
    constraint: Constraint | None = None,
    separators: Separators | None = None,
) -> ReadOptions:
    """Checked options; UsageError where a single digit is asked to have a format."""
    if not isinstance(reader, DigitReader):
        return reader.options(
            max_risk=max_risk,
            top=top,
            promise=promise,
            constraint=constraint,
            separators=separators,
        )
    if constraint is not None or separators is not None:
        raise UsageError(
            "A single digit has no format, length, check, range, list or separators.",
            "Leave these options out, or read with --as number.",
        )
    return reader.options(max_risk=max_risk, top=top, promise=promise)
