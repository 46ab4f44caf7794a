"""Closed lists of up to millions of entries, as a trie in a few arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.charset import Charset
from handsum.decode.automaton import DEAD, Automaton
from handsum.decode.ctc import Floats
from handsum.errors import DecodeError, FileEmptyError, FileMissingError, FileUnreadableError

ENTRY_LIMIT = 4_000_000
LENGTH_LIMIT = 64


@dataclass(frozen=True, eq=False)
class EntryList:
    """The texts of a list as a trie; nodes are numbered level by level, node 0 is the root.

    ``symbols`` (N,) uint8: the last id of the prefix; the children of node n are the nodes
    ``children[n]`` to ``children[n + 1]``; ``entry`` (N,) int32: the position in ``texts`` of the
    entry that ends here, or -1; ``levels`` (L + 2,): first node of every depth. ``heaviest`` (N,):
    the greatest prior weight at or below a node, 1 overall, or None if all weigh the same, and
    ``weights`` those of the entries. ``envelope``: the texts that have at each place a symbol
    that some entry has there; its states are the depths.
    """

    texts: Sequence[str]
    symbols: npt.NDArray[np.uint8]
    children: npt.NDArray[np.int32]
    entry: npt.NDArray[np.int32]
    levels: npt.NDArray[np.int64]
    weights: Floats | None
    heaviest: Floats | None
    envelope: Automaton

    def __len__(self) -> int:
        """Number of entries."""
        return int(np.count_nonzero(self.entry >= 0))

    def holds(self, ids: Sequence[int]) -> bool:
        """Whether the text with these ids is an entry."""
        node = 0
        for i in ids:
            first, end = int(self.children[node]), int(self.children[node + 1])
            found = first + int(np.searchsorted(self.symbols[first:end], i))
            if found == end or self.symbols[found] != i:
                return False
            node = found
        return bool(self.entry[node] >= 0)


def load_entries(path: Path) -> tuple[str, ...]:
    """The entries of a text file, as `parse_entries`.

    FileMissingError or FileUnreadableError where it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise FileMissingError(f"{path}: there is no such file.", "Look at the path.") from error
    except OSError as error:
        raise FileUnreadableError(f"{path}: {error.strerror}.", "Look at its rights.") from error
    return parse_entries(data, str(path))


def parse_entries(data: bytes, source: str) -> tuple[str, ...]:
    """The entries of a text, one a line, UTF-8; spaces around them and a last line end go.

    Row n of the list is line n of the text, ``source`` its name in messages. FileEmptyError if
    there is nothing in it, DecodeError if it is no UTF-8 text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"{source}: byte {error.start} is no UTF-8 text.", "Save the list as UTF-8 text."
        ) from error
    if not text.strip():
        raise FileEmptyError(f"{source}: the list has no entries.", "Write one entry a line.")
    return tuple(line.strip() for line in text.rstrip().splitlines())


def build_list(
    texts: Sequence[str],
    charset: Charset,
    weights: Sequence[float] | None = None,
    within: Automaton | None = None,
) -> EntryList:
    """Check a closed list and build its trie; ``within`` keeps only the entries of that set.

    DecodeError naming the rows (counted from 1) if the list is empty, too long, has an entry
    twice, an empty one, or one with a symbol outside the charset; or if weights do not fit.
    """
    rows = _encoded(texts, charset)
    order = np.lexsort(rows.T[::-1]).astype(np.int32)
    rows = rows[order]
    _refuse_duplicates(rows, order, texts)
    prior = None if weights is None else _checked_weights(weights, len(texts))
    if within is not None:
        kept = within.accepts_rows(rows)
        if not kept.any():
            raise DecodeError(
                "no entry of the list satisfies the pattern, length, range or check beside it.",
                "Look at both; leave one of them out.",
            )
        rows, order = rows[kept], order[kept]
    if prior is not None:
        if not prior[order].any():
            raise DecodeError("all entries have the weight 0.", "Give one a positive weight.")
        prior = prior / prior[order].max()
    return _trie(rows, order, texts, prior, len(charset))


def _trie(
    rows: npt.NDArray[np.uint8],
    order: npt.NDArray[np.int32],
    texts: Sequence[str],
    weights: Floats | None,
    symbol_count: int,
) -> EntryList:
    """The trie of sorted, distinct rows (N, L), which stand for the texts at ``order``."""
    count, length = rows.shape
    lengths = np.count_nonzero(rows, axis=1)
    starts = [np.zeros(1, np.int64)]  # of each level: the first row of each of its nodes
    new = np.zeros(count, bool)
    new[0] = True
    for place in range(length):
        new[1:] |= rows[1:, place] != rows[:-1, place]
        starts.append(np.flatnonzero(new & (lengths > place)))
    levels = np.cumsum([0, *map(len, starts)])
    symbols = [np.zeros(1, np.uint8)]
    children, entry, heaviest = [], [], []
    for depth, first in enumerate(starts):
        if depth:
            symbols.append(rows[first, depth - 1])
        below = starts[depth + 1] if depth < length else np.zeros(0, np.int64)
        children.append(levels[depth + 1] + np.searchsorted(below, first))
        entry.append(np.where(lengths[first] == depth, order[first], -1))
        if weights is not None:
            heaviest.append(_heaviest(weights[order], first, lengths >= depth))
    envelope = np.full((length + 1, symbol_count), DEAD, np.int32)
    for place in range(length):
        present = np.bincount(rows[:, place], minlength=symbol_count) > 0
        envelope[place, 1:][present[1:]] = place + 1
    accepting = np.bincount(lengths, minlength=length + 1) > 0
    return EntryList(
        texts,
        np.concatenate(symbols),
        np.append(np.concatenate(children), levels[-1]).astype(np.int32),
        np.concatenate(entry).astype(np.int32),
        levels,
        weights,
        np.concatenate(heaviest) if weights is not None else None,
        Automaton(envelope, accepting, (0,)),
    )


def _heaviest(
    weights: Floats, first: npt.NDArray[np.int64], long_enough: npt.NDArray[np.bool_]
) -> Floats:
    """The greatest weight of the rows of each node; entries too short for the level weigh 0."""
    if not len(first):
        return np.zeros(0)
    greatest: Floats = np.maximum.reduceat(np.where(long_enough, weights, 0.0), first)
    return greatest


def _encoded(texts: Sequence[str], charset: Charset) -> npt.NDArray[np.uint8]:
    """The ids of all entries (N, L), padded with 0 at the end."""
    if not texts:
        raise DecodeError("the list has no entries.", "Write one entry a line.")
    if len(texts) > ENTRY_LIMIT:
        raise DecodeError(f"the list has more than {ENTRY_LIMIT} entries.", "Split it.")
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for bad, what in ((lengths == 0, "empty"), (lengths > LENGTH_LIMIT, "too long")):
        if bad.any():
            row = int(np.argmax(bad))
            raise DecodeError(
                f"row {row + 1} of the list is {what}.",
                f"An entry has 1 to {LENGTH_LIMIT} symbols.",
            )
    points = [ord(symbol) for symbol in charset.symbols]
    table = np.zeros(max(points) + 2, np.uint8)  # the last is for all symbols beyond
    table[points] = np.arange(1, len(charset))
    joined = "".join(texts)
    flat = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    ids = table[np.minimum(flat, len(table) - 1)]
    if not ids.all():
        at = int(np.argmin(ids))
        row = int(np.searchsorted(np.cumsum(lengths), at, side="right"))
        raise DecodeError(
            f"row {row + 1} of the list, {texts[row]!r}, has the symbol {joined[at]!r}.",
            f"The reader writes {' '.join(charset.symbols)} only.",
        )
    rows = np.zeros((len(texts), int(lengths.max())), np.uint8)
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = ids
    return rows


def _refuse_duplicates(
    rows: npt.NDArray[np.uint8], order: npt.NDArray[np.int32], texts: Sequence[str]
) -> None:
    twice = np.flatnonzero((rows[1:] == rows[:-1]).all(axis=1))
    if not len(twice):
        return
    pairs = [(int(order[i]), int(order[i + 1])) for i in twice[:3]]
    named = ", ".join(f"{texts[a]!r} in rows {a + 1} and {b + 1}" for a, b in pairs)
    more = f" and {len(twice) - 3} more" if len(twice) > 3 else ""
    raise DecodeError(f"the list has entries twice: {named}{more}.", "Keep each entry once.")


def _checked_weights(weights: Sequence[float], count: int) -> Floats:
    prior = np.asarray(weights, np.float64)
    if prior.shape != (count,):
        raise DecodeError(
            f"{len(weights)} weights for {count} entries.", "Give one weight for each entry."
        )
    bad = ~(np.isfinite(prior) & (prior >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DecodeError(
            f"the weight in row {row + 1}, {weights[row]}, is no share.",
            "A weight is 0 or more.",
        )
    return prior
