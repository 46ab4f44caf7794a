"""Comb fields of a form: the cells are known from the template, both nets say what is in them.

A cell is empty if nothing is in it, or a dash or a cross, as people strike out cells that they do
not use. Anything else that is no digit makes the field "not_a_number", and a cell that is more ink
than paper "struck_out": neither is ever taken for an empty cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handsum.decode.constraint import CompiledConstraint
from handsum.decode.decoded import Decoded
from handsum.decode.texts import decode_cells
from handsum.forms.cell_looks import Look, look_at
from handsum.forms.crops import FieldInk
from handsum.imaging.combs import Comb, cut_cells
from handsum.imaging.load import Picture
from handsum.reader.combs import CombReader, PreparedComb
from handsum.readings import Content

TOP = 12
"""Texts that are kept of a field, for the rules to choose from."""
_GAP = 0.2  # mm of a printed border between two cells
_EMPTY: dict[Look, float] = {"bare": 0.9995, "dash": 0.999, "crossed": 0.999}
"""How often cells that look so are empty."""
_LEAST_SURE = 0.02
_DIGITS, _NEVER = 11, 1e-12
_MARKS = ".,-/"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CombInk:
    """A comb ready for the nets, and what the ink of each cell looks like."""

    prepared: PreparedComb
    looks: tuple[Look, ...]


@dataclass(frozen=True, eq=False)
class CombOutput:
    """What a comb holds: ``decoded`` texts, and ``rows`` (L, C), log-probabilities of its cells.

    ``sure``: the probability that every symbol in it is one that can be read.
    """

    content: Content
    decoded: Decoded
    rows: Floats
    sure: float


def prepare_comb(field: FieldInk, scale: float, reader: CombReader, source: str) -> CombInk:
    """Cut a comb at its cells and prepare each."""
    ink = field.ink.astype(np.float32) / np.float32(255)
    x0 = field.corner[0]
    edges = np.array(
        [[cell[0] * scale - x0, cell[2] * scale - x0] for cell in field.field.cell_boxes]
    )
    half = _GAP * scale / 2
    top, foot = field.box[1] - field.corner[1], field.box[3] - field.corner[1]
    same = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    comb = Comb(ink, edges[:, 0] + half, edges[:, 1] - half, top, foot, same, 1.0)
    cut = cut_cells(comb)
    prepared = reader.prepare_found(comb, Picture(field.paper, source), cut)
    looks = tuple(look_at(cell, comb, k, scale) for k, cell in enumerate(cut))
    return CombInk(prepared, looks)


def read_combs(
    combs: Sequence[CombInk],
    constraints: Sequence[CompiledConstraint | None],
    reader: CombReader,
) -> list[CombOutput]:
    """What combs hold, all in one batch of each net."""
    if not combs:
        return []
    found = reader.cell_log_probs([comb.prepared for comb in combs])
    return [
        _output(comb, rows, constraint, reader)
        for comb, rows, constraint in zip(combs, found, constraints, strict=True)
    ]


def _output(
    comb: CombInk, rows: Floats, constraint: CompiledConstraint | None, reader: CombReader
) -> CombOutput:
    charset = reader.numbers.charset
    probs = np.exp(rows)
    marks = charset.encode(_MARKS) if _takes_marks(constraint) else []
    sure, scribbled, begun = 1.0, False, False
    for row, seen in zip(probs, comb.looks, strict=True):
        row[_DIGITS:] = _NEVER
        no_digit = float(row[0])
        # Cells are struck out before a number, not in it: there a straight stroke is a 1.
        look = "stroke" if begun and seen == "crossed" else seen
        begun |= look not in _EMPTY and no_digit < 0.5
        if look in _EMPTY and not (look == "dash" and marks):
            row[1:_DIGITS] *= (1.0 - _EMPTY[look]) / max(1.0 - no_digit, _NEVER)
            row[0] = _EMPTY[look]
        elif look in ("symbol", "scribble") and marks:
            row[marks], row[0] = no_digit / len(marks), _NEVER  # the format tells which one
        elif look in ("symbol", "scribble"):
            row[0] = _NEVER
            sure *= 1.0 - no_digit
            scribbled |= look == "scribble" and no_digit > 0.5
        elif marks:
            row[marks], row[0] = no_digit / (len(marks) + 1), no_digit / (len(marks) + 1)
        row[:] = row / row.sum()
    rows = np.log(np.maximum(probs, _NEVER))
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
    content: Content = "number"
    if scribbled or sure < _LEAST_SURE:
        content = "struck_out" if scribbled else "not_a_number"
    elif (probs[:, 0] > 0.5).all():
        content = "blank"
    if content == "blank":
        return CombOutput(
            content, decode_cells(rows, charset, None, 1, gaps="anywhere"), rows, sure
        )
    return CombOutput(
        content, decode_cells(rows, charset, constraint, TOP, gaps="ends"), rows, sure
    )


def _takes_marks(constraint: CompiledConstraint | None) -> bool:
    """Whether a format wants marks in cells of their own."""
    if constraint is None or constraint.automaton is None:
        return False
    ids = constraint.charset.encode(_MARKS)
    return bool((constraint.automaton.transitions[:, ids] >= 0).any())


def ends_last(output: CombOutput) -> bool:
    """Whether the best text's last digit stands in the last cell, as units do."""
    spans = output.decoded.alignment
    return bool(spans) and spans[-1].start == len(output.rows) - 1
