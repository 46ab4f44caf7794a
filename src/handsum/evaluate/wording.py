"""Figures in words, the same on the terminal and in a report."""

from __future__ import annotations

import math

from handsum.evaluate.digits import REFUSED
from handsum.evaluate.figures import DigitFigures
from handsum.evaluate.metrics import Share
from handsum.evaluate.numbers import NumberFigures


def percent(share: float, places: int = 2) -> str:
    """A share 0..1 as per cent; "0 %" and "100 %" only where it is exactly that."""
    if math.isnan(share):
        return "-"
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    text = f"{100 * share:.{places}f}"
    while float(text) in (0.0, 100.0) and places < 12:
        places += 1
        text = f"{100 * share:.{places}f}"
    return f"{text} %"


def interval(share: Share) -> str:
    """The 95 % interval of a share: "96.31 to 98.84 %"."""
    return f"{percent(share.low).removesuffix(' %')} to {percent(share.high)}"


def wrong_of(share: Share) -> int:
    """How many of a share of right ones are wrong."""
    return share.n - share.count


def say_worst_writer(figures: DigitFigures | NumberFigures) -> str:
    """Whose digits or numbers are read worst, or why nobody can say."""
    worst = next(iter(figures.writers.items()), None)
    if worst is None:
        return "not known: these data name no writers"
    what = "digits" if isinstance(figures, DigitFigures) else "numbers"
    return f"{worst[0]}: {say_share(worst[1], what)}"


def say_share(share: Share, what: str = "digits") -> str:
    """How many were read right: "97.83 % of 600 digits right (96.31 to 98.84 %), 13 wrong"."""
    if share.n == 0:
        return f"there are no {what}"
    return (
        f"{percent(share.value)} of {share.n:,} {what} right ({interval(share)}), "
        f"{wrong_of(share):,} wrong"
    )


def say_refused(figures: DigitFigures) -> str:
    """How much was read as no digit: of the digits, and of what is none."""
    if REFUSED not in figures.class_names:
        return "nothing: this reader has no class for what is no digit"
    parts = []
    if figures.refused.n:
        parts.append(f"{percent(figures.refused.value)} of the digits")
    others = figures.refused_others
    if others is not None:
        parts.append(
            f"{percent(others.value)} of the {others.n:,} that are none ({interval(others)})"
        )
    return ", ".join(parts)


def say_refused_numbers(figures: NumberFigures) -> str:
    """How much was read as no number: of the numbers, and of what is none."""
    parts = [f"{percent(figures.refused.value)} of the numbers"] if figures.refused.n else []
    others = figures.refused_others
    if others is not None:
        parts.append(
            f"{percent(others.value)} of the {others.n:,} that are none ({interval(others)})"
        )
    return ", ".join(parts)


def say_accepted(figures: DigitFigures | NumberFigures) -> str:
    """What the estimate accepts at the asked risk, and how much of that is wrong."""
    asked = f"an estimated risk of at most {100 * figures.max_risk:g} % each"
    head = f"{percent(figures.accepted.value)} of all pictures at {asked}"
    wrong = figures.accepted_wrong
    if wrong.n == 0:
        return head
    return f"{head}; {percent(wrong.value)} of these wrong ({interval(wrong)}), {wrong.count:,}"


def say_coverage(figures: DigitFigures | NumberFigures) -> str:
    """The most that could be accepted by who knows the truth."""
    asked = f"{100 * figures.max_risk:g} % wrong among them"
    return f"{percent(figures.coverage)} of all pictures could be accepted with {asked}"
