"""The entry: from what a net says to the most probable texts that satisfy a constraint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from handsum.charset import Charset
from handsum.decode.automaton import Automaton, any_text
from handsum.decode.cells import Cells, Gaps
from handsum.decode.constraint import CompiledConstraint
from handsum.decode.ctc import checked_log_probs
from handsum.decode.decoded import Decoded, DecodedText
from handsum.decode.frames import Frames
from handsum.decode.list_search import search_entries
from handsum.decode.lists import EntryList
from handsum.decode.mass import TINY
from handsum.decode.prefixes import Evidence, PrefixTree
from handsum.decode.search import BestFirst, beam

FLOOR = 1e-4
"""Texts with a smaller share of the mass are not looked for unless asked."""
BUDGET = 200
"""Prefixes that the exact search may expand; a readable number takes 10 to 60."""
BEAM_WIDTH = 16


@dataclass(frozen=True)
class Widening:
    """More texts, ``k`` of them, where the best one has a posterior under ``below``.

    Further ones than were asked for anyhow need a posterior of ``floor``.
    """

    below: float
    k: int
    floor: float = 0.0


def decode_text(
    log_probs: npt.NDArray[np.floating],
    charset: Charset,
    constraint: CompiledConstraint | None = None,
    k: int = 3,
    floor: float = FLOOR,
    widening: Widening | None = None,
) -> Decoded:
    """The ``k`` most probable texts of CTC ``log_probs`` (T, C) that satisfy the constraint.

    C = len(charset), id 0 the blank, natural logarithms, rows summing to 1. Fewer than ``k`` if
    the others have a posterior under ``floor``; more where ``widening`` says so. The empty text is
    a candidate like any other, unless the constraint excludes it. ValueError if the array, charset
    or ``k`` does not fit.
    """
    rows = checked_log_probs(log_probs, len(charset))
    _check_options(charset, constraint, k)
    return _decode(Frames(rows), charset, constraint, k, floor, widening)


def decode_cells(
    log_probs: npt.NDArray[np.floating],
    charset: Charset,
    constraint: CompiledConstraint | None = None,
    k: int = 3,
    floor: float = FLOOR,
    *,
    gaps: Gaps = "ends",
) -> Decoded:
    """The ``k`` most probable texts of cells with ``log_probs`` (L, C) that satisfy the constraint.

    As decode_text, but each row is a cell and id 0 the empty one. ``gaps`` "ends": empty cells
    before and behind the number only; "none": no cell is empty; "anywhere". What ``gaps``
    excludes counts as left over, also without a constraint. ``alignment`` counts cells, and
    the confidence of a symbol is its share among the symbols of its cell.
    """
    rows = checked_log_probs(log_probs, len(charset))
    _check_options(charset, constraint, k)
    return _decode(Cells(rows, gaps), charset, constraint, k, floor)


def _check_options(charset: Charset, constraint: CompiledConstraint | None, k: int) -> None:
    if k < 1:
        raise ValueError(f"k is {k}, expected 1 or more")
    if constraint is not None and constraint.charset != charset:
        raise ValueError("the constraint was compiled for another charset")


def _decode(
    evidence: Evidence,
    charset: Charset,
    constraint: CompiledConstraint | None,
    k: int,
    floor: float,
    widening: Widening | None = None,
) -> Decoded:
    if constraint is not None and constraint.entries is not None:
        return _decode_list(evidence, charset, constraint.entries, k, widening)
    automaton = None if constraint is None else constraint.automaton
    swept = evidence.sweep(automaton)
    if swept.mass < TINY:
        return _decode_single(evidence, charset, automaton)
    mass = swept.mass
    texts_of = _everything(charset) if automaton is None else automaton
    tree = PrefixTree(evidence, texts_of, swept.reach, floor * mass)
    search = BestFirst(tree, floor * mass, BUDGET)
    found = search.take(k)
    if widening is not None and found.texts and found.texts[0][0] < widening.below * mass:
        k = max(k, widening.k)
        found = search.take(k, widening.floor * mass)
    texts = {node.ids: probability for probability, node in found.texts}
    exact = found.exact and bool(texts)
    if not exact:  # the picture says little: no text stands out
        tree = PrefixTree(evidence, texts_of, swept.reach)
        widened = beam(tree, k, BEAM_WIDTH, evidence.longest)
        texts.update((node.ids, probability) for probability, node in widened)
    if not texts:
        return _decode_single(evidence, charset, automaton)
    best = sorted(texts.items(), key=lambda pair: -pair[1])[:k]
    candidates = tuple(
        DecodedText(charset.decode(ids), math.log(probability), min(probability / mass, 1.0))
        for ids, probability in best
    )
    return Decoded(candidates, min(math.log(mass), 0.0), evidence.align(best[0][0]), exact)


@lru_cache(maxsize=8)
def _everything(charset: Charset) -> Automaton:
    return any_text(range(1, len(charset)), len(charset))


def _decode_list(
    evidence: Evidence,
    charset: Charset,
    entries: EntryList,
    k: int,
    widening: Widening | None,
) -> Decoded:
    # The search's time hardly depends on how many are kept.
    found = search_entries(evidence, entries, k if widening is None else max(k, widening.k))
    if not found.best:
        return Decoded((), -math.inf, (), found.exact, 0.0 if found.exact else 1.0)
    whole = found.total + found.open
    candidates = tuple(
        DecodedText(entries.texts[position], math.log(probability), score / whole)
        for score, probability, position in found.best
    )
    spans = evidence.align(charset.encode(candidates[0].text))
    log_mass = min(math.log(found.mass), 0.0)
    return Decoded(candidates, log_mass, spans, found.exact, found.open / whole)


def _decode_single(evidence: Evidence, charset: Charset, automaton: Automaton | None) -> Decoded:
    """The text of the best path alone, for evidence that hardly fits; scored in logarithms."""
    found = evidence.single(automaton)
    if found is None:
        return Decoded((), -math.inf, (), exact=True)
    ids, log_prob, log_mass = found
    posterior = math.exp(min(log_prob - log_mass, 0.0))
    text = DecodedText(charset.decode(ids), log_prob, posterior)
    return Decoded((text,), log_mass, evidence.align(ids), exact=False)
