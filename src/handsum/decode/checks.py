"""Check digits: whether a number satisfies its scheme, and the digit that completes it.

Written from the right or the left as the sources state them; handsum.decode.check_automata
builds the same schemes as automata, so that decoding obeys them. Marks between the digits
(``978-3-16-148410-0``) are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handsum.errors import DecodeError

# Multiplication in the dihedral group D5, and Verhoeff's permutation applied i times:
# J. Verhoeff, Error Detecting Decimal Codes, Mathematical Centre Tracts 29, 1969.
D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_ONCE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _powers(permutation: tuple[int, ...], count: int) -> tuple[tuple[int, ...], ...]:
    rows = [tuple(range(10))]
    for _ in range(count - 1):
        rows.append(tuple(permutation[d] for d in rows[-1]))
    return tuple(rows)


VERHOEFF = _powers(_ONCE, 8)

# A weakly totally anti-symmetric quasigroup with zeros on its diagonal: H. M. Damm, Total
# anti-symmetrische Quasigruppen, dissertation, Marburg 2004, p. 111.
DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
MOD11_WEIGHTS = (2, 3, 4, 5, 6, 7)
"""Weights of mod 11 left of the check digit, from the right, repeating."""


def _digits(text: str) -> list[int]:
    return [ord(symbol) - 48 for symbol in text if "0" <= symbol <= "9"]


def _long_enough(digits: list[int]) -> bool:
    return len(digits) >= 2  # one digit is no number with a check digit


def check_luhn(text: str) -> bool:
    """Luhn's mod 10 (US patent 2,950,048; ISO/IEC 7812-1 annex B), any length from 2."""
    digits = _digits(text)
    total = 0
    for i, digit in enumerate(reversed(digits)):
        doubled = digit * (1 + i % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return _long_enough(digits) and total % 10 == 0


def _weighs_1_3(digits: list[int]) -> bool:
    return sum(d * (1 + 2 * (i % 2)) for i, d in enumerate(reversed(digits))) % 10 == 0


def check_ean8(text: str) -> bool:
    """EAN-8 (GS1 General Specifications 7.9): weights 1, 3 from the right, mod 10."""
    digits = _digits(text)
    return len(digits) == 8 and _weighs_1_3(digits)


def check_ean13(text: str) -> bool:
    """EAN-13 (GS1 General Specifications 7.9): weights 1, 3 from the right, mod 10."""
    digits = _digits(text)
    return len(digits) == 13 and _weighs_1_3(digits)


def check_isbn13(text: str) -> bool:
    """ISBN-13 (ISBN Users' Manual, section 4): an EAN-13 that starts with 978 or 979."""
    digits = _digits(text)
    return check_ean13(text) and digits[:3] in ([9, 7, 8], [9, 7, 9])


def check_isbn10(text: str) -> bool:
    """ISBN-10 (ISO 2108:1992): weights 10 to 1 from the left, mod 11; a last X stands for 10.

    Without X the scheme is that of British NHS numbers.
    """
    digits = [10 if s in "Xx" else int(s) for s in text if s in "0123456789Xx"]
    if len(digits) != 10 or 10 in digits[:-1]:
        return False
    return sum(d * (10 - i) for i, d in enumerate(digits)) % 11 == 0


def check_mod11(text: str) -> bool:
    """Mod 11 with weights 2, 3, 4, 5, 6, 7, 2, ... left of the check digit, which weighs 1.

    As Norwegian account numbers and KID references use it; numbers whose check digit would be
    10 are not given out. Any length from 2.
    """
    digits = _digits(text)
    if not _long_enough(digits):
        return False
    *rest, last = digits
    weighed = sum(d * MOD11_WEIGHTS[i % 6] for i, d in enumerate(reversed(rest)))
    return (weighed + last) % 11 == 0


def check_mod97(text: str) -> bool:
    """ISO 7064 MOD 97-10: the number leaves 1 when divided by 97; two check digits at the end."""
    digits = _digits(text)
    return len(digits) >= 3 and int("".join(map(str, digits))) % 97 == 1


def check_verhoeff(text: str) -> bool:
    """Verhoeff (1969): permuted by place, multiplied in D5, gives 0. Any length from 2."""
    digits = _digits(text)
    state = 0
    for i, digit in enumerate(reversed(digits)):
        state = D5[state][VERHOEFF[i % 8][digit]]
    return _long_enough(digits) and state == 0


def check_damm(text: str) -> bool:
    """Damm (2004): a walk through the table of a quasigroup ends at 0. Any length from 2."""
    digits = _digits(text)
    state = 0
    for digit in digits:
        state = DAMM[state][digit]
    return _long_enough(digits) and state == 0


@dataclass(frozen=True)
class Check:
    """A scheme by name: its test, and how many check digits end a number."""

    name: str
    holds: Callable[[str], bool]
    check_digits: int = 1
    symbols: str = "0123456789"

    def complete(self, text: str) -> str:
        """``text`` with its check digits behind it.

        DecodeError if no check digit exists (a 10 in mod 11, a length that the scheme lacks).
        """
        endings = (
            self.symbols
            if self.check_digits == 1
            # MOD 97-10 gives 02 to 98; 00, 01 and 99 would pass the test but are never issued.
            else [f"{n:02d}" for n in range(2, 99)]
        )
        for ending in endings:
            if self.holds(text + ending):
                return text + ending
        raise DecodeError(
            f"no check digit makes {text!r} a {self.name} number.",
            "Look at its length and at the scheme of the number.",
        )


CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        Check("luhn", check_luhn),
        Check("isbn10", check_isbn10, symbols="0123456789X"),
        Check("isbn13", check_isbn13),
        Check("ean8", check_ean8),
        Check("ean13", check_ean13),
        Check("mod11", check_mod11),
        Check("mod97", check_mod97, check_digits=2),
        Check("verhoeff", check_verhoeff),
        Check("damm", check_damm),
    )
}
