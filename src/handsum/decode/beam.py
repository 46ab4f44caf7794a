"""Prefix beam search over CTC outputs, free or within an automaton.

Frame by frame, keeping the ``width`` most probable prefixes, each with the mass of its paths that
end in a blank and of those that end in its last symbol (Hannun, Maas, Jurafsky, Ng: First-Pass
Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs, 2014). The
usual method, whose masses are lower bounds. handsum.decode.texts searches exactly, in less time
on readable numbers, and is what readers use; this is what it is compared with.
"""

from __future__ import annotations

import heapq
import math

import numpy as np

from handsum.charset import BLANK_ID
from handsum.decode.automaton import DEAD, Automaton
from handsum.decode.ctc import Floats

PRUNE = 1e-4
"""Symbols less probable than this in a frame are passed over in it."""
_RESCALE = 1e-100

Hypotheses = dict[tuple[int, ...], list[float]]
"""Prefix -> [mass of paths that end in a blank, mass of those that end in its last symbol]."""

States = dict[tuple[int, ...], tuple[int, ...]]
"""Prefix -> states of the automaton that it leads to."""


def beam_search(
    log_probs: Floats,
    width: int = 32,
    prune: float = PRUNE,
    automaton: Automaton | None = None,
    k: int = 1,
) -> list[tuple[tuple[int, ...], float]]:
    """The ``k`` best texts as ids, each with the log of its mass, of ``log_probs`` (T, C).

    With ``automaton``, only its texts; none if no prefix that survived can be completed. With
    ``prune`` 0 and a ``width`` that drops nothing the masses are exact; otherwise they leave out
    what was dropped. ValueError if ``width`` or ``k`` is below 1.
    """
    if width < 1 or k < 1:
        raise ValueError(f"width {width} and k {k} must be 1 or more")
    following = None if automaton is None else automaton.transitions.tolist()
    states: States = {(): () if automaton is None else automaton.starts}
    beam: Hypotheses = {(): [1.0, 0.0]}
    log_scale = 0.0
    for row in np.exp(log_probs):
        blank = float(row[BLANK_ID])
        active = [(int(i), float(row[i])) for i in np.flatnonzero(row >= prune) if i != BLANK_ID]
        if active:
            beam = _advance(beam, states, active, blank, following)
            if len(beam) > width:
                kept = heapq.nlargest(width, beam.items(), key=lambda item: sum(item[1]))
                beam = dict(kept)
                states = {ids: states[ids] for ids in beam}
        else:  # only the blank: no prefix grows, and all shrink alike
            for masses in beam.values():
                masses[0], masses[1] = (masses[0] + masses[1]) * blank, 0.0
        best = max(map(sum, beam.values()))
        if 0.0 < best < _RESCALE:
            for masses in beam.values():
                masses[0] /= best
                masses[1] /= best
            log_scale += math.log(best)
    texts = [
        (ids, math.log(sum(masses)) + log_scale)
        for ids, masses in beam.items()
        if sum(masses) > 0.0
        and (automaton is None or any(automaton.accepting[q] for q in states[ids]))
    ]
    return heapq.nlargest(k, texts, key=lambda text: text[1])


def _advance(
    beam: Hypotheses,
    states: States,
    active: list[tuple[int, float]],
    blank: float,
    following: list[list[int]] | None,
) -> Hypotheses:
    """One frame: every prefix stays, and grows by every active symbol that may follow it.

    New prefixes enter their automaton states into ``states``.
    """
    after: Hypotheses = {}
    for ids, (in_blank, in_symbol) in beam.items():
        whole = in_blank + in_symbol
        masses = after.setdefault(ids, [0.0, 0.0])
        masses[0] += whole * blank
        last = ids[-1] if ids else BLANK_ID
        for i, p in active:
            grown = whole * p
            if i == last:
                masses[1] += in_symbol * p  # the same symbol goes on
                grown = in_blank * p  # a second one only after a blank
            longer = (*ids, i)
            if longer not in states:
                if following is None:
                    states[longer] = ()
                else:
                    reached = (following[q][i] for q in states[ids])
                    states[longer] = tuple(q for q in reached if q != DEAD)
            if following is None or states[longer]:
                after.setdefault(longer, [0.0, 0.0])[1] += grown
    return after
