"""From what stands there (``1.234,50``) to the canonical decimal (``1234.50``), without floats."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handsum.errors import DecodeError


@dataclass(frozen=True)
class Separators:
    """What the marks of a field mean: ``decimal`` before the decimals, ``thousands`` in groups.

    Empty where a field has none. DecodeError if one is a digit, a minus or both are the same.
    """

    decimal: str = "."
    thousands: str = ""

    def __post_init__(self) -> None:
        for name, mark in (("decimal", self.decimal), ("thousands", self.thousands)):
            if len(mark) > 1 or mark.isdigit() or mark == "-":
                raise DecodeError(
                    f"{name} separator {mark!r} cannot be used.",
                    "Use one mark such as . or , or nothing.",
                )
        if self.decimal and self.decimal == self.thousands:
            raise DecodeError(
                f"{self.decimal!r} cannot be the decimal and the thousands separator.",
                "Name two different marks, or leave one empty.",
            )


def declare_separators(decimal: str | None, thousands: str | None) -> Separators | None:
    """What the marks mean by what was declared of them; None where nothing was.

    With ``thousands`` alone, ``.`` or ``,``, the decimal separator is the other of the two.
    """
    if decimal is None and thousands is None:
        return None
    if decimal is None:  # 1.234 with thousands "." may go on with a comma
        decimal = {".": ",", ",": "."}.get(thousands or "", "")
    return Separators(decimal, thousands or "")


CONVENTIONS = (Separators("."), Separators(","), Separators(",", "."), Separators(".", ","))


def canonical_value(text: str, separators: Separators | None = None) -> str | None:
    """The canonical decimal of a text, or None if it is not a number.

    Leading zeros go (``0123`` -> ``123``), written decimals stay (``5,00`` -> ``5.00``), a
    minus stays unless the number is zero. With thousands declared, the groups must be whole
    (``1.23`` is none with thousands ``.``) or absent. Without declared separators, all of
    CONVENTIONS are tried and the text must mean the same in each that fits: ``12,5`` is 12.5,
    but ``1.234`` could be two numbers and is None.
    """
    if text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    if separators is not None:
        return _value(text, separators)
    values = {_value(text, convention) for convention in CONVENTIONS} - {None}
    return values.pop() if len(values) == 1 else None


def _value(text: str, separators: Separators) -> str | None:
    whole = "[0-9]+"
    if separators.thousands:
        whole = f"(?:[1-9][0-9]{{0,2}}(?:{re.escape(separators.thousands)}[0-9]{{3}})+|[0-9]+)"
    number = f"(-?)({whole})"
    if separators.decimal:
        mark = re.escape(separators.decimal)
        number = f"(-?)(?:({whole})(?:{mark}([0-9]+))?|{mark}([0-9]+))"
    match = re.fullmatch(number, text)
    if match is None:
        return None
    sign, *rest = match.groups()
    integer = (rest[0] or "").replace(separators.thousands or "\0", "").lstrip("0") or "0"
    decimals = next((group for group in rest[1:] if group), "")
    value = f"{integer}.{decimals}" if decimals else integer
    return value if not sign or not value.strip("0.") else f"-{value}"
