"""What people write into number fields: lengths, leading zeros, repeats, separators, signs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RAISED_POINT = "·"
THIN_SPACE = " "
_LENGTHS = np.array([12, 16, 16, 15, 13, 11, 7, 5, 2, 1, 1, 1], dtype=np.float64)  # 1 to 12 digits

Writer = Callable[[np.random.Generator], str]


def read_text(written: str) -> str:
    """The label of what was written: gaps are no symbol, a raised point is a point."""
    return written.replace(THIN_SPACE, "").replace(RAISED_POINT, ".")


def sample_text(rng: np.random.Generator, separators: float) -> str:
    """A number as a person writes it; ``separators`` is the share with anything but digits."""
    kinds = SEPARATED if rng.random() < separators else PLAIN
    names = list(kinds)
    weights = np.array([kinds[name][1] for name in names])
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    return kinds[name][0](rng)


def sample_length(rng: np.random.Generator) -> int:
    """1 to 12 digits, short ones more often."""
    return 1 + int(rng.choice(len(_LENGTHS), p=_LENGTHS / _LENGTHS.sum()))


def _digits(rng: np.random.Generator, length: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, size=length))


def _plain(rng: np.random.Generator) -> str:
    return _digits(rng, sample_length(rng))


def _leading_zeros(rng: np.random.Generator) -> str:
    length = max(2, sample_length(rng))
    zeros = int(rng.integers(1, length))
    return "0" * zeros + _digits(rng, length - zeros)


def _repeats(rng: np.random.Generator) -> str:
    """Runs of one digit, where a collapsing reader fails."""
    text = ""
    for _ in range(int(rng.integers(1, 4))):
        text += str(rng.integers(0, 10)) * int(rng.integers(1, 5))
    return text[:12]


def _round(rng: np.random.Generator) -> str:
    head = str(rng.integers(1, 10)) + _digits(rng, int(rng.integers(0, 3)))
    return head + "0" * int(rng.integers(1, 6))


def _year(rng: np.random.Generator) -> str:
    return str(rng.integers(1700, 2100))


def _ones_and_sevens(rng: np.random.Generator) -> str:
    """Strokes that are easily joined, dropped or taken for a border."""
    return "".join(rng.choice(list("11174790"), size=max(1, sample_length(rng) - 1)))


def _grouped(rng: np.random.Generator) -> str:
    """Thousands parted by a point, comma, raised point or gap."""
    mark = str(rng.choice([".", ",", RAISED_POINT, THIN_SPACE], p=[0.4, 0.2, 0.1, 0.3]))
    groups = [_digits(rng, 3) if rng.random() < 0.5 else "000"]
    if rng.random() < 0.25:
        groups.insert(0, _digits(rng, 3))
    return mark.join([str(rng.integers(1, 1000)), *groups])


def _decimal(rng: np.random.Generator) -> str:
    whole = "0" if rng.random() < 0.15 else str(rng.integers(1, 10 ** int(rng.integers(1, 5))))
    mark = str(rng.choice([".", ",", RAISED_POINT], p=[0.45, 0.4, 0.15]))
    return whole + mark + _digits(rng, int(rng.choice([1, 2, 3], p=[0.4, 0.5, 0.1])))


def _amount(rng: np.random.Generator) -> str:
    """A grouped whole part and two decimals after the other mark."""
    mark, point = (".", ",") if rng.random() < 0.6 else (",", ".")
    head = _grouped(rng)
    for old in (".", ",", RAISED_POINT):
        head = head.replace(old, mark)
    return head + point + _digits(rng, 2)


def _negative(rng: np.random.Generator) -> str:
    text = _decimal(rng) if rng.random() < 0.4 else _digits(rng, int(rng.integers(1, 5)))
    return "-" + text


def _date(rng: np.random.Generator) -> str:
    day, month = int(rng.integers(1, 32)), int(rng.integers(1, 13))
    year = int(rng.integers(1900, 2040))
    mark = str(rng.choice(["/", "-", "."], p=[0.5, 0.25, 0.25]))
    parts = [f"{day:02d}", f"{month:02d}"] if rng.random() < 0.6 else [str(day), str(month)]
    if rng.random() < 0.75:
        parts.append(str(year) if rng.random() < 0.5 else f"{year % 100:02d}")
    return mark.join(parts)


def _fraction(rng: np.random.Generator) -> str:
    return f"{rng.integers(1, 200)}/{rng.integers(1, 200)}"


def _spaced(rng: np.random.Generator) -> str:
    """Blocks with gaps between, as in account and telephone numbers."""
    blocks = [_digits(rng, int(rng.integers(2, 5))) for _ in range(int(rng.integers(2, 4)))]
    return THIN_SPACE.join(blocks)


PLAIN: dict[str, tuple[Writer, float]] = {
    "plain": (_plain, 10),
    "leading_zeros": (_leading_zeros, 1.2),
    "repeats": (_repeats, 2),
    "round": (_round, 2.5),
    "year": (_year, 0.5),
    "ones_and_sevens": (_ones_and_sevens, 1),
}
SEPARATED: dict[str, tuple[Writer, float]] = {
    "grouped": (_grouped, 3),
    "decimal": (_decimal, 4),
    "amount": (_amount, 1.5),
    "negative": (_negative, 3.5),
    "date": (_date, 1.0),
    "fraction": (_fraction, 0.5),
    "spaced": (_spaced, 1.5),
}
