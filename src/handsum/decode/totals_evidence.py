"""What a reader says about a field, as the joint decoding of a sheet needs it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.charset import Charset
from handsum.decode.constraint import CompiledConstraint
from handsum.decode.ctc import Floats
from handsum.decode.decoded import Decoded
from handsum.decode.texts import decode_cells
from handsum.decode.values import Separators, canonical_value


@dataclass(frozen=True)
class TextEvidence:
    """One possible text, its canonical decimal (None if it is no number) and its probability."""

    text: str
    value: str | None
    probability: float


@dataclass(frozen=True, eq=False)
class DigitCells:
    """Independent cells of a comb, units on the right: ``probs`` (L, 10), a row a cell.

    ``blank`` (L,) is the probability of an empty cell, which may only stand before the digits.
    ``mass``: the probability of all fillings that obey this.
    """

    probs: Floats
    blank: Floats
    mass: float = 1.0


@dataclass(frozen=True, eq=False)
class FieldEvidence:
    """The texts that a field may hold, the most probable first, with calibrated probabilities.

    The probabilities and that of all unlisted texts sum to 1. ``score`` gives the probability
    of any text, where the reader can tell; without it the unlisted ones share the rest evenly.
    ``cells``: the same evidence as independent cells, if it is that. ``blank_is_zero``: a field
    left empty counts as 0 in sums.
    """

    name: str
    texts: tuple[TextEvidence, ...]
    score: Callable[[str], float] | None = None
    cells: DigitCells | None = None
    blank_is_zero: bool = False

    def __post_init__(self) -> None:
        found = [text.probability for text in self.texts]
        if not all(0.0 <= p <= 1.0 + 1e-9 for p in found) or math.fsum(found) > 1.0 + 1e-6:
            raise ValueError(f"the probabilities of field {self.name!r} are none: {found}")
        if len({text.text for text in self.texts}) < len(self.texts):
            raise ValueError(f"field {self.name!r} lists a text twice")
        if any(a < b for a, b in itertools.pairwise(found)):
            raise ValueError(f"the texts of field {self.name!r} are not in order")

    @property
    def unlisted(self) -> float:
        """The probability of all texts that are not listed."""
        return max(0.0, 1.0 - math.fsum(text.probability for text in self.texts))


def evidence_from_decoded(
    name: str,
    decoded: Decoded,
    separators: Separators | None = None,
    *,
    calibrate: Callable[[float], float] | None = None,
    blank_is_zero: bool = False,
) -> FieldEvidence:
    """Evidence from decoded texts; ``calibrate`` turns the best posterior into a confidence.

    Calibration moves the best text alone; the others keep their proportions among the rest.
    """
    posteriors = [candidate.posterior for candidate in decoded.candidates]
    if calibrate is not None and posteriors:
        best = calibrate(posteriors[0])
        others = 1.0 - posteriors[0]
        scale = (1.0 - best) / others if others > 0 else 0.0
        posteriors = [best, *(p * scale for p in posteriors[1:])]
    listed = [
        TextEvidence(candidate.text, canonical_value(candidate.text, separators), p)
        for candidate, p in zip(decoded.candidates, posteriors, strict=True)
    ]
    listed.sort(key=lambda text: -text.probability)
    return FieldEvidence(name, tuple(listed), blank_is_zero=blank_is_zero)


def evidence_from_cells(
    name: str,
    log_probs: npt.NDArray[np.floating],
    charset: Charset,
    constraint: CompiledConstraint | None = None,
    *,
    leading_blanks: bool = True,
    k: int = 12,
    floor: float = 1e-7,
    blank_is_zero: bool = False,
) -> FieldEvidence:
    """Evidence from cells with ``log_probs`` (L, C), id 0 the empty cell, units on the right.

    Empty cells may stand before the digits if ``leading_blanks``. The best ``k`` texts above
    ``floor`` are listed; every other text can be scored exactly. ValueError for a closed list:
    decode it with decode_cells and take evidence_from_decoded.
    """
    if constraint is not None and constraint.entries is not None:
        raise ValueError(f"field {name!r}: a closed list is no set of independent cells")
    rows = np.asarray(log_probs, np.float64)
    probs = np.exp(rows)
    digits = np.array([charset.encode(str(d))[0] for d in range(10)])
    length = len(rows)
    # No gaps in all suffixes: texts of n digits fill the last n cells, those before are empty.
    empty = np.cumprod([1.0, *probs[:, 0]])
    found: dict[str, float] = {}
    for first in range(length + 1 if leading_blanks else 1):
        if empty[first] <= floor:
            break
        if first == length:
            found[""] = float(empty[first])
            continue
        for text, probability in _best_texts(rows[first:], charset, constraint, k, floor):
            found[text] = float(empty[first]) * probability
    fits = {t: p for t, p in found.items() if constraint is None or constraint.accepts(t)}
    whole, chain = _suffix_mass(probs, digits, leading_blanks, constraint, charset)

    def score(text: str) -> float:
        first = length - len(text)
        if first < 0 or (first and not leading_blanks) or set(text) - set(charset.symbols):
            return 0.0
        if constraint is not None and not constraint.accepts(text):
            return 0.0
        ids = charset.encode(text)
        return float(empty[first] * probs[np.arange(first, length), ids].prod()) / whole

    best = sorted(fits, key=lambda text: -fits[text])[:k]
    listed = tuple(
        TextEvidence(text, canonical_value(text, Separators("")), min(fits[text] / whole, 1.0))
        for text in best
    )
    return FieldEvidence(name, listed, score, chain, blank_is_zero)


def _best_texts(
    rows: Floats, charset: Charset, constraint: CompiledConstraint | None, k: int, floor: float
) -> list[tuple[str, float]]:
    """The ``k`` most probable texts of cells of which none is empty."""
    if constraint is not None:
        part = decode_cells(rows, charset, constraint, k, floor, gaps="none")
        return [(text.text, math.exp(text.log_prob)) for text in part.candidates]
    # Without a constraint the best k prefixes hold the best k texts: cells are independent.
    ids, masses = np.zeros((1, 0), np.intp), np.ones(1)
    for row in np.exp(rows[:, 1:]):
        joint = np.multiply.outer(masses, row).reshape(-1)
        best = np.argsort(-joint, kind="stable")[:k]
        best = best[joint[best] > 0.0]
        prefix, symbol = np.divmod(best, len(row))
        ids, masses = np.column_stack([ids[prefix], symbol + 1]), joint[best]
    return [
        (charset.decode(text), p)
        for text, p in zip(ids.tolist(), masses.tolist(), strict=True)
        if p > floor
    ]


def _suffix_mass(
    probs: Floats,
    digits: npt.NDArray[np.intp],
    leading_blanks: bool,
    constraint: CompiledConstraint | None,
    charset: Charset,
) -> tuple[float, DigitCells | None]:
    """Mass of all texts that may stand there, and the cells if digits and blanks say it all."""
    length = len(probs)
    empty = np.cumprod([1.0, *probs[:, 0]])
    starts = range(length + 1 if leading_blanks else 1)
    if constraint is not None and constraint.automaton is not None:
        automaton = constraint.automaton
        whole = 0.0
        for first in starts:
            states = np.zeros(len(automaton) + 1)  # the last is for transitions of -1
            states[list(automaton.starts)] = 1.0
            for row in probs[first:]:
                after = np.zeros_like(states)
                for i in range(1, len(charset)):
                    np.add.at(after, automaton.transitions[:, i], states[:-1] * row[i])
                after[-1] = 0.0
                states = after
            whole += empty[first] * float(states[:-1] @ automaton.accepting)
        return max(whole, 1e-300), None
    filled_mass = np.append(np.cumprod(probs[::-1, 1:].sum(axis=1))[::-1], 1.0)
    whole = float(sum(empty[first] * filled_mass[first] for first in starts))
    cells = DigitCells(probs[:, digits], probs[:, 0] if leading_blanks else np.zeros(length), whole)
    other = 1.0 - probs[:, 0] - probs[:, digits].sum(axis=1)
    return whole, cells if float(other.max()) < 1e-9 else None
