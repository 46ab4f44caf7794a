"""What people write on the four example forms: values that obey the rules, and slips that do not.

Every sampler gives a sheet's entries by field name and what was planted. A planted slip is one
wrong total: a carry forgotten, a digit wrong, two digits swapped, or a line left out.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from handsum.decode.checks import CHECKS

FORMS = Path(__file__).parent.parent / "examples" / "forms"

Kind = Literal["number", "blank", "dashed", "tick"]


@dataclass(frozen=True)
class Entry:
    """What stands in a field: ``text`` of a number, else what is there instead of one."""

    text: str
    kind: Kind = "number"


BLANK = Entry("", "blank")


@dataclass(frozen=True)
class Filled:
    """A sheet's entries by field name; ``planted`` names the field with a wrong total, or none."""

    entries: dict[str, Entry]
    planted: str | None = None


Sampler = Callable[[np.random.Generator, bool], Filled]
"""(rng, whether to plant a slip) -> a sheet."""


def slip(value: int, rng: np.random.Generator, parts: Sequence[int] = ()) -> int:
    """A wrong result that a writer may state for ``value`` (in units of the last digit)."""
    for _ in range(50):
        digits = [int(d) for d in str(value)]
        kind = rng.random()
        wrong = value
        if kind < 0.35:  # a carry forgotten or made twice
            wrong = value + int(rng.choice([-1, 1])) * 10 ** int(rng.integers(0, len(digits)))
        elif kind < 0.7:  # one digit wrong
            place = int(rng.integers(0, len(digits)))
            digits[place] = (digits[place] + int(rng.integers(1, 10))) % 10
            wrong = int("".join(map(str, digits)))
        elif kind < 0.85 and len(digits) > 1:  # two neighbours swapped
            place = int(rng.integers(0, len(digits) - 1))
            digits[place], digits[place + 1] = digits[place + 1], digits[place]
            wrong = int("".join(map(str, digits)))
        elif parts:  # a line left out
            wrong = value - int(rng.choice(parts))
        if wrong != value and wrong > 0 and len(str(wrong)) == len(str(value)):
            return wrong
    return value + 1


def polling_station(rng: np.random.Generator, plant: bool) -> Filled:
    """Votes of six candidates; valid + rejected = cast <= registered."""
    registered = int(rng.integers(120, 3000))
    cast = int(registered * rng.uniform(0.35, 0.92))
    rejected = int(cast * rng.beta(1, 40))
    valid = cast - rejected
    shares = rng.dirichlet([1.4, 1.2, 0.8, 0.5, 0.3, 0.2])
    votes = [int(v) for v in rng.multinomial(valid, shares)]
    stated = {"valid": valid, "rejected": rejected, "cast": cast}
    planted = None
    if plant:
        planted = str(rng.choice(["valid", "cast"]))
        stated[planted] = slip(stated[planted], rng, [v for v in votes if v])
        if planted == "valid" and rng.random() < 0.5:  # carried on as people do
            stated["cast"] = stated["valid"] + rejected
        if stated["cast"] > registered:
            registered = stated["cast"] + int(rng.integers(1, 90))
    stations = read_list("polling-station", "stations.txt")
    entries = {"station": Entry(stations[int(rng.integers(len(stations)))])}
    entries["registered"] = Entry(str(registered))
    for i, count in enumerate(votes, start=1):
        entries[f"candidates[{i}].votes"] = Entry(str(count))
    entries |= {name: Entry(str(count)) for name, count in stated.items()}
    entries["in_box"] = Entry(str(stated["cast"]))
    entries["recount"] = Entry("", "tick") if rng.random() < 0.2 else BLANK
    return Filled(entries, planted)


def weather_log(rng: np.random.Generator, plant: bool) -> Filled:
    """A month of minimum, maximum and rain; means of ten days, the month's rain."""
    stations = read_list("weather-log", "stations.txt")
    year, month = int(rng.integers(1951, 2026)), int(rng.integers(1, 13))
    last = 29 if month == 2 and year % 4 == 0 else (28, 30, 31)[_month_kind(month)]
    entries = {
        "station": Entry(stations[int(rng.integers(len(stations)))]),
        "year": Entry(str(year)),
        "month": Entry(str(month)),
    }
    warmth = 9 - 11 * np.cos((month - 1) / 6 * np.pi) + rng.normal(0, 3)
    rains: list[int] = []
    low: dict[int, int] = {}
    high: dict[int, int] = {}
    for day in range(1, 32):
        part, row = _part_of(day)
        if day > last:
            for name in ("min", "max", "rain"):
                entries[f"{part}[{row}].{name}"] = BLANK
            continue
        middle = 10 * (warmth + rng.normal(0, 3.5))
        spread = abs(rng.normal(45, 18)) + 5
        low[day] = int(np.clip(middle - spread, -380, 480))
        high[day] = int(np.clip(middle + spread, low[day], 480))
        entries[f"{part}[{row}].min"] = Entry(tenths(low[day]))
        entries[f"{part}[{row}].max"] = Entry(tenths(high[day]))
        rain = int(rng.gamma(0.8, 70)) + 1 if rng.random() < 0.4 else 0
        rains.append(rain)
        none = Entry("0.0") if rng.random() < 0.3 else BLANK
        entries[f"{part}[{row}].rain"] = Entry(tenths(rain)) if rain else none
    planted = str(rng.choice(_RESULTS)) if plant else None
    for part, days in (("first", range(1, 11)), ("second", range(11, 21))):
        for name, values in (("min", low), ("max", high)):
            mean = _mean([values[day] for day in days])
            field = f"{part}_{name}"
            stated = _slip_signed(mean, rng) if planted == field else mean
            entries[field] = Entry(tenths(stated))
    total = sum(rains)
    stated = slip(max(total, 1), rng, [r for r in rains if r]) if planted == "rain" else total
    entries["rain"] = Entry(tenths(stated))
    return Filled(entries, planted)


_RESULTS = ("first_min", "first_max", "second_min", "second_max", "rain")


def mark_sheet(rng: np.random.Generator, plant: bool) -> Filled:
    """Marks of up to eight pupils out of a class list, halves allowed, totals a row."""
    pupils = read_list("mark-sheet", "class.csv")
    count = int(rng.integers(5, 9))
    chosen = [pupils[i] for i in sorted(rng.choice(len(pupils), size=count, replace=False))]
    entries: dict[str, Entry] = {"paper": Entry(f"{int(rng.integers(1, 100)):02d}")}
    slips = int(rng.integers(1, count + 1)) if plant else 0
    for row in range(1, 9):
        if row > count:
            for name in ("pupil", *MAXIMA, "total"):
                entries[f"pupils[{row}].{name}"] = BLANK
            continue
        entries[f"pupils[{row}].pupil"] = Entry(chosen[row - 1])
        ability = rng.beta(4, 2)
        halves = []
        for name, most in MAXIMA.items():
            got = int(np.clip(round(2 * most * rng.normal(ability, 0.15)), 0, 2 * most))
            halves.append(got)
            entries[f"pupils[{row}].{name}"] = Entry(half_marks(got))
        total = sum(halves)
        if row == slips:
            total = _slip_halves(total, rng, halves)
        entries[f"pupils[{row}].total"] = Entry(half_marks(total))
    return Filled(entries, f"pupils[{slips}].total" if plant else None)


MAXIMA = {"q1": 4, "q2": 6, "q3": 8, "q4": 10, "q5": 12}


def paying_in(rng: np.random.Generator, plant: bool) -> Filled:
    """Cheques in a column and cash, their sum, an account number with a check digit, a date."""
    while True:
        stem = "".join(str(d) for d in rng.integers(0, 10, size=10))
        if not stem.startswith("0") and any(
            CHECKS["mod11"].holds(stem + str(d)) for d in range(10)
        ):
            break
    account = CHECKS["mod11"].complete(stem)
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(24, 27))
    entries = {"account": Entry(account), "date": Entry(f"{day:02d}{month:02d}20{year}")}
    count = int(rng.integers(2, 8))
    amounts = [int(np.exp(rng.normal(9.2, 1.3))) + 50 for _ in range(count)]
    amounts = [min(a - a % 50 if rng.random() < 0.3 else a, 999_999) for a in amounts]
    for row in range(1, 8):
        name = f"cheques[{row}].amount"
        entries[name] = Entry(cents(amounts[row - 1])) if row <= count else BLANK
    cheques = sum(amounts)
    cash = int(rng.integers(1, 80)) * 500 if rng.random() < 0.6 else 0
    entries["cash"] = Entry(cents(cash)) if cash else BLANK
    planted = str(rng.choice(["subtotal", "total"])) if plant else None
    subtotal = slip(cheques, rng, amounts) if planted == "subtotal" else cheques
    total = subtotal + cash
    total = slip(total, rng, [cash] if cash else ()) if planted == "total" else total
    entries["subtotal"], entries["total"] = Entry(cents(subtotal)), Entry(cents(total))
    return Filled(entries, planted)


SAMPLERS: dict[str, Sampler] = {
    "polling-station": polling_station,
    "weather-log": weather_log,
    "mark-sheet": mark_sheet,
    "paying-in": paying_in,
}


def read_list(form: str, name: str) -> list[str]:
    """The first column of a list that lies beside a template."""
    with (FORMS / form / name).open(newline="", encoding="utf-8") as file:
        return [row[0].strip() for row in csv.reader(file) if row and row[0].strip()]


def tenths(value: int) -> str:
    """-123 -> -12.3"""
    return f"{'-' if value < 0 else ''}{abs(value) // 10}.{abs(value) % 10}"


def cents(value: int) -> str:
    """123450 -> 1234,50"""
    return f"{value // 100},{value % 100:02d}"


def half_marks(halves: int) -> str:
    """15 -> 7.5, 14 -> 7"""
    return f"{halves // 2}.5" if halves % 2 else str(halves // 2)


def _mean(values: Sequence[int]) -> int:
    """Ten values' mean in the same units, halves away from zero as people round."""
    total = sum(values)
    return (abs(total) + 5) // 10 * (1 if total >= 0 else -1)


def _slip_signed(value: int, rng: np.random.Generator) -> int:
    """A wrong mean: off by two units at least, since one may be how a half was rounded."""
    wrong = abs(value)
    while abs(wrong - abs(value)) < 2:
        wrong = slip(max(abs(value), 10), rng)
    return wrong if value >= 0 else -wrong


def _slip_halves(halves: int, rng: np.random.Generator, parts: Sequence[int]) -> int:
    """A wrong total of marks: in whole marks as a rule, now and then a half lost."""
    most = 2 * sum(MAXIMA.values())
    for _ in range(50):
        if rng.random() < 0.2:
            wrong = halves + int(rng.choice([-1, 1]))
        elif rng.random() < 0.2:
            wrong = halves - int(rng.choice(parts))
        else:
            wrong = 2 * slip(max(halves // 2, 1), rng) + halves % 2
        if wrong != halves and 0 < wrong <= most:
            return wrong
    return halves - 2 if halves > 2 else halves + 2


def _month_kind(month: int) -> int:
    return 0 if month == 2 else 1 if month in (4, 6, 9, 11) else 2


def _part_of(day: int) -> tuple[str, int]:
    part = min((day - 1) // 10, 2)
    return ("first", "second", "third")[part], day - 10 * part
