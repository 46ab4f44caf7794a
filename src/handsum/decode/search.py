"""The k most probable texts, exactly: best-first over prefixes with bounds that never lie.

A prefix is bounded by the mass of everything that may still follow it, so the text that leaves
the queue first is the most probable one (prefix search decoding, Graves et al. 2006, section
3.2; here with the mass of a constraint as the bound). Reading is peaky: a few prefixes a symbol.
Where it is not, a budget ends the search and a beam finishes the job, and the result says so.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Node = TypeVar("Node")


@dataclass(frozen=True)
class Expansion(Generic[Node]):
    """What follows a prefix.

    ``own`` is the probability of the prefix as a whole text, 0 if it is none; ``children`` the
    longer prefixes, each with an upper bound on the summed probabilities of all texts that
    begin with it.
    """

    own: float
    children: Sequence[tuple[float, Node]]


class Tree(Protocol[Node]):
    """A tree of prefixes that can be searched."""

    def root(self) -> Node:
        """The empty prefix."""

    def expand(self, node: Node) -> Expansion[Node]:
        """Probability and children of a prefix."""


@dataclass(frozen=True)
class Found(Generic[Node]):
    """The best texts, the best first, with their probabilities.

    ``exact``: no other text can be more probable than these; else the budget ran out.
    """

    texts: tuple[tuple[float, Node], ...]
    exact: bool


class BestFirst(Generic[Node]):
    """The best texts of a tree, as far as they have ``floor`` or more, as many as are asked for.

    Expands at most ``budget`` prefixes in all.
    """

    def __init__(self, tree: Tree[Node], floor: float, budget: int) -> None:
        self._tree = tree
        self._floor = floor
        self._left = budget
        self._queue: list[tuple[float, int, bool, Node]] = [(-float("inf"), 0, False, tree.root())]
        self._pushed = 0
        self._best: list[tuple[float, Node]] = []

    def take(self, k: int, floor: float = 0.0) -> Found[Node]:
        """The ``k`` best texts; asked for more, the search goes on where it stopped.

        A ``floor`` above that of the search holds for what is yet to be found.
        """
        least = max(floor, self._floor)
        while self._queue and len(self._best) < k and -self._queue[0][0] >= least:
            negative, _, is_text, node = self._queue[0]
            if not is_text and not self._left:
                texts = [(-negative, node) for negative, _, is_text, node in self._queue if is_text]
                return Found(tuple(_top(self._best + texts, k)), exact=False)
            heapq.heappop(self._queue)
            if is_text:
                self._best.append((-negative, node))
                continue
            self._left -= 1
            expansion = self._tree.expand(node)
            if expansion.own > 0.0:
                self._push(expansion.own, True, node)
            for bound, child in expansion.children:
                if bound > 0.0:
                    self._push(bound, False, child)
        return Found(tuple(self._best[:k]), exact=True)

    def _push(self, bound: float, is_text: bool, node: Node) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (-bound, self._pushed, is_text, node))


def beam(tree: Tree[Node], k: int, width: int, longest: int) -> list[tuple[float, Node]]:
    """The ``k`` best texts of which every prefix is one of the ``width`` best of its length.

    For pictures on which `BestFirst` runs out of budget. Up to ``longest`` symbols.
    """
    level = [tree.root()]
    texts: list[tuple[float, Node]] = []
    for _ in range(longest + 1):
        following: list[tuple[float, Node]] = []
        for node in level:
            expansion = tree.expand(node)
            if expansion.own > 0.0:
                texts.append((expansion.own, node))
            following.extend((bound, child) for bound, child in expansion.children if bound > 0.0)
        texts = _top(texts, k)
        least = texts[-1][0] if len(texts) == k else 0.0
        level = [child for bound, child in _top(following, width) if bound > least]
        if not level:
            break
    return texts


def _top(scored: Iterable[tuple[float, Node]], count: int) -> list[tuple[float, Node]]:
    return heapq.nlargest(count, scored, key=lambda pair: pair[0])
