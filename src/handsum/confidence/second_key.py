"""A second key: what a person typed once, against what the reader read.

An accepted value is wrong only if reader and person are both wrong, and in the same way. If they
err independently of one another, with risks a and b over the values compared, and share the same
wrong text in at most a share s of their joint errors, then

    P(wrong | they agree) <= s a b / (1 - a - b),

since they agree at least wherever both are right. s = 1 is the cautious bound. Independence is an
assumption: ink that nobody can read misleads both, and a person who sees the reading before typing
is no second key at all. Where it matters, audit the agreed values (`audit`), which assumes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from handsum.errors import UsageError
from handsum.readings import Decision

SINGLE_KEY_RISK = 0.00037
"""Errors of one trained clerk per field: Paulsen et al., PLoS ONE 7(4): e35087 (2012)."""


@dataclass(frozen=True)
class KeyComparison:
    """Whether reading and typed text agree: ``decision``, and the text that stands if they do."""

    decision: Decision
    text: str
    reading_text: str
    typed_text: str


def compare_keys(reading_text: str, typed_text: str) -> KeyComparison:
    """Accept a text that was read and typed alike, send any difference to review.

    Symbol by symbol, leading zeros and separators too; only white space around is ignored. Two
    empty texts agree that nothing stands there.
    """
    read, typed = reading_text.strip(), typed_text.strip()
    agreed = read == typed
    return KeyComparison("accepted" if agreed else "review", read if agreed else "", read, typed)


def agreement_risk(
    reading_risk: float, typing_risk: float = SINGLE_KEY_RISK, same_wrong: float = 1.0
) -> float:
    """Upper bound on the risk of agreed values, if reader and person err independently.

    ``reading_risk`` and ``typing_risk`` are upper bounds (0 to 1) on either's errors among all
    values compared, ``same_wrong`` on the share of joint errors that are the same text. UsageError
    for values out of range, or risks that add up to 1, from which nothing follows.
    """
    a, b = reading_risk, typing_risk
    if not (0.0 <= a <= 1.0 and 0.0 <= b <= 1.0 and 0.0 <= same_wrong <= 1.0 and a + b < 1.0):
        raise UsageError(
            f"No bound follows from risks of {a} and {b} with {same_wrong} alike.",
            "Give shares from 0 to 1 whose sum is below 1.",
        )
    return min(same_wrong * a * b / (1.0 - a - b), 1.0)
