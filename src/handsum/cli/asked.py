"""What is known of a number, as options of ``read`` and ``calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handsum.decode.constraint import Constraint
    from handsum.decode.values import Separators

Pattern = Annotated[
    str | None, typer.Option("--pattern", help="Its format, such as 9{4,6} or [-]9{1,3},99.")
]
Length = Annotated[str | None, typer.Option("--length", help="How many digits, such as 4-6.")]
Check = Annotated[
    str | None, typer.Option("--check", help="Its check digit, such as luhn, ean13 or mod11.")
]
Range = Annotated[
    str | None, typer.Option("--range", help="Least and greatest value, such as 0..1200.")
]
ListFile = Annotated[
    Path | None, typer.Option("--list", help="A text file with all possible numbers, one a line.")
]
Decimal = Annotated[
    str | None, typer.Option("--decimal", help='The decimal separator; "" for none.')
]
Thousands = Annotated[
    str | None, typer.Option("--thousands", help='The thousands separator; "" for none.')
]


def build_constraint(
    pattern: str | None,
    length: str | None,
    check: str | None,
    limits: str | None,
    entries: Path | None,
    separators: Separators | None,
) -> Constraint | None:
    """The constraint that the options name, None where they name none."""
    from handsum.decode.constraint import Constraint
    from handsum.decode.lists import load_entries

    if (pattern, length, check, limits, entries) == (None,) * 5:
        return None
    return Constraint(
        pattern=pattern,
        length=length,
        check=check,
        range=limits,
        entries=None if entries is None else load_entries(entries),
        separators=separators,
    )


def build_separators(decimal: str | None, thousands: str | None) -> Separators | None:
    """What the marks mean, None where no option says."""
    from handsum.decode.values import declare_separators

    return declare_separators(decimal, thousands)
