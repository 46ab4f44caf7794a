"""All combinations of the fields of one component, summed and maximised exactly.

Fields are taken one after the other; what matters of the past is the partial sum of every rule
that is still open (variable elimination along a path). States that agree in these are merged, a
rule that closes weighs its residual. Forward masses, backward masses and the best path over this
trellis give the partition sum, the marginals and the most probable combination. States that cannot
matter, by their mass and the bound on what may follow (handsum.decode.totals_bounds), are dropped,
and what they could have added bounds what any result can be wrong by.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from handsum.decode.totals_bounds import StepBound, build_bounds
from handsum.decode.totals_problem import BLANK, KNOWN, Kinds, Link, Options
from handsum.decode.totals_writer import Floats, Ints

STATE_LIMIT = 2000
EDGE_SHARE = 0.2
"""Share of the budget of a step that edges may take up before states do."""
FINE_FROM = 200
"""States that are not worth a finer bound."""
SCOUTS = 48
"""States of the first, rough pass, whose sum bounds the true one from below."""
NEGLIGIBLE = 1e-5
"""Share of the partition sum that exact results may miss."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One field of the trellis: edges (E,) from states ``back`` to states ``ahead``.

    ``kept`` holds, for each link that closes here, the share of the weight in which it was kept
    and whether its residual is known.
    """

    field: int
    back: npt.NDArray[np.intp]
    ahead: npt.NDArray[np.intp]
    option: npt.NDArray[np.intp]
    weight: Floats
    states: int
    kept: dict[int, tuple[Floats, npt.NDArray[np.bool_]]]


@dataclass(frozen=True, eq=False)
class Trellis:
    """All combinations that were kept; ``missed`` bounds the share of the others."""

    layers: list[Layer]
    log_mass: float
    missed: float
    capped: bool


@dataclass(frozen=True, eq=False)
class Posterior:
    """``marginals``: (K,) a field of what is written, sums 1; ``best``: option a field and the log
    of its weight; ``kept`` and ``erred``: posterior a link that what is written keeps it, or not.
    """

    marginals: list[Floats]
    best: list[int]
    log_best: float
    kept: list[float]
    erred: list[float]


@dataclass
class _Front:
    """States after some fields: residuals and kinds (S, open), forward mass (S,), and of every
    open link the log of what it can still contribute (S,)."""

    links: list[int]
    residuals: Ints
    kinds: Kinds
    mass: Floats
    logs: dict[int, Floats] = field(default_factory=dict)
    log_scale: float = 0.0
    layers: list[Layer] = field(default_factory=list)
    dropped: list[float] = field(default_factory=list)
    capped: bool = False


def elimination_order(count: int, links: list[Link]) -> list[int]:
    """Fields in an order that keeps few links open: next, what finishes the nearest link."""
    left = [set(link.fields) for link in links]
    bound: list[list[int]] = [[] for _ in range(count)]
    for n, link in enumerate(links):
        for i in link.fields:
            bound[i].append(n)
    opened = [False] * len(links)
    order: list[int] = []
    remaining = set(range(count))
    while remaining:
        candidates = [n for n in range(len(links)) if left[n] & remaining]
        if not candidates:
            order += sorted(remaining)
            break
        # An open link with few fields left first; of closed ones the shortest.
        n = min(candidates, key=lambda n: (not opened[n], len(left[n] & remaining), n))
        i = min(
            left[n] & remaining,
            key=lambda i: (sum(not opened[m] for m in bound[i]), links[n].fields.index(i)),
        )
        order.append(i)
        remaining.discard(i)
        for m in bound[i]:
            opened[m] = True
            left[m].discard(i)
    return order


def build_trellis(
    options: list[Options], links: list[Link], state_limit: int = STATE_LIMIT
) -> Trellis:
    """The trellis of a component, at most ``state_limit`` states wide."""
    order = elimination_order(len(options), links)
    bounds = build_bounds(options, links, order)
    rough = _sweep(options, links, order, bounds, min(SCOUTS, state_limit), -np.inf)
    if not rough.capped:
        return _finished(rough)
    log_budget = _log_total(rough) + np.log(NEGLIGIBLE / len(order))
    return _finished(_sweep(options, links, order, bounds, state_limit, log_budget))


def _log_total(front: _Front) -> float:
    return float(np.log(front.mass.sum())) + front.log_scale


def _finished(front: _Front) -> Trellis:
    total = _log_total(front)
    missed = sum(np.exp(min(log_worth - total, 600.0)) for log_worth in front.dropped)
    return Trellis(front.layers, total, float(missed), front.capped)


def _sweep(
    options: list[Options],
    links: list[Link],
    order: list[int],
    bounds: list[StepBound],
    limit: int,
    log_budget: float,
) -> _Front:
    last = {n: max(order.index(i) for i in link.fields) for n, link in enumerate(links)}
    front = _Front([], np.zeros((1, 0), np.int64), np.zeros((1, 0), np.int8), np.ones(1))
    for step, i in enumerate(order):
        for n, link in enumerate(links):
            if i in link.fields and n not in front.links:
                front.links.append(n)
                width = len(front.residuals)
                column = np.full((width, 1), link.constant, np.int64)
                front.residuals = np.hstack([front.residuals, column])
                front.kinds = np.hstack([front.kinds, np.zeros((width, 1), np.int8)])
        closing = [n for n in front.links if last[n] == step]
        _advance(front, i, options[i], links, closing, bounds[step], limit, log_budget)
    return front


def _advance(
    front: _Front,
    i: int,
    options: Options,
    links: list[Link],
    closing: list[int],
    bound: StepBound,
    limit: int,
    log_budget: float,
) -> None:
    """Take one more field: expand, weigh the links that close, merge, drop."""
    back, option, weight, residuals, kinds, kept = _expand(front, i, options, links, closing)
    flow = front.mass[back] * weight
    if log_budget > -np.inf:  # edges that cannot matter whatever follows
        least = np.exp(min(log_budget - front.log_scale, 0.0)) * EDGE_SHARE / len(flow)
        lost = float(flow[flow < least].sum())
        if lost > 0.0:
            front.dropped.append(float(np.log(lost)) + front.log_scale)
        strong = np.flatnonzero(flow >= least)
        back, option, weight, flow = back[strong], option[strong], weight[strong], flow[strong]
        residuals, kinds = residuals[strong], kinds[strong]
        kept = {n: (share[strong], known[strong]) for n, (share, known) in kept.items()}
    open_columns = [c for c, n in enumerate(front.links) if n not in closing]
    front.links = [front.links[c] for c in open_columns]
    residuals, kinds = residuals[:, open_columns], kinds[:, open_columns]

    first, ahead = _merge(residuals, kinds)
    mass = _binned(ahead, flow, len(first))
    with np.errstate(divide="ignore"):
        log_mass = np.log(mass)
    touched = [n for n in front.links if i in links[n].fields]
    logs = {n: front.logs[n][back[first]] for n in front.links if n not in touched}
    for n in touched:
        column = front.links.index(n)
        logs[n] = bound.link_logs(n, residuals[first, column], kinds[first, column], False)
    worth = log_mass + bound.combine(logs, len(first))
    near = np.flatnonzero(worth > log_budget - front.log_scale - np.log(len(worth)))
    if len(near) > FINE_FROM and log_budget > -np.inf:
        for n in touched:
            at = first[near], front.links.index(n)
            logs[n][near] = bound.link_logs(n, residuals[at], kinds[at], True)
        worth = log_mass + bound.combine(logs, len(first))
    keep = _kept_states(front, worth, limit, log_budget)
    number = np.full(len(first), -1)
    number[keep] = np.arange(len(keep))
    edges = np.flatnonzero((number[ahead] >= 0) & (weight > 0))
    scale = float(mass[keep].sum())
    front.layers.append(
        Layer(
            i,
            back[edges],
            number[ahead[edges]],
            option[edges],
            weight[edges] / scale,
            len(keep),
            {n: (share[edges], known[edges]) for n, (share, known) in kept.items()},
        )
    )
    front.residuals, front.kinds = residuals[first[keep]], kinds[first[keep]]
    front.logs = {n: log[keep] for n, log in logs.items()}
    front.mass = mass[keep] / scale
    front.log_scale += float(np.log(scale))


def _expand(
    front: _Front, i: int, options: Options, links: list[Link], closing: list[int]
) -> tuple[
    npt.NDArray[np.intp],
    npt.NDArray[np.intp],
    Floats,
    Ints,
    Kinds,
    dict[int, tuple[Floats, npt.NDArray[np.bool_]]],
]:
    """Every state with every option: where from, option, weight, residuals, kinds, links kept."""
    count, states = len(options.probs), len(front.mass)
    back = np.repeat(np.arange(states), count)
    option = np.tile(np.arange(count), states)
    residuals, kinds = front.residuals[back], front.kinds[back]
    for column, n in enumerate(front.links):
        link = links[n]
        if i in link.fields:
            factor = link.factors[link.fields.index(i)]
            residuals[:, column] += factor * options.values[option]
            kinds[:, column] = np.maximum(kinds[:, column], options.kinds[option])
    residuals[kinds != KNOWN] = 0
    weight = options.probs[option].copy()
    kept: dict[int, tuple[Floats, npt.NDArray[np.bool_]]] = {}
    for n in closing:
        column = front.links.index(n)
        share, known, factor_weight = _weigh(links[n], residuals[:, column], kinds[:, column])
        weight *= factor_weight
        kept[n] = (share, known)
    return back, option, weight, residuals, kinds, kept


def _weigh(
    link: Link, residuals: Ints, kinds: Kinds
) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    kept, erred = link.factor.kept_at(residuals), link.factor.erred_at(residuals)
    known = kinds == KNOWN
    open_weight = np.where(kinds == BLANK, link.blank, link.factor.unknown)
    weight = np.where(known, kept + erred, open_weight)
    return np.where(known, kept / (kept + erred), 0.0), known, weight


_RNG = np.random.default_rng(20261124)
_MIXERS: npt.NDArray[np.uint64] = _RNG.integers(0, 2**63, 2048, np.uint64) * np.uint64(
    2
) + np.uint64(1)


def _merge(residuals: Ints, kinds: Kinds) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First row of every distinct state, and the state of every row."""
    rows = np.hstack([residuals, kinds.astype(np.int64)])
    if rows.shape[1] == 0:
        return np.zeros(1, np.intp), np.zeros(len(rows), np.intp)
    if rows.shape[1] > len(_MIXERS):
        _, first, ahead = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        return first, ahead.reshape(-1)
    keys = (rows.astype(np.uint64) * _MIXERS[: rows.shape[1]]).sum(axis=1, dtype=np.uint64)
    _, first, ahead = np.unique(keys, return_index=True, return_inverse=True)
    if not (rows[first][ahead] == rows).all():  # two states with one key: once in 10^12 sheets
        _, first, ahead = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, ahead.reshape(-1)


def _binned(places: npt.NDArray[np.intp], masses: Floats, count: int) -> Floats:
    return np.bincount(places, masses, count).astype(np.float64)


def _kept_states(
    front: _Front, worth: Floats, limit: int, log_budget: float
) -> npt.NDArray[np.intp]:
    """States to go on with: all but those that together are worth less than the budget."""
    order = np.argsort(worth, kind="stable")
    gone = np.logaddexp.accumulate(worth[order])
    out = int(np.searchsorted(gone, log_budget - front.log_scale, side="right"))
    out = min(out, len(worth) - 1)
    if len(worth) - out > limit:
        out = len(worth) - limit
        front.capped = True
    if out:
        front.dropped.append(float(gone[out - 1]) + front.log_scale)
    return np.sort(order[out:])


def find_posterior(trellis: Trellis, options: list[Options], links: list[Link]) -> Posterior:
    """Marginals, best combination, and how probable it is that each link was kept or broken."""
    sums = _sums(trellis, len(links), options, None)
    assert sums is not None  # every trellis has mass
    marginals, kept, erred = sums.marginals, sums.kept, sums.erred
    for n, link in enumerate(links):
        if any(marginals[i][options[i].plain :].any() for i in link.fields):
            # Where a field was meant otherwise the rule is broken by what is written.
            written = _sums(trellis, 0, options, (n, link))
            kept_as_written = 0.0 if written is None else written.mass
            kept[n], erred[n] = kept_as_written, max(kept[n] + erred[n] - kept_as_written, 0.0)
    best, log_best = _best_path(trellis, len(options))
    return Posterior(
        [o.fold(m) for o, m in zip(options, marginals, strict=True)],
        [o.written(k) for o, k in zip(options, best, strict=True)],
        log_best,
        kept,
        erred,
    )


def marginals_if_kept(
    trellis: Trellis, options: list[Options], link: int, rule: Link
) -> list[Floats] | None:
    """Marginals on the condition that what is written keeps a link; None if that cannot be."""
    sums = _sums(trellis, 0, options, (link, rule))
    if sums is None:
        return None
    return [o.fold(m) for o, m in zip(options, sums.marginals, strict=True)]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Marginals of all options, posteriors of links, and the share of the ``mass`` that is left."""

    marginals: list[Floats]
    kept: list[float]
    erred: list[float]
    mass: float


def _sums(
    trellis: Trellis, links: int, options: list[Options], condition: tuple[int, Link] | None
) -> _Sums | None:
    """Forward-backward over the edges, scaled at every layer; None if nothing is left."""
    forward = [np.ones(1)]
    weights: list[Floats] = []
    left = 1.0
    for layer in trellis.layers:
        weight = layer.weight
        if condition is not None:
            n, link = condition
            if n in layer.kept:
                weight = weight * layer.kept[n][0]
            if layer.field in link.fields and options[layer.field].miswritten:
                weight = weight * (layer.option < options[layer.field].plain)
        mass = _binned(layer.ahead, forward[-1][layer.back] * weight, layer.states)
        scale = float(mass.sum())
        if scale == 0.0:
            return None
        left *= scale
        weights.append(weight / scale)
        forward.append(mass / scale)
    marginals: list[Floats] = [np.zeros(len(o.probs)) for o in options]
    kept, erred = [0.0] * links, [0.0] * links
    backward = np.ones(trellis.layers[-1].states) if trellis.layers else np.ones(1)
    for n in range(len(trellis.layers) - 1, -1, -1):
        layer = trellis.layers[n]
        ahead = weights[n] * backward[layer.ahead]
        flow = forward[n][layer.back] * ahead
        flow /= flow.sum()
        marginals[layer.field] = _binned(layer.option, flow, len(options[layer.field].probs))
        for link_n, (share, known) in layer.kept.items():
            if links:
                kept[link_n] = float(flow @ share)
                erred[link_n] = float(flow[known] @ (1.0 - share[known]))
        backward = _binned(layer.back, ahead, len(forward[n]))
    return _Sums(marginals, kept, erred, left)


def _best_path(trellis: Trellis, fields: int) -> tuple[list[int], float]:
    score = np.zeros(1)
    steps: list[npt.NDArray[np.intp]] = []
    for layer in trellis.layers:
        values = score[layer.back] + np.log(layer.weight)
        order = np.lexsort((-values, layer.ahead))
        _, starts = np.unique(layer.ahead[order], return_index=True)
        edge = order[starts]
        steps.append(edge)
        score = values[edge]
    best = [0] * fields
    state = int(np.argmax(score))
    for layer, edge in zip(reversed(trellis.layers), reversed(steps), strict=True):
        taken = int(edge[state])
        best[layer.field] = int(layer.option[taken])
        state = int(layer.back[taken])
    return best, float(score.max()) + trellis.log_mass
